"""Which fields an operation may write."""

from __future__ import annotations

import pytest

from bigin_frames.frames.mapping.columns import every_field
from tests.support.contacts import CONTACTS, field
from tests.support.mappings import mapped, refusal


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Photo", "cannot contain files or images"),
        ("Score", "computes"),
        ("Territory", "does not accept this type"),
        ("Created_Time", "new record"),
        ("Merge_Code", "new record"),
        ("id", "assigns the id of every new record"),
    ],
)
def test_a_field_an_insert_cannot_write_is_refused_with_the_reason(name, reason):
    error = refusal(["n", "x"], columns={"n": "Last_Name", "x": name})

    assert (error.column, error.field) == ("x", name)
    assert reason in str(error)


@pytest.mark.parametrize("data_type", ["fileupload", "autonumber", "subform", "multiselectlookup", "rollup_summary"])
def test_types_that_a_cell_cannot_fill_are_refused(data_type):
    error = refusal(["Last_Name", "X"], fields=(*CONTACTS, field("X", data_type)))

    assert data_type in str(error)
    assert "columns=" in str(error)


def test_an_update_writes_only_what_may_be_edited():
    columns = {"key": "id", "x": "Merge_Code"}

    assert len(mapped(["key", "x"], "update", columns=columns, find_by="id").columns) == 2
    assert "allow changes" in str(
        refusal(["key", "x"], "update", columns={"key": "id", "x": "Birth_Code"}, find_by="id")
    )


@pytest.mark.parametrize("name", ["Birth_Code", "Merge_Code"])
def test_an_upsert_writes_only_what_may_be_set_and_edited(name):
    refused = refusal(["Last_Name", "Email", name], "upsert", find_by="Email")

    assert refused.field == name


def test_an_id_together_with_another_key_is_refused():
    error = refusal(["id", "Email"], "update", find_by="Email")

    assert error.field == "id"


@pytest.mark.parametrize("label", ["Emial", "email", "E-mail"])
def test_an_unknown_field_suggests_the_nearest_api_name(label):
    error = refusal(["Last_Name", label])

    assert (error.column, error.field) == (label, label)
    assert "'Email'" in str(error)
    assert "columns=" in str(error)


def test_an_unknown_field_is_compared_with_labels_too():
    assert "'Account_Name'" in str(refusal(["n", "c"], columns={"n": "Last_Name", "c": "company name"}))


def test_an_unknown_field_similar_to_none_has_no_suggestion():
    assert "nearest" not in str(refusal(["Last_Name", "zzzzqqqq"]))


@pytest.mark.parametrize(
    ("operation", "odd"), [("insert", {"Birth_Code"}), ("update", {"Merge_Code"}), ("upsert", set())]
)
def test_every_field_is_each_that_the_operation_may_write(operation, odd):
    columns = every_field(CONTACTS, module="Contacts", operation=operation)

    names = {column.column for column in columns}
    assert names >= {"Last_Name", "Account_Name", "Seen"}
    assert names & {"Birth_Code", "Merge_Code", "Photo", "Score", "Territory", "Created_Time"} == odd
    assert {column.by for column in columns if column.field.data_type == "lookup"} == {"id"}
