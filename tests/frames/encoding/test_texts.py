"""Rows become texts with their defaults; a row that changed since it was checked is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from bigin_frames.errors import InputError
from bigin_frames.frames.encoding.texts import Texts, distinct, encoded_rows, wire_texts
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field

VISITS = MappedColumn(column="v", field=Field(api_name="Visits", label="Visits", data_type="integer"), default="0")
NAME = MappedColumn(column="n", field=Field(api_name="Last_Name", label="Last Name", data_type="text"))
FRAME = pd.DataFrame({"n": ["a", None, "c", "a"], "other": 0, "v": [1.0, 2.0, np.nan, 1.5]})


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 2], [2, 1]])
def test_wire_texts_are_those_of_the_rows_in_their_order(rows: list[int]) -> None:
    names, visits = wire_texts(FRAME, np.array(rows), (NAME, VISITS), "UTC")

    assert names.to_pylist() == [["a", None, "c"][row] for row in rows]
    assert visits.to_pylist() == [["1", "2", "0"][row] for row in rows]


def test_wire_texts_of_no_rows_are_empty() -> None:
    assert [len(text) for text in wire_texts(FRAME, np.array([], int), (NAME, VISITS), "UTC")] == [0, 0]


def test_wire_texts_refuse_what_a_check_would_have_refused() -> None:
    with pytest.raises(InputError, match="'v' has changed since it was checked"):
        wire_texts(FRAME, np.arange(4), (NAME, VISITS), "UTC")


def test_texts_are_encoded_when_they_are_accessed() -> None:
    texts = Texts(FRAME, np.array([0, 2]), (NAME, VISITS), "UTC")

    assert len(texts) == 2
    assert [text.to_pylist() for text in texts] == [["a", "c"], ["1", "0"]]


def test_distinct_counts_texts_and_empty_cells() -> None:
    assert distinct(wire_texts(FRAME, np.arange(3), (NAME, VISITS), "UTC")) == [3, 3]


def test_string_view_gives_single_rows() -> None:
    rows = pd.Series(pd.arrays.ArrowExtensionArray(pa.array(["a", None, "c"], pa.string_view())))
    asked = (MappedColumn(column="x", field=Field(api_name="X", label="X", data_type="text")),)
    encoded = encoded_rows(pd.DataFrame({"x": rows}), np.array([0, 2]), asked, "UTC")

    assert encoded[0].text.to_pylist() == ["a", "c"]
