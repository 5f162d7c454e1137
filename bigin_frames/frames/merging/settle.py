"""The decision of what a result file leaves open: by the records themselves, read back by id, and by a proven order."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.merging.folding import folded
from bigin_frames.frames.merging.result_lines import objects
from bigin_frames.frames.merging.sent import Merge, interchangeable, stored_name
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import WRITTEN

# 2**64 other orders were possible: with fewer, repeating the sent order may be chance.
ORDER_PROOF_BITS = 64.0
_NUMBER_TYPES = frozenset({"integer", "bigint", "double", "currency", "percent"})
Tie = tuple[np.ndarray, np.ndarray]


def settle(merged: Merge, records: pd.DataFrame | None) -> None:
    """Decide the ties by the records themselves, and what is still open by a proven order.

    Parameters
    ----------
    merged : Merge
        Changed in place: ``ties`` keeps only what stays undecided.
    records : DataFrame or None
        Records read back by id: ``id`` and the names of `Merge.fields_to_read`, as text. None when they could not be
        read.
    """
    if not merged.ties:
        return
    proven = proves_order(merged)
    if records is not None and len(records.columns) > 1:
        matches = _Matches(merged, records)
        equal = [matches.of(lines.tolist(), rows.tolist()) for rows, lines in merged.ties]
        # A record that equals other rows, but not the one at its line's place, proves that the order is different.
        proven = proven and not any(rows and line not in rows for found in equal for line, rows in found.items())
        paired = zip(merged.ties, equal, strict=True)
        merged.ties = [rest for tie, found in paired for rest in _by_record(merged, *tie, found)]
    if proven:
        merged.ties = [tie for tie in merged.ties if not _by_order(merged, *tie)]


class _Matches:
    """The tied rows that a record read back is equal to, in every field that was read."""

    def __init__(self, merged: Merge, records: pd.DataFrame) -> None:
        self._merged = merged
        columns = [column for column in merged.sent.columns if stored_name(column) in records]
        tied = np.concatenate([rows for rows, _ in merged.ties])
        texts = [merged.sent.text(column.field.api_name).take(pa.array(tied)) for column in columns]
        wanted = zip(*(_canonical(text, column) for text, column in zip(texts, columns, strict=True)), strict=True)
        self._wanted = dict(zip(tied.tolist(), wanted, strict=True))
        held = [_canonical(pa.array(records[stored_name(column)], pa.string()), column) for column in columns]
        self._held = dict(zip(records["id"], zip(*held, strict=True), strict=True))

    def of(self, lines: Sequence[int], rows: Sequence[int]) -> dict[int, list[int]]:
        """Return the rows that each line's record may belong to, by its stored values.

        An empty cell that was sent is equal to anything: a service may fill it in a new record, and keeps the stored
        value of an existing one. But then a different cell of another row in that field does not rule that row out,
        because the service may spell the value differently.
        """
        book = _Book({row: self._wanted[row] for row in rows})
        found: dict[int, list[int]] = {}
        for line in lines:
            held = self._held.get(self._merged.written(line) or "")
            if held is not None:
                found[line] = book.rows(held, frozenset(range(len(held))))
                if len(found[line]) == 1:
                    own = self._wanted[found[line][0]]
                    telling = (i for i, value in enumerate(held) if value is None or own[i] is not None)
                    found[line] = book.rows(held, frozenset(telling))
        return found


class _Book:
    """An index of rows by the cells that they have in some fields."""

    def __init__(self, wanted: dict[int, tuple[object, ...]]) -> None:
        self._wanted = wanted
        self._pages: dict[frozenset[int], dict[tuple[int, ...], dict[tuple[object, ...], list[int]]]] = {}

    def rows(self, held: tuple[object, ...], fields: frozenset[int]) -> list[int]:
        """Return the rows of which no cell in these fields differs from the stored value; empty cells never do."""
        if fields not in self._pages:
            page = self._pages[fields] = {}
            for row, values in self._wanted.items():
                given = tuple(i for i in sorted(fields) if values[i] is not None)
                page.setdefault(given, {}).setdefault(tuple(values[i] for i in given), []).append(row)
        pages = self._pages[fields].items()
        return [row for given, page in pages for row in page.get(tuple(held[i] for i in given), [])]


def _by_record(merged: Merge, rows: np.ndarray, lines: np.ndarray, equal: dict[int, list[int]]) -> list[Tie]:
    """Pair the rows of a tie that are the only ones equal to a record; return what stays open."""
    if len(lines) > len(rows):
        return [(rows, lines)]  # some line here does not belong to a row, and its record may be equal to one
    claims: dict[int, list[int]] = {}
    for line, found in equal.items():
        if len(found) == 1:
            claims.setdefault(found[0], []).append(line)
    proven = {row: claimed[0] for row, claimed in claims.items() if len(claimed) == 1}
    merged.pair(proven.keys(), proven.values())
    mine = rows[~np.isin(rows, list(proven))]
    theirs = lines[~np.isin(lines, list(proven.values()))]
    if len(mine) == len(theirs) and len(mine) and interchangeable(merged, mine, theirs):
        merged.pair(mine, theirs)
        return []
    return [(mine, theirs)] if len(mine) else []


def proves_order(merged: Merge) -> bool:
    """Return whether the order of the lines proves whose they are: that of the rows, and without another explanation.

    A file sorted by one of the echoed columns would look the same if the rows were sent in that order already.
    """
    if merged.order_bits < ORDER_PROOF_BITS:
        return False
    return not any(_is_sorted(merged.sent.text(name)) for name in merged.lines.echo)


def _is_sorted(text: pa.Array) -> bool:
    keys = [pc.fill_null(text, ""), folded(text)]
    with suppress(pa.ArrowInvalid):  # not a column of numbers
        keys.append(pc.fill_null(text.cast(pa.float64()), float("-inf")))
    return any(_is_monotone(key) or _is_monotone(key[::-1]) for key in keys)


def _is_monotone(keys: pa.Array) -> bool:
    up: bool = pc.all(pc.less_equal(keys.slice(0, len(keys) - 1), keys.slice(1))).as_py()
    return up


def _by_order(merged: Merge, rows: np.ndarray, lines: np.ndarray) -> bool:
    """Pair a tie by the order of its lines; where their verdicts differ, only if the file does not group verdicts."""
    if len({merged.lines.verdict(line) for line in lines}) > 1 and _groups_verdicts(merged):
        return False
    merged.pair(rows, rows)
    return True


def _groups_verdicts(merged: Merge) -> bool:
    written = np.isin(objects(merged.lines.status).astype(str), [status.value for status in WRITTEN])
    return int(np.count_nonzero(written[1:] != written[:-1])) < 2  # one change means two groups


def _canonical(text: pa.Array, column: MappedColumn) -> list[object]:
    """Return values that are equal where a service would store the same value, None where there is none."""
    kind = column.field.data_type
    if kind == "multiselectpicklist":
        return [frozenset(value.split(";")) if value else None for value in objects(folded(text))]
    if kind in _NUMBER_TYPES:
        return [_number(value) for value in objects(text)]
    if kind == "datetime":
        return [_instant(value) for value in objects(text)]
    return [value or None for value in objects(folded(text))]


def _number(text: str | None) -> object:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return text


def _instant(text: str | None) -> object:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return text
