"""What is true of every rule."""

from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.rules.for_field import ID, rules_for
from bigin_frames.frames.rules.mail_and_web import EMAIL, WEBSITE
from bigin_frames.frames.rules.phone import PHONE
from bigin_frames.frames.rules.rule import empty
from bigin_frames.model import ID_FIELD
from tests.support.contacts import BY_NAME, field
from tests.support.rule_cells import column, matches, text

NULL_AND_EMPTY_COLUMN = [pa.array([None, None], pa.large_string()), pa.array([], pa.large_string())]


@pytest.mark.parametrize("data_type", ["text", "phone", "integer", "currency", "picklist", "multiselectpicklist", "id"])
@pytest.mark.parametrize("cells", NULL_AND_EMPTY_COLUMN, ids=["null", "no rows"])
def test_empty_cells_break_only_the_mandatory_rule(data_type, cells):
    described = field("X", data_type, mandatory=True, picklist=("a",), length=19)

    mandatory, *others = rules_for(column(described), "insert")

    assert mandatory.failing(cells).tolist() == [True] * len(cells)
    assert not any(rule.failing(cells).any() for rule in others)


@pytest.mark.parametrize("cells_type", [pa.string(), pa.large_string()])
def test_rules_accept_both_sizes_of_arrow_text(cells_type):
    for data_type in ("text", "email", "integer", "double", "picklist", "multiselectpicklist"):
        described = field("X", data_type, mandatory=True, picklist=("a@b.co",), length=1, decimals=1)
        for rule in rules_for(column(described), "insert"):
            assert len(rule.failing(pa.array(["a@b.co", None, "1.25"], cells_type))) == 3


@pytest.mark.parametrize("cell", [None, "", " ", "\t\n", "\u00a0\u3000"])
def test_a_cell_of_white_space_is_empty(cell):
    assert empty(text(cell, "x", " x ")).tolist() == [True, False, False]


@given(st.text(st.sampled_from('aZ0@.-_ "\\+\n\u00a0é例。/:?#[]<>'), max_size=14))
def test_generated_text_matches_in_both_engines_or_in_none(cell):
    for pattern in (EMAIL, PHONE, WEBSITE, ID):
        matches(pattern, cell)


def test_every_rule_ends_with_a_fix_and_contains_no_cell():
    for described in (*BY_NAME.values(), ID_FIELD, field("X", "bigint", length=19)):
        for rule in rules_for(column(described), "insert"):
            assert re.match(r"(is|has|contains|does|begins) .+[;,] \S+", rule.words)
