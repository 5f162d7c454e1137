"""Claims about pairing result lines with rows: no row ever gets another row's id or verdict."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigin_frames.frames.merging.echo import contenders, identifying_order
from bigin_frames.frames.merging.folding import folded
from bigin_frames.frames.merging.pairing import merge
from bigin_frames.frames.merging.sent import Sent
from bigin_frames.frames.merging.verdicts import verdicts
from bigin_frames.model import ID_FIELD, Field, MappedColumn, Status
from tests.support.dose import WHOLE
from tests.support.result_files import (
    READ_BACK,
    Job,
    Manner,
    behaviour,
    column,
    dice_of,
    jobs,
    lines_of,
    needlessly_open_rows,
    outcome,
    said,
    sent_of,
    settled,
    write,
    wrong_rows,
)

OPEN = ("UNREPORTED", None, "AMBIGUOUS_RESULT")
ABSENT = ("UNREPORTED", None, "NO_RESULT_LINE")

# -------------------------------------------------------------------------- the promise, over 2,000 drawn frames

_UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]


def keeps_the_promise(data: st.DataObject, job: Job) -> None:
    file = write(job, data.draw(behaviour(len(job.columns))))
    found = outcome(file, data.draw(st.sampled_from(READ_BACK)))

    assert wrong_rows(file, found) == []
    assert needlessly_open_rows(file, found) == []


@settings(max_examples=1200 if WHOLE else 400, deadline=None, suppress_health_check=_UNHURRIED)
@given(data=st.data(), operation=st.sampled_from(["insert", "upsert"]))
def test_no_row_gets_another_rows_verdict_in_small_frames_full_of_twins(data, operation):
    keeps_the_promise(data, data.draw(jobs(operation, (1, 7))))


@settings(max_examples=400 if WHOLE else 200, deadline=None, suppress_health_check=_UNHURRIED)
@given(data=st.data(), operation=st.sampled_from(["insert", "upsert"]))
def test_no_row_gets_another_rows_verdict_where_the_order_may_prove_something(data, operation):
    keeps_the_promise(data, data.draw(jobs(operation, (20, 45), wide=True)))


@settings(max_examples=400 if WHOLE else 200, deadline=None, suppress_health_check=_UNHURRIED)
@given(data=st.data())
def test_no_row_gets_another_rows_verdict_in_an_update_by_id(data):
    keeps_the_promise(data, data.draw(jobs("update", (1, 12))))


def _planted() -> tuple[Job, Manner]:
    rows = (("a", "x"), ("b", "x"), ("b", "x"), ("c", "y"))
    truth = (("ADDED", "1", ""), ("ADDED", "2", ""), ("ADDED", "3", ""), ("SKIPPED", None, "E"))
    return Job((column("A"), column("B")), rows, truth), Manner()


@pytest.mark.parametrize(
    ("fault", "rows"),
    [
        ({}, []),
        ({"ID": ["1", "3", "2", None]}, []),  # twins may swap
        ({"ID": ["2", "1", "3", None]}, [0, 1]),
        ({"ID": ["1", "2", "2", None]}, [2]),
        ({"ID": ["1", "2", "3", "4"]}, [3]),
        ({"ID": ["9", "2", "3", None]}, [0]),
        ({"ID": [None, "2", "3", None]}, []),  # an id may be missing, a wrong one may not stand there
        ({"Status": ["UPDATED", "ADDED", "ADDED", "SKIPPED"]}, [0]),
        ({"Status": ["ADDED", "ADDED", "ADDED", "UNPROCESSED"]}, [3]),
        ({"Error": [None, None, None, "F"]}, [3]),
    ],
)
def test_wrong_rows_finds_a_planted_fault(fault, rows):
    file = write(*_planted())
    found = outcome(file).assign(**{name: pd.Series(values, dtype=object) for name, values in fault.items()})

    assert wrong_rows(file, found) == rows


@pytest.mark.parametrize("echo", [(0,), (1,), (0, 1), ()])
def test_needlessly_open_rows_asks_nothing_where_echoes_are_shared(echo):
    file = write(_planted()[0], Manner(echo=echo))
    given_up = outcome(file).assign(Status="UNREPORTED", Error="AMBIGUOUS_RESULT")

    assert needlessly_open_rows(file, given_up) == []


def test_needlessly_open_rows_finds_a_planted_fault():
    job = Job((column("A"),), (("a",), ("A",)), (("ADDED", "1", ""), ("ADDED", "2", "")))
    file = write(job, Manner(order="shuffled"))
    given_up = {"Status": ["ADDED", "UNREPORTED"], "Error": [None, "NO_RESULT_LINE"]}

    assert needlessly_open_rows(file, outcome(file).assign(**given_up)) == [1]
    folded = write(job, Manner(mangling=("lower",)))
    assert needlessly_open_rows(folded, outcome(folded)) == []  # two rows, one folded echo: rightly open


# -------------------------------------------------------------- single anomalies (the numbers name test cases)


def test_r1_shuffled_lines_go_to_their_rows():
    lines = lines_of(["A"], ("c", "SKIPPED", None, "E"), ("a", "ADDED", "1"), ("b", "UPDATED", "2"))

    assert settled(sent_of({"A": ["a", "b", "c"]}), lines) == [
        ("ADDED", "1", ""),
        ("UPDATED", "2", ""),
        ("SKIPPED", None, "E"),
    ]


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


def test_r2_rows_that_share_an_echo_stay_open_when_one_line_is_missing():
    """The line is one row's, and nothing says which row's: the same holds for a line without an id."""
    sent = sent_of({"A": ["a", "a", "A"], "B": ["x", "y", "z"]})

    assert settled(sent, lines_of(["A"], ("a", "ADDED", "1"))) == [OPEN] * 3
    assert settled(sent, lines_of(["A"], ("a", "SKIPPED", None, "E"), ("a", "SKIPPED", None, "E"))) == [OPEN] * 3


def test_r3_lines_of_another_job_are_counted_and_attached_to_nobody():
    lines = lines_of(["A"], ("z", "ADDED", "9"), ("b", "ADDED", "2"), ("", "SKIPPED", None, "E"))
    merged = merge(sent_of({"A": ["a", "b"]}), lines)

    assert merged.foreign == 2
    assert said(verdicts(merged)) == [ABSENT, ("ADDED", "2", "")]


def test_r3_a_foreign_line_with_a_rows_echo_leaves_that_row_open():
    lines = lines_of(["A"], ("a", "ADDED", "9"), ("a", "ADDED", "1"), ("b", "ADDED", "2"))

    assert settled(sent_of({"A": ["a", "b"]}), lines) == [OPEN, ("ADDED", "2", "")]


@pytest.mark.parametrize(
    "line",
    [("a", "ADDED", "1"), ("a", "UPDATED", "1"), ("a", "SKIPPED", None, "E"), ("a", "UNREPORTED", None, "U")],
)
@pytest.mark.parametrize("times", [2, 5])
def test_r4_a_line_said_again_counts_once(line, times):
    expected = (line[1], line[2], line[3] if len(line) > 3 else "")

    assert settled(sent_of({"A": ["a", "b"]}), lines_of(["A"], *[line] * times)) == [expected, ABSENT]


@pytest.mark.parametrize(
    "other", [("a", "ADDED", "2"), ("a", "UPDATED", "1"), ("a", "SKIPPED", None), ("a", "ADDED", "1", "E")]
)
def test_r4_lines_that_contradict_each_other_leave_their_row_open(other):
    found = settled(sent_of({"A": ["a"]}), lines_of(["A"], ("a", "ADDED", "1"), other))

    assert found[0][:2] == ("UNREPORTED", None)


def test_r4_lines_of_an_update_that_contradict_each_other_leave_their_row_open():
    sent = sent_of({"id": ["1", "2"], "A": ["a", "b"]}, operation="update", key="id")
    lines = lines_of(
        ["id", "A"],
        ("1", "a", "UPDATED", "1"),
        ("1", "a", "SKIPPED", None, "E"),
        ("2", "b", "UPDATED", "2"),
    )

    assert settled(sent, lines) == [OPEN, ("UPDATED", "2", "")]


def test_r4_one_new_record_on_the_lines_of_two_rows_is_nobodys():
    """An id that a spreadsheet rounded to whole digits shows itself this way only."""
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("b", "ADDED", "1"), ("c", "ADDED", "3"))

    void = ("UNREPORTED", None, "CONFLICTING_ID")
    assert settled(sent_of({"A": ["a", "b", "c"]}), lines) == [void, void, ("ADDED", "3", "")]


def test_r4_a_repeat_does_not_stand_in_for_a_twins_lost_line():
    """Two equal rows, one line twice, one line lost: the id is not given to both."""
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("a", "ADDED", "1"))

    assert settled(sent_of({"A": ["a", "a"]}), lines) == [OPEN, OPEN]


def test_r4_the_lines_given_to_merge_stay_as_they_were():
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("b", "ADDED", "1"))

    merge(sent_of({"A": ["a", "b"]}), lines)

    assert lines.status.tolist() == ["ADDED", "ADDED"]
    assert lines.record_id.tolist() == ["1", "1"]


def test_r5_equal_rows_share_out_equal_verdicts():
    """It makes no difference which of the new records is whose."""
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("a", "ADDED", "2"))

    assert settled(sent_of({"A": ["a", "a"], "B": ["x", "x"]}), lines) == [("ADDED", "1", ""), ("ADDED", "2", "")]


@pytest.mark.parametrize("b", [["x", "y"], ["x", "X"], ["x", None], [None, " "]])
def test_r5_rows_that_differ_anywhere_do_not_share_out_ids(b):
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


FOLDED = {
    "trimmed": (" a b ", "a b"),
    "collapsed": ("a \t b", "a b"),
    "NBSP to blank": ("a\u00a0b", "a b"),
    "NBSP trimmed": ("ab\u00a0", "ab"),
    "BOM trimmed": ("\ufeffab", "ab"),
    "em space": ("a\u2003b", "a b"),
    "CRLF to LF": ("a\r\nb", "a\nb"),
    "CR to LF": ("a\rb", "a\nb"),
    "lower case": ("Ann.LEE@Example.org", "ann.lee@example.org"),
    "upper case": ("é", "É"),
    "composed": ("e\u0301", "é"),
    "decomposed": ("Å", "A\u030a"),
    "compatible": ("\ufb01 \uff11", "fi 1"),
    "blank cell": (" ", ""),
    "missing cell": (None, ""),
    "all at once": (" E\u0301\r\nX\u00a0", "é x"),
}


@pytest.mark.parametrize("kind", FOLDED)
def test_r6_r7_r13_an_echo_the_service_has_tidied_still_finds_its_row(kind):
    cell, echo = FOLDED[kind]
    lines = lines_of(["A"], ("other", "ADDED", "2"), (echo, "ADDED", "1"))

    assert settled(sent_of({"A": [cell, "other"]}), lines) == [("ADDED", "1", ""), ("ADDED", "2", "")]


@pytest.mark.parametrize("kind", [kind for kind in FOLDED if kind != "missing cell"])
def test_r6_r7_r13_rows_that_tidying_makes_equal_are_kept_apart_by_a_faithful_echo_only(kind):
    first, second = FOLDED[kind]
    sent = sent_of({"A": [first, second], "B": ["x", "y"]})

    faithful = lines_of(["A"], (second, "ADDED", "2"), (first, "ADDED", "1"))
    assert settled(sent, faithful) == [("ADDED", "1", ""), ("ADDED", "2", "")]
    tidied = lines_of(["A"], (second, "ADDED", "1"), (second, "ADDED", "2"))
    assert settled(sent, tidied) == [OPEN, OPEN]
    half = lines_of(["A"], (second, "ADDED", "1"))
    assert settled(sent, half) == [OPEN, OPEN]


_UNFOLDED = {
    "final sigma": ("ΑΣ", "ας"),
    "sharp s": ("STRASSE", "straße"),
    "vertical tab": ("a\vb", "a b"),
    "next line": ("a\u0085b", "a b"),
    "line separator": ("a\u2028b", "a b"),
    "ogham blank": ("a\u1680b", "a b"),
    "file separator": ("a\x1cb", "a b"),
    "control at the edge": ("a\x01", "a"),
}


@pytest.mark.parametrize("kind", _UNFOLDED)
def test_r6_r13_no_tidied_echo_passes_for_another_rows(kind):
    """The first row's line, tidied, reads as the second row's, whose own line is missing."""
    first, second = _UNFOLDED[kind]
    lines = lines_of(["A"], (second, "ADDED", "1"))

    found = settled(sent_of({"A": [first, second], "B": ["x", "y"]}), lines)

    assert found[1] != ("ADDED", "1", "")


def test_r9_echo_columns_may_be_any_of_those_sent_in_any_order():
    sent = sent_of({"A": ["a", "a", "b"], "B": ["x", "y", "x"], "C": ["p", "q", "r"], "D": ["1", "2", "3"]})
    rows = [("a", "x", "p", "1"), ("a", "y", "q", "2"), ("b", "x", "r", "3")]

    for at in [(3,), (2, 0), (1, 0), (3, 2, 1), (0, 1, 2, 3)]:
        told = [(*[row[i] for i in at], "ADDED", row[3]) for row in reversed(rows)]
        lines = lines_of(["ABCD"[i] for i in at], *told)
        assert [record for _, record, _ in settled(sent, lines)] == ["1", "2", "3"]


def test_r9_cells_of_neighbouring_columns_are_not_run_together():
    rows = [("ab", "c"), ("a", "bc"), (None, "abc"), ("abc", None)]
    sent = sent_of({"A": [a for a, _ in rows], "B": [b for _, b in rows]})
    lines = lines_of(["A", "B"], *[(a or "", b or "", "ADDED", str(i + 1)) for i, (a, b) in enumerate(rows)][::-1])

    assert [record for _, record, _ in settled(sent, lines)] == ["1", "2", "3", "4"]


def test_r9_without_an_echo_only_what_makes_no_difference_is_told():
    sent = sent_of({"A": ["a", "b"]})

    assert settled(sent, lines_of([], ("ADDED", "1"), ("ADDED", "2"))) == [OPEN, OPEN]
    assert settled(sent, lines_of([], ("SKIPPED", None, "E"), ("SKIPPED", None, "E"))) == [("SKIPPED", None, "E")] * 2
    assert settled(sent_of({"A": ["a"]}), lines_of([], ("ADDED", "1"))) == [("ADDED", "1", "")]


def test_r10_a_word_nobody_knows_leaves_its_row_unreported_and_says_why():
    job = Job((column("A"),), (("a",), ("b",)), (("ADDED", "1", ""), ("ADDED", "2", "")))
    file = write(job, Manner(unknown=1.0))

    assert said(outcome(file)) == [("UNREPORTED", None, "UNKNOWN_STATUS")] * 2


def test_r11_a_damaged_id_is_dropped_and_the_status_kept():
    lines = lines_of(["A"], ("a", "ADDED", None, "UNREADABLE_ID"), ("b", "ADDED", "2"))

    assert settled(sent_of({"A": ["a", "b"]}), lines) == [("ADDED", None, "UNREADABLE_ID"), ("ADDED", "2", "")]


def test_r12_words_for_nothing_are_names():
    sent = sent_of({"A": ["NA", "null", None, "nan", "0012", "12", "1e5", "100000"]})
    cells = ["100000", "1e5", "12", "0012", "nan", "", "null", "NA"]
    lines = lines_of(["A"], *[(cell, "ADDED", str(8 - i)) for i, cell in enumerate(cells)])

    assert [record for _, record, _ in settled(sent, lines)] == list("12345678")


def test_r14_an_echo_the_service_has_reformatted_finds_nobody():
    lines = lines_of(["A"], ("2024-05-01", "ADDED", "1"), ("12", "ADDED", "2"))

    assert settled(sent_of({"A": ["01/05/2024", "0012"]}), lines) == [ABSENT, ABSENT]


def test_r15_reasons_reach_their_rows_whole():
    reason = "MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email"
    lines = lines_of(["A"], ("b", "SKIPPED", None, reason), ("a", "UNPROCESSED", None, ""))

    assert settled(sent_of({"A": ["a", "b"]}), lines) == [("UNPROCESSED", None, ""), ("SKIPPED", None, reason)]


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


def test_r22_another_jobs_file_pairs_nothing():
    sent = sent_of({"A": [f"a{i}" for i in range(50)]})
    lines = lines_of(["A"], *[(f"b{i}", "ADDED", str(i + 1)) for i in range(50)])
    merged = merge(sent, lines)

    assert merged.foreign == 50
    assert merged.order_bits == 0
    assert set(said(verdicts(merged))) == {ABSENT}


def test_r24_formula_text_is_an_echo_as_any_other():
    lines = lines_of(["A"], ("=2+2", "ADDED", "2"), ("=cmd|'/c calc'!A1", "ADDED", "1"))

    assert [record for _, record, _ in settled(sent_of({"A": ["=cmd|'/c calc'!A1", "=2+2"]}), lines)] == ["1", "2"]


@pytest.mark.parametrize("name", ["error", "id"])
def test_repeats_are_told_by_id_and_reason_whatever_the_echoed_field_is_called(name):
    sent = sent_of({name: ["x", "x", "x"], "B": ["p", "p", "p"]})
    lines = lines_of([name], ("x", "ADDED", "1"), ("x", "ADDED", "1"), ("x", "ADDED", "2"), ("x", "ADDED", "3", "W"))
    plain = lines_of(["A"], ("x", "ADDED", "1"), ("x", "ADDED", "1"), ("x", "ADDED", "2"), ("x", "ADDED", "3", "W"))

    kept = merge(sent, lines).lines

    assert kept.record_id.tolist() == merge(sent_of({"A": ["x", "x", "x"]}), plain).lines.record_id.tolist()
    assert (
        settled(sent_of({name: ["x", "x"]}), lines_of([name], ("x", "ADDED", "1"), ("x", "ADDED", "1", "W")))
        == [("UNREPORTED", None, "CONFLICTING_ID")] * 2
    )


# ------------------------------------------------------------------------------------------------ update by id


def updated(ids: list[str | None], texts: list[str | None]) -> Sent:
    return sent_of({"id": ids, "A": texts}, operation="update", key="id")


def test_an_update_is_paired_by_the_record_it_addressed_whatever_else_is_echoed():
    lines = lines_of(["A"], ("a", "UPDATED", "3"), ("mangled beyond use", "UPDATED", "1"), ("a", "SKIPPED", "2", "E"))

    assert settled(updated(["1", "2", "3"], ["a", "a", "a"]), lines) == [
        ("UPDATED", "1", ""),
        ("SKIPPED", "2", "E"),
        ("UPDATED", "3", ""),
    ]


@pytest.mark.parametrize("echo", [["A"], ["id", "A"], ["id"], []])
def test_an_update_never_takes_a_line_that_names_another_record(echo):
    line = [{"id": "1", "A": "a"}[name] for name in echo]
    merged = merge(updated(["1"], ["a"]), lines_of(echo, (*line, "UPDATED", "99")))

    assert merged.foreign == 1
    assert said(verdicts(merged)) == [ABSENT]


def test_an_update_never_takes_a_line_whose_echoed_and_named_ids_differ():
    """Both records were addressed; the line says one thing of each."""
    merged = merge(updated(["1", "2"], ["a", "b"]), lines_of(["id", "A"], ("1", "a", "UPDATED", "2")))

    assert merged.foreign == 1
    assert said(verdicts(merged)) == [ABSENT, ABSENT]


def test_an_update_pairs_lines_without_an_id_by_their_echo_among_the_rows_left():
    lines = lines_of(["A"], ("a", "UPDATED", "1"), ("a", "SKIPPED", None, "E"), ("b", "SKIPPED", None, "F"))

    assert settled(updated(["1", "2", "3"], ["a", "a", "b"]), lines) == [
        ("UPDATED", "1", ""),
        ("SKIPPED", None, "E"),
        ("SKIPPED", None, "F"),
    ]


def test_an_update_takes_a_line_said_twice_once_and_refuses_a_contradiction():
    lines = lines_of(
        ["id"],
        ("1", "UPDATED", "1"),
        ("1", "UPDATED", "1"),
        ("2", "UPDATED", "2"),
        ("2", "SKIPPED", "2", "E"),
        (" 3 ", "UPDATED", "3"),
    )

    assert settled(updated(["1", "2", "3"], ["a", "b", "c"]), lines) == [
        ("UPDATED", "1", ""),
        OPEN,
        ("UPDATED", "3", ""),
    ]


def test_only_an_update_by_id_takes_ids_for_keys():
    """An insert that happens to send ids as text is paired by echo."""
    sent = sent_of({"A": ["7", "8"]})

    assert settled(sent, lines_of(["A"], ("8", "ADDED", "7"), ("7", "ADDED", "8"))) == [
        ("ADDED", "8", ""),
        ("ADDED", "7", ""),
    ]


# ----------------------------------------------------------------------------------------- what is asked for next


def test_merge_asks_for_the_records_and_fields_that_would_settle_the_ties():
    tied = {"A": ["a", "a", "b"], "Same": ["s", "s", "t"], "B": ["x", "y", "z"]}
    sent = sent_of(
        {**tied, "L": ["p", "q", "r"], "O": ["m", "n", "o"]},
        kinds={"L": ("lookup", "Account_Name"), "O": ("ownerlookup", "email")},
    )
    merged = merge(sent, lines_of(["A"], ("a", "ADDED", "5"), ("a", "UPDATED", "4"), ("b", "ADDED", "6")))

    assert merged.ids_to_read == ["5", "4"]
    assert merged.fields_to_read == ["B", "L.name", "O.email"]


def test_merge_asks_for_nothing_where_the_file_says_it_all():
    merged = merge(sent_of({"A": ["a", "b"]}), lines_of(["A"], ("b", "ADDED", "2"), ("a", "ADDED", "1")))

    assert (merged.ids_to_read, merged.fields_to_read, merged.ties) == ([], [], [])


def test_merge_asks_for_a_record_once():
    lines = lines_of(["A"], ("a", "UPDATED", "5"), ("a", "UPDATED", "5"), ("a", "SKIPPED", None))

    assert merge(sent_of({"A": ["a"] * 3, "B": ["x", "y", "z"]}), lines).ids_to_read == ["5"]


@pytest.mark.parametrize(
    ("echoes", "bits"),
    [
        (["a"], 0.0),
        (["a"] * 40, 0.0),
        (["a", "b"], 1.0),
        (["a", "a", "b", "b"], np.log2(6)),
        ([f"{i}" for i in range(30)], np.log2(float(np.prod(np.arange(1.0, 31.0))))),
    ],
)
def test_order_bits_count_the_orders_that_could_be_told_apart(echoes, bits):
    lines = lines_of(["A"], *[(text, "ADDED", str(i + 1)) for i, text in enumerate(echoes)])

    assert merge(sent_of({"A": echoes}), lines).order_bits == pytest.approx(bits)


@pytest.mark.parametrize("change", ["swapped", "one missing", "one too many", "one repeated", "one other"])
def test_order_bits_are_none_where_the_order_is_not_the_one_sent(change):
    told = [(f"n{i}", "ADDED", str(i + 1)) for i in range(30)]
    if change == "swapped":
        told[3], told[4] = told[4], told[3]
    elif change == "one missing":
        told.pop()
    elif change == "one too many":
        told.append(("n29", "SKIPPED", None))
    elif change == "one repeated":
        told.insert(9, told[9])
    else:
        told[7] = ("z", "ADDED", "8")

    assert merge(sent_of({"A": [f"n{i}" for i in range(30)]}), lines_of(["A"], *told)).order_bits == 0


def test_folded_leaves_differences_that_no_service_makes():
    texts = pa.array(["a", "b", "ab", "a-b", "e", "é", "0012", "12", "", "a.b"])

    assert len(set(folded(texts).to_pylist())) == len(texts)


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=6))
def test_folded_twice_is_folded_once(text):
    once = folded(pa.array([text]))

    assert folded(once).to_pylist() == once.to_pylist()


# ---------------------------------------------------------------------------------------------------- a whole job


def test_25_000_shuffled_rows_with_duplicates_each_get_their_own_or_none():
    dice = dice_of(25_000)
    names = [f"name {dice.randrange(15_000)}" for _ in range(25_000)]
    extra = [dice.choice("pq") for _ in names]
    truth = tuple(
        ("SKIPPED", None, "INVALID_DATA-B") if dice.random() < 0.1 else ("ADDED", str(10**18 + i), "")
        for i in range(25_000)
    )
    job = Job((column("A"), column("B")), tuple(zip(names, extra, strict=True)), truth)
    file = write(job, Manner(order="shuffled", mangling=("lower",), seed=1))
    lines = file.read()
    started = time.perf_counter()
    found = verdicts(merge(job.sent, lines))

    assert time.perf_counter() - started < 15  # half a second where this was written
    assert wrong_rows(file, found) == []
    alone = np.array([count == 1 for count in map(Counter(names).get, names)])
    assert alone.sum() > 4_000
    assert (found["Status"][alone] != "UNREPORTED").all()
    assert (found["Status"][~alone] == "UNREPORTED").any()


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({Status.ADDED: 0, Status.UPDATED: 0, Status.SKIPPED: 2}, ("SKIPPED", None, "E")),
        ({Status.ADDED: 1, Status.UPDATED: 0, Status.SKIPPED: 1}, OPEN),
        ({Status.SKIPPED: 2}, OPEN),
        ({}, OPEN),
        (None, OPEN),
    ],
)
def test_r4_two_rows_share_two_lines_that_may_be_one_said_twice_only_where_the_job_counts_two(counts, told):
    sent = sent_of({"A": ["a", "a"], "B": ["x", "y"]})
    lines = lines_of(["A"], ("a", "SKIPPED", None, "E"), ("a", "SKIPPED", None, "E"))

    assert said(verdicts(merge(sent, lines, counts=counts))) == [told, told]


# ------------------------------------------------------------------------------------------- what to have echoed


def _described(name: str, kind: str = "text", unique: bool = False) -> MappedColumn:
    return column(name, kind, unique=unique)


@pytest.mark.parametrize(
    ("columns", "distinct", "key", "order"),
    [
        ([], [], None, []),
        ([_described("A")], [1], None, [0]),
        ([_described("A"), _described("B"), _described("C"), _described("D")], [1, 9, 5, 7], None, [1, 3, 2, 0]),
        ([_described("A"), _described("B"), _described("C"), _described("D")], [4, 4, 4, 4], None, [0, 1, 2, 3]),
        ([_described("N", "double"), _described("A"), _described("B", "email")], [99, 2, 3], None, [2, 1, 0]),
        ([_described("D", "date"), _described("L", "lookup"), _described("P", "picklist")], [9, 1, 2], None, [2, 1, 0]),
        ([_described("A"), _described("U", "double", unique=True)], [99, 3], None, [1, 0]),
        ([_described("U", unique=True), _described("A"), _described("K", "integer")], [9, 9, 1], "K", [2, 0, 1]),
        ([_described("A"), MappedColumn(column="x", field=ID_FIELD)], [99, 1], "id", [1, 0]),
    ],
    ids=["none", "one", "most values", "ties keep order", "text first", "dates last", "unique", "key first", "id"],
)
def test_identifying_order_puts_what_tells_rows_apart_first(columns, distinct, key, order):
    assert identifying_order(columns, distinct, key) == order


@given(st.lists(st.tuples(st.sampled_from(["text", "double", "date"]), st.booleans(), st.integers(0, 9)), max_size=9))
def test_identifying_order_is_a_permutation_that_keeps_the_rest_in_order(drawn):
    columns = [
        MappedColumn(column=i, field=Field(api_name=f"F{i}", label="", data_type=kind, unique=unique))
        for i, (kind, unique, _) in enumerate(drawn)
    ]

    order = identifying_order(columns, [distinct for *_, distinct in drawn], "F2")
    compared = contenders(columns, "F2")

    assert identifying_order(columns, [n if i in compared else 0 for i, (*_, n) in enumerate(drawn)], "F2") == order

    assert sorted(order) == list(range(len(columns)))
    assert order[3:] == sorted(order[3:])
    assert order[0] == 2 if len(columns) > 2 else True


def test_verdicts_are_text_or_none_and_keep_the_order_sent():
    found = verdicts(merge(sent_of({"A": ["b", "a"]}), lines_of(["A"], ("a", "ADDED", "1"))))

    assert found.dtypes.eq("string").all()
    assert said(found) == [("UNREPORTED", None, "NO_RESULT_LINE"), ("ADDED", "1", "")]
    assert found["Error"].isna().tolist() == [False, True]
