"""The field that finds records."""

from __future__ import annotations

import pytest

from bigin_frames.model import ID_FIELD
from tests.support.contacts import BY_NAME, field
from tests.support.mappings import mapped, refusal


@pytest.mark.parametrize(("operation", "fix"), [("update", "find_by='id'"), ("upsert", "unique field")])
def test_writes_to_existing_records_need_a_key(operation, fix):
    assert fix in str(refusal(["Last_Name"], operation))


def test_an_update_by_id_has_the_id_for_its_key():
    assert mapped(["id", "Phone"], "update", find_by="id").find_by is ID_FIELD


@pytest.mark.parametrize("operation", ["insert", "upsert"])
@pytest.mark.parametrize("labels", [["Last_Name"], ["Last_Name", "id"]])
def test_only_an_update_can_find_records_by_id(operation, labels):
    error = refusal(labels, operation, find_by="id")

    assert error.field == "id"
    assert "update" in str(error).lower()


def test_a_key_that_is_not_unique_is_refused_and_the_unique_ones_named():
    error = refusal(["Last_Name"], "upsert", find_by="Last_Name")

    assert error.field == "Last_Name"
    assert "use Email" in str(error)


def test_a_module_without_unique_fields_is_updated_by_id():
    error = refusal(["Last_Name"], "update", fields=[field("Last_Name")], module="Tasks", find_by="Last_Name")

    assert "use the record id" in str(error)


def test_a_standard_key_counts_as_unique():
    fields = [field("Account_Name", mandatory=True), field("Phone", "phone")]

    result = mapped(["Account_Name"], "upsert", fields=fields, module="Accounts", find_by="Account_Name")

    assert result.find_by == fields[0]
    assert "use Account_Name" in str(refusal(["Phone"], "update", fields=fields, module="Accounts", find_by="Phone"))


def test_an_unknown_key_suggests_the_nearest():
    assert "'Email'" in str(refusal(["Last_Name", "Email"], "upsert", find_by="email"))


def test_a_key_without_a_column_is_refused():
    error = refusal(["Last_Name"], "upsert", find_by="Email")

    assert error.field == "Email"
    assert "No column" in str(error)


def test_an_insert_may_name_a_key_to_skip_records_that_exist():
    assert mapped(["Last_Name", "Email"], find_by="Email").find_by == BY_NAME["Email"]
