"""Pairing result lines with rows: no row ever gets the id or the verdict of another row."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bigin_frames.frames.merging.pairing import merge
from bigin_frames.frames.merging.sent import Sent
from bigin_frames.frames.merging.verdicts import verdicts
from tests.support.dose import WHOLE
from tests.support.result_files import (
    ABSENT,
    OPEN,
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


def test_r1_shuffled_lines_go_to_their_rows():
    lines = lines_of(["A"], ("c", "SKIPPED", None, "E"), ("a", "ADDED", "1"), ("b", "UPDATED", "2"))

    assert settled(sent_of({"A": ["a", "b", "c"]}), lines) == [
        ("ADDED", "1", ""),
        ("UPDATED", "2", ""),
        ("SKIPPED", None, "E"),
    ]


def test_r2_rows_that_share_an_echo_stay_open_when_one_line_is_missing():
    """The line is of one row, and nothing shows of which: the same is true of a line without an id."""
    sent = sent_of({"A": ["a", "a", "A"], "B": ["x", "y", "z"]})

    assert settled(sent, lines_of(["A"], ("a", "ADDED", "1"))) == [OPEN] * 3
    assert settled(sent, lines_of(["A"], ("a", "SKIPPED", None, "E"), ("a", "SKIPPED", None, "E"))) == [OPEN] * 3


def test_r3_lines_of_another_job_are_counted_and_attached_to_no_row():
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
def test_r4_a_repeated_line_counts_once(line, times):
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


def test_r4_one_new_record_on_the_lines_of_two_rows_is_given_to_neither():
    """An id that a spreadsheet rounded to whole digits can be recognised only in this way."""
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("b", "ADDED", "1"), ("c", "ADDED", "3"))

    void = ("UNREPORTED", None, "CONFLICTING_ID")
    assert settled(sent_of({"A": ["a", "b", "c"]}), lines) == [void, void, ("ADDED", "3", "")]


def test_r4_a_repeat_does_not_replace_a_twins_lost_line():
    """Two equal rows, one line twice, one line lost: the id is not given to both."""
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("a", "ADDED", "1"))

    assert settled(sent_of({"A": ["a", "a"]}), lines) == [OPEN, OPEN]


def test_r4_merge_does_not_change_its_lines():
    lines = lines_of(["A"], ("a", "ADDED", "1"), ("b", "ADDED", "1"))

    merge(sent_of({"A": ["a", "b"]}), lines)

    assert lines.status.tolist() == ["ADDED", "ADDED"]
    assert lines.record_id.tolist() == ["1", "1"]


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
def test_r6_r13_no_tidied_echo_is_taken_for_another_rows(kind):
    """The first row's line, after tidying, reads like the second row's, whose own line is missing."""
    first, second = _UNFOLDED[kind]
    lines = lines_of(["A"], (second, "ADDED", "1"))

    found = settled(sent_of({"A": [first, second], "B": ["x", "y"]}), lines)

    assert found[1] != ("ADDED", "1", "")


def test_r9_echo_columns_may_be_any_of_those_sent_in_any_order():
    sent = sent_of({"A": ["a", "a", "b"], "B": ["x", "y", "x"], "C": ["p", "q", "r"], "D": ["1", "2", "3"]})
    rows = [("a", "x", "p", "1"), ("a", "y", "q", "2"), ("b", "x", "r", "3")]

    for at in [(3,), (2, 0), (1, 0), (3, 2, 1), (0, 1, 2, 3)]:
        listed = [(*[row[i] for i in at], "ADDED", row[3]) for row in reversed(rows)]
        lines = lines_of(["ABCD"[i] for i in at], *listed)
        assert [record for _, record, _ in settled(sent, lines)] == ["1", "2", "3"]


def test_r9_cells_of_neighbouring_columns_are_kept_apart():
    rows = [("ab", "c"), ("a", "bc"), (None, "abc"), ("abc", None)]
    sent = sent_of({"A": [a for a, _ in rows], "B": [b for _, b in rows]})
    lines = lines_of(["A", "B"], *[(a or "", b or "", "ADDED", str(i + 1)) for i, (a, b) in enumerate(rows)][::-1])

    assert [record for _, record, _ in settled(sent, lines)] == ["1", "2", "3", "4"]


def test_r9_without_an_echo_only_verdicts_that_make_no_difference_are_given():
    sent = sent_of({"A": ["a", "b"]})

    assert settled(sent, lines_of([], ("ADDED", "1"), ("ADDED", "2"))) == [OPEN, OPEN]
    assert settled(sent, lines_of([], ("SKIPPED", None, "E"), ("SKIPPED", None, "E"))) == [("SKIPPED", None, "E")] * 2
    assert settled(sent_of({"A": ["a"]}), lines_of([], ("ADDED", "1"))) == [("ADDED", "1", "")]


def test_r12_words_for_nothing_are_ordinary_text():
    sent = sent_of({"A": ["NA", "null", None, "nan", "0012", "12", "1e5", "100000"]})
    cells = ["100000", "1e5", "12", "0012", "nan", "", "null", "NA"]
    lines = lines_of(["A"], *[(cell, "ADDED", str(8 - i)) for i, cell in enumerate(cells)])

    assert [record for _, record, _ in settled(sent, lines)] == list("12345678")


def test_r14_an_echo_that_the_service_has_reformatted_finds_no_row():
    lines = lines_of(["A"], ("2024-05-01", "ADDED", "1"), ("12", "ADDED", "2"))

    assert settled(sent_of({"A": ["01/05/2024", "0012"]}), lines) == [ABSENT, ABSENT]


def test_r22_another_jobs_file_pairs_nothing():
    sent = sent_of({"A": [f"a{i}" for i in range(50)]})
    lines = lines_of(["A"], *[(f"b{i}", "ADDED", str(i + 1)) for i in range(50)])
    merged = merge(sent, lines)

    assert merged.foreign == 50
    assert merged.order_bits == 0
    assert set(said(verdicts(merged))) == {ABSENT}


def test_r24_formula_text_is_an_echo_like_any_other():
    lines = lines_of(["A"], ("=2+2", "ADDED", "2"), ("=cmd|'/c calc'!A1", "ADDED", "1"))

    assert [record for _, record, _ in settled(sent_of({"A": ["=cmd|'/c calc'!A1", "=2+2"]}), lines)] == ["1", "2"]


@pytest.mark.parametrize("name", ["error", "id"])
def test_repeats_are_recognised_by_id_and_reason_for_any_name_of_the_echoed_field(name):
    sent = sent_of({name: ["x", "x", "x"], "B": ["p", "p", "p"]})
    lines = lines_of([name], ("x", "ADDED", "1"), ("x", "ADDED", "1"), ("x", "ADDED", "2"), ("x", "ADDED", "3", "W"))
    plain = lines_of(["A"], ("x", "ADDED", "1"), ("x", "ADDED", "1"), ("x", "ADDED", "2"), ("x", "ADDED", "3", "W"))

    kept = merge(sent, lines).lines

    assert kept.record_id.tolist() == merge(sent_of({"A": ["x", "x", "x"]}), plain).lines.record_id.tolist()
    assert (
        settled(sent_of({name: ["x", "x"]}), lines_of([name], ("x", "ADDED", "1"), ("x", "ADDED", "1", "W")))
        == [("UNREPORTED", None, "CONFLICTING_ID")] * 2
    )


def updated(ids: list[str | None], texts: list[str | None]) -> Sent:
    return sent_of({"id": ids, "A": texts}, operation="update", key="id")


def test_an_update_is_paired_by_the_record_it_was_for_whatever_else_is_echoed():
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
    """Both records are in the update; the line names one in each of its columns."""
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


def test_an_update_counts_a_repeated_line_once_and_refuses_a_contradiction():
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


def test_only_an_update_by_id_treats_ids_as_keys():
    """An insert that happens to send ids as text is paired by echo."""
    sent = sent_of({"A": ["7", "8"]})

    assert settled(sent, lines_of(["A"], ("8", "ADDED", "7"), ("7", "ADDED", "8"))) == [
        ("ADDED", "8", ""),
        ("ADDED", "7", ""),
    ]


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
def test_order_bits_count_the_distinguishable_orders(echoes, bits):
    lines = lines_of(["A"], *[(text, "ADDED", str(i + 1)) for i, text in enumerate(echoes)])

    assert merge(sent_of({"A": echoes}), lines).order_bits == pytest.approx(bits)


@pytest.mark.parametrize("change", ["swapped", "one missing", "one too many", "one repeated", "one other"])
def test_order_bits_are_none_where_the_order_is_not_the_one_sent(change):
    listed = [(f"n{i}", "ADDED", str(i + 1)) for i in range(30)]
    if change == "swapped":
        listed[3], listed[4] = listed[4], listed[3]
    elif change == "one missing":
        listed.pop()
    elif change == "one too many":
        listed.append(("n29", "SKIPPED", None))
    elif change == "one repeated":
        listed.insert(9, listed[9])
    else:
        listed[7] = ("z", "ADDED", "8")

    assert merge(sent_of({"A": [f"n{i}" for i in range(30)]}), lines_of(["A"], *listed)).order_bits == 0


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

    assert time.perf_counter() - started < 15  # it takes half a second on a laptop
    assert wrong_rows(file, found) == []
    alone = np.array([count == 1 for count in map(Counter(names).get, names)])
    assert alone.sum() > 4_000
    assert (found["Status"][alone] != "UNREPORTED").all()
    assert (found["Status"][~alone] == "UNREPORTED").any()
