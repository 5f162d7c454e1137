"""Text, ids, numbers, booleans and choices as wire text."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.frames.encoding.encode import encode
from tests.support.encoded import CANARY, arrow_column, column, faults, some_field, texts
from tests.support.frames_strategy import STRINGS, TEXT_TYPES, arrow


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

    text = encode(series, some_field("text")).text

    assert text.buffers()[2].address == pa.array(series.array).buffers()[2].address


def test_whole_numbers_in_text_fields_keep_every_digit():
    assert texts(column([10**18 + 1, -5]), "text") == ["1000000000000000001", "-5"]
    assert texts(column([2**64 - 1], "uint64"), "phone") == ["18446744073709551615"]
    assert texts(column([10**30, None, 7]), "text") == ["1" + "0" * 30, None, "7"]
    assert texts(column([np.int8(3), "x", 4]), "text") == ["3", "x", "4"]


def test_decimals_in_text_fields_keep_their_text():
    values = [Decimal("1.50"), Decimal("1E+5"), Decimal("1E-7"), None]

    assert texts(column(values), "text") == ["1.50", "100000", "0.0000001", None]
    assert set(faults(column([Decimal("Infinity")]), "text")) == {0}


@pytest.mark.parametrize("data_type", [*TEXT_TYPES, "lookup", "integer", "double", "boolean", "date", "datetime"])
def test_nul_is_refused_by_row_in_every_field(data_type):
    assert list(faults(column([None, CANARY + "\0"], "string"), data_type)) == [1]


def test_nul_in_a_choice_is_refused():
    assert "NUL" in faults(column([["a"], ["b\0"]]), "multiselectpicklist")[1]


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
        (column([2.0**53], "float64"), "too large to be an exact whole number"),
        (column([2.0**24], "float32"), "too large to be an exact whole number"),
        (column([2.0**11], "float16"), "too large to be an exact whole number"),
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
def test_what_is_not_certainly_a_whole_number_is_refused(series, word):
    assert word in faults(series, "bigint")[0]


def test_whole_text_and_decimals_keep_every_digit():
    assert texts(column(["0012", "-7", "9223372036854775807"]), "bigint") == ["0012", "-7", "9223372036854775807"]
    assert texts(column([Decimal("5.00"), Decimal("-0.0"), Decimal("1E+3")]), "integer") == ["5", "0", "1000"]
    assert texts(arrow_column([Decimal("5.00"), None], pa.decimal128(9, 2)), "integer") == ["5", None]


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


def test_trailing_zeros_are_not_written_in_numbers_but_kept_in_text():
    values = ["1.500", "19.00", "0.0", "100", "-0.50", "1.05"]

    assert texts(column(values), "double") == ["1.5", "19", "0", "100", "-0.5", "1.05"]
    assert texts(column(values), "text") == values


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (np.inf, "infinite"), (-np.inf, "infinite"), (Decimal("Infinity"), "infinite"), (True, ".map("),
        ("1e5", "plain number"), ("1,5", "plain number"), ("€5", "plain number"), (" 5", "plain number"),
        (".5", "plain number"), ("5.", "plain number"), ("nan", "plain number"), (date(2024, 1, 1), "use numbers"),
    ],
)  # fmt: skip
def test_what_is_not_a_plain_number_is_refused(value, word):
    found = faults(column([1, value]), "currency")

    assert list(found) == [1]
    assert word in found[1]


def test_half_precision_floats_are_written_as_their_exact_number():
    assert texts(column([0.5, 2048, None], "float16"), "double") == ["0.5", "2048", None]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_infinity_in_a_float_column_is_refused(dtype):
    assert "infinite" in faults(column([1, np.inf], dtype), "double")[1]


@pytest.mark.parametrize("dtype", ["bool", "boolean", object, "category"])
def test_booleans_are_true_and_false(dtype):
    assert texts(column([True, False], dtype), "boolean") == ["true", "false"]


def test_words_for_booleans_are_accepted_in_any_case():
    assert texts(column(["TRUE", "False", None, np.bool_(True)]), "boolean") == ["true", "false", None, "true"]


@pytest.mark.parametrize("value", [1, 0, 1.0, Decimal(1), "yes", "1", "", " true", date(2024, 1, 1)])
def test_other_values_for_booleans_are_refused_with_the_fix(value):
    found = faults(column([True, value or None if value == "" else value]), "boolean")

    assert list(found) == ([] if value == "" else [1])
    assert all(".map(" in rule or "True or False" in rule for rule in found.values())


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
