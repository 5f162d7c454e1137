"""Typed columns as wire text, and such text read back."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.errors import InputError, MappingError
from bigin_frames.frames.encoding.csv_zip import to_csv
from bigin_frames.frames.encoding.encode import DATE_FORMAT, DATETIME_FORMAT, decode, encode, wire_format
from tests.support.encoded import CANARY, column, faults, some_field, texts
from tests.support.frames_strategy import DATA_TYPES, TEXT_TYPES, ZONES, expected, frames


@settings(deadline=None, max_examples=150)
@given(frames(), st.sampled_from(ZONES))
def test_a_frame_comes_back_the_same_from_the_wire(case, zone):
    names = list(case.frame.columns)
    encoded = [encode(case.frame[name], case.fields[name], zone=zone) for name in names]
    assert [one.faults for one in encoded] == [()] * len(names)

    _, *rows = csv.reader(io.StringIO(to_csv(names, [one.text for one in encoded]).decode(), newline=""))

    for at, name in enumerate(names):
        cells = pa.array([row[at] or None for row in rows], pa.large_string())
        read = decode(cells, case.fields[name])
        kind = case.fields[name].data_type
        assert [None if pd.isna(value) else value for value in read] == [
            expected(value, kind) for value in case.values[name]
        ]


@settings(deadline=None)
@given(frames(max_columns=1))
def test_encoding_a_slice_is_slicing_the_encoding(case):
    series, kind = case.frame["Field_0"], case.fields["Field_0"]

    assert encode(series.iloc[1:4], kind).text.to_pylist() == encode(series, kind).text.to_pylist()[1:4]


@pytest.mark.parametrize(
    ("data_type", "dtype"),
    [
        ("integer", "Int64"),
        ("bigint", "Int64"),
        ("currency", "Float64"),
        ("boolean", "boolean"),
        ("date", "datetime64[s]"),
        ("datetime", "datetime64[us, UTC]"),
    ],
)
def test_decode_returns_the_dtype_of_each_data_type_even_without_values(data_type, dtype):
    assert decode(pa.nulls(2, pa.large_string()), some_field(data_type)).dtype == dtype
    assert decode(pa.chunked_array([], pa.large_string()), some_field(data_type)).dtype == dtype


@pytest.mark.parametrize("data_type", [*TEXT_TYPES, "lookup", "id", "multiselectpicklist"])
def test_decode_returns_text_in_the_string_dtype_of_the_installed_pandas(data_type):
    read = decode(pa.array(["NA", None], pa.large_string()), some_field(data_type))

    assert isinstance(read.dtype, pd.StringDtype)
    assert read.isna().tolist() == [False, True]


@pytest.mark.parametrize("data_type", ["integer", "double", "boolean", "date", "datetime"])
def test_decode_of_foreign_text_is_refused_without_quoting_it(data_type):
    with pytest.raises(InputError, match="Some_Field") as caught:
        decode(pa.array([CANARY]), some_field(data_type))

    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_categories_are_encoded_once_and_faults_are_on_the_rows_that_use_them():
    series = pd.Series(
        pd.Categorical(["2024-01-01", None, "nope", "nope"], categories=["nope", "unused", "2024-01-01"])
    )

    found = faults(series, "date")

    assert set(found) == {2, 3}
    assert encode(series, some_field("date")).text.to_pylist() == ["2024-01-01", None, None, None]


def test_unused_categories_that_break_a_rule_do_not_matter():
    assert texts(pd.Series(pd.Categorical([None, "5"], categories=["5", "x"])), "integer") == [None, "5"]


def test_rows_are_identified_by_position_for_any_labels():
    series = pd.Series(["5", "x", None, 1.5], index=[7, 7, "a", None], dtype=object)

    assert set(faults(series, "integer")) == {1, 3}


def test_encode_does_not_change_the_series():
    series = column(["a", "", None, "b\0"])
    before = series.copy()

    encode(series, some_field("text"))

    pd.testing.assert_series_equal(series, before)


@pytest.mark.parametrize("data_type", ["fileupload", "subform", "userlookup", "autonumber", "formula", "", "Text"])
def test_fields_that_a_cell_cannot_fill_are_refused(data_type):
    with pytest.raises(MappingError, match="Some_Field") as caught:
        encode(column([]), some_field(data_type))

    assert caught.value.field == "Some_Field"


def test_wire_format_is_a_java_pattern_for_dates_and_datetimes_only():
    formats = {data_type: wire_format(some_field(data_type)) for data_type in DATA_TYPES}

    assert (formats.pop("date"), formats.pop("datetime")) == (DATE_FORMAT, DATETIME_FORMAT)
    assert set(formats.values()) == {None}


@pytest.mark.parametrize(("value", "data_type"), [("1.5x", "double"), (1.5, "text"), ("maybe", "boolean")])
def test_a_planted_fault_is_found_in_the_middle_of_a_long_column(value, data_type):
    good = {"double": "1.5", "text": "a", "boolean": "true"}[data_type]
    values = [good] * 2001
    values[1000] = value

    assert list(faults(column(values), data_type)) == [1000]
