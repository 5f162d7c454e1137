"""A cleaned column: its dtype, and the changes that are not made."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from bigin_frames.frames.cleaning.clean import clean
from bigin_frames.frames.mapping.columns import map_columns
from tests.support.cleaned import mapped, one
from tests.support.contacts import field
from tests.support.frames_strategy import STRINGS, category


def test_a_float_column_of_whole_numbers_becomes_text():
    cells, result = one("Phone", pd.Series([4155550100.0, None]))

    assert cells[0] == "4155550100"
    assert result.frame["Phone"].isna().tolist() == [False, True]
    assert result.frame["Phone"].dtype == pd.Series(["a", None]).dtype


@pytest.mark.parametrize("backend", STRINGS)
def test_text_columns_keep_their_kind_of_dtype(backend):
    column = backend([" a", None, "b"])
    cells, result = one("First_Name", column)
    kept = not (
        isinstance(column.dtype, pd.ArrowDtype) and column.dtype.pyarrow_dtype not in (pa.string(), pa.large_string())
    )

    assert cells[0::2] == ["a", "b"]
    assert result.frame["First_Name"].isna().tolist() == [False, True, False]
    if kept and not isinstance(column.dtype, pd.CategoricalDtype):
        assert result.frame["First_Name"].dtype == column.dtype
    assert isinstance(result.frame["First_Name"].dtype, pd.CategoricalDtype) == (backend is category)


def test_a_valid_cell_is_never_made_invalid():
    frame = pd.DataFrame({"Last_Name": ["\u200b", "x"], "Website": ["www." + "x" * 247 + ".org", "www.x.org"]})
    result = clean(frame, mapped(frame))

    assert result.log["row"].tolist() == [1]
    assert result.left["row"].tolist() == [0, 0]


def test_no_row_gets_the_key_of_another():
    emails = ["ann@x.org", "mailto:ann@x.org", "<bo@x.org>", "mailto:bo@x.org", "<cy@x.org>"]
    frame = pd.DataFrame({"Last_Name": ["N"] * 5, "Email": emails})
    result = clean(frame, mapped(frame, "upsert", find_by="Email"))

    assert result.frame["Email"].tolist() == [*emails[:4], "cy@x.org"]
    assert result.left["why"].tolist() == ["would have the same key as another row if it were cleaned"] * 3


def test_rows_that_shared_a_key_do_not_involve_a_third():
    frame = pd.DataFrame({"Last_Name": [" a\u200b", "a\u200b", "a"]})
    fields = [field("Last_Name", unique=True)]
    plan = map_columns(frame.columns, fields, module="Contacts", operation="upsert", find_by="Last_Name")
    result = clean(frame, plan)

    assert result.log.empty
    assert result.left["row"].tolist() == [0, 1]


def test_an_invisible_key_is_not_made_empty():
    frame = pd.DataFrame({"Code": ["\u200b", "a "]})
    fields = [field("Code", unique=True)]
    keyed, free = (
        clean(frame, map_columns(frame.columns, fields, module="X", operation=operation, find_by=key))
        for operation, key in (("upsert", "Code"), ("insert", None))
    )

    assert keyed.log["row"].tolist() == [1]
    assert free.log["row"].tolist() == [0, 1]
