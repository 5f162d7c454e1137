"""The rows of a frame as the texts that a job sends, empty cells filled with their column's default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.errors import InputError
from bigin_frames.frames.column_places import places_of
from bigin_frames.frames.encoding.encode import Encoded, encode
from bigin_frames.job_request import MappedColumn


def encoded_rows(
    frame: pd.DataFrame, rows: slice | np.ndarray, columns: Sequence[MappedColumn], zone: str
) -> list[Encoded]:
    """Encode the mapped columns of some rows.

    Parameters
    ----------
    frame : DataFrame
    rows : slice or ndarray of int64
        Positions; a slice is not copied, and neither are consecutive positions.
    columns : sequence of MappedColumn
    zone : str
        IANA name of the zone naive datetimes are in.
    """
    places, rows = places_of(frame.columns), _as_slice(rows)
    if isinstance(rows, slice):  # a view of all columns at once, not one after another
        frame, rows = frame.iloc[rows], _ALL
    cells = (_taken(frame.iloc[:, places[column.column][0]], rows) for column in columns)
    return [encoded_cells(some, column, zone) for some, column in zip(cells, columns, strict=True)]


def _taken(cells: pd.Series, rows: slice | np.ndarray) -> pd.Series:
    """Return some cells of a column; Arrow cannot pick single texts out of a ``string_view``."""
    if not isinstance(rows, slice) and isinstance(cells.dtype, pd.ArrowDtype) and cells.dtype.pyarrow_dtype == _VIEW:
        cells = pd.Series(pd.arrays.ArrowExtensionArray(pa.array(cells).cast(pa.large_string())))
    return cells if rows is _ALL else cells.iloc[rows]


_VIEW = pa.string_view()
_ALL = slice(None)


def _as_slice(rows: slice | np.ndarray) -> slice | np.ndarray:
    if isinstance(rows, slice) or not len(rows):
        return rows
    first, last = int(rows[0]), int(rows[-1]) + 1
    return slice(first, last) if np.array_equal(rows, np.arange(first, last)) else rows


def encoded_cells(cells: pd.Series, column: MappedColumn, zone: str) -> Encoded:
    """Encode some cells of one column, its default in the empty ones."""
    return filled(encode(cells, column.field, by=column.by, zone=zone), column)


def filled(encoded: Encoded, column: MappedColumn) -> Encoded:
    """Return a column with its default in the empty cells."""
    if column.default is None or not encoded.text.null_count:
        return encoded
    return Encoded(pc.fill_null(encoded.text, column.default), encoded.faults)


def wire_texts(
    frame: pd.DataFrame, rows: np.ndarray, columns: Sequence[MappedColumn], zone: str
) -> tuple[pa.Array, ...]:
    """Return the texts of rows that were checked before, one array for each column.

    Raises
    ------
    InputError
        If a cell is refused now: the frame has changed since it was checked.
    """
    done = encoded_rows(frame, rows, columns, zone)
    for column, encoded in zip(columns, done, strict=True):
        for fault in encoded.faults:
            raise InputError(
                f"Column {column.column!r} has changed since it was checked: a cell contains {fault.rule}."
            )
    return tuple(encoded.text for encoded in done)


class Texts(Sequence[pa.Array]):
    """The texts of rows, one array for each column; a column is encoded each time it is accessed."""

    def __init__(self, frame: pd.DataFrame, rows: np.ndarray, columns: Sequence[MappedColumn], zone: str) -> None:
        self._of = frame, rows, columns, zone

    def __len__(self) -> int:
        return len(self._of[2])

    def __getitem__(self, i: Any) -> Any:
        frame, rows, columns, zone = self._of
        return wire_texts(frame, rows, columns[i : i + 1], zone)[0]


def distinct(texts: Sequence[pa.Array]) -> list[int]:
    """Return how many different texts each column has; an empty cell is one of them."""
    return [pc.count_distinct(text, mode="all").as_py() for text in texts]
