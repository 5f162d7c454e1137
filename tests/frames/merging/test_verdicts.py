"""The verdict of every row sent, in the order sent."""

from __future__ import annotations

import pytest

from bigin_frames.frames.merging.pairing import merge
from bigin_frames.frames.merging.verdicts import verdicts
from tests.support.result_files import ABSENT, Job, Manner, column, lines_of, outcome, said, sent_of, settled, write


def test_verdicts_are_text_or_none_and_keep_the_order_sent():
    found = verdicts(merge(sent_of({"A": ["b", "a"]}), lines_of(["A"], ("a", "ADDED", "1"))))

    assert found.dtypes.eq("string").all()
    assert said(found) == [("UNREPORTED", None, "NO_RESULT_LINE"), ("ADDED", "1", "")]
    assert found["Error"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("a", "ADDED", "1")], [("ADDED", "1", ""), ABSENT, ABSENT]),
        ([("b", "SKIPPED", None, "E")], [ABSENT, ("SKIPPED", None, "E"), ABSENT]),
        ([], [ABSENT] * 3),
    ],
    ids=["one", "only the skipped", "none"],
)
def test_r2_rows_without_a_line_are_unreported(lines, expected):
    assert settled(sent_of({"A": ["a", "b", "c"]}), lines_of(["A"], *lines)) == expected


def test_r16_an_empty_result_leaves_every_row_unreported():
    merged = merge(sent_of({"A": ["a", "b"]}), lines_of(["A"]))

    assert said(verdicts(merged)) == [ABSENT, ABSENT]
    assert (merged.ids_to_read, merged.fields_to_read, merged.foreign) == ([], [], 0)


@pytest.mark.parametrize("lines", [[], [("z", "ADDED", "1")]])
def test_r16_no_rows_get_no_verdicts(lines):
    merged = merge(sent_of({"A": []}), lines_of(["A"], *lines))
    found = verdicts(merged)

    assert list(found.columns) == ["ID", "Status", "Error"]
    assert found.empty
    assert merged.foreign == len(lines)


def test_r11_a_damaged_id_is_dropped_and_the_status_kept():
    lines = lines_of(["A"], ("a", "ADDED", None, "UNREADABLE_ID"), ("b", "ADDED", "2"))

    assert settled(sent_of({"A": ["a", "b"]}), lines) == [("ADDED", None, "UNREADABLE_ID"), ("ADDED", "2", "")]


def test_r15_reasons_reach_their_rows_whole():
    reason = "MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email"
    lines = lines_of(["A"], ("b", "SKIPPED", None, reason), ("a", "UNPROCESSED", None, ""))

    assert settled(sent_of({"A": ["a", "b"]}), lines) == [("UNPROCESSED", None, ""), ("SKIPPED", None, reason)]


def test_r10_an_unknown_word_leaves_its_row_unreported_and_says_why():
    job = Job((column("A"),), (("a",), ("b",)), (("ADDED", "1", ""), ("ADDED", "2", "")))
    file = write(job, Manner(unknown=1.0))

    assert said(outcome(file)) == [("UNREPORTED", None, "UNKNOWN_STATUS")] * 2
