"""The module's rules as a pandera schema, and that it agrees with the check."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from bigin_frames.frames.checking import pandera_checks
from bigin_frames.frames.checking.caller_schema import positions_of
from bigin_frames.frames.checking.check import check
from bigin_frames.frames.checking.module_schema import module_schema
from bigin_frames.frames.field_types import CHOICE_TYPES, DECIMAL_TYPES, TEXT_TYPES, WHOLE_TYPES
from bigin_frames.frames.mapping.columns import map_columns
from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field
from tests.support.contacts import BY_NAME, CONTACTS
from tests.support.frames_strategy import frames


def frame(**columns):
    rows = max(len(cells) for cells in columns.values())
    return pd.DataFrame({"Last_Name": ["N"] * rows} | columns)


def mapped(held, operation="insert", *, fields=CONTACTS, **options):
    return map_columns(held.columns, fields, module="Contacts", operation=operation, **options)


def columns_of(*names, **facts):
    return [MappedColumn(column=name, field=replace(BY_NAME[name], **facts)) for name in names]


def test_the_schema_is_pandera_with_one_column_for_each_field():
    schema = module_schema(columns_of("Last_Name", "Email"), operation="insert")

    assert isinstance(schema, pandera.DataFrameSchema)
    assert list(schema.columns) == ["Last_Name", "Email"]
    assert [(column.required, column.nullable, column.dtype) for column in schema.columns.values()] == [
        (True, False, None),
        (False, True, None),
    ]


def test_every_rule_can_be_saved_and_read():
    fields = [
        Field(api_name=f"F_{data_type}", label="F", data_type=data_type, picklist=("a", "b"), decimals=2, length=19)
        for data_type in sorted(TEXT_TYPES | WHOLE_TYPES | DECIMAL_TYPES | CHOICE_TYPES)
    ]
    columns = [MappedColumn(column=field.api_name, field=field) for field in fields]
    columns.append(MappedColumn(column="O", field=replace(fields[0], api_name="O", data_type="ownerlookup"), by="id"))
    schema = module_schema(columns, operation="upsert", key=fields[0])
    made = {check.name: check for column in schema.columns.values() for check in column.checks}
    read = pandera.DataFrameSchema.from_yaml(schema.to_yaml())

    assert {f"{pandera_checks.PREFIX}{name}" for name in pandera_checks.STATED} == set(made)
    for name, column in schema.columns.items():
        assert [(c.name, c.statistics, c.error) for c in read.columns[name].checks] == [
            (c.name, c.statistics, c.error) for c in column.checks
        ]


def test_schema_can_be_extended():
    schema = module_schema(columns_of("Last_Name"), operation="insert").add_columns({"Age": pandera.Column(int)})

    with pytest.raises(SchemaErrors) as caught:
        schema.validate(pd.DataFrame({"Last_Name": ["a" * 81], "Age": ["x"]}), lazy=True)

    assert set(caught.value.failure_cases["column"]) == {"Last_Name", "Age"}


def test_an_update_requires_no_column():
    schema = module_schema(columns_of("Last_Name"), operation="update")

    assert not schema.columns["Last_Name"].required


def test_checks_have_the_names_words_and_limits_of_the_rules():
    checks = module_schema(columns_of("Last_Name"), operation="insert").columns["Last_Name"].checks

    assert [made.name for made in checks] == ["bigin_kind", "bigin_mandatory", "bigin_max_length"]
    assert checks[2].statistics == {"data_type": "text", "by": None, "zone": "UTC", "max_length": 80}
    assert "80 characters" in checks[2].error


DTYPES = ["object", None, "string[python]", "string[pyarrow]", "category", pd.ArrowDtype(pa.string())]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_the_schema_accepts_text_of_every_dtype(dtype):
    held = frame(Email=pd.Series(["a@b.co", None, "nope"], dtype=dtype))
    schema = module_schema(columns_of("Last_Name", "Email"), operation="insert")

    with pytest.raises(SchemaErrors) as caught:
        schema.validate(held, lazy=True)

    assert caught.value.failure_cases[["column", "index"]].values.tolist() == [["Email", 2]]
    assert schema.validate(held.iloc[:2], lazy=True).equals(held.iloc[:2])


def test_the_schema_checks_cells_as_they_would_be_sent():
    held = frame(
        Age=[1.0, 1.5, 2.0], Joined=[pd.Timestamp("2020-01-31"), pd.Timestamp("2020-01-31 10:00"), None],
        Budget=[1.25, 1.255, 2],
    )  # fmt: skip
    schema = module_schema(columns_of("Age", "Joined", "Budget"), operation="insert")

    with pytest.raises(SchemaErrors) as caught:
        schema.validate(held, lazy=True)

    errors = {(error.column_name, error.check.name) for error in caught.value.schema_errors}
    assert errors == {("Age", "bigin_kind"), ("Joined", "bigin_kind"), ("Budget", "bigin_max_decimals")}
    assert set(caught.value.failure_cases["index"]) == {1}


def test_a_cell_of_a_wrong_kind_is_not_reported_as_empty_too():
    held = pd.DataFrame({"Last_Name": pd.Series(["A", 1.5, None], dtype="object")})
    schema = module_schema(columns_of("Last_Name"), operation="insert")

    with pytest.raises(SchemaErrors) as caught:
        schema.validate(held, lazy=True)

    rows = {
        getattr(error.check, "name", error.check): error.failure_cases["index"].tolist()
        for error in caught.value.schema_errors
    }
    assert rows == {"not_nullable": [2], "bigin_kind": [1], "bigin_mandatory": [2]}


DAMAGED = st.sampled_from(["", " ", "nope", "x\0", "a" * 300, 1.5, True, "2024-13-01", "-None-"])


@st.composite
def damaged_frames(draw):
    """Draw a frame of legal values, some of its cells replaced, and the fields of its columns."""
    case = draw(frames(min_rows=1, max_rows=6, max_columns=3))
    facts = {"mandatory": draw(st.booleans()), "picklist": draw(st.sampled_from([(), ("NA", "0012")]))}
    damaged = {}
    for name, cells in case.values.items():
        places = draw(st.dictionaries(st.integers(0, len(cells) - 1), DAMAGED, max_size=2))
        mixed = [places.get(row, cell) for row, cell in enumerate(cells)]
        # pandas cannot read cells of string_view, and pandera on pandas 2 does not show missing ones of a category.
        as_objects = places or str(case.frame[name].dtype).startswith(("string_view", "category"))
        damaged[name] = pd.Series(mixed, dtype=object) if as_objects else case.frame[name].reset_index(drop=True)
    return pd.DataFrame(damaged), [replace(described, **facts) for described in case.fields.values()]


@pytest.mark.filterwarnings("ignore:The behavior of DataFrame concatenation:FutureWarning")  # pandera's, on pandas 2
@settings(deadline=None, max_examples=50)
@given(damaged_frames())
def test_check_and_the_pandera_schema_agree_on_every_cell(case):
    held, fields = case
    mapping = mapped(held, fields=fields)
    kept = {rule.name for column in mapping.columns for rule in rules_for(column, "insert")}

    failures = check(held, mapping, operation="insert", zone="Europe/Rome", block_rows=2).report.failures
    said = {(f, r if r in kept else "kind", row) for f, r, row in failures[["field", "check", "row"]].values}

    schema = module_schema(mapping.columns, operation="insert", zone="Europe/Rome")
    assert said == by_pandera(schema, held)
    assert said == by_pandera(pandera.DataFrameSchema.from_yaml(schema.to_yaml()), held), "once saved and read"


def by_pandera(schema, held):
    try:
        schema.validate(held, lazy=True)
    except SchemaErrors as errors:
        return {
            (error.schema.name, error.check.name.removeprefix(pandera_checks.PREFIX), row)
            for error in errors.schema_errors
            if error.check != "not_nullable"
            for row in positions_of(error).tolist()
        }
    return set()
