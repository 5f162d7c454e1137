"""Two verdicts on one cell, and the value that its record should have; nothing here sends a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from tests.support.type_matrix.columns import BAD, GOOD, Filled

SENT_IN_VAIN = "we say valid, Bigin refuses"
ALTERED = "Bigin stores another value"
REFUSED_HERE = "we refuse, Bigin would take it"
NOBODY_REFUSES = "nobody refuses what is wrong"
NOBODY_TAKES = "nobody takes what is right"
BY_DTYPE = "our verdict hangs on the dtype"


@dataclass(frozen=True)
class Verdicts:
    """Whether we accepted the cell, Bigin wrote what we sent and stores the same, and Bigin accepted the raw text."""

    accepted: bool
    written: bool
    same: bool
    raw_taken: bool


def disagreement(condition: str, verdicts: Verdicts) -> str | None:
    """Return how the verdicts differ from each other or from what the condition says, or None."""
    if not verdicts.accepted:
        if verdicts.raw_taken:
            return REFUSED_HERE
        return NOBODY_TAKES if condition in GOOD else None
    if not verdicts.written:
        return SENT_IN_VAIN
    if not verdicts.same:
        return ALTERED
    return NOBODY_REFUSES if condition in BAD else None


def raw_text(cell: Any) -> str:
    """Return what a naive script would put into the file: nothing for missing as to_csv does, otherwise str(cell)."""
    return "" if absent(cell) else str(cell)


def absent(cell: Any) -> bool:
    if isinstance(cell, Decimal):
        return cell.is_nan()
    return pd.api.types.is_scalar(cell) and bool(pd.isna(cell))


def meant(cell: Any, filled: Filled) -> Any:
    """Return the value that a record must have for a cell, in the form that `held` returns."""
    if absent(cell) or (isinstance(cell, str | list | tuple) and len(cell) == 0):
        return None
    if filled.data_type == "date":
        return str(cell.date() if isinstance(cell, datetime) else cell)[:10]
    if filled.data_type == "datetime":
        return _instant(datetime.fromisoformat(cell) if isinstance(cell, str) else cell, filled.zone)
    if isinstance(cell, list | tuple | np.ndarray):
        return ";".join(cell)
    return _normal(format(cell, "f") if isinstance(cell, Decimal) else str(cell), filled)


def held(text: str | None, filled: Filled) -> Any:
    """Return the value in a record, from the text of its normal form."""
    if text is None:
        return None
    if filled.data_type == "datetime":
        return _instant(datetime.fromisoformat(text), filled.zone)
    return _normal(text, filled)


def _normal(text: str, filled: Filled) -> Any:
    if filled.data_type in ("integer", "bigint", "double", "currency", "percent"):
        return Decimal(text)
    if filled.data_type == "boolean":
        return text.lower()
    if filled.by not in (None, "id"):
        return text.strip().casefold()  # records are found without regard to case and outer white space
    return text


def _instant(moment: datetime, zone: str) -> timedelta:
    """Return the whole seconds since the year 1 in UTC; as a datetime the first and last of them would overflow."""
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    offset = zoned.utcoffset()
    since = zoned.to_pydatetime(warn=False) if isinstance(zoned, pd.Timestamp) else zoned
    seconds = (since.replace(tzinfo=None, microsecond=0) - datetime(1, 1, 1)) - (offset or timedelta())
    return timedelta(seconds=seconds.total_seconds() // 1)
