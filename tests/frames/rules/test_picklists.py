"""Picklists."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.frames.rules.picklists import not_all_among
from tests.support.contacts import BY_NAME, field
from tests.support.rule_cells import column, failing, text


def test_a_picklist_accepts_only_the_exact_spelling():
    cells = ("Web", "web", "Web ", "Partner", None, "-None-")

    assert failing(BY_NAME["Lead_Source"], *cells) == [set(), {"picklist"}, {"picklist"}, set(), set(), {"no_choice"}]


def test_a_picklist_without_values_accepts_anything_but_the_placeholder():
    assert failing(field("X", "picklist"), "any", "-None-") == [set(), {"no_choice"}]


@given(st.lists(st.none() | st.lists(st.sampled_from(["Analytics", "Bigdata", "x", ""]), max_size=3).map(";".join)))
def test_every_element_of_a_multiselect_must_be_a_value(cells):
    options = BY_NAME["Courses"].picklist
    expected = [cell is not None and not set(cell.split(";")) <= set(options) for cell in cells]

    assert not_all_among(text(*cells), pa.array(options)).tolist() == expected


def test_a_sliced_multiselect_column_is_checked_by_its_own_rows():
    cells = text("x", "Analytics", "Bigdata;x")[1:]

    assert not_all_among(cells, pa.array(["Analytics", "Bigdata"])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("Web",), "is not in the picklist; use 'Web' (spelling must match exactly)"),
        (("Web", "Trade Show"), "is not in the picklist; use one of 'Web', 'Trade Show' (spelling must match exactly)"),
        (tuple("abcdefghi"), "is not in the picklist; use one of its 9 values (spelling must match exactly)"),
        (("a" * 80, "b" * 80), "is not in the picklist; use one of its 2 values (spelling must match exactly)"),
        (("a; b", "c"), "is not in the picklist; use one of its 2 values (spelling must match exactly)"),
        (("a\x1b[31m",), "is not in the picklist; use 'a\\x1b[31m' (spelling must match exactly)"),
    ],
    ids=["one", "two", "many", "long", "with the separator of problem and fix", "with a control character"],
)
def test_the_values_of_a_short_picklist_are_in_the_message(values, words):
    *_, rule = rules_for(column(field("X", "picklist", picklist=values)), "insert")

    assert rule.words == words
