"""Kinds of values that do not fit a field are refused with the fix."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bigin_frames.frames.encoding.encode import encode
from bigin_frames.model import ID_FIELD
from tests.support.contacts import BY_NAME, field
from tests.support.encoded import CANARY, arrow_column, column, faults
from tests.support.frames_strategy import DATA_TYPES, TEXT_TYPES


@pytest.mark.parametrize("data_type", [*TEXT_TYPES, "lookup", "multiselectpicklist"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", object, "category"])
def test_floats_where_text_is_meant_are_refused_and_gaps_are_not(data_type, dtype):
    found = faults(column([4155550100.0, None, 9.2e18], dtype), data_type)

    assert set(found) == {0, 2}
    assert all("float" in rule and "dtype='str'" in rule for rule in found.values())


@pytest.mark.parametrize(
    ("value", "fix"),
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
def test_values_that_are_not_text_are_refused_with_the_fix(value, fix):
    found = faults(column(["a", value, None]), "text")

    assert list(found) == [1]
    assert fix in found[1]


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
def test_columns_of_kinds_that_no_field_accepts_are_refused_by_name(series, kind, data_type):
    found = faults(series, data_type)

    assert list(found) == [0]
    assert kind in found[0]


@pytest.mark.parametrize(
    ("described", "fix"),
    [
        (BY_NAME["Account_Name"], "bf.Lookup('Account_Name', by='Account_Name')"),
        (field("Deal", "lookup", lookup_module="Deals"), "bf.Lookup('Deal', by=...)"),
        (BY_NAME["Owner"], "bf.Lookup('Owner', by='email')"),
        (ID_FIELD, "use the id as Bigin shows it"),
    ],
)
def test_a_name_in_place_of_an_id_is_refused_with_the_lookup_that_would_find_it(described, fix):
    (fault,) = encode(column([CANARY]), described).faults

    assert fault.rule.startswith("a value that is not a record id (1 to 19 digits): use the id as Bigin shows it")
    assert fault.rule.endswith(fix)
    assert CANARY not in fault.rule
