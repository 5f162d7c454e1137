"""The table of problems, with the cells and labels of the frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bigin_frames.frames.checking.findings import Finding, Reason
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND
from tests.support.reports import CANARY, MAIL, NAME, WHOLE, at, frame, report


def test_failures_list_every_problem_by_row():
    failures = report().failures

    assert failures[["row", "column", "field", "code", "check"]].values.tolist() == [
        [1, "mail", "Email", INVALID_DATA, "email"],
        [1, "name", "Last_Name", MANDATORY_NOT_FOUND, "mandatory"],
        [1, "source", "Lead_Source", INVALID_DATA, "picklist"],
        [2, "mail", "Email", DUPLICATE_DATA, "unique_key"],
        [2, "source", "Lead_Source", INVALID_DATA, "picklist"],
        [3, "mail", "Email", DUPLICATE_DATA, "unique_key"],
        [3, "source", "Lead_Source", INVALID_DATA, "picklist"],
        [4, "mail", "Email", INVALID_DATA, "email"],
    ]
    assert failures["row"].dtype == np.int64


def test_failures_have_their_columns_and_the_rule_in_words():
    failures = report().failures

    assert list(failures.columns) == [
        "row", "label", "column", "field", "code", "rule", "check", "value", "suggestion",
    ]  # fmt: skip
    assert failures["rule"].tolist()[:2] == [MAIL.words, NAME.words]


def test_failures_look_labels_and_values_up_in_the_frame():
    failures = report().failures

    assert failures["label"].tolist() == [f"{CANARY} b"] * 3 + ["c"] * 4 + ["e"]
    assert failures["value"].tolist()[3:] == ["c@d.co", "Trade Shwo", "c@d.co", "zzzzzz", f"{CANARY} 4"]
    assert failures["value"].tolist()[0] == CANARY


def test_failures_suggest_the_nearest_choice_and_the_row_of_the_same_key():
    suggestions = report().failures["suggestion"].tolist()

    assert suggestions == [None, None, "Web", "same key as row 3", "Trade Show", "same key as row 2", None, None]


def test_failures_of_whole_rows_have_no_value():
    failures = ValidationReport(5, [Finding(WHOLE, at(0))], frame=frame()).failures

    assert failures[["column", "field", "value"]].isna().all(axis=None)


def test_values_that_are_lists_stay_one_cell():
    cells = [["a", "b"], ["c", "d"]]
    made = ValidationReport(2, [Finding(MAIL, at(0, 1))], frame=pd.DataFrame({"mail": cells}))

    assert made.failures["value"].tolist() == cells


def test_labels_of_a_multiindex_are_tuples():
    held = frame().set_index(["name", "mail"], drop=False)

    assert ValidationReport(5, [Finding(NAME, at(3))], frame=held).failures["label"].tolist() == [("Dan", "c@d.co")]


@pytest.mark.parametrize(
    ("cells", "suggestions"),
    [
        (["Choce 7", "Choice 8 ", "Choce 9", " CHOICE 9"], ["Choice 7", "Choice 8", "Choice 9", "Choice 9"]),
        (["Choce 7", "Choce 8", "Choce 9", "choice 9"], ["Choice 7", "Choice 8", None, "Choice 9"]),
    ],
)
def test_suggestions_are_looked_for_as_long_as_that_is_quick(cells, suggestions):
    options = ("Choice 7", "Choice 8", "Choice 9", *(f"{'x' * 60}{i}" for i in range(9_000)))
    many_choices = Reason("source", "S", INVALID_DATA, "picklist", "x", options)
    made = ValidationReport(4, [Finding(many_choices, np.arange(4))], frame=pd.DataFrame({"source": cells}))

    assert made.failures["suggestion"].tolist() == suggestions
