"""The kinds of cells in a column, whatever its dtype."""

from __future__ import annotations

import enum
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bigin_frames.frames.encoding.encode import encode
from tests.support.encoded import CANARY, arrow_column, column, faults, some_field, texts
from tests.support.frames_strategy import DATA_TYPES


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


def test_text_in_several_chunks_is_one_column():
    series = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([["a"], [], ["b"]])))

    assert texts(series, "text") == ["a", "b"]


def test_numbers_of_mixed_kinds_are_each_exact():
    values = [10**17 + 1, 2.5, Decimal("0.10"), "7.25", None, np.float64(3)]

    assert texts(column(values), "double") == ["100000000000000001", "2.5", "0.1", "7.25", None, "3"]


@pytest.mark.parametrize("dtype", [object, "string[python]"])
def test_lone_surrogates_are_refused_by_row(dtype):
    found = faults(column(["fine", None, CANARY + "\ud800", ""], dtype), "text")

    assert list(found) == [2]
    assert "surrogate" in found[2]
    assert encode(column(["fine", "\ud800"], dtype), some_field("text")).text.to_pylist() == ["fine", None]


def test_a_str_subclass_is_its_text():
    class Stage(enum.StrEnum):
        OPEN = "Open"

    assert texts(column([Stage.OPEN]), "picklist") == ["Open"]
