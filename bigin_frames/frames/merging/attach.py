"""The frame with the verdicts of its rows in three more columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.extensions import ExtensionArray

from bigin_frames.errors import InputError, OptionError
from bigin_frames.frames.merging.verdict_texts import TEXT, chunks, text_column
from bigin_frames.model import Status

DEFAULT_NAMES = ("ID", "Status", "Error")
ATTR = "bigin_frames"
_SHARES_SAFELY = int(pd.__version__.split(".")[0]) >= 3  # copy-on-write: a shallow copy is a snapshot


def snapshot(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy that later changes of the caller's frame do not affect, as cheaply as this pandas allows."""
    return frame.copy(deep=not _SHARES_SAFELY)


def free_names(frame: pd.DataFrame, wanted: Sequence[str]) -> tuple[str, str, str]:
    """Return the result columns' names, or refuse names that the frame already uses.

    Raises
    ------
    OptionError
        If the names are not three different ones, or the frame has a column of that name.
    """
    if isinstance(frame.columns, pd.MultiIndex):
        raise InputError(
            "The frame's columns are a MultiIndex, which is not supported: flatten them first, for example with "
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
            f"The frame already has a column {taken[0]!r}, which is a result column: drop it (`out.bigin.failed` has "
            "the rows of a returned frame without them), rename it, or choose other names with result_columns=.",
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
    """Return the frame with three more text columns.

    Parameters
    ----------
    frame : DataFrame
    parts : iterable of (positions, table)
        Positions in the frame, and ``ID``, ``Status`` and ``Error`` of those rows in that order. Together they have
        every position once.
    names : tuple of str
        Names of the new columns, in the order ID, Status, Error.
    written_to : tuple of str, optional
        Module and operation, stored in the frame's ``attrs`` for `retry`.

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
    out.attrs = {**frame.attrs, ATTR: {"result_columns": list(names), "written_to": list(written_to or ())}}
    return out


def _order(positions: Sequence[np.ndarray]) -> pa.Array | None:
    """Return where each row is in all parts one after another; None if they have the order of the frame."""
    where = np.concatenate([np.empty(0, np.int64), *positions])
    if np.array_equal(where, np.arange(len(where))):
        return None
    order = np.empty(len(where), np.int64)
    order[where] = np.arange(len(where))
    return pa.array(order)


def _texts(name: str, tables: Sequence[pd.DataFrame], order: pa.Array | None) -> ExtensionArray:
    whole = pa.chunked_array([chunk for table in tables for chunk in chunks(table[name])], TEXT)
    return text_column(whole if order is None else pa.concat_arrays(whole.chunks).take(order))
