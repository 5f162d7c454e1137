"""Warnings and errors about rows that were not written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import pandas as pd

from bigin_frames.errors import (
    RefusedRowsWarning,
    RowsRefusedError,
    UndecidedRowsWarning,
    warn,
)
from bigin_frames.frames.merging.returned import account
from bigin_frames.plans.options import Settings
from bigin_frames.wire.reasons import plain_errors


def warn_of_outcome(out: pd.DataFrame, settings: Settings, fields: frozenset[str], unread: Sequence[Path]) -> None:
    """Warn about rows that were not written, or raise; rows of unknown status always give a warning."""
    refused, undecided = account(out, lambda error: spoken(error, fields))
    if undecided:
        files = f" Unreadable results, with cell values, are kept for a week: {', '.join(map(str, unread))}."
        warn(undecided + files * bool(unread), UndecidedRowsWarning)
    if refused and settings.on_error == "raise":
        raise RowsRefusedError(refused, frame=out, verdicts=_spoken_verdicts(out, settings.result_columns, fields))
    if refused and settings.on_error == "warn":
        warn(refused, RefusedRowsWarning)


def spoken(error: str, fields: Collection[str]) -> str:
    """Return only the codes and field names of an ``Error`` text: other words of a server may be cell values."""
    return plain_errors(error, fields) or "another reason"


def _spoken_verdicts(out: pd.DataFrame, names: Sequence[str], fields: frozenset[str]) -> pd.DataFrame:
    verdicts = out[list(names)].reset_index(drop=True)
    verdicts[names[2]] = verdicts[names[2]].map(lambda error: spoken(error, fields), na_action="ignore")
    verdicts.attrs = {}
    return verdicts
