"""What records read back, and a proven order, may decide."""

from __future__ import annotations

import pandas as pd
import pytest

from bigin_frames.frames.merging.pairing import merge
from bigin_frames.frames.merging.settle import ORDER_PROOF_BITS, settle
from bigin_frames.frames.merging.verdicts import verdicts
from tests.support.result_files import OPEN, lines_of, records_of, said, sent_of, settled

REFUSED = ("SKIPPED", None, "INVALID_DATA-B")

# ------------------------------------------------------------------------------------------------- by the record


def twins(first: str | None, second: str | None, kind: tuple[str, str | None] = ("text", None), operation="insert"):
    """Return two rows that differ in B, where only A is echoed."""
    return sent_of({"A": ["a", "a"], "B": [first, second]}, kinds={"B": kind}, operation=operation)


ADDED_2_1 = lines_of(["A"], ("a", "ADDED", "2"), ("a", "ADDED", "1"))
ADDED_AND_REFUSED = lines_of(["A"], ("a", "ADDED", "1"), ("a", "SKIPPED", None, "INVALID_DATA-B"))


def test_settle_gives_a_record_to_the_one_row_it_equals():
    found = settled(twins("x", "y"), ADDED_2_1, records_of(id=["1", "2"], B=["x", "y"]))

    assert found == [("ADDED", "1", ""), ("ADDED", "2", "")]


@pytest.mark.parametrize("known", ["1", "2"])
def test_settle_gives_the_last_line_to_the_last_row(known):
    stored = {"1": "x", "2": "y"}[known]

    found = settled(twins("x", "y"), ADDED_2_1, records_of(id=[known], B=[stored]))

    assert found == [("ADDED", "1", ""), ("ADDED", "2", "")]


@pytest.mark.parametrize("stored", ["x", "y"])
def test_settle_gives_the_refusal_to_the_row_that_was_not_written(stored):
    found = settled(twins("x", "y"), ADDED_AND_REFUSED, records_of(id=["1"], B=[stored]))

    assert found == ([("ADDED", "1", ""), REFUSED] if stored == "x" else [REFUSED, ("ADDED", "1", "")])


@pytest.mark.parametrize(
    "records",
    [
        None,
        records_of(id=[]),
        records_of(id=["7"], B=["x"]),
        records_of(id=["1"], B=["z"]),
        records_of(id=["1", "2"], B=["~x", "~y"]),
        records_of(id=["1", "2"], B=["x", "x"]),
        records_of(id=["1"], B=[None]),
        records_of(id=["1"], B=[pd.NA]),
        records_of(id=["1"], B=[float("nan")]),
    ],
    ids=["refused", "none found", "another", "changed", "reformatted", "one twice", "empty", "NA", "nan"],
)
def test_settle_leaves_open_what_the_records_do_not_prove(records):
    assert settled(twins("x", "y"), ADDED_2_1, records) == [OPEN, OPEN]


def test_settle_proves_by_all_fields_together():
    sent = sent_of({"A": ["a"] * 3, "B": ["x", "x", "y"], "C": ["p", "q", "p"]})
    lines = lines_of(["A"], ("a", "ADDED", "3"), ("a", "ADDED", "2"), ("a", "ADDED", "1"))

    found = settled(sent, lines, records_of(id=["1", "2", "3"], B=["x", "x", "y"], C=["p", "q", "p"]))

    assert [record for _, record, _ in found] == ["1", "2", "3"]
    assert settled(sent, lines, records_of(id=["1"], B=["x"])) == [OPEN] * 3


def test_settle_shares_out_what_is_left_among_equal_rows():
    sent = sent_of({"A": ["a"] * 3, "B": ["x", "y", "x"]})
    lines = lines_of(["A"], ("a", "ADDED", "2"), ("a", "ADDED", "1"), ("a", "ADDED", "3"))

    found = settled(sent, lines, records_of(id=["1", "2", "3"], B=["x", "y", "x"]))

    assert found == [("ADDED", "1", ""), ("ADDED", "2", ""), ("ADDED", "3", "")]


def test_settle_decides_by_the_record_where_a_line_is_missing():
    found = settled(twins("x", "y"), lines_of(["A"], ("a", "ADDED", "2")), records_of(id=["2"], B=["y"]))

    assert found == [OPEN, ("ADDED", "2", "")]


def test_settle_keeps_one_ties_records_from_another_ties_rows():
    sent = sent_of({"A": ["a", "a", "b", "b"], "B": ["x", "y", "x", "y"]})
    lines = lines_of(["A"], *[(name, "ADDED", i) for name, i in [("b", "4"), ("a", "2"), ("b", "3"), ("a", "1")]])

    found = settled(sent, lines, records_of(id=list("1234"), B=["x", "y", "x", "y"]))

    assert [record for _, record, _ in found] == ["1", "2", "3", "4"]


def test_settle_takes_no_claim_of_two_lines_on_one_row():
    """Two rows updated one record: it has the values of the later one, and either line may be that row's."""
    lines = lines_of(["A"], ("a", "ADDED", "5"), ("a", "UPDATED", "5"))

    assert settled(twins("x", "y"), lines, records_of(id=["5"], B=["x"])) == [OPEN, OPEN]


def test_settle_gives_a_refusal_that_names_the_record_to_the_row_that_did_not_write_it():
    lines = lines_of(["A"], ("a", "SKIPPED", "5", "DUPLICATE_DATA-A"), ("a", "ADDED", "5"))

    found = settled(twins("x", "y"), lines, records_of(id=["5"], B=["x"]))

    assert found == [("ADDED", "5", ""), ("SKIPPED", "5", "DUPLICATE_DATA-A")]


SAME = {
    "numbers": ("double", "1.50", "1.5", "2"),
    "powers": ("currency", "1E+3", "1000.00", "1"),
    "moments": ("datetime", "2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00+00:00", "2024-05-01T10:00:00+00:00"),
    "case": ("email", "Ann@Example.org", "ann@example.org", "bob@example.org"),
    "blanks": ("textarea", "a\r\nb ", "a\nb", "abc"),
    "Unicode form": ("text", "e\u0301", "é", "e"),
    "not a number": ("double", "about 5", "about 5", "5"),
    "not a moment": ("datetime", "soon", "soon", "2024-05-01T10:00:00+00:00"),
    "zeros of a text": ("phone", "0012", "0012", "12"),
}


@pytest.mark.parametrize("kind", SAME)
def test_settle_knows_a_value_the_service_spells_otherwise(kind):
    data_type, sent, stored, other = SAME[kind]

    for rows, expected in [((sent, other), 0), ((other, sent), 1)]:
        found = settled(twins(*rows, (data_type, None)), ADDED_AND_REFUSED, records_of(id=["1"], B=[stored]))
        assert [record for _, record, _ in found].index("1") == expected


@pytest.mark.parametrize("kind", [kind for kind, (_, sent, stored, _) in SAME.items() if sent != stored])
def test_settle_leaves_rows_open_that_differ_only_in_spelling(kind):
    data_type, first, second, _ = SAME[kind]
    records = records_of(id=["1", "2"], B=[first, second])
    found = settled(twins(first, second, (data_type, None)), ADDED_2_1, records)

    assert found == [OPEN, OPEN]


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (("lookup", "id"), {"B": ["2", "1"]}),
        (("lookup", None), {"B": ["2", "1"]}),
        (("lookup", "Account_Name"), {"B__name": ["2", "1"], "B": ["1", "2"]}),
        (("ownerlookup", "email"), {"B__email": ["2", "1"], "B": ["1", "2"]}),
    ],
    ids=["by id", "plain", "by name", "by e-mail"],
)
def test_settle_compares_a_lookup_by_the_key_that_was_sent(kind, shown):
    """A lookup sent by name is compared with the name: its id may be any text."""
    found = settled(twins("1", "2", kind), ADDED_2_1, records_of(id=["1", "2"], **shown))

    assert found == [("ADDED", "2", ""), ("ADDED", "1", "")]


def test_settle_treats_an_empty_cell_of_an_update_as_any_stored_value():
    lines = lines_of(["A"], ("a", "UPDATED", "1"), ("a", "SKIPPED", None, "INVALID_DATA-B"))

    for stored in ("y", "z"):  # a value other than that of row 1 may be a spelling of it that is unknown here
        found = settled(twins(None, "y", operation="upsert"), lines, records_of(id=["1"], B=[stored]))
        assert found == [OPEN, OPEN]


def test_settle_gives_no_row_a_record_only_because_its_cells_are_empty():
    """Row 0 was added, and Bigin returns its time in another format; row 1 sent none and was refused."""
    rows = twins("2024-05-01T08:00:00+00:00", None, ("datetime", None))
    found = settled(rows, ADDED_AND_REFUSED, records_of(id=["1"], B=["May 1, 2024 08:00 AM"]))

    assert found == [OPEN, OPEN]


def test_settle_knows_the_row_of_a_record_by_another_field_than_the_empty_one():
    sent = sent_of({"A": ["a", "a"], "B": ["x", "y"], "C": [None, "z"]})
    found = settled(sent, ADDED_AND_REFUSED, records_of(id=["1"], B=["x"], C=["filled in"]))

    assert found == [("ADDED", "1", ""), REFUSED]


def test_settle_knows_an_empty_cell_of_an_insert_by_the_empty_value():
    found = settled(twins("x", None), ADDED_AND_REFUSED, records_of(id=["1"], B=[None]))

    assert found == [REFUSED, ("ADDED", "1", "")]


def test_settle_does_not_mistake_a_value_the_service_filled_in_for_another_rows():
    """Row 0 has no stage and was added with the service's own first one, which row 1 sent and was refused."""
    found = settled(twins(None, "Qualification"), ADDED_AND_REFUSED, records_of(id=["1"], B=["Qualification"]))

    assert found[1] != ("ADDED", "1", "")


@pytest.mark.parametrize(
    "other", [("a", "SKIPPED", None, "INVALID_DATA-B"), ("a", "UNPROCESSED", None), ("a", "UNREPORTED", None, "U")]
)
def test_settle_does_not_treat_the_mere_existence_of_a_record_as_proof(other):
    """One row, one refusal, and a line with the same echo that names a record: of another job, or a contradiction."""
    sent = sent_of({"A": ["a", "b"], "B": ["x", "y"]})
    merged = merge(sent, lines_of(["A"], other, ("a", "ADDED", "99"), ("b", "ADDED", "2")))
    settle(merged, records_of(id=["99"]))

    assert said(verdicts(merged)) == [OPEN, ("ADDED", "2", "")]


def test_settle_does_not_give_a_duplicates_record_to_the_row_that_wrote_it():
    """Row 0 was added as record 1 and is not listed; row 1 repeats its e-mail and was refused as a duplicate of 1."""
    lines = lines_of(["A"], ("a", "SKIPPED", "1", "DUPLICATE_DATA-A"))

    found = settled(twins("x", "y"), lines, records_of(id=["1"], B=["x"]))

    assert found[0][0] != "SKIPPED"


# --------------------------------------------------------------------------------------------------- by the order

NAMES = [f"n{i * 7 % 30:02}" for i in range(30)]  # 30 names in an order that sorting would not produce


def in_sent_order(names: list[str]) -> list[tuple[str | None, ...]]:
    return [(name, "ADDED", str(1000 + i)) for i, name in enumerate(names)]


def test_settle_trusts_an_order_that_thirty_rows_repeat():
    names = [*NAMES[:10], "t", *NAMES[10:20], "t", *NAMES[20:]]
    sent = sent_of({"A": names, "B": [str(i) for i in range(32)]})

    found = settled(sent, lines_of(["A"], *in_sent_order(names)))

    assert [record for _, record, _ in found] == [str(1000 + i) for i in range(32)]


@pytest.mark.parametrize("equal", [2, 50, 5_000])
def test_settle_trusts_no_order_of_lines_that_all_look_alike(equal):
    sent = sent_of({"A": ["a"] * equal, "B": [str(i) for i in range(equal)]})

    assert set(settled(sent, lines_of(["A"], *in_sent_order(["a"] * equal)))) == {OPEN}


@pytest.mark.parametrize(("different", "trusted"), [(5, False), (18, False), (19, True), (30, True)])
def test_settle_trusts_an_order_from_64_bits_on(different, trusted):
    """21 rows, two of them tied, are 2**64.5 orders; 20 are 2**60."""
    names = ["t", *NAMES[:different], "t"]
    sent = sent_of({"A": names, "B": [str(i) for i in range(len(names))]})
    merged = merge(sent, lines_of(["A"], *in_sent_order(names)))
    settle(merged, None)

    assert (merged.order_bits >= ORDER_PROOF_BITS) is trusted
    assert (said(verdicts(merged))[0] != OPEN) is trusted


def test_settle_trusts_no_order_that_one_pair_breaks():
    names = ["t", *NAMES, "t"]
    listed = in_sent_order(names)
    listed[4], listed[5] = listed[5], listed[4]

    found = settled(sent_of({"A": names, "B": [str(i) for i in range(32)]}), lines_of(["A"], *listed))

    assert found[0] == found[-1] == OPEN


@pytest.mark.parametrize("lost", [0, 15, 31])
def test_settle_trusts_no_order_of_a_file_that_lost_a_line(lost):
    names = ["t", *NAMES, "t"]
    listed = in_sent_order(names)
    del listed[lost]

    found = settled(sent_of({"A": names, "B": [str(i) for i in range(32)]}), lines_of(["A"], *listed))

    assert {found[0], found[-1]} == {OPEN}


def test_settle_trusts_a_record_before_the_order_and_then_no_order_at_all():
    """The record of one tie shows that its lines are swapped, so those of the other tie may be as well."""
    names = ["t", "u", *NAMES, "t", "u"]
    sent = sent_of({"A": names, "B": [str(i) for i in range(34)]})

    found = settled(sent, lines_of(["A"], *in_sent_order(names)), records_of(id=["1000"], B=["32"]))

    assert (found[0], found[32]) == (("ADDED", "1032", ""), ("ADDED", "1000", ""))
    assert found[1] == found[33] == OPEN


def test_settle_trusts_an_order_that_the_records_confirm():
    names = ["t", "u", *NAMES, "t", "u"]
    sent = sent_of({"A": names, "B": [str(i) for i in range(34)]})

    found = settled(sent, lines_of(["A"], *in_sent_order(names)), records_of(id=["1000"], B=["0"]))

    assert [record for _, record, _ in found] == [str(1000 + i) for i in range(34)]


def test_settle_trusts_no_order_that_a_record_denies():
    """Lines in the order sent would give record 1030 to the row that sent another value."""
    sent = sent_of({"A": [*NAMES, "t", "t", "t"], "B": ["x"] * 30 + ["refused", "stored", "stored"]})
    listed = [*in_sent_order([*NAMES, "t", "t"]), ("t", "SKIPPED", None, "INVALID_DATA-B")]

    found = settled(sent, lines_of(["A"], *listed), records_of(id=["1030", "1031"], B=["stored", "stored"]))

    assert found[30] in (OPEN, REFUSED)


def test_settle_trusts_no_order_that_refusals_at_the_end_explain():
    sent = sent_of({"A": [*NAMES, "t", "t"], "B": ["x"] * 30 + ["refused", "stored"]})
    listed = [*in_sent_order([*NAMES, "t"]), ("t", "SKIPPED", None, "INVALID_DATA-B")]

    found = settled(sent, lines_of(["A"], *listed))

    assert found[30] in (OPEN, REFUSED)


def test_settle_trusts_no_order_that_sorting_explains():
    """The frame was sorted by name; the service sorts by name, and equal names in any order."""
    names = sorted([*NAMES, "n15"])
    listed = in_sent_order(names)
    tied = names.index("n15")
    listed[tied] = ("n15", "ADDED", str(1000 + tied + 1))
    listed[tied + 1] = ("n15", "ADDED", str(1000 + tied))

    found = settled(sent_of({"A": names, "B": [str(i) for i in range(31)]}), lines_of(["A"], *listed))

    assert found[tied] in (OPEN, ("ADDED", str(1000 + tied), ""))


def test_settle_does_not_change_a_merge_without_ties():
    merged = merge(sent_of({"A": ["a", "b"]}), lines_of(["A"], ("b", "ADDED", "2"), ("a", "ADDED", "1")))
    before = merged.line_of.tolist()

    settle(merged, records_of(id=["1"], B=["x"]))

    assert merged.line_of.tolist() == before
    assert merged.ties == []


def test_settle_works_without_rows():
    assert settled(sent_of({"A": []}), lines_of(["A"])) == []
