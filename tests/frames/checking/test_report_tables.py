"""The tables of a report: words, labels and cells as they are shown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bigin_frames.frames.checking.findings import Finding
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.frames.checking.report_tables import problem_and_fix
from tests.support.canaries import people
from tests.support.report_files import MAIL, at, report, shown


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("is empty; fill it in", ("is empty", "fill it in")),
        ("contains bytes in a text field: decode them", ("contains bytes in a text field", "decode them")),
        ("contains a float: it lost digits; read it as text", ("contains a float: it lost digits", "read it as text")),
        ("is wrong", ("is wrong", "")),
    ],
)
def test_words_are_split_into_problem_and_fix(words: str, parts: tuple[str, str]) -> None:
    assert problem_and_fix(words) == parts


@pytest.mark.parametrize(
    ("index", "labels"),
    [
        (pd.Index([10_023, 7, 7]), ["10023", "10023", "7", "7", "7", "7"]),
        (pd.RangeIndex(3), None),
        (pd.Index(["a", "b", "c"]), None),
        (pd.MultiIndex.from_tuples([(1, 2), (3, 4), (5, 6)]), None),
    ],
)
def test_labels_are_shown_if_they_are_numbers_and_say_more_than_positions(
    index: pd.Index, labels: list[str] | None, tmp_path: Path
) -> None:
    lines = shown(report(people().set_axis(index)), tmp_path)

    assert (lines["label"].tolist() if "label" in lines else None) == labels


def test_empty_cells_are_shown_as_empty_and_lists_as_lists(tmp_path: Path) -> None:
    frame = people().assign(Email=[None, ["a", "b"], pd.NA])
    made = ValidationReport(3, [Finding(MAIL, at(0, 1, 2))], frame=frame)

    assert shown(made, tmp_path, values=True)["cell"].tolist() == ["(empty)", "['a', 'b']", "(empty)"]
