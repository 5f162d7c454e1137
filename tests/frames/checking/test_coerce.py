"""A frame in the types of its fields."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.errors import InputError
from bigin_frames.frames.checking.check import check
from bigin_frames.frames.checking.coerce import coerce
from bigin_frames.frames.mapping.columns import map_columns
from tests.support.contacts import CONTACTS


def frame(**columns):
    rows = max(len(cells) for cells in columns.values())
    return pd.DataFrame({"Last_Name": ["N"] * rows} | columns)


def mapped(held, operation="insert", *, fields=CONTACTS, **options):
    return map_columns(held.columns, fields, module="Contacts", operation=operation, **options)


def checked(held, operation="insert", *, options=None, **more):
    return check(held, mapped(held, operation, **(options or {})), operation=operation, **more)


def test_coerce_converts_columns_to_their_fields_types():
    held = frame(Age=["1", None], Budget=[1, 2], Opted_Out=["TRUE", None], Joined=["2020-01-31", None])

    out = coerce(held, mapped(held))

    assert [str(dtype) for dtype in out.dtypes[1:]] == ["Int64", "Float64", "boolean", "datetime64[s]"]
    assert out["Age"].tolist() == [1, pd.NA]


def test_coerce_does_not_change_labels_order_and_other_columns():
    held = pd.DataFrame([[1, "A", "1"], [2, "B", "2"]], columns=["x", "name", "x"], index=["p", "p"])
    before = held.copy(deep=True)

    out = coerce(held, mapped(held, columns={"name": "Last_Name"}))

    pd.testing.assert_frame_equal(out.iloc[:, [0, 2]], before.iloc[:, [0, 2]])
    assert list(out.columns) == ["x", "name", "x"]
    assert list(out.index) == ["p", "p"]
    pd.testing.assert_frame_equal(held, before)


def test_coerce_fills_defaults():
    held = frame(Age=[None, "3"])

    assert coerce(held, mapped(held, defaults={"Age": 7}))["Age"].tolist() == [7, 3]


def test_coerce_refuses_a_cell_that_cannot_be_written():
    held = frame(Age=["1", "canary"])

    with pytest.raises(InputError, match="row 1") as caught:
        coerce(held, mapped(held))

    assert "canary" not in str(caught.value)


@given(st.lists(st.integers(-(10**8), 10**8) | st.none(), min_size=1))
def test_coercing_twice_is_coercing_once(numbers):
    held = frame(Age=pd.Series(numbers, dtype="object"), Last_Name=["N"] * len(numbers))

    once = coerce(held, mapped(held))

    pd.testing.assert_frame_equal(coerce(once, mapped(once)), once)
    assert checked(once).sizes.tolist() == checked(held).sizes.tolist()
