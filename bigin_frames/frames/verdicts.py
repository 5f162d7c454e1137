"""Put verdicts beside the rows they belong to, and read them off a returned frame."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.api.extensions import ExtensionArray

from bigin_frames.errors import InputError, OptionError
from bigin_frames.frames.octets import holding, lowest
from bigin_frames.model import REFUSED, UNDECIDED, WRITTEN, Status

DEFAULT_NAMES = ("ID", "Status", "Error")
_ATTR = "bigin_frames"
_TEXT = pa.large_string()
# What certainly was not written. UNREPORTED, UNKNOWN and PENDING rows may have been: sent again, they could double.
_NOT_WRITTEN = frozenset({*REFUSED, Status.UNSENT})
_REASONS_SHOWN = 5
_SHARES_SAFELY = int(pd.__version__.split(".")[0]) >= 3  # copy-on-write: a shallow copy is a snapshot


def snapshot(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy that later changes of the caller's frame do not reach, as cheaply as this pandas allows."""
    return frame.copy(deep=not _SHARES_SAFELY)


def free_names(frame: pd.DataFrame, wanted: Sequence[str]) -> tuple[str, str, str]:
    """Return the result columns' names, or refuse those that the frame already uses.

    Raises
    ------
    OptionError
        If the names are not three different ones, or the frame has a column of that name.
    """
    if isinstance(frame.columns, pd.MultiIndex):
        raise InputError(
            "The frame's columns are a MultiIndex, beside which no verdict can stand: flatten them first, as with "
            "df.columns = df.columns.map('_'.join)."
        )
    names = tuple(wanted)
    if len(names) != 3 or not all(isinstance(name, str) for name in names) or len(set(names)) != 3:
        raise OptionError(
            'result_columns must be three different names, as ("ID", "Status", "Error").', option="result_columns"
        )
    taken = [name for name in names if name in frame.columns]
    if taken:
        raise OptionError(
            f"The frame already has a column {taken[0]!r}, where a verdict would go: drop it (a returned frame's own "
            "verdicts are left out by `out.bigin.failed`), rename it, or choose other names with result_columns=.",
            option="result_columns",
        )
    return names


def refused_rows(errors: pd.Series, status: Status = Status.INVALID) -> pd.DataFrame:
    """Return the verdicts of rows that were refused here, indexed by position, from their ``Error`` texts."""
    return pd.DataFrame(
        {"ID": None, "Status": status.value, "Error": errors.to_numpy(object)},
        index=errors.index,
        dtype=object,
    )


def attach(
    frame: pd.DataFrame,
    parts: Iterable[tuple[np.ndarray, pd.DataFrame]],
    names: tuple[str, str, str],
    written_to: tuple[str, str] | None = None,
) -> pd.DataFrame:
    """Return the frame with three text columns more.

    Parameters
    ----------
    frame : DataFrame
    parts : iterable of (positions, table)
        Positions in the frame, and ``ID``, ``Status`` and ``Error`` of those rows in that order. Together they name
        every position once.
    names : tuple of str
        Names of the new columns, in the order ID, Status, Error.
    written_to : tuple of str, optional
        Module and operation, which the frame's ``attrs`` remember for `retry`.

    Returns
    -------
    DataFrame
        A new frame with the same index, rows and columns, and the new ones as ``string`` with missing values.
    """
    parts = list(parts)
    order = _order([positions for positions, _ in parts])
    tables = [table for _, table in parts]
    texts = {name: _texts(own, tables, order) for name, own in zip(names, DEFAULT_NAMES, strict=True)}
    out = pd.concat([frame, pd.DataFrame(texts, index=frame.index)], axis=1)
    if frame.columns.dtype == object:  # concat and append turn a label None into NaN
        labels = [*frame.columns, *names]
        out.columns = pd.Index(labels, dtype=object, name=frame.columns.name, tupleize_cols=False)
    out.attrs = {**frame.attrs, _ATTR: {"result_columns": list(names), "written_to": list(written_to or ())}}
    return out


def _order(positions: Sequence[np.ndarray]) -> pa.Array | None:
    """Return where each row stands among all parts one after another; None if they follow the frame."""
    where = np.concatenate([np.empty(0, np.int64), *positions])
    if np.array_equal(where, np.arange(len(where))):
        return None
    order = np.empty(len(where), np.int64)
    order[where] = np.arange(len(where))
    return pa.array(order)


def _texts(name: str, tables: Sequence[pd.DataFrame], order: pa.Array | None) -> ExtensionArray:
    whole = pa.chunked_array([chunk for table in tables for chunk in _chunks(table[name])], _TEXT)
    return text_column(whole if order is None else pa.concat_arrays(whole.chunks).take(order))


def _chunks(texts: pd.Series) -> Sequence[pa.Array]:
    text = pa.array(texts, from_pandas=True)
    return [chunk.cast(_TEXT) for chunk in (text.chunks if isinstance(text, pa.ChunkedArray) else [text])]


def text_array(texts: pd.Series) -> pa.Array:
    """Return texts as Arrow's, null where there is none."""
    return pa.concat_arrays(_chunks(texts))


def text_list(texts: pd.Series) -> list[str | None]:
    """Return texts as a list, None where there is none."""
    found: list[str | None] = text_array(texts).to_numpy(zero_copy_only=False).tolist()
    return found


def text_counts(text: pa.Array) -> dict[str, int]:
    """Return how often each text is there."""
    return {count["values"]: count["counts"] for count in text.value_counts().tolist()}


def as_json(columns: Mapping[str, pa.Array]) -> bytes:
    """Write columns of text as a JSON object of lists, without making Python's strings of them."""
    members = (json.dumps(name).encode() + b":" + _json_list(text) for name, text in columns.items())
    return b"{" + b",".join(members) + b"}"


def _json_list(text: pa.Array) -> bytes:
    if lowest(text) < ord(" ") or holding(text, b'"\\').any():  # what JSON escapes, and what ids and codes never hold
        return json.dumps(text.to_pylist(), ensure_ascii=False).encode()
    if not len(text):
        return b"[]"
    filled = pc.fill_null(text, "\0ull")
    joined = pc.binary_join(pa.LargeListArray.from_arrays([0, len(text)], filled), pa.scalar('","', _TEXT))
    signs = np.frombuffer(bytearray(b'["%b"]' % joined[0].as_buffer()), np.uint8)
    missing = np.flatnonzero(signs == 0)
    signs[missing] = ord("n")
    signs[missing - 1] = signs[missing + len("null")] = ord(" ")  # instead of quotes
    return signs.tobytes()


def text_column(text: pa.Array | pa.ChunkedArray) -> ExtensionArray:
    """Return text as a ``string`` column that is held in Arrow."""
    dtype: Any = pd.StringDtype("pyarrow")
    column: ExtensionArray = dtype.__from_arrow__(text.cast(_TEXT))
    return column


def result_names(out: pd.DataFrame) -> tuple[str, str, str]:
    """Return the names of a returned frame's result columns.

    Raises
    ------
    InputError
        If the frame has none.
    """
    identity, status, error = out.attrs.get(_ATTR, {}).get("result_columns", DEFAULT_NAMES)
    if not {identity, status, error} <= set(out.columns):
        raise InputError(
            f"This frame has no columns {identity}, {status} and {error}: call this on what insert, update or upsert "
            "returned."
        )
    return identity, status, error


def written_to(out: pd.DataFrame) -> tuple[str, str]:
    """Return the module and the operation a returned frame was written with.

    Raises
    ------
    InputError
        If the frame does not remember: pandas loses ``attrs`` in some operations.
    """
    known = out.attrs.get(_ATTR, {}).get("written_to", ())
    if len(known) != 2:
        raise InputError(
            "This frame does not remember what it was written to: write `out.bigin.failed` with the verb itself, or "
            "call this on the very frame that a verb returned."
        )
    return known[0], known[1]


def not_written(out: pd.DataFrame) -> np.ndarray:
    """Return which rows certainly were not written, as booleans by position."""
    return out[result_names(out)[1]].isin([status.value for status in _NOT_WRITTEN]).to_numpy(bool)


def merged_verdicts(out: pd.DataFrame, positions: np.ndarray, newer: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the verdicts of some rows replaced by newer ones.

    Parameters
    ----------
    out : DataFrame
        A returned frame.
    positions : ndarray of int64
        Which of its rows were written again.
    newer : DataFrame
        What a verb returned for those rows, in that order.
    """
    merged = snapshot(out)
    for name, other in zip(result_names(out), result_names(newer), strict=True):
        values = out[name].to_numpy(object, copy=True)
        values[positions] = newer[other].to_numpy(object)
        merged.isetitem(list(merged.columns).index(name), pd.array(values, dtype="string"))
    return merged


def ids(out: pd.DataFrame, key: Hashable) -> pd.Series:
    """Return the ids of a returned frame's records by one of its columns.

    Raises
    ------
    InputError
        If there is no such column, or a key stands in two rows: which record it means would be a guess.
    """
    identity, _, _ = result_names(out)
    if key not in out.columns:
        raise InputError(f"The frame has no column {key!r}.")
    known = out.loc[out[identity].notna() & out[key].notna(), [key, identity]]
    again = known[key].duplicated(keep=False)
    if again.any():
        raise InputError(
            f"{int(again.sum())} rows share their {key!r} with another one, and which record it means is not certain; "
            "take a column that tells the rows apart."
        )
    return known.set_index(key)[identity]


def failed(out: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that certainly were not written, without the result columns.

    Rows that are ``UNREPORTED``, ``UNKNOWN`` or ``PENDING`` may have been written and are left out: sending them again
    could double them.
    """
    rows = out[not_written(out)].drop(columns=list(result_names(out)))
    rows.attrs = {key: value for key, value in rows.attrs.items() if key != _ATTR}
    return rows


def summary(out: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows ended with each verdict and reason, most first.

    Returns
    -------
    DataFrame
        ``Status``, ``Error`` (missing where there is no reason) and ``Rows``.
    """
    _, status, error = result_names(out)
    counts = out.groupby([out[status].rename("Status"), out[error].rename("Error")], dropna=False).size()
    return counts.rename("Rows").reset_index().sort_values("Rows", ascending=False, kind="stable", ignore_index=True)


def account(out: pd.DataFrame, spoken: Callable[[str], str]) -> tuple[str | None, str | None]:
    """Return a sentence on the rows not written and one on those whose fate is unknown; None where there are none.

    Parameters
    ----------
    out : DataFrame
        A returned frame.
    spoken : callable
        Given the text of an ``Error`` cell, returns what of it may be said aloud.
    """
    _, status, error = result_names(out)
    lost = not_written(out)
    unsure = out[status].isin([word.value for word in UNDECIDED]).to_numpy(bool)
    refused = undecided = None
    if lost.any():
        refused = (
            f"{lost.sum():,} of {len(out):,} rows were not written: {_reasons(out[error], lost, spoken)}. See "
            "`out.bigin.errors()`; repair `out.bigin.failed` and write that."
        )
    if unsure.any():
        undecided = (
            f"{unsure.sum():,} of {len(out):,} rows may or may not have been written: "
            f"{_reasons(out[error], unsure, spoken)}. Nothing is sent again; look for them in Bigin before you do."
        )
    return refused, undecided


def _reasons(errors: pd.Series, wanted: np.ndarray, spoken: Callable[[str], str]) -> str:
    picked = pa.chunked_array(_chunks(errors), _TEXT).filter(pa.array(wanted))  # pandas would copy all of them first
    counts = pd.Series(text_column(picked)).fillna("NO_REASON_GIVEN").value_counts()
    known = counts.groupby(counts.index.map(spoken)).sum().sort_values(ascending=False, kind="stable")
    shown = [f"{count:,} {reason}" for reason, count in known.head(_REASONS_SHOWN).items()]
    more = len(known) - _REASONS_SHOWN
    return ", ".join(shown) + (f" and {more} reasons more" if more > 0 else "")


def is_written(out: pd.DataFrame) -> pd.Series:
    """Return which rows of a returned frame are in Bigin, as booleans on its index."""
    return out[result_names(out)[1]].isin([status.value for status in WRITTEN])
