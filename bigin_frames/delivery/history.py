"""The runs that this machine has recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, cast

import pandas as pd

from bigin_frames.client.settings import home
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.errors import OptionError
from bigin_frames.journal import unreadable_results
from bigin_frames.journal.journal import UNPROVEN, Journal

KEPT_FOR: Final = timedelta(days=30)
_COLUMNS: Final = ("run", "begun_at", "org", "module", "operation", "rows", "jobs", "state")


def runs() -> pd.DataFrame:
    """Return the runs in this machine's journal, the newest first.

    Returns
    -------
    DataFrame
        ``run`` (its id, for `resume`), ``begun_at`` (UTC), ``org`` (zgid), ``module``, ``operation``, ``rows``,
        ``jobs``, and ``state``: ``"done"``, ``"unfinished"`` (make the same call again, or use `resume`, to
        continue) or ``"unknown"`` (all jobs ended, and the status of some rows is unknown: see
        ``bf.resume(run).unknown``).

    Examples
    --------
    >>> out = df.bigin.insert("Contacts")
    >>> bf.runs()[["module", "operation", "rows", "jobs", "state"]]
         module operation  rows  jobs state
    0  Contacts    insert     2     1  done
    """
    journal = Journal(home())
    known = journal.runs()
    states = journal.states() if known else {}
    lines = [
        (run.id, run.created_at, run.org, run.module, run.operation, run.rows, *_summary(states.get(run.id, {})))
        for run in known
    ]
    found = pd.DataFrame(lines, columns=list(_COLUMNS))
    found["begun_at"] = pd.to_datetime(found["begun_at"], utc=True, format="ISO8601")
    return found


def _summary(states: Mapping[str, int]) -> tuple[int, str]:
    jobs = sum(states.values())
    if set(states) - ENDED - {UNPROVEN} or State.REJECTED in states:
        return jobs, "unfinished"
    return jobs, "unknown" if set(states) - {State.MERGED} else "done"


def purge(older_than: str | timedelta | pd.Timedelta = KEPT_FOR) -> int:
    """Delete runs that ended long ago; this also removes the protection against inserting their rows again.

    Result files that could not be read are kept beside the journal for a week, and are deleted by this, too.

    Parameters
    ----------
    older_than : str or timedelta
        Such as ``"90 days"``, with the unit. Runs that are unfinished, or have rows whose status is unknown, are never
        deleted.

    Returns
    -------
    int
        How many runs were deleted.

    Examples
    --------
    >>> bf.purge(older_than="90 days")
    0
    """
    age = _age(older_than)
    limit = pd.Timestamp.now("UTC") - age
    journal = Journal(home())
    unreadable_results.clear(home(), min(age, unreadable_results.KEPT_FOR))
    old = [run.id for run in journal.runs() if pd.Timestamp(run.created_at) < limit]
    states = journal.states() if old else {}
    gone = [run_id for run_id in old if set(states.get(run_id, {})) <= {State.MERGED}]
    if gone:
        journal.forget(gone)
    return len(gone)


def _age(older_than: object) -> pd.Timedelta:
    """Return a time that was given with a unit: a bare 30 would be nanoseconds, and delete everything."""
    age: Any = pd.NaT
    if isinstance(older_than, timedelta) or (isinstance(older_than, str) and older_than.strip()[-1:].isalpha()):
        with contextlib.suppress(ValueError):
            age = pd.Timedelta(older_than)
    if pd.isna(age) or age < pd.Timedelta(0):
        raise OptionError("older_than must be a time with its unit, such as '90 days'.", option="older_than")
    return cast(pd.Timedelta, age)
