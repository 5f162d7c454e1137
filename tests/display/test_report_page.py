"""What notebooks and colleagues see of a report: every problem, no value unasked for, and nothing strange runs."""

from __future__ import annotations

import base64
import hashlib
import html
import pickle
import re
import shutil
import stat
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.display import report_page
from bigin_frames.display.html_document import Filter, document, write_private
from bigin_frames.errors import InputError
from bigin_frames.frames.checking.findings import Finding, Reason
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.frames.checking.report_tables import mended
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND
from tests.support.canaries import VALUES, Needles, people

MAIL = Reason("Email", "Email", INVALID_DATA, "email", "is not a mail address; write it as name@host.domain")
NAME = Reason("Last_Name", "Last_Name", MANDATORY_NOT_FOUND, "mandatory", "is empty; fill it")
TWIN = Reason("Email", "Email", DUPLICATE_DATA, "unique_key", "has the key of another row; keep one")
PICK = Reason("Phone", "Phone", INVALID_DATA, "picklist", "is not among them; use one", ("Web", "Trade Show"))
WHOLE = Reason(None, None, INVALID_DATA, "sum", "does not add up; correct it")
EVIL = "<script>alert(1)</script>\"' onload='x"
NEEDLES = Needles(VALUES, values=True)


def at(*positions: int) -> Any:
    return np.array(positions, np.int64)


def report(frame: pd.DataFrame | None = None) -> ValidationReport:
    findings = [Finding(MAIL, at(0, 2)), Finding(NAME, at(1)), Finding(TWIN, at(0, 1), at(1, 0)), Finding(WHOLE, at(2))]
    return ValidationReport(3, findings, frame=people() if frame is None else frame)


class Page(HTMLParser):
    """The tags of a file, the cells of its last table and the words of its choices."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.lines: list[list[str]] = []
        self.choices: dict[str, list[str | None]] = {}
        self._in = self._label = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in = tag
        if tag == "table":
            self.lines = []
        elif tag == "tr":
            self.lines.append([])
        elif tag in ("td", "th"):
            self.lines[-1].append("")
        elif tag == "option":
            self.choices.setdefault(self._label, []).append(dict(attrs)["value"])

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in in ("td", "th"):
            self.lines[-1][-1] += data
        elif self._in == "label":
            self._label = data


def written(made: ValidationReport, folder: Path, **options: Any) -> str:
    return made.to_html(folder / "report.html", **options).read_text("utf-8")


def shown(made: ValidationReport, folder: Path, **options: Any) -> pd.DataFrame:
    """The table of problems as the file has it."""
    head, *lines = Page(written(made, folder, **options)).lines
    return pd.DataFrame(lines, columns=head)


def test_file_has_every_problem_with_row_reason_and_mend(tmp_path: Path) -> None:
    lines = shown(report(), tmp_path)

    assert lines.columns.tolist() == ["row", "column", "field", "status", "code", "reason", "mend"]
    assert lines["row"].tolist() == ["0", "0", "1", "1", "2", "2"]
    assert set(lines["status"]) == {"INVALID"}
    assert lines.loc[lines["code"] == DUPLICATE_DATA, "mend"].tolist() == [
        "keep one (same key: row 1)",
        "keep one (same key: row 0)",
    ]
    assert lines[["column", "reason", "mend"]].values.tolist()[-1] == ["(the row)", "does not add up", "correct it"]


def test_filters_are_for_status_column_code_and_reason(tmp_path: Path) -> None:
    page = Page(written(report(), tmp_path))

    assert {name: set(values) for name, values in page.choices.items()} == {
        "status": {"", "INVALID"},
        "column": {"", "Email", "Last_Name", "(the row)"},
        "code": {"", INVALID_DATA, MANDATORY_NOT_FOUND, DUPLICATE_DATA},
        "reason": {"", "is not a mail address", "is empty", "has the key of another row", "does not add up"},
    }


def test_file_holds_no_cell_and_no_label_that_is_text(tmp_path: Path) -> None:
    text = written(report(), tmp_path)

    assert NEEDLES.of_text(text) == set()
    assert "No cell of the data is in this file, and no index label but whole numbers." in text


def test_values_that_are_asked_for_are_there_and_said_to_be(tmp_path: Path) -> None:
    made = ValidationReport(3, [Finding(MAIL, at(0, 2)), Finding(PICK, at(1))], frame=people())
    lines = shown(made, tmp_path, values=True)

    assert {"email cell", "index label"} <= NEEDLES.of_text(written(made, tmp_path, values=True))
    assert lines["label"].tolist() == ["kestrelindex 0", "kestrelindex 1", "kestrelindex 2"]
    assert lines["cell"].tolist() == [people()["Email"].iloc[0], people()["Phone"].iloc[1], people()["Email"].iloc[2]]
    assert "suggestion" in lines.columns
    assert "This file holds cells and index labels of the data" in written(made, tmp_path, values=True)


def test_empty_cells_are_called_so_and_lists_shown(tmp_path: Path) -> None:
    frame = people().assign(Email=[None, ["a", "b"], pd.NA])
    made = ValidationReport(3, [Finding(MAIL, at(0, 1, 2))], frame=frame)

    assert shown(made, tmp_path, values=True)["cell"].tolist() == ["(empty)", "['a', 'b']", "(empty)"]


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (pd.Index([10_023, 7, 7]), ["10023", "10023", "7", "7", "7", "7"]),
        (pd.RangeIndex(3), None),
        (pd.Index(["a", "b", "c"]), None),
        (pd.MultiIndex.from_tuples([(1, 2), (3, 4), (5, 6)]), None),
    ],
)
def test_labels_are_shown_where_they_are_numbers_and_say_more_than_positions(
    index: pd.Index, labels: list[str] | None, tmp_path: Path
) -> None:
    lines = shown(report(people().set_axis(index)), tmp_path)

    assert (lines["label"].tolist() if "label" in lines else None) == labels


def test_unpickled_report_has_problems_to_show_and_no_values(tmp_path: Path) -> None:
    other = pickle.loads(pickle.dumps(report()))  # noqa: S301

    assert len(shown(other, tmp_path)) == 6
    with pytest.raises(InputError, match="no longer holds the cells; check the frame again"):
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
    assert "the lines and their filters below are of the first" in text
    assert '<td class="n">100,000</td><td>Email</td>' in text
    assert text.partition('<section id="lines">')[2].count("<tr>") == report_page.MOST_LINES + 1
    assert path.stat().st_size < 2_000_000


def test_file_is_private_and_replaces_its_namesake_whole(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    (tmp_path / "report.html").chmod(0o644)
    path = report().to_html(str(tmp_path / "report.html"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text("utf-8").startswith("<!doctype html>")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_private(tmp_path / "report.html", "\ud800")

    assert [one.read_text() for one in tmp_path.iterdir()] == ["old"]


def hostile() -> ValidationReport:
    """A report in whose every place a stranger's words try to run."""
    cells = [EVIL, "\ud800\u202e", "</td></table><img src=x onerror=alert(2)>"]
    frame = pd.DataFrame({EVIL: pd.Series(cells, dtype=object)}).set_axis([EVIL] * 3)
    reason = Reason(EVIL, EVIL, EVIL, EVIL, f"is {EVIL}; mend {EVIL}", ("<b>", EVIL))
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


@given(st.lists(st.text(), min_size=2, max_size=2))
def test_whatever_cells_hold_a_file_keeps_its_own_tags(cells: list[str]) -> None:
    plain, strange = (
        Page(document(words[0], [], ["a", "b"], [words], [Filter("a", 0), Filter("b", 1)]))
        for words in (["x", "y"], cells)
    )

    assert strange.tags == plain.tags
    assert strange.attributes == plain.attributes


def test_a_tag_in_a_cell_would_be_seen() -> None:
    assert Page("<table><tr><td><img onerror=x></td></tr></table>").tags[-1] == "img"


def test_policy_names_the_digests_of_the_very_script_and_style(tmp_path: Path) -> None:
    text = written(report(), tmp_path)
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', text)[1])  # type: ignore[index]

    assert policy.startswith("default-src 'none'; ")
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in policy
    assert "http:" not in text
    assert "https:" not in text


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def opened(text: str, folder: Path) -> str:
    """Return what a browser makes of a page, once its scripts have run."""
    (folder / "page.html").write_text(text, encoding="utf-8")
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"]
    address = (folder / "page.html").as_uri()
    done = subprocess.run([*command, "--dump-dom", address], capture_output=True, check=True, timeout=60)  # noqa: S603
    return done.stdout.decode()


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_browser_runs_the_files_own_script_and_no_other(tmp_path: Path) -> None:
    text = written(report(), tmp_path).replace("</body>", "<script>document.title = 'strange'</script></body>")
    page = opened(text, tmp_path)

    assert "<output>6 of 6 lines shown</output>" in page
    assert "<fieldset>" in page  # which is hidden without script
    assert "<title>strange" not in page


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
def test_browser_shows_the_lines_that_are_chosen(tmp_path: Path) -> None:
    choose = (
        "<script>const [, column, code] = document.querySelectorAll('select');"
        "column.value = 'Email'; code.value = 'INVALID_DATA'; code.dispatchEvent(new Event('change'));</script></body>"
    )
    without_policy = re.sub(r"<meta http-equiv[^>]+>", "", written(report(), tmp_path))
    page = opened(without_policy.replace("</body>", choose), tmp_path)

    assert "<output>2 of 6 lines shown</output>" in page
    assert page.count('<tr hidden="">') == 4


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("is empty; fill it", ("is empty", "fill it")),
        ("holds bytes in a text field: decode them", ("holds bytes in a text field", "decode them")),
        ("holds a float: it lost digits; read it as text", ("holds a float: it lost digits", "read it as text")),
        ("is wrong", ("is wrong", "")),
    ],
)
def test_words_are_parted_into_what_is_wrong_and_what_mends_it(words: str, parts: tuple[str, str]) -> None:
    assert mended(words) == parts


def test_notebook_names_kinds_and_the_next_step_and_no_value() -> None:
    page = report()._repr_html_()

    assert "3 of 3 rows cannot be written: 6 problems of 4 kinds" in page
    assert "<td>is not a mail address</td><td>write it as name@host.domain</td>" in page
    assert "report.to_frame()" in page
    assert NEEDLES.of_text(page) == set()
