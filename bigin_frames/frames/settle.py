"""Decide what a result file leaves open: by the records themselves, read back by id, and by a proven order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from bigin_frames.frames.merge import Merge, Sent, interchangeable, loosened, stored_name
from bigin_frames.model import MappedColumn

# 2**64 orders that the lines did not come in: below that, repeating the sent order may be chance.
ORDER_PROOF_BITS = 64.0
_NUMBER_TYPES = frozenset({"integer", "bigint", "double", "currency", "percent"})


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
    stored = {} if records is None else dict(zip(records["id"], records.to_dict("records"), strict=True))
    in_order = merged.order_bits >= ORDER_PROOF_BITS
    undecided = []
    for rows, lines in merged.ties:
        mine, theirs = _pair_by_record(merged, rows, lines, stored)
        in_order = in_order and all(merged.line_of[row] in (row, -1) for row in rows)
        if len(mine):
            undecided.append((mine, theirs))
    merged.ties = undecided
    if in_order:  # and no record that was read back says otherwise
        for rows, _ in undecided:
            merged.pair(rows, rows)
        merged.ties = []


def _pair_by_record(
    merged: Merge, rows: np.ndarray, lines: np.ndarray, stored: Mapping[str, Mapping[Any, object]]
) -> tuple[np.ndarray, np.ndarray]:
    claims: dict[int, list[int]] = {}
    for line in lines.tolist():
        record = stored.get(merged.written(line) or "")
        matching = [] if record is None else [r for r in rows.tolist() if _is_record_of(merged.sent, r, record)]
        if len(matching) == 1:
            claims.setdefault(matching[0], []).append(line)
    proven = {row: claimed[0] for row, claimed in claims.items() if len(claimed) == 1}
    merged.pair(proven.keys(), proven.values())
    mine = np.array([row for row in rows.tolist() if row not in proven], np.int64)
    theirs = np.array([line for line in lines.tolist() if line not in set(proven.values())], np.int64)
    if len(mine) == len(theirs) and len(mine) and (len(mine) == 1 or interchangeable(merged, mine, theirs)):
        merged.pair(mine, theirs)
        return mine[:0], theirs[:0]
    return mine, theirs


def _is_record_of(sent: Sent, row: int, record: Mapping[Any, object]) -> bool:
    """Tell whether a stored record is what this row asked for, in every field that was read back."""
    for column, text in zip(sent.columns, sent.texts, strict=True):
        if stored_name(column) not in record:
            continue
        wanted = text[row].as_py()
        if wanted is None and not sent.inserting:
            continue  # an empty cell may have left the stored value alone
        if _canonical(wanted, column) != _canonical(record[stored_name(column)], column):
            return False
    return True


def _canonical(value: object, column: MappedColumn) -> object:
    if value is None or value is pd.NA or value != value or value == "":
        return None
    text, kind = str(value), column.field.data_type
    try:
        if kind in _NUMBER_TYPES:
            return Decimal(text)
        if kind == "datetime":
            return datetime.fromisoformat(text)
    except (InvalidOperation, ValueError):
        return text
    return loosened(pa.array([text]))[0].as_py()
