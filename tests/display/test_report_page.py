"""What notebooks and colleagues see of a report: every problem, no cell unless asked for, and no strange script."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bigin_frames.display import report_page
from bigin_frames.errors import InputError
from bigin_frames.frames.checking.findings import Finding, Reason
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND
from tests.support.canaries import VALUES, Needles, people
from tests.support.report_files import MAIL, NAME, PICK, Page, at, report, shown, written

EVIL = "<script>alert(1)</script>\"' onload='x"


NEEDLES = Needles(VALUES, values=True)


def test_file_has_every_problem_with_row_reason_and_fix(tmp_path: Path) -> None:
    lines = shown(report(), tmp_path)

    assert lines.columns.tolist() == ["row", "column", "field", "status", "code", "reason", "fix"]
    assert lines["row"].tolist() == ["0", "0", "1", "1", "2", "2"]
    assert set(lines["status"]) == {"INVALID"}
    assert lines.loc[lines["code"] == DUPLICATE_DATA, "fix"].tolist() == [
        "keep one (same key: row 1)",
        "keep one (same key: row 0)",
    ]
    assert lines[["column", "reason", "fix"]].values.tolist()[-1] == ["(the row)", "does not add up", "correct it"]


def test_filters_are_for_status_column_code_and_reason(tmp_path: Path) -> None:
    page = Page(written(report(), tmp_path))

    assert {name: set(values) for name, values in page.choices.items()} == {
        "status": {"", "INVALID"},
        "column": {"", "Email", "Last_Name", "(the row)"},
        "code": {"", INVALID_DATA, MANDATORY_NOT_FOUND, DUPLICATE_DATA},
        "reason": {"", "is not an e-mail address", "is empty", "has the same key as another row", "does not add up"},
    }


def test_file_has_no_cell_and_no_label_that_is_text(tmp_path: Path) -> None:
    text = written(report(), tmp_path)

    assert NEEDLES.of_text(text) == set()
    assert "This file contains no cell of the data, and no index labels other than whole numbers." in text


def test_requested_values_are_in_the_file_and_the_file_says_so(tmp_path: Path) -> None:
    made = ValidationReport(3, [Finding(MAIL, at(0, 2)), Finding(PICK, at(1))], frame=people())
    lines = shown(made, tmp_path, values=True)

    assert {"email cell", "index label"} <= NEEDLES.of_text(written(made, tmp_path, values=True))
    assert lines["label"].tolist() == ["kestrelindex 0", "kestrelindex 1", "kestrelindex 2"]
    assert lines["cell"].tolist() == [people()["Email"].iloc[0], people()["Phone"].iloc[1], people()["Email"].iloc[2]]
    assert "suggestion" in lines.columns
    assert "This file contains cells and index labels of the data" in written(made, tmp_path, values=True)


def test_unpickled_report_shows_problems_and_no_values(tmp_path: Path) -> None:
    other = pickle.loads(pickle.dumps(report()))  # noqa: S301

    assert len(shown(other, tmp_path)) == 6
    with pytest.raises(InputError, match="no longer has the cells; check the frame again"):
        other.to_html(tmp_path / "other.html", values=True)
    assert not (tmp_path / "other.html").exists()


def test_report_without_problems_says_so_and_needs_no_script(tmp_path: Path) -> None:
    made = ValidationReport(3, frame=people())
    made.notes = ("3 cells begin as formulas do",)
    text = written(made, tmp_path)

    assert "<h1>All 3 rows can be written</h1>" in text
    assert "3 cells begin as formulas do" in text
    assert "<script" not in text
    assert "script-src" not in text


def test_a_hundred_thousand_problems_are_counted_and_the_first_shown(tmp_path: Path) -> None:
    made = ValidationReport(200_000, [Finding(MAIL, np.arange(0, 200_000, 2)), Finding(NAME, at(199_999))])
    path = made.to_html(tmp_path / "many.html")
    text = path.read_text("utf-8")

    assert "<h1>100,001 of 200,000 rows cannot be written: 100,001 problems of 2 kinds</h1>" in text
    assert f"<h2>The first {report_page.MOST_LINES:,} of 100,001 problems</h2>" in text
    assert "the lines and filters below only the first ones" in text
    assert '<td class="n">100,000</td><td>Email</td>' in text
    assert text.partition('<section id="lines">')[2].count("<tr>") == report_page.MOST_LINES + 1
    assert path.stat().st_size < 2_000_000


def hostile() -> ValidationReport:
    """Return a report with a script in every name, cell and text."""
    cells = [EVIL, "\ud800\u202e", "</td></table><img src=x onerror=alert(2)>"]
    frame = pd.DataFrame({EVIL: pd.Series(cells, dtype=object)}).set_axis([EVIL] * 3)
    reason = Reason(EVIL, EVIL, EVIL, EVIL, f"is {EVIL}; fix {EVIL}", ("<b>", EVIL))
    made = ValidationReport(3, [Finding(reason, at(0, 1, 2))], frame=frame)
    made.notes = (EVIL,)
    return made


def test_hostile_names_and_cells_stay_text(tmp_path: Path) -> None:
    text = written(hostile(), tmp_path, values=True)
    page = Page(text)

    assert page.tags.count("script") == 1
    assert not {"img", "b", "iframe", "link"} & set(page.tags)
    assert not {name for name in page.attributes if name.startswith("on")}
    assert page.lines[1][page.lines[0].index("cell")] == EVIL
    assert EVIL in page.choices["code"]
    assert "<script" not in hostile()._repr_html_()


def test_notebook_shows_kinds_and_the_next_step_and_no_value() -> None:
    page = report()._repr_html_()

    assert "3 of 3 rows cannot be written: 6 problems of 4 kinds" in page
    assert "<td>is not an e-mail address</td><td>write it as name@host.domain</td>" in page
    assert "report.to_frame()" in page
    assert NEEDLES.of_text(page) == set()
