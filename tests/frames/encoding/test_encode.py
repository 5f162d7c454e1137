from __future__ import annotations

import csv
import enum
import io
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from dateutil import tz as dateutil_zones
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.errors import InputError, MappingError, OptionError
from bigin_frames.frames.encoding.encode import DATE_FORMAT, DATETIME_FORMAT, decode, encode, wire_format
from bigin_frames.frames.encoding.pack import to_csv
from bigin_frames.frames.encoding.texts import encoded_rows
from bigin_frames.model import INVALID_DATA, Field, MappedColumn
from tests.support.frames_strategy import DATA_TYPES, STRINGS, TEXT_TYPES, ZONES, arrow, expected, frames

CANARY = "canary-7f3a"


def field(data_type):
    return Field(api_name="Some_Field", label="Some Field", data_type=data_type)


def column(values, dtype=object):
    return pd.Series(values, dtype=dtype)


def arrow_column(values, kind):
    return arrow(kind)(values)


def texts(series, data_type, **options):
    """Encode a column that must be without fault."""
    encoded = encode(series, field(data_type), **options)

    assert encoded.faults == ()
    assert encoded.text.type == pa.large_string()
    return encoded.text.to_pylist()


def faults(series, data_type, **options):
    """Return {position: rule}, after checking what holds for every fault."""
    encoded = encode(series, field(data_type), **options)
    found = {}
    for fault in encoded.faults:
        assert fault.positions.dtype == np.int64
        assert fault.code == INVALID_DATA
        assert CANARY not in fault.rule
        assert not found.keys() & set(fault.positions.tolist())
        found |= dict.fromkeys(fault.positions.tolist(), fault.rule)
    assert len(encoded.text) == len(series)
    assert all(encoded.text[at].as_py() is None for at in found)
    return found


# Round trips


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
def test_decode_gives_each_data_type_its_dtype_also_without_values(data_type, dtype):
    assert decode(pa.nulls(2, pa.large_string()), field(data_type)).dtype == dtype
    assert decode(pa.chunked_array([], pa.large_string()), field(data_type)).dtype == dtype


@pytest.mark.parametrize("data_type", [*TEXT_TYPES, "lookup", "id", "multiselectpicklist"])
def test_decode_gives_text_the_string_dtype_of_the_pandas_in_use(data_type):
    read = decode(pa.array(["NA", None], pa.large_string()), field(data_type))

    assert isinstance(read.dtype, pd.StringDtype)
    assert read.isna().tolist() == [False, True]


@pytest.mark.parametrize("data_type", ["integer", "double", "boolean", "date", "datetime"])
def test_decode_of_foreign_text_is_refused_without_quoting_it(data_type):
    with pytest.raises(InputError, match="Some_Field") as caught:
        decode(pa.array([CANARY]), field(data_type))

    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


# Missing values, text


@pytest.mark.parametrize("data_type", DATA_TYPES)
@pytest.mark.parametrize(
    "gap", [None, float("nan"), pd.NaT, pd.NA, Decimal("NaN"), Decimal("sNaN"), np.datetime64("NaT", "s"), ""]
)
def test_every_kind_of_missing_is_an_empty_cell(gap, data_type):
    assert texts(column([gap, None]), data_type) == [None, None]


@pytest.mark.parametrize("data_type", DATA_TYPES)
@pytest.mark.parametrize(
    "series",
    [
        column([np.nan], "float64"),
        column([None], "Int64"),
        column([None], "category"),
        column([], "float64"),
        column([], "object"),
        arrow_column([None], pa.null()),
        arrow_column([float("nan")], pa.float64()),
    ],
)
def test_a_column_without_a_value_fits_every_field(series, data_type):
    assert texts(series, data_type) == [None] * len(series)


@pytest.mark.parametrize("make", STRINGS)
@pytest.mark.parametrize("data_type", TEXT_TYPES)
def test_text_is_exact(make, data_type):
    values = ["NA", "null", "nan", " 0012 ", "1e5", "+49 40", "a\r\nb", '"', "ä中😀", None, ""]

    assert texts(make(values), data_type) == [*values[:-1], None]


@pytest.mark.parametrize(
    "make", [arrow(pa.string()), arrow(pa.large_string()), lambda values: column(values, "string[pyarrow]"), pd.Series]
)
def test_arrow_text_is_not_copied(make):
    series = make(["a", "b", None])
    if series.dtype == object:
        pytest.skip("this pandas keeps text as objects")

    text = encode(series, field("text")).text

    assert text.buffers()[2].address == pa.array(series.array).buffers()[2].address


def test_text_in_several_chunks_is_one_column():
    series = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([["a"], [], ["b"]])))

    assert texts(series, "text") == ["a", "b"]


def test_whole_numbers_in_text_fields_keep_every_digit():
    assert texts(column([10**18 + 1, -5]), "text") == ["1000000000000000001", "-5"]
    assert texts(column([2**64 - 1], "uint64"), "phone") == ["18446744073709551615"]
    assert texts(column([10**30, None, 7]), "text") == ["1" + "0" * 30, None, "7"]
    assert texts(column([np.int8(3), "x", 4]), "text") == ["3", "x", "4"]


def test_decimals_in_text_fields_keep_their_text():
    values = [Decimal("1.50"), Decimal("1E+5"), Decimal("1E-7"), None]

    assert texts(column(values), "text") == ["1.50", "100000", "0.0000001", None]
    assert set(faults(column([Decimal("Infinity")]), "text")) == {0}


@pytest.mark.parametrize("data_type", [*TEXT_TYPES, "lookup", "multiselectpicklist"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", object, "category"])
def test_floats_where_text_is_meant_are_refused_and_gaps_are_not(data_type, dtype):
    found = faults(column([4155550100.0, None, 9.2e18], dtype), data_type)

    assert set(found) == {0, 2}
    assert all("float" in rule and "dtype='str'" in rule for rule in found.values())


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        (True, ".map("),
        (date(2024, 1, 1), "strftime"),
        (datetime(2024, 1, 1), "strftime"),
        (datetime(2024, 1, 1, tzinfo=UTC), "strftime"),
        (["a"], "text first"),
        (b"bytes", "decode"),
        (time(1), "object"),
        (timedelta(1), "duration"),
        (np.timedelta64(1, "s"), "duration"),
        (np.datetime64("2024-01-01"), "object"),
        (pd.Period("2024-01"), "to_timestamp"),
        (1j, "object"),
        ({"a": 1}, "object"),
    ],
)
def test_values_that_are_no_text_are_refused_with_the_mend(value, mend):
    found = faults(column(["a", value, None]), "text")

    assert list(found) == [1]
    assert mend in found[1]


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pd.Series(pd.period_range("2024", periods=1)), "period"),
        (pd.Series(pd.to_timedelta(["1s"])), "duration"),
        (arrow_column([b"x"], pa.binary()), "bytes"),
        (arrow_column([{"a": 1}], pa.struct([("a", pa.int64())])), "object"),
        (arrow_column([[1]], pa.list_(pa.int64())), "list"),
        (column([1j], "complex128"), "object"),
        (pd.Series(pd.interval_range(0, 1)), "object"),
    ],
)
@pytest.mark.parametrize("data_type", DATA_TYPES)
def test_columns_of_kinds_no_field_takes_are_refused_by_name(series, kind, data_type):
    found = faults(series, data_type)

    assert list(found) == [0]
    assert kind in found[0]


@pytest.mark.parametrize("dtype", [object, "string[python]"])
def test_lone_surrogates_are_refused_by_row(dtype):
    found = faults(column(["fine", None, CANARY + "\ud800", ""], dtype), "text")

    assert list(found) == [2]
    assert "surrogate" in found[2]
    assert encode(column(["fine", "\ud800"], dtype), field("text")).text.to_pylist() == ["fine", None]


@pytest.mark.parametrize("data_type", [*TEXT_TYPES, "lookup", "integer", "double", "boolean", "date", "datetime"])
def test_nul_is_refused_by_row_in_every_field(data_type):
    assert list(faults(column([None, CANARY + "\0"], "string"), data_type)) == [1]


def test_nul_in_a_choice_is_refused():
    assert "NUL" in faults(column([["a"], ["b\0"]]), "multiselectpicklist")[1]


def test_a_str_subclass_is_its_text():
    class Stage(enum.StrEnum):
        OPEN = "Open"

    assert texts(column([Stage.OPEN]), "picklist") == ["Open"]


# Ids


@pytest.mark.parametrize(("data_type", "by"), [("id", None), ("lookup", "id"), ("lookup", None), ("ownerlookup", "id")])
def test_ids_are_digits_as_text_or_whole_numbers(data_type, by):
    assert texts(column(["7618134000000648053", 7618134000000648053, 0]), data_type, by=by) == [
        "7618134000000648053",
        "7618134000000648053",
        "0",
    ]
    wrong = column([" 1", "1.0", "-1", -1, "12345678901234567890", 10**19, CANARY, "\u0661", "1\n"])
    found = faults(wrong, data_type, by=by)
    assert set(found) == set(range(9))
    assert all("record id" in rule for rule in found.values())


@pytest.mark.parametrize(("data_type", "by"), [("lookup", "Account_Name"), ("ownerlookup", "email")])
def test_lookups_by_another_key_are_text(data_type, by):
    assert texts(column(["Acme, Inc.", "a@b.c"]), data_type, by=by) == ["Acme, Inc.", "a@b.c"]


# Whole numbers


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", "int64", "Int16", "UInt64", "float32", "float64", "Float64", "float16", ">i4", object]
)
@pytest.mark.parametrize("data_type", ["integer", "bigint"])
def test_whole_numbers_of_every_width_are_exact(dtype, data_type):
    assert texts(column([5, 0, 127], dtype), data_type) == ["5", "0", "127"]


def test_ints_with_gaps_read_as_floats_are_whole_numbers_again():
    assert texts(column([1.0, None, -0.0, 2.0**53 - 1]), "integer") == ["1", None, "0", "9007199254740991"]


@pytest.mark.parametrize(
    ("series", "word"),
    [
        (column([1.5], "float64"), "fraction"),
        (column([2.0**53], "float64"), "one whole number from the next"),
        (column([2.0**24], "float32"), "one whole number from the next"),
        (column([2.0**11], "float16"), "one whole number from the next"),
        (column([np.inf], "float64"), "infinite"),
        (column([Decimal("1.5")]), "fraction"),
        (column([Decimal("-Infinity")]), "infinite"),
        (column([Decimal(2**63)]), "64 bits"),
        (column([2**63], "uint64"), "64 bits"),
        (column([-(2**80)]), "64 bits"),
        (column(["9223372036854775808"]), "64 bits"),
        (column(["1" * 20]), "64 bits"),
        (column(["1.0"]), "plain whole number"),
        (column(["+1"]), "plain whole number"),
        (column([" 1"]), "plain whole number"),
        (column(["1,000"]), "plain whole number"),
        (column(["1e3"]), "plain whole number"),
        (column(["\u0663"]), "plain whole number"),
        (column([True]), ".map("),
        (column([True], "bool"), ".map("),
        (column([date(2024, 1, 1)]), "whole numbers"),
    ],
)
def test_what_is_no_certain_whole_number_is_refused(series, word):
    assert word in faults(series, "bigint")[0]


def test_whole_text_and_decimals_are_taken_digit_by_digit():
    assert texts(column(["0012", "-7", "9223372036854775807"]), "bigint") == ["0012", "-7", "9223372036854775807"]
    assert texts(column([Decimal("5.00"), Decimal("-0.0"), Decimal("1E+3")]), "integer") == ["5", "0", "1000"]
    assert texts(arrow_column([Decimal("5.00"), None], pa.decimal128(9, 2)), "integer") == ["5", None]


# Numbers with a fraction


@pytest.mark.parametrize("data_type", ["double", "currency", "percent"])
def test_floats_are_written_in_the_fewest_digits_without_an_exponent(data_type):
    values = [0.1, 5.0, 1e10, 12345678901.25, 1e-7, -0.0, 1e23, -1.5e-9, float("nan")]

    assert texts(column(values, "float64"), data_type) == [
        "0.1", "5", "10000000000", "12345678901.25", "0.0000001", "0", "1" + "0" * 23, "-0.0000000015", None,
    ]  # fmt: skip


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_as_itself_from_plain_digits(number):
    [text] = texts(column([number], "float64"), "double")

    assert set(text) <= set("-.0123456789")
    assert float(text) == number


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_a_float32_reads_back_as_itself_and_is_short(number):
    for dtype in ("float32", "Float32"):
        [text] = texts(column([number], dtype), "double")

        assert np.float32(text) == np.float32(number)
    assert texts(column([np.float32(0.1), "2"]), "double") == ["0.1", "2"]


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_every_digit(number):
    [text] = texts(column([number]), "currency")

    assert set(text) <= set("-.0123456789")
    assert Decimal(text) == number
    assert not (number == 0 and text.startswith("-"))


def test_arrow_decimals_are_written_without_an_exponent():
    values = [Decimal("0.0000001"), Decimal("0E-7"), None, Decimal("-12.5")]

    assert texts(arrow_column(values, pa.decimal128(20, 7)), "currency") == ["0.0000001", "0", None, "-12.5"]


def test_zeros_that_say_nothing_are_not_written_in_numbers_but_kept_in_text():
    values = ["1.500", "19.00", "0.0", "100", "-0.50", "1.05"]

    assert texts(column(values), "double") == ["1.5", "19", "0", "100", "-0.5", "1.05"]
    assert texts(column(values), "text") == values


def test_string_view_gives_single_rows():
    rows = pd.Series(pd.arrays.ArrowExtensionArray(pa.array(["a", None, "c"], pa.string_view())))
    asked = (MappedColumn(column="x", field=Field(api_name="X", label="X", data_type="text")),)
    encoded = encoded_rows(pd.DataFrame({"x": rows}), np.array([0, 2]), asked, "UTC")

    assert encoded[0].text.to_pylist() == ["a", "c"]


def test_numbers_of_mixed_kinds_are_each_exact():
    values = [10**17 + 1, 2.5, Decimal("0.10"), "7.25", None, np.float64(3)]

    assert texts(column(values), "double") == ["100000000000000001", "2.5", "0.1", "7.25", None, "3"]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (np.inf, "infinite"), (-np.inf, "infinite"), (Decimal("Infinity"), "infinite"), (True, ".map("),
        ("1e5", "plain number"), ("1,5", "plain number"), ("€5", "plain number"), (" 5", "plain number"),
        (".5", "plain number"), ("5.", "plain number"), ("nan", "plain number"), (date(2024, 1, 1), "give numbers"),
    ],
)  # fmt: skip
def test_what_is_no_plain_number_is_refused(value, word):
    found = faults(column([1, value]), "currency")

    assert list(found) == [1]
    assert word in found[1]


def test_half_precision_floats_are_written_as_the_number_they_hold():
    assert texts(column([0.5, 2048, None], "float16"), "double") == ["0.5", "2048", None]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_infinity_in_a_float_column_is_refused(dtype):
    assert "infinite" in faults(column([1, np.inf], dtype), "double")[1]


# Booleans


@pytest.mark.parametrize("dtype", ["bool", "boolean", object, "category"])
def test_booleans_are_true_and_false(dtype):
    assert texts(column([True, False], dtype), "boolean") == ["true", "false"]


def test_words_for_booleans_are_taken_in_any_case():
    assert texts(column(["TRUE", "False", None, np.bool_(True)]), "boolean") == ["true", "false", None, "true"]


@pytest.mark.parametrize("value", [1, 0, 1.0, Decimal(1), "yes", "1", "", " true", date(2024, 1, 1)])
def test_other_values_for_booleans_are_refused_with_the_mend(value):
    found = faults(column([True, value or None if value == "" else value]), "boolean")

    assert list(found) == ([] if value == "" else [1])
    assert all(".map(" in rule or "True or False" in rule for rule in found.values())


# Dates


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_datetimes_at_midnight_are_dates(unit):
    series = column(np.array(["1969-12-31", "2024-02-29", "NaT"], f"datetime64[{unit}]"), f"datetime64[{unit}]")

    assert texts(series, "date") == ["1969-12-31", "2024-02-29", None]


@pytest.mark.parametrize(
    "value", ["2024-01-01 00:00:01", "1969-12-31 23:59:59.999999999", "1969-12-31 00:00:00.000000001"]
)
def test_a_time_of_day_in_a_date_field_is_refused(value):
    found = faults(pd.Series(np.array([value, "2024-01-01"], "datetime64[ns]")), "date")

    assert list(found) == [0]
    assert ".dt.normalize()" in found[0]


@pytest.mark.parametrize("zone", ["Europe/Rome", timezone(timedelta(hours=-3)), timezone(timedelta(seconds=3661))])
def test_zoned_datetimes_are_the_day_their_own_zone_begins(zone):
    stamps = [pd.Timestamp("2024-07-01", tz=zone), None]

    assert texts(column(stamps), "date") == ["2024-07-01", None]
    assert texts(pd.Series(pd.DatetimeIndex(stamps)), "date") == ["2024-07-01", None]
    assert list(faults(column([pd.Timestamp("2024-07-01 02:00", tz=zone)]), "date")) == [0]


def test_arrow_zoned_midnights_are_dates_of_their_zone():
    series = arrow_column([datetime(2024, 6, 30, 22, tzinfo=UTC)], pa.timestamp("us", "Europe/Rome"))

    assert texts(series, "date") == ["2024-07-01"]


def test_dates_and_datetimes_that_meet_in_one_column_are_each_looked_at():
    mixed = column([date(2024, 1, 1), datetime(2024, 1, 2), datetime(2024, 1, 3, 4), "2024-01-05", None])

    found = faults(mixed, "date")

    assert list(found) == [2]
    assert encode(mixed, field("date")).text.to_pylist() == ["2024-01-01", "2024-01-02", None, "2024-01-05", None]
    assert set(faults(mixed, "datetime")) == {0, 3}


@pytest.mark.parametrize("dtype", [object, "string[python]", "category"])
def test_text_dates_are_taken_where_they_are_real_days(dtype):
    assert texts(column(["2024-02-29", "0001-01-01", "9999-12-31", None], dtype), "date") == [
        "2024-02-29", "0001-01-01", "9999-12-31", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-10", "2024-01-00", "0000-01-01", "01/02/2024",
        "2024-1-1", "2024-01-01 ", "2024-01-01T00:00:00", "20240101", "2024-01-01\n", CANARY,
    ],
)  # fmt: skip
def test_text_that_is_no_real_day_is_refused(value):
    found = faults(column([None, value]), "date")

    assert list(found) == [1]
    assert "pd.to_datetime" in found[1]


@settings(deadline=None)
@given(st.dates())
def test_every_day_of_the_calendar_is_written_as_iso(day):
    assert texts(column([day]), "date") == texts(column([day.isoformat()]), "date") == [day.isoformat()]


def test_years_that_four_digits_do_not_hold_are_refused():
    days = column(np.array(["0000-12-31", "0001-01-01", "9999-12-31", "10000-01-01"], "datetime64[s]"), "datetime64[s]")

    assert set(faults(days, "date")) == set(faults(days, "datetime")) == {0, 3}
    assert set(faults(arrow_column([-719_163, 2_932_897], pa.date32()), "date")) == {0, 1}
    assert set(faults(arrow_column([-(2**62), 2**62], pa.timestamp("s")), "datetime")) == {0, 1}
    assert set(faults(arrow_column([-(2**63) + 1, 2**63 - 1], pa.timestamp("s", "Europe/Rome")), "datetime")) == {0, 1}
    assert "1 to 9999" in faults(days, "datetime")[3]


@pytest.mark.parametrize("value", [20240101, 1.5, True, Decimal(5), ["2024-01-01"]])
@pytest.mark.parametrize("data_type", ["date", "datetime"])
def test_numbers_for_dates_are_refused(value, data_type):
    assert "pd.to_datetime" in faults(column([value]), data_type)[0]


# Datetimes


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_naive_datetimes_are_wall_times_of_the_zone(unit):
    series = column(
        np.array(["2024-01-01T10:00:00", "2024-07-01T10:00:00", "NaT"], f"datetime64[{unit}]"), f"datetime64[{unit}]"
    )

    assert texts(series, "datetime", zone="Europe/Rome") == [
        "2024-01-01T10:00:00+01:00", "2024-07-01T10:00:00+02:00", None,
    ]  # fmt: skip
    assert texts(series, "datetime")[0] == "2024-01-01T10:00:00+00:00"


def test_zoned_datetimes_keep_their_instant_and_are_written_in_the_zone():
    instant = pd.Timestamp("2024-01-01T10:00:00", tz="America/New_York")
    whole = (
        pd.Series([instant]),
        column([instant]),
        pd.Series([instant]).astype(pd.ArrowDtype(pa.timestamp("ns", "UTC"))),
    )

    for series in whole:
        assert texts(series, "datetime", zone="Africa/Nairobi") == ["2024-01-01T18:00:00+03:00"]
        assert texts(series, "datetime") == ["2024-01-01T15:00:00+00:00"]


def test_objects_of_several_zones_keep_their_instants():
    values = [
        datetime(2024, 1, 1, 10, tzinfo=timezone(timedelta(hours=3))),
        pd.Timestamp("2024-01-01 10:00", tz="Asia/Kolkata"),
        datetime(2024, 1, 1, 10, tzinfo=dateutil_zones.tzoffset(None, -3600)),
        datetime(2024, 1, 1, 10),
        None,
    ]

    assert texts(column(values), "datetime") == [
        "2024-01-01T07:00:00+00:00", "2024-01-01T04:30:00+00:00", "2024-01-01T11:00:00+00:00",
        "2024-01-01T10:00:00+00:00", None,
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_fractions_of_a_second_are_floored_before_1970_too(unit):
    series = pd.Series(np.array(["1969-12-31T23:59:59.5", "2024-01-01T00:00:00.999"], f"datetime64[{unit}]"))

    assert texts(series, "datetime") == ["1969-12-31T23:59:59+00:00", "2024-01-01T00:00:00+00:00"]
    assert texts(series.dt.tz_localize("UTC"), "datetime") == texts(series, "datetime")
    assert texts(series.astype(object), "datetime") == texts(series, "datetime")


def test_wall_times_that_a_zone_skips_or_shows_twice_are_refused():
    series = pd.Series(
        pd.to_datetime(["2024-03-31 02:30", "2024-06-01 00:00", "2024-10-27 02:30", None, "2024-03-31 03:00"])
    )

    found = faults(series, "datetime", zone="Europe/Rome")

    assert set(found) == {0, 2}
    assert "skips" in found[0]
    assert "nonexistent=" in found[0]
    assert "twice" in found[2]
    assert "ambiguous=" in found[2]
    assert texts(series, "datetime", zone="UTC")[0] == "2024-03-31T02:30:00+00:00"


def test_the_hour_shown_twice_is_told_apart_by_its_offset():
    series = pd.Series(pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30"]).tz_localize("UTC"))

    assert texts(series, "datetime", zone="Europe/Rome") == ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"]


def test_local_mean_time_is_written_in_utc_because_its_offset_has_seconds():
    series = pd.Series(np.array(["1850-01-01T00:00:00"], "datetime64[s]"))

    [text] = texts(series, "datetime", zone="Europe/Rome")

    assert text == "1849-12-31T23:10:04+00:00"


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), st.sampled_from(ZONES))
def test_an_instant_is_the_same_in_every_zone(moment, zone):
    series = arrow_column([moment.replace(microsecond=0, tzinfo=UTC)], pa.timestamp("us", "UTC"))

    [text] = texts(series, "datetime", zone=zone)

    assert datetime.fromisoformat(text) == moment.replace(microsecond=0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("2024-01-01T10:00:00+03:00", "2024-01-01T10:00:00+03:00"),
        ("2024-01-01 10:00:00+0530", "2024-01-01T10:00:00+05:30"),
        ("2024-01-01 10:00:00-03", "2024-01-01T10:00:00-03:00"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00+00:00"),
        ("2024-01-01T10:00:00-00:00", "2024-01-01T10:00:00+00:00"),
        ("2024-01-01T10:00:00.987654-03:30", "2024-01-01T10:00:00-03:30"),
        ("1969-12-31 23:59:59.5", "1969-12-31T23:59:59+01:00"),
        ("2024-07-01 10:00", "2024-07-01T10:00:00+02:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("", None),
    ],
)
def test_iso_text_keeps_its_offset_or_takes_the_zones(value, written):
    assert texts(column([value, "2024-01-01 00:00:00"]), "datetime", zone="Europe/Rome") == [
        written, "2024-01-01T00:00:00+01:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-01", "2024-02-30 10:00:00", "2024-01-01 24:00:00", "2024-01-01 10:60:00", "2024-01-01 10:00:60",
        "2024-01-01  10:00:00", "2024-01-01 10", "2024-01-01 10:00:00 +03:00", "2024-01-01T10:00:00+15:00",
        "2024-01-01T10:00:00+03:60", "0000-01-01 00:00:00", "01/01/2024 10:00", "2024-01-01T10:00:00z\n", CANARY,
    ],
)  # fmt: skip
def test_text_that_is_no_real_time_is_refused(value):
    found = faults(column([None, value]), "datetime")

    assert list(found) == [1]
    assert "pd.to_datetime" in found[1]


def test_text_at_a_skipped_or_doubled_wall_time_is_refused_unless_it_has_an_offset():
    series = column(["2024-03-31T02:30:00", "2024-10-27 02:30:00", "2024-10-27 02:30:00+01:00", "nonsense"])

    found = faults(series, "datetime", zone="Europe/Rome")

    assert set(found) == {0, 1, 3}
    assert len(set(found.values())) == 3


def test_the_year_counts_where_it_is_written():
    edge = arrow_column([-62135596800 - 1800, 253402300799 + 1800], pa.timestamp("s", "UTC"))

    assert encode(edge, field("datetime"), zone="Etc/GMT-5").text.to_pylist() == ["0001-01-01T04:30:00+05:00", None]
    assert encode(edge, field("datetime"), zone="Etc/GMT+5").text.to_pylist() == [None, "9999-12-31T19:29:59-05:00"]
    assert set(faults(edge, "datetime")) == {0, 1}


def test_days_in_a_datetime_field_are_refused_for_they_have_no_time():
    for series in (column([date(2024, 1, 1)]), arrow_column([date(2024, 1, 1)], pa.date32())):
        assert "time of the day" in faults(series, "datetime")[0]


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "CANARY/../etc"])
def test_an_unknown_zone_is_refused_even_without_rows(zone):
    with pytest.raises(OptionError, match="zone") as caught:
        encode(column([]), field("datetime"), zone=zone)

    assert caught.value.option == "zone"


# Choices


@pytest.mark.parametrize(
    "series",
    [
        column([["a", "b c"], ("x",), [], None, np.array(["y"], object), "p;q"]),
        column([["a", "b c"], ["x"], [], None, ["y"], ["p", "q"]]),
        arrow_column([["a", "b c"], ["x"], [], None, ["y"], ["p", "q"]], pa.list_(pa.string())),
        arrow_column([["a", "b c"], ["x"], [], None, ["y"], ["p", "q"]], pa.large_list(pa.string())),
    ],
)
def test_lists_are_joined_with_semicolons(series):
    assert texts(series, "multiselectpicklist") == ["a;b c", "x", None, None, "y", "p;q"]


def test_arrow_lists_of_fixed_size_and_slices_are_joined():
    series = arrow_column([["a", "b"], None, ["c", "d"]], pa.list_(pa.string(), 2))

    assert texts(series, "multiselectpicklist") == ["a;b", None, "c;d"]
    assert texts(series.iloc[2:], "multiselectpicklist") == ["c;d"]


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (["a", "b;c"], "';'"), (["a", ""], "empty"), ({"a"}, "order"), (frozenset("a"), "order"), (["a", 1], "text"),
        (["a", None], "text"), (["\ud800"], "text"), ([b"a"], "text"), (np.array("a"), "text"), (1, "lists of text"),
        (True, "lists of text"),
    ],
)  # fmt: skip
def test_choices_that_would_change_are_refused(value, word):
    found = faults(column([["fine"], value, None]), "multiselectpicklist")

    assert list(found) == [1]
    assert word in found[1]


def test_arrow_lists_with_a_gap_or_a_semicolon_are_refused_by_row():
    series = arrow_column([None, ["a", None], ["b"], [";"], []], pa.list_(pa.string()))

    found = faults(series, "multiselectpicklist")

    assert set(found) == {1, 3}
    assert "missing" in found[1]


# Categories, mixtures, labels, fields


def test_categories_are_encoded_once_and_faults_fall_on_the_rows_that_use_them():
    series = pd.Series(
        pd.Categorical(["2024-01-01", None, "nope", "nope"], categories=["nope", "unused", "2024-01-01"])
    )

    found = faults(series, "date")

    assert set(found) == {2, 3}
    assert encode(series, field("date")).text.to_pylist() == ["2024-01-01", None, None, None]


def test_categories_that_break_a_rule_but_are_not_used_do_no_harm():
    assert texts(pd.Series(pd.Categorical([None, "5"], categories=["5", "x"])), "integer") == [None, "5"]


def test_rows_are_told_by_position_whatever_the_labels():
    series = pd.Series(["5", "x", None, 1.5], index=[7, 7, "a", None], dtype=object)

    assert set(faults(series, "integer")) == {1, 3}


def test_encode_leaves_the_series_alone():
    series = column(["a", "", None, "b\0"])
    before = series.copy()

    encode(series, field("text"))

    pd.testing.assert_series_equal(series, before)


@pytest.mark.parametrize("data_type", ["fileupload", "subform", "userlookup", "autonumber", "formula", "", "Text"])
def test_fields_that_no_cell_can_fill_are_refused(data_type):
    with pytest.raises(MappingError, match="Some_Field") as caught:
        encode(column([]), field(data_type))

    assert caught.value.field == "Some_Field"


def test_wire_format_names_a_java_pattern_for_dates_and_datetimes_only():
    formats = {data_type: wire_format(field(data_type)) for data_type in DATA_TYPES}

    assert (formats.pop("date"), formats.pop("datetime")) == (DATE_FORMAT, DATETIME_FORMAT)
    assert set(formats.values()) == {None}


@pytest.mark.parametrize(("value", "data_type"), [("1.5x", "double"), (1.5, "text"), ("maybe", "boolean")])
def test_a_planted_fault_is_found_in_the_middle_of_a_long_column(value, data_type):
    good = {"double": "1.5", "text": "a", "boolean": "true"}[data_type]
    values = [good] * 2001
    values[1000] = value

    assert list(faults(column(values), data_type)) == [1000]
