from __future__ import annotations

import pandas as pd
import pytest

from bigin_frames.errors import MappingError, OptionError
from bigin_frames.frames.mapping.columns import every_field, map_columns
from bigin_frames.frames.places import places_of
from bigin_frames.model import ID_FIELD, Lookup
from tests.support.contacts import BY_NAME, CONTACTS, field


def mapped(labels, operation="insert", *, fields=CONTACTS, module="Contacts", **options):
    return map_columns(pd.Index(labels), fields, module=module, operation=operation, **options)


def refusal(labels, operation="insert", kind=MappingError, **options):
    with pytest.raises(kind) as caught:
        mapped(labels, operation, **options)
    return caught.value


def test_columns_without_a_mapping_are_the_fields_of_their_names():
    result = mapped(["Email", "Last_Name"])

    assert [(column.column, column.field) for column in result.columns] == [
        ("Email", BY_NAME["Email"]),
        ("Last_Name", BY_NAME["Last_Name"]),
    ]
    assert (result.constants, result.find_by) == ({}, None)


def test_columns_stand_in_the_order_of_the_frame_whatever_the_mapping_says():
    result = mapped(["a", "b", "c"], columns={"c": "Last_Name", "a": "Email"})

    assert [column.column for column in result.columns] == ["a", "c"]


def test_a_lookup_without_by_holds_ids():
    result = mapped(["Last_Name", "Account_Name"])

    assert [column.by for column in result.columns] == [None, "id"]


def test_a_lookup_keeps_the_key_its_column_holds():
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


@pytest.mark.parametrize("label", ["Emial", "email", "E-mail"])
def test_an_unknown_field_suggests_the_nearest_api_name(label):
    error = refusal(["Last_Name", label])

    assert (error.column, error.field) == (label, label)
    assert "'Email'" in str(error)
    assert "columns=" in str(error)


def test_an_unknown_field_is_looked_for_among_labels_too():
    assert "'Account_Name'" in str(refusal(["n", "c"], columns={"n": "Last_Name", "c": "company name"}))


def test_an_unknown_field_like_nothing_suggests_nothing():
    assert "nearest" not in str(refusal(["Last_Name", "zzzzqqqq"]))


def test_a_column_that_the_frame_lacks_suggests_the_nearest():
    error = refusal(["name", "mail"], columns={"nmae": "Last_Name"})

    assert error.column == "nmae"
    assert "'name'" in str(error)


def test_a_column_that_the_frame_lacks_and_nothing_is_like():
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


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Photo", "images do not travel"),
        ("Score", "computes"),
        ("Territory", "does not take this type"),
        ("Created_Time", "new record"),
        ("Merge_Code", "new record"),
        ("id", "gives every new record its id"),
    ],
)
def test_a_field_an_insert_cannot_write_is_refused_with_the_reason(name, reason):
    error = refusal(["n", "x"], columns={"n": "Last_Name", "x": name})

    assert (error.column, error.field) == ("x", name)
    assert reason in str(error)


@pytest.mark.parametrize("data_type", ["fileupload", "autonumber", "subform", "multiselectlookup", "rollup_summary"])
def test_types_that_no_cell_can_fill_are_refused(data_type):
    error = refusal(["Last_Name", "X"], fields=(*CONTACTS, field("X", data_type)))

    assert data_type in str(error)
    assert "columns=" in str(error)


def test_an_update_writes_what_may_be_edited_alone():
    columns = {"key": "id", "x": "Merge_Code"}

    assert len(mapped(["key", "x"], "update", columns=columns, find_by="id").columns) == 2
    assert "changed" in str(refusal(["key", "x"], "update", columns={"key": "id", "x": "Birth_Code"}, find_by="id"))


@pytest.mark.parametrize("name", ["Birth_Code", "Merge_Code"])
def test_an_upsert_writes_only_what_may_be_set_and_edited(name):
    refused = refusal(["Last_Name", "Email", name], "upsert", find_by="Email")

    assert refused.field == name


@pytest.mark.parametrize(("operation", "mend"), [("update", "find_by='id'"), ("upsert", "unique field")])
def test_writes_to_existing_records_need_a_key(operation, mend):
    assert mend in str(refusal(["Last_Name"], operation))


def test_an_update_by_id_has_the_id_for_its_key():
    assert mapped(["id", "Phone"], "update", find_by="id").find_by is ID_FIELD


def test_an_id_beside_another_key_is_refused():
    error = refusal(["id", "Email"], "update", find_by="Email")

    assert error.field == "id"


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
    assert "no column" in str(error)


def test_an_insert_may_name_a_key_to_skip_records_that_exist():
    assert mapped(["Last_Name", "Email"], find_by="Email").find_by == BY_NAME["Email"]


@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_a_mandatory_field_that_nothing_feeds_is_refused(operation):
    error = refusal(["Email"], operation, find_by="Email")

    assert error.field == "Last_Name"
    assert "defaults=" in str(error)


def test_all_missing_mandatory_fields_are_named_at_once():
    fields = [field(name, mandatory=True) for name in ("Deal_Name", "Stage")] + [field("Note")]

    assert "Deal_Name, Stage" in str(refusal(["Note"], fields=fields, module="Pipelines"))


def test_a_mandatory_field_that_cannot_be_set_is_not_asked_for():
    fields = [field("Created_Time", "datetime", mandatory=True, creatable=False), field("Note")]

    assert len(mapped(["Note"], fields=fields).columns) == 1


def test_an_update_need_not_feed_mandatory_fields():
    assert len(mapped(["Email"], "update", find_by="Email").columns) == 1


def test_a_default_stands_in_for_a_mandatory_column():
    assert mapped(["Email"], defaults={"Last_Name": "Unknown"}).constants == {"Last_Name": "Unknown"}


def test_a_default_of_a_mapped_field_fills_its_empty_cells():
    result = mapped(["n", "s"], columns={"n": "Last_Name", "s": "Lead_Source"}, defaults={"Lead_Source": "Web"})

    assert [column.default for column in result.columns] == [None, "Web"]
    assert result.constants == {}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Joined", pd.Timestamp("2020-01-31"), "2020-01-31"),
        ("Seen", pd.Timestamp("2020-01-31 10:00"), "2020-01-31T10:00:00+03:00"),
        ("Opted_Out", True, "true"),
        ("Budget", 1.5, "1.5"),
        ("Courses", ["Analytics", "Bigdata"], "Analytics;Bigdata"),
        ("Owner", "7618134000000020005", "7618134000000020005"),
    ],
)
def test_defaults_are_written_as_their_field_is(name, value, text):
    assert mapped(["Last_Name"], defaults={name: value}, zone="Africa/Nairobi").constants == {name: text}


def test_a_default_of_a_lookup_column_is_of_the_kind_the_column_holds():
    columns = {"n": "Last_Name", "o": Lookup("Owner", by="email")}

    result = mapped(["n", "o"], columns=columns, defaults={"Owner": "p.boyle@zylker.com"})

    assert result.columns[1].default == "p.boyle@zylker.com"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Lead_Source", "CANARY", "picklist"),
        ("Budget", 1.234, "decimal places"),
        ("Age", "CANARY", "whole number"),
        ("Phone", None, "empty"),
        ("Phone", "  ", "empty"),
        ("Nope", "CANARY", "no field"),
        ("Created_Time", "CANARY", "cannot be written"),
        ("id", "1", "key"),
        ("Account_Name", "CANARY", "record id"),
    ],
)
def test_a_default_that_no_row_could_have_is_refused_without_its_value(name, value, said):
    error = refusal(["Last_Name"], kind=OptionError, defaults={name: value})

    assert error.option == "defaults"
    assert said in str(error)
    assert "CANARY" not in str(error)


def test_a_default_for_the_key_is_refused():
    error = refusal(["Last_Name", "Email"], "upsert", OptionError, find_by="Email", defaults={"Email": "a@b.co"})

    assert error.option == "defaults"


@pytest.mark.parametrize(
    ("lookup", "said"),
    [
        (Lookup("Email"), "looks nothing up"),
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


def test_a_target_that_is_no_name_is_refused():
    assert refusal(["n"], columns={"n": 5}).column == "n"


@pytest.mark.parametrize(
    ("option", "value"), [("columns", ["Last_Name"]), ("operation", "delete")], ids=["columns", "operation"]
)
def test_an_option_that_is_no_option_is_refused(option, value):
    options = {"operation": "insert", "columns": None} | {option: value}

    assert refusal(["Last_Name"], kind=OptionError, **options).option == option


def test_200_fields_pass_and_201_do_not():
    fields = [field(f"F{number}") for number in range(201)]
    names = [described.api_name for described in fields]

    assert len(mapped(names[:200], fields=fields).columns) == 200
    assert "201" in str(refusal(names, fields=fields))
    assert "201" in str(refusal(names[:200], fields=fields, defaults={"F200": "x"}))


def test_places_of_tells_where_each_label_stands():
    assert places_of(pd.Index(["a", "b", "a"])) == {"a": [0, 2], "b": [1]}


@pytest.mark.parametrize(
    ("operation", "odd"), [("insert", {"Birth_Code"}), ("update", {"Merge_Code"}), ("upsert", set())]
)
def test_every_field_is_each_that_the_operation_may_write(operation, odd):
    columns = every_field(CONTACTS, module="Contacts", operation=operation)

    names = {column.column for column in columns}
    assert names >= {"Last_Name", "Account_Name", "Seen"}
    assert names & {"Birth_Code", "Merge_Code", "Photo", "Score", "Territory", "Created_Time"} == odd
    assert {column.by for column in columns if column.field.data_type == "lookup"} == {"id"}
