"""Digits and decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.rules.numbers import beyond_int64, too_many_decimals, too_many_digits
from tests.support.contacts import field
from tests.support.rule_cells import failing, names, text

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=4)


def _digits(number: str) -> int:
    whole, _, fraction = number.lstrip("-").partition(".")
    return len(whole.lstrip("0")) + len(fraction.rstrip("0"))


@given(st.lists(NUMBERS.map(lambda number: format(number, "f")) | st.none()), st.integers(1, 16))
def test_digits_are_counted_on_both_sides_of_the_point(cells, limit):
    expected = [cell is not None and _digits(cell) > limit for cell in cells]

    assert too_many_digits(text(*cells), limit).tolist() == expected


@given(st.lists(NUMBERS.map(lambda number: format(number, "f")) | st.none()), st.integers(0, 5))
def test_trailing_zeros_are_not_counted_as_decimals(cells, places):
    expected = [cell is not None and Decimal(cell) != round(Decimal(cell), places) for cell in cells]

    assert too_many_decimals(text(*cells), places).tolist() == expected


@given(st.lists(st.integers(-(10**20), 10**20) | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1])))
def test_the_range_of_64_bits_is_exact(numbers):
    expected = [not -(2**63) <= number < 2**63 for number in numbers]

    assert beyond_int64(text(*map(str, numbers))).tolist() == expected


@pytest.mark.parametrize(
    ("data_type", "limit"), [("integer", 9), ("bigint", 18), ("double", 16), ("currency", 16), ("percent", 5)]
)
def test_digits_default_to_the_documented_number(data_type, limit):
    described = field("X", data_type)

    assert failing(described, "9" * limit, "9" * (limit + 1), "-" + "9" * limit) == [set(), {"max_digits"}, set()]


def test_the_metadata_overrides_the_documented_digits():
    assert failing(field("X", "integer", length=2), "99", "100") == [set(), {"max_digits"}]


def test_a_field_of_19_digits_keeps_to_64_bits():
    assert failing(field("X", "bigint", length=19), "9223372036854775808", "9223372036854775807") == [{"int64"}, set()]


@pytest.mark.parametrize(
    ("facts", "good", "bad"),
    [({"decimals": 2}, "1.25", "1.255"), ({"decimals": 0}, "1.0", "1.5"), ({}, "1.123456789", "1.1234567891")],
)
def test_decimals_come_from_the_metadata_or_are_nine(facts, good, bad):
    assert failing(field("X", "currency", **facts), good, bad) == [set(), {"max_decimals"}]


def test_a_percent_without_decimals_in_the_metadata_is_limited_by_its_digits_only():
    assert names(field("X", "percent")) == ["max_digits"]
