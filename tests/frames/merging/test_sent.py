"""What a job sent: rows that may share their lines, and what to read where the file leaves rows open."""

from __future__ import annotations

import pytest

from bigin_frames.frames.merging.pairing import merge
from bigin_frames.frames.merging.verdicts import verdicts
from bigin_frames.model import Status
from tests.support.result_files import OPEN, lines_of, said, sent_of, settled


def test_r5_equal_rows_share_equal_verdicts():
    """It makes no difference which of the new records is whose."""
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("a", "ADDED", "2"))

    assert settled(sent_of({"A": ["a", "a"], "B": ["x", "x"]}), lines) == [("ADDED", "1", ""), ("ADDED", "2", "")]


@pytest.mark.parametrize("b", [["x", "y"], ["x", "X"], ["x", None], [None, " "]])
def test_r5_rows_that_differ_anywhere_do_not_share_ids(b):
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("a", "ADDED", "2"))

    assert settled(sent_of({"A": ["a", "a"], "B": b}), lines) == [OPEN, OPEN]


def test_r5_rows_that_differ_share_a_verdict_that_names_no_record():
    lines = lines_of(["A"], ("a", "SKIPPED", None, "E"), ("a", "SKIPPED", None, "E"))

    assert settled(sent_of({"A": ["a", "a"], "B": ["x", "y"]}), lines) == [("SKIPPED", None, "E")] * 2


def test_r5_rows_that_differ_share_lines_that_name_one_existing_record():
    """Two rows with the e-mail of one existing record: both lines are the same, so it makes no difference."""
    lines = lines_of(["A"], ("a", "SKIPPED", "7", "DUPLICATE_DATA-A"), ("a", "SKIPPED", "7", "DUPLICATE_DATA-A"))

    assert settled(sent_of({"A": ["a", "a"], "B": ["x", "y"]}), lines) == [("SKIPPED", "7", "DUPLICATE_DATA-A")] * 2


@pytest.mark.parametrize(
    "other", [("a", "SKIPPED", None, "E"), ("a", "UPDATED", "2"), ("a", "ADDED", None, "UNREADABLE_ID")]
)
def test_r5_equal_rows_with_different_verdicts_stay_open(other):
    lines = lines_of(["A"], ("a", "ADDED", "1"), other)

    assert settled(sent_of({"A": ["a", "a"]}), lines) == [OPEN, OPEN]


@pytest.mark.parametrize(
    ("counts", "verdict"),
    [
        ({Status.ADDED: 0, Status.UPDATED: 0, Status.SKIPPED: 2}, ("SKIPPED", None, "E")),
        ({Status.ADDED: 1, Status.UPDATED: 0, Status.SKIPPED: 1}, OPEN),
        ({Status.SKIPPED: 2}, OPEN),
        ({}, OPEN),
        (None, OPEN),
    ],
)
def test_r4_two_rows_share_two_lines_that_may_be_one_repeated_only_if_the_job_counts_two(counts, verdict):
    sent = sent_of({"A": ["a", "a"], "B": ["x", "y"]})
    lines = lines_of(["A"], ("a", "SKIPPED", None, "E"), ("a", "SKIPPED", None, "E"))

    assert said(verdicts(merge(sent, lines, counts=counts))) == [verdict, verdict]


def test_merge_names_the_records_and_fields_that_would_decide_the_ties():
    tied = {"A": ["a", "a", "b"], "Same": ["s", "s", "t"], "B": ["x", "y", "z"]}
    sent = sent_of(
        {**tied, "L": ["p", "q", "r"], "O": ["m", "n", "o"]},
        kinds={"L": ("lookup", "Account_Name"), "O": ("ownerlookup", "email")},
    )
    merged = merge(sent, lines_of(["A"], ("a", "ADDED", "5"), ("a", "UPDATED", "4"), ("b", "ADDED", "6")))

    assert merged.ids_to_read == ["5", "4"]
    assert merged.fields_to_read == ["B", "L.name", "O.email"]


def test_merge_names_no_records_if_the_file_decides_everything():
    merged = merge(sent_of({"A": ["a", "b"]}), lines_of(["A"], ("b", "ADDED", "2"), ("a", "ADDED", "1")))

    assert (merged.ids_to_read, merged.fields_to_read, merged.ties) == ([], [], [])


def test_merge_names_a_record_once():
    lines = lines_of(["A"], ("a", "UPDATED", "5"), ("a", "UPDATED", "5"), ("a", "SKIPPED", None))

    assert merge(sent_of({"A": ["a"] * 3, "B": ["x", "y", "z"]}), lines).ids_to_read == ["5"]
