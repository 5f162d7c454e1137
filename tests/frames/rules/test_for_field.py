"""The rules of a field by its type and metadata."""

from __future__ import annotations

import pytest

from bigin_frames.frames.rules.for_field import ID, rules_for
from bigin_frames.model import ID_FIELD, MANDATORY_NOT_FOUND
from tests.support.contacts import BY_NAME, field
from tests.support.rule_cells import column, failing, matches, names

GOOD_ID = ["1", "7618134000000648053", "0"]  # fmt: skip
BAD_ID = ["", "12345678901234567890", "1.0", "-1", "1e5", " 1", "1\n", "\u0661"]  # fmt: skip


@pytest.mark.parametrize(("cell", "good"), [*((cell, True) for cell in GOOD_ID), *((cell, False) for cell in BAD_ID)])
def test_an_id_is_1_to_19_digits(cell, good):
    assert matches(ID, cell) is good


@pytest.mark.parametrize(
    ("operation", "facts", "needed"),
    [
        ("insert", {}, True),
        ("upsert", {}, True),
        ("update", {}, False),
        ("update", {"clearing": True}, True),
        ("update", {"key": True}, True),
    ],
)
def test_a_mandatory_field_must_be_filled_if_a_record_could_lack_it(operation, facts, needed):
    assert ("mandatory" in names(BY_NAME["Last_Name"], operation, **facts)) is needed


@pytest.mark.parametrize(("operation", "needed"), [("insert", False), ("update", True), ("upsert", True)])
def test_the_key_must_be_filled_if_a_record_is_searched_for(operation, needed):
    assert ("mandatory" in names(BY_NAME["Email"], operation, key=True)) is needed


def test_the_mandatory_rule_has_bigins_own_code():
    assert rules_for(column(BY_NAME["Last_Name"]), "insert")[0].code == MANDATORY_NOT_FOUND


def test_types_with_a_pattern_use_it():
    assert failing(BY_NAME["Email"], "nope") == [{"email"}]
    assert failing(BY_NAME["Phone"], "??") == [{"phone"}]
    assert failing(BY_NAME["Website"], "nope") == [{"website"}]
    assert failing(ID_FIELD, "x") == [{"id"}]


@pytest.mark.parametrize(
    ("name", "by", "expected"),
    [
        ("Account_Name", "id", ["id"]),
        ("Account_Name", None, ["id"]),
        ("Account_Name", "Account_Name", []),
        ("Owner", "id", ["id"]),
        ("Owner", "email", ["email"]),
    ],
)
def test_a_lookup_is_checked_by_the_kind_of_its_key(name, by, expected):
    assert names(BY_NAME[name], by=by) == expected


@pytest.mark.parametrize("data_type", ["boolean", "date", "datetime"])
def test_types_that_encoding_checks_have_no_rule(data_type):
    assert names(field("X", data_type)) == []
