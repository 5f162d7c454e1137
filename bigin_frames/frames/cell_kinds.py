"""The kinds of values in a column, each kind as one Arrow array.

A dtype decides for the whole column. In an object column the types of the cells decide: Arrow's own guess drops the
time of day where dates and datetimes are mixed, and silently turns 1 and 2.5 into 1.0 and 2.5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.text_bytes import holding

# A cell's type gives its kind; a subclass comes before its base (bool and numpy's timedelta64 are ints,
# datetime is a date).
_KINDS: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("bool", (bool, np.bool_)),
    ("text", (str,)),
    ("duration", (timedelta, np.timedelta64)),
    ("int", (int, np.integer)),
    ("float32", (np.float32, np.float16)),
    ("float", (float, np.floating)),
    ("decimal", (Decimal,)),
    ("datetime", (datetime,)),
    ("date", (date,)),
    ("period", (pd.Period,)),
    ("bytes", (bytes, bytearray)),
    ("set", (set, frozenset)),
    ("list", (list, tuple, np.ndarray)),
)
# Kinds that become an Arrow array as they are. float32 keeps its own short digits: 0.1, not 0.10000000149011612.
_ARROW: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "text": pa.large_string(),
    "float": pa.float64(),
    "float32": pa.float32(),
    "datetime": pa.timestamp("us"),
    "zoned datetime": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
    "list": pa.large_list(pa.large_string()),
}
_LISTS = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)


@dataclass(frozen=True)
class Part:
    """The cells of one kind in a column.

    Parameters
    ----------
    kind : str
        ``"text"``, ``"int"``, ``"float"``, ``"decimal"``, ``"bool"``, ``"date"``, ``"datetime"``, ``"zoned datetime"``,
        ``"list"`` (of text), or the name of a kind that no field takes.
    values : pa.Array
        Missing cells are null. Text and decimals are large_string, ints of more than 64 bits too; zoned datetimes are
        instants without a zone; kinds that no field takes are flags of presence.
    positions : np.ndarray or None
        Where the cells are in the column (int64, 0-based); None for the whole column.
    """

    kind: str
    values: pa.Array
    positions: np.ndarray | None = None


def parts(series: pd.Series, *, wall: bool = False) -> list[Part]:
    """Return the cells of a column by kind, without copying text that is Arrow's already.

    Parameters
    ----------
    series : pd.Series
        Any dtype but category, whose categories are a column of their own.
    wall : bool
        Return zoned datetimes as their own wall time, of kind ``"datetime"``, instead of as instants.
    """
    if series.dtype != object:
        try:
            return [_of_arrow(whole(pa.array(series, from_pandas=True)), wall)]
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError):
            pass  # byte-swapped numbers, odd zones, lone surrogates: each cell can still be examined
    return _of_objects(series.to_numpy(dtype=object), wall)


def whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return one contiguous array; a single chunk is not copied."""
    if not isinstance(values, pa.ChunkedArray):
        return values
    return values.chunk(0) if values.num_chunks == 1 else pa.concat_arrays(values.chunks or [pa.nulls(0, values.type)])


def plain_digits(text: pa.Array) -> pa.Array:
    """Write numbers such as ``1e+10`` or ``1E-7`` without an exponent, exactly; other text is returned as it is."""
    found = holding(text, b"eE")
    if not found.any():
        return text
    mask = pa.array(found & text.is_valid().to_numpy(zero_copy_only=False))
    digits = [format(Decimal(number), "f") for number in text.filter(mask).to_pylist()]
    return pc.replace_with_mask(text, mask, pa.array(digits, pa.large_string()))


def _of_arrow(values: pa.Array, wall: bool) -> Part:
    kind = values.type
    if pa.types.is_dictionary(kind):
        return _of_arrow(values.dictionary_decode(), wall)
    if _is_text(kind):
        return Part("text", values.cast(pa.large_string()))
    if pa.types.is_boolean(kind):
        return Part("bool", values)
    if pa.types.is_integer(kind):
        return Part("int", values)
    if pa.types.is_floating(kind):
        return Part("float", values)
    if pa.types.is_decimal(kind):
        return Part("decimal", plain_digits(values.cast(pa.large_string())))
    if pa.types.is_date(kind):
        return Part("date", values.cast(pa.date32()))
    if pa.types.is_timestamp(kind):
        return _of_timestamps(values, wall)
    if any(is_list(kind) for is_list in _LISTS) and _is_text(kind.value_type):
        return Part("list", values.cast(pa.large_list(pa.large_string())))
    return Part(_unwritable(kind), _presence(values.is_valid().to_numpy(zero_copy_only=False)))


def _is_text(kind: pa.DataType) -> bool:
    return pa.types.is_null(kind) or str(kind) in {"string", "large_string", "string_view"}


def _unwritable(kind: pa.DataType) -> str:
    if any(is_list(kind) for is_list in _LISTS):
        return "list of other things"
    return {"duration": "duration", "extension<pandas.period<ArrowPeriodType>>": "period"}.get(
        str(kind).partition("[")[0], "bytes" if "binary" in str(kind) else "other"
    )


def _of_timestamps(values: pa.Array, wall: bool) -> Part:
    if values.type.tz is None:
        return Part("datetime", values)
    if wall:
        return Part("datetime", pc.local_timestamp(values))
    return Part("zoned datetime", values.cast(pa.timestamp(values.type.unit)))  # this cast keeps the instant


def _presence(present: np.ndarray) -> pa.Array:
    return pa.array(present, mask=~present)


def _of_objects(cells: np.ndarray, wall: bool) -> list[Part]:
    with suppress(Exception):  # whatever Arrow raises for other cells: they are examined one by one below
        found = pa.array(cells, from_pandas=True)
        if _is_text(found.type):  # only text and gaps: with any other cell among them, Arrow raises
            return [Part("text", whole(found.cast(pa.large_string())))]
    missing = _missing(cells)
    kinds = {_kind_of_type(kind) for kind in set(map(type, cells[~missing]))}
    if not kinds:
        return [Part("text", pa.nulls(len(cells), pa.large_string()))]
    if len(kinds) == 1 and not kinds & {"datetime", "list"}:  # for these two the cell decides, not its type
        try:
            return [_of_kind(kinds.pop(), cells, missing, None)]
        except UnicodeEncodeError:
            pass  # a lone surrogate: find the rows
    return _by_cell(cells, np.flatnonzero(~missing), wall)


def _missing(cells: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(pd.isna(cells))
    except InvalidOperation:  # a signalling NaN cannot be compared
        quiet = [None if isinstance(cell, Decimal) and cell.is_snan() else cell for cell in cells]
        return np.asarray(pd.isna(pd.Series(quiet, dtype=object)))


def _by_cell(cells: np.ndarray, present: np.ndarray, wall: bool) -> list[Part]:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for position in present.tolist():
        groups[_kind_of_cell(cells[position])].append(position)
    return [_group(kind, cells, np.array(positions, np.int64), wall) for kind, positions in groups.items()]


def _group(kind: str, cells: np.ndarray, positions: np.ndarray, wall: bool) -> Part:
    chosen = cells[positions]
    if kind == "zoned datetime" and wall:
        kind, chosen = "datetime", _objects(cell.replace(tzinfo=None) for cell in chosen)
    return _of_kind(kind, chosen, np.zeros(len(chosen), bool), positions)


def _objects(cells: Iterable[Any]) -> np.ndarray:
    return pd.Series(list(cells), dtype=object).to_numpy()


def _kind_of_type(cell_type: type) -> str:
    return next((kind for kind, types in _KINDS if issubclass(cell_type, types)), "other")


def _kind_of_cell(cell: Any) -> str:
    kind = _kind_of_type(type(cell))
    if kind == "datetime" and cell.tzinfo is not None:
        return "zoned datetime"
    if kind == "text" and not _encodable(cell):
        return "text with a lone surrogate"
    if kind == "list" and not (getattr(cell, "ndim", 1) == 1 and all(map(_is_written_text, cell))):
        return "list of other things"
    return kind


def _is_written_text(element: Any) -> bool:
    return isinstance(element, str) and _encodable(element)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _of_kind(kind: str, cells: np.ndarray, missing: np.ndarray, positions: np.ndarray | None) -> Part:
    if kind == "int":
        return Part("int", _ints(cells, missing), positions)
    if kind == "decimal":  # eight times faster than Arrow's decimals, and exact beyond their 76 digits
        digits = [None if gone else format(cell, "f") for cell, gone in zip(cells, missing, strict=True)]
        return Part("decimal", pa.array(digits, pa.large_string()), positions)
    if kind not in _ARROW:
        return Part(kind, _presence(~missing), positions)
    values = pa.array(cells, _ARROW[kind], mask=missing)
    if kind == "zoned datetime":
        values = values.cast(pa.timestamp("us"))
    return Part("float" if kind == "float32" else kind, values, positions)


def _ints(cells: np.ndarray, missing: np.ndarray) -> pa.Array:
    try:
        return pa.array(cells, pa.int64(), mask=missing)
    except (OverflowError, pa.ArrowInvalid):  # more than 64 bits
        digits = [None if gone else _digits(int(cell)) for cell, gone in zip(cells, missing, strict=True)]
        return pa.array(digits, pa.large_string())


def _digits(number: int) -> str:
    """Return a number's digits; for one that fits no field, so many that it is refused as too long."""
    return str(number) if abs(number) < _TOO_LONG else "9" * 1000


_TOO_LONG = 10**1000  # Python itself does not write more than 4,300 digits
