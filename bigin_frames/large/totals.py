"""Totals of the verdicts of many frames, and warnings about rows that were not written."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import pandas as pd

from bigin_frames.errors import RefusedRowsWarning, RowsRefusedError, UndecidedRowsWarning, warn
from bigin_frames.model import REFUSED, UNDECIDED, Status
from bigin_frames.plans.options import Settings
from bigin_frames.plans.unwritten_rows import spoken

_NOT_WRITTEN: Final = [status.value for status in (*REFUSED, Status.UNSENT)]
_OPEN: Final = [status.value for status in UNDECIDED]
_REASONS_SHOWN: Final = 5


def added_up(summaries: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Return one summary of many frames: ``Status``, ``Error`` and ``Rows``, most first."""
    found = [some for some in summaries if len(some)]
    if not found:
        return pd.DataFrame({"Status": [], "Error": [], "Rows": []}, dtype=object)
    counts = pd.concat(found).groupby(["Status", "Error"], dropna=False)["Rows"].sum().astype("int64").reset_index()
    return counts.sort_values("Rows", ascending=False, kind="stable", ignore_index=True)


def warn_of_outcome(total: pd.DataFrame, out: Any, settings: Settings, fields: Collection[str]) -> None:
    """Warn about rows that were not written, or raise; rows of unknown status always give a warning."""
    rows = int(total["Rows"].sum())
    lost, unsure = (total[total["Status"].isin(words)] for words in (_NOT_WRITTEN, _OPEN))
    if len(unsure):
        words = f"{_reasons(unsure, rows, fields, 'may or may not have been written')}. Look for them in"
        warn(f"{words} Bigin before you send them again.", UndecidedRowsWarning)
    if not len(lost) or settings.on_error == "ignore":
        return
    words = f"{_reasons(lost, rows, fields, 'were not written')}. See the returned frame."
    if settings.on_error == "raise":
        plain = total.assign(Error=total["Error"].map(lambda error: spoken(error, fields), na_action="ignore"))
        raise RowsRefusedError(words, frame=out, verdicts=plain)
    warn(words, RefusedRowsWarning)


def _reasons(some: pd.DataFrame, rows: int, fields: Collection[str], what: str) -> str:
    words = some["Error"].fillna("NO_REASON_GIVEN").map(lambda error: spoken(error, fields))
    counts = some["Rows"].groupby(words.to_numpy()).sum().sort_values(ascending=False, kind="stable")
    shown = [f"{count:,} {reason}" for reason, count in counts.head(_REASONS_SHOWN).items()]
    more = len(counts) - _REASONS_SHOWN
    listed = ", ".join(shown) + (f" and {more} more reasons" if more > 0 else "")
    return f"{int(some['Rows'].sum()):,} of {rows:,} rows {what}: {listed}"
