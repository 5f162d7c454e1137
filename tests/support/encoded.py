"""Columns, and what `encode` makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bigin_frames.frames.encoding.encode import encode
from bigin_frames.model import INVALID_DATA, Field
from tests.support.contacts import field
from tests.support.frames_strategy import arrow

CANARY = "canary-7f3a"


def some_field(data_type: str) -> Field:
    return field("Some_Field", data_type)


def column(values: Any, dtype: Any = object) -> pd.Series:
    return pd.Series(values, dtype=dtype)


def arrow_column(values: Any, kind: pa.DataType) -> pd.Series:
    return arrow(kind)(values)


def texts(series: pd.Series, data_type: str, **options: Any) -> list[str | None]:
    """Encode a column that must be without a fault."""
    encoded = encode(series, some_field(data_type), **options)

    assert encoded.faults == ()
    assert encoded.text.type == pa.large_string()
    return encoded.text.to_pylist()


def faults(series: pd.Series, data_type: str, **options: Any) -> dict[int, str]:
    """Return {position: rule}, after checking what is true of every fault."""
    encoded = encode(series, some_field(data_type), **options)
    found: dict[int, str] = {}
    for fault in encoded.faults:
        assert fault.positions.dtype == np.int64
        assert fault.code == INVALID_DATA
        assert CANARY not in fault.rule
        assert not found.keys() & set(fault.positions.tolist())
        found |= dict.fromkeys(fault.positions.tolist(), fault.rule)
    assert len(encoded.text) == len(series)
    assert all(encoded.text[at].as_py() is None for at in found)
    return found
