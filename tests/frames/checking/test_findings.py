from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.checking.findings import Finding, Reason, in_grammar, joined, objects, tally
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND
from bigin_frames.wire.reasons import parse_errors

CODES = (MANDATORY_NOT_FOUND, INVALID_DATA, DUPLICATE_DATA)


def reason(field="Email", code=INVALID_DATA, rule="email", column="mail"):
    return Reason(column, field, code, rule, "is wrong; fix it")


def finding(*positions, twins=None, **facts):
    return Finding(reason(**facts), np.array(positions, np.int64), None if twins is None else np.array(twins, np.int64))


def test_a_tally_is_ordered_by_row_and_has_equal_reasons_once():
    found = tally([finding(3, 0), finding(1, rule="max_length"), finding(5)])

    assert [cause.rule for cause in found.reasons] == ["email", "max_length"]
    assert found.row.tolist() == [0, 1, 3, 5]
    assert found.reason.tolist() == [0, 1, 0, 0]
    assert found.rows_of_reasons.tolist() == [3, 1]


def test_a_row_found_twice_under_one_reason_counts_once():
    assert tally([finding(2, 2), finding(2)]).row.tolist() == [2]


def test_twins_stay_with_their_rows():
    found = tally([finding(4, 1, twins=[1, 4]), finding(2, rule="x")])

    assert dict(zip(found.row.tolist(), found.twin.tolist(), strict=True)) == {1: 4, 2: -1, 4: 1}


def test_a_finding_without_rows_leaves_no_row():
    assert tally([finding()]).row.tolist() == []


def test_nothing_found_is_an_empty_tally():
    found = tally([])

    assert (len(found.reasons), len(found.row), len(in_grammar(found))) == (0, 0, 0)


def test_the_errors_column_joins_fields_by_comma_and_codes_by_colon():
    found = tally([
        finding(7, code=DUPLICATE_DATA),
        finding(7, 9, field="Company", code=MANDATORY_NOT_FOUND),
        finding(7, field="Last_Name", code=MANDATORY_NOT_FOUND),
    ])  # fmt: skip

    assert in_grammar(found).to_dict() == {
        7: "MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email",
        9: "MANDATORY_NOT_FOUND-Company",
    }


def test_two_rules_of_one_field_and_code_are_one_word():
    assert in_grammar(tally([finding(0), finding(0, rule="max_length")])).to_dict() == {0: "INVALID_DATA-Email"}


def test_a_rule_about_whole_rows_is_its_code_alone():
    found = tally([finding(0, field=None, column=None), finding(0, 1)])

    assert in_grammar(found).to_dict() == {0: "INVALID_DATA:INVALID_DATA-Email", 1: "INVALID_DATA-Email"}


@pytest.mark.parametrize(("column", "header"), [("a:b,c", "a_b_c"), (None, ""), (("x", 1), "('x'_ 1)")])
def test_a_header_contains_no_separator_of_the_errors_column(column, header):
    assert reason(field=None, column=column).header == header


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ({}, "column 'mail' (field Email)"),
        ({"field": None}, "column 'mail'"),
        ({"field": None, "column": None}, "the row"),
    ],
)
def test_a_reason_says_where(facts, where):
    assert reason(**facts).where == where


NAMES = st.sampled_from(["Email", "Phone", "City", None])
PROBLEMS = st.sets(st.tuples(st.integers(0, 5), st.sampled_from(CODES), NAMES))


@given(PROBLEMS)
def test_written_errors_are_read_back_as_they_were(problems):
    found = tally([finding(row, code=code, field=name, column=name) for row, code, name in problems])

    read = {
        (row, error.code, name)
        for row, text in in_grammar(found).items()
        for error in parse_errors(text)
        for name in error.fields or (None,)
    }

    assert read == problems


@given(st.lists(st.lists(st.text("ab", max_size=2), min_size=1, max_size=3)))
def test_joined_puts_the_pieces_of_each_row_together(rows):
    starts = np.cumsum([0, *map(len, rows)])[: len(rows)].astype(np.int64)
    pieces = pa.array([piece for row in rows for piece in row], pa.large_string())

    assert joined(pieces, starts).tolist() == ["".join(row) for row in rows]


def test_objects_keeps_lists_in_one_cell():
    assert objects([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert objects([[1, 2], [3, 4]]).shape == (2,)
