"""The ledger: which jobs were accepted, and the outcome of each of their rows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LedgerRow:
    """The outcome of one row of an accepted job; `ordinal` counts the data rows of its file from 0."""

    ordinal: int
    status: str
    record_id: str | None
    errors: str
    holder: str | None = None


@dataclass(frozen=True)
class LedgerJob:
    """One accepted job and the outcome of each of its rows; tests compare with it."""

    id: str
    module: str
    operation: str
    file_id: str
    file_name: str
    find_by: str | None
    status: str | None
    rows: list[LedgerRow]
