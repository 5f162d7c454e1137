"""Columns of verdicts as text that is stored in Arrow."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

from bigin_frames.frames.text_bytes import holding, lowest

TEXT = pa.large_string()


def chunks(texts: pd.Series) -> Sequence[pa.Array]:
    """Return the chunks of a column of text as Arrow arrays."""
    text = pa.array(texts, from_pandas=True)
    return [chunk.cast(TEXT) for chunk in (text.chunks if isinstance(text, pa.ChunkedArray) else [text])]


def text_array(texts: pd.Series) -> pa.Array:
    """Return texts as an Arrow array, null where there is none."""
    return pa.concat_arrays(chunks(texts))


def text_list(texts: pd.Series) -> list[str | None]:
    """Return texts as a list, None where there is none."""
    found: list[str | None] = text_array(texts).to_numpy(zero_copy_only=False).tolist()
    return found


def text_counts(text: pa.Array) -> dict[str, int]:
    """Return how often each text occurs."""
    return {count["values"]: count["counts"] for count in text.value_counts().tolist()}


def as_json(columns: Mapping[str, pa.Array]) -> bytes:
    """Write columns of text as a JSON object of lists, without creating Python strings."""
    members = (json.dumps(name).encode() + b":" + _json_list(text) for name, text in columns.items())
    return b"{" + b",".join(members) + b"}"


def _json_list(text: pa.Array) -> bytes:
    if lowest(text) < ord(" ") or holding(text, b'"\\').any():  # what JSON escapes; ids and codes never contain it
        return json.dumps(text.to_pylist(), ensure_ascii=False).encode()
    if not len(text):
        return b"[]"
    filled = pc.fill_null(text, "\0ull")
    joined = pc.binary_join(pa.LargeListArray.from_arrays([0, len(text)], filled), pa.scalar('","', TEXT))
    signs = np.frombuffer(bytearray(b'["%b"]' % joined[0].as_buffer()), np.uint8)
    missing = np.flatnonzero(signs == 0)
    signs[missing] = ord("n")
    signs[missing - 1] = signs[missing + len("null")] = ord(" ")  # instead of quotes
    return signs.tobytes()


def text_column(text: pa.Array | pa.ChunkedArray) -> ExtensionArray:
    """Return text as a ``string`` column that is stored in Arrow."""
    dtype: Any = pd.StringDtype("pyarrow")
    column: ExtensionArray = dtype.__from_arrow__(text.cast(TEXT))
    return column
