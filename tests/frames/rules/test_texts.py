"""Lengths, and text that a spreadsheet would run as a formula."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.frames.rules.texts import FORMULA_LIKE, like_a_formula, too_long
from tests.support.contacts import field
from tests.support.rule_cells import column, failing, text


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=6)), st.integers(0, 5))
def test_length_counts_characters_as_python_does(cells, limit):
    expected = [cell is not None and len(cell) > limit for cell in cells]

    assert too_long(text(*cells), limit).tolist() == expected


@pytest.mark.parametrize(
    ("data_type", "limit"), [("text", 255), ("textarea", 32_000), ("email", 100), ("phone", 50), ("website", 255)]
)
def test_a_length_defaults_to_the_documented_one(data_type, limit):
    rule = next(rule for rule in rules_for(column(field("X", data_type)), "insert") if rule.name == "max_length")

    assert rule.statistics == {"max_length": limit}
    assert str(limit) in rule.words


def test_the_metadata_overrides_the_documented_length():
    assert failing(field("X", length=3), "abc", "abcd") == [set(), {"max_length"}]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_formula_is_recognised_by_its_first_character_and_numbers_and_phones_are_none(type_):
    formulas = [
        "=1+1",
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+A1",
        "- an item",
        "\t=1",
        "\rx",
        "  =1",
        "\n\t@x",
        "-1\n=A1",
    ]
    others = [
        "+49 171 5550",
        "+1 (202) 555-0100",
        "-5",
        "-5.25 %",
        "-1.000,00 \u20ac",
        "+1/2",
        "-",
        "--",
        "a=1",
        "'=1",
        "1-A",
        "",
        " ",
        "\t",
    ]

    found = like_a_formula(pa.array([None, *formulas, None, *others], type_))
    assert found.tolist() == [False, *[True] * len(formulas), False, *[False] * len(others)]
    assert like_a_formula(pa.array([None, *formulas], type_)[2:4]).tolist() == [True, True]


@given(st.lists(st.none() | st.text("=+-@\t\r\n a1.(\u20ac")))
def test_testing_the_first_byte_does_not_change_what_a_formula_is(cells):
    cells = text(*cells)

    searched = pc.fill_null(pc.match_substring_regex(cells, FORMULA_LIKE), False)
    assert like_a_formula(cells).tolist() == searched.to_pylist()
