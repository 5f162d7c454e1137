"""The mapping of a frame's columns to fields."""

from __future__ import annotations

import pandas as pd
import pytest

from bigin_frames.errors import OptionError
from bigin_frames.model import Lookup
from tests.support.contacts import BY_NAME, field
from tests.support.mappings import mapped, refusal


def test_columns_without_a_mapping_are_the_fields_of_their_names():
    result = mapped(["Email", "Last_Name"])

    assert [(column.column, column.field) for column in result.columns] == [
        ("Email", BY_NAME["Email"]),
        ("Last_Name", BY_NAME["Last_Name"]),
    ]
    assert (result.constants, result.find_by) == ({}, None)


def test_columns_have_the_order_of_the_frame_not_of_the_mapping():
    result = mapped(["a", "b", "c"], columns={"c": "Last_Name", "a": "Email"})

    assert [column.column for column in result.columns] == ["a", "c"]


def test_a_lookup_without_by_has_ids():
    result = mapped(["Last_Name", "Account_Name"])

    assert [column.by for column in result.columns] == [None, "id"]


def test_a_lookup_keeps_the_key_of_its_column():
    columns = {"n": "Last_Name", "c": Lookup("Account_Name", by="Account_Name"), "o": Lookup("Owner", by="email")}

    assert [column.by for column in mapped(["n", "c", "o"], columns=columns).columns] == [None, "Account_Name", "email"]


def test_labels_of_any_kind_can_be_mapped():
    labels = pd.MultiIndex.from_tuples([("person", "name"), ("person", "mail"), ("x", "y")])

    result = mapped(labels, columns={("person", "name"): "Last_Name", ("person", "mail"): "Email"})

    assert [column.column for column in result.columns] == [("person", "name"), ("person", "mail")]


def test_a_label_that_is_not_text_needs_a_mapping():
    error = refusal([0, "Last_Name"])

    assert error.column == 0
    assert "columns=" in str(error)


def test_a_column_that_the_frame_lacks_suggests_the_nearest():
    error = refusal(["name", "mail"], columns={"nmae": "Last_Name"})

    assert error.column == "nmae"
    assert "'name'" in str(error)


def test_a_column_that_the_frame_lacks_and_that_is_similar_to_none_has_no_suggestion():
    assert "nearest" not in str(refusal(["name"], columns={"qqqqqqq": "Last_Name"}))


def test_two_columns_of_one_label_are_refused_when_used():
    error = refusal(["name", "name"], columns={"name": "Last_Name"})

    assert error.column == "name"
    assert "rename" in str(error)


def test_two_columns_of_one_label_pass_when_not_used():
    assert len(mapped(["x", "x", "Last_Name"], columns={"Last_Name": "Last_Name"}).columns) == 1


def test_two_columns_for_one_field_are_refused():
    error = refusal(["a", "b"], columns={"a": "Last_Name", "b": "Last_Name"})

    assert (error.column, error.field) == ("b", "Last_Name")
    assert "'a'" in str(error)


@pytest.mark.parametrize("columns", [{}, None])
def test_no_column_at_all_is_refused(columns):
    assert "No column" in str(refusal([] if columns is None else ["a"], columns=columns))


@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_a_mandatory_field_without_a_column_is_refused(operation):
    error = refusal(["Email"], operation, find_by="Email")

    assert error.field == "Last_Name"
    assert "defaults=" in str(error)


def test_all_missing_mandatory_fields_are_named_at_once():
    fields = [field(name, mandatory=True) for name in ("Deal_Name", "Stage")] + [field("Note")]

    assert "Deal_Name, Stage" in str(refusal(["Note"], fields=fields, module="Pipelines"))


def test_a_mandatory_field_that_cannot_be_set_is_not_required():
    fields = [field("Created_Time", "datetime", mandatory=True, creatable=False), field("Note")]

    assert len(mapped(["Note"], fields=fields).columns) == 1


def test_an_update_does_not_need_mandatory_fields():
    assert len(mapped(["Email"], "update", find_by="Email").columns) == 1


@pytest.mark.parametrize(
    ("lookup", "said"),
    [
        (Lookup("Email"), "not a lookup"),
        (Lookup("Owner", by="name"), "by='email'"),
        (Lookup("Account_Name", by=""), "by="),
        (Lookup("Account_Name", by="a b"), "by="),
        (Lookup("Acount_Name"), "'Account_Name'"),
    ],
)
def test_a_lookup_that_cannot_work_is_refused(lookup, said):
    error = refusal(["n", "c"], columns={"n": "Last_Name", "c": lookup})

    assert error.column == "c"
    assert said in str(error)


def test_a_target_that_is_not_a_name_is_refused():
    assert refusal(["n"], columns={"n": 5}).column == "n"


@pytest.mark.parametrize(
    ("option", "value"), [("columns", ["Last_Name"]), ("operation", "delete")], ids=["columns", "operation"]
)
def test_an_invalid_option_is_refused(option, value):
    options = {"operation": "insert", "columns": None} | {option: value}

    assert refusal(["Last_Name"], kind=OptionError, **options).option == option


def test_200_fields_pass_and_201_do_not():
    fields = [field(f"F{number}") for number in range(201)]
    names = [described.api_name for described in fields]

    assert len(mapped(names[:200], fields=fields).columns) == 200
    assert "201" in str(refusal(names, fields=fields))
    assert "201" in str(refusal(names[:200], fields=fields, defaults={"F200": "x"}))
