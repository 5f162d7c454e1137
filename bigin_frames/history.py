"""Look at the runs this machine knows, go on with one, and forget old ones."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from bigin_frames import raw_results
from bigin_frames.batches import ENDED, State, Task
from bigin_frames.client import Client
from bigin_frames.delivery import (
    Delivery,
    batches_from,
    columns_of,
    decided_table,
    is_last,
    is_open,
    reopen,
)
from bigin_frames.errors import FrameChangedError, InputError, OptionError
from bigin_frames.frames.digests import row_digests, whole_digest
from bigin_frames.frames.verdicts import DEFAULT_NAMES, free_names, snapshot
from bigin_frames.journal import UNPROVEN, Journal, RunRecord
from bigin_frames.model import ID_FIELD, Operation
from bigin_frames.overlap import give_way
from bigin_frames.run import Run
from bigin_frames.settings import home, shared_client

KEPT_FOR: Final = timedelta(days=30)
_COLUMNS: Final = ("run", "begun_at", "org", "module", "operation", "rows", "jobs", "state")


def runs() -> pd.DataFrame:
    """Return the runs this machine's journal knows, the newest first.

    Returns
    -------
    DataFrame
        ``run`` (its id, for `resume`), ``begun_at`` (UTC), ``org`` (zgid), ``module``, ``operation``, ``rows``,
        ``jobs``, and ``state``: ``"done"``, ``"unfinished"`` (the same call, or `resume`, goes on) or ``"unknown"``
        (all ended, and the fate of some rows is open: see ``bf.resume(run).unknown``).
    """
    journal = Journal(home())
    known = journal.runs()
    states = journal.states() if known else {}
    lines = [
        (run.id, run.created_at, run.org, run.module, run.operation, run.rows, *_told(states.get(run.id, {})))
        for run in known
    ]
    found = pd.DataFrame(lines, columns=list(_COLUMNS))
    found["begun_at"] = pd.to_datetime(found["begun_at"], utc=True, format="ISO8601")
    return found


def _told(states: Mapping[str, int]) -> tuple[int, str]:
    jobs = sum(states.values())
    if set(states) - ENDED - {UNPROVEN} or State.REJECTED in states:
        return jobs, "unfinished"
    return jobs, "unknown" if set(states) - {State.MERGED} else "done"


def resume(
    run_id: str,
    frame: pd.DataFrame | None = None,
    *,
    client: Client | None = None,
    result_columns: tuple[str, str, str] = DEFAULT_NAMES,
) -> Run:
    """Go on with a run after a crash, or open one that has ended to look at its verdicts.

    Parameters
    ----------
    run_id : str
        As `runs` lists it, and as errors and log lines name it.
    frame : DataFrame, optional
        The one the run began with: same rows in the same order. It is needed to send what was not sent and to pair
        results with rows; without it ``frame()`` has the verdicts that are known, by position, and nothing goes on.
    client : Client, optional
        By default the client that the environment describes.
    result_columns : tuple of three str
        Names for the three columns that are added.

    Returns
    -------
    Run
        ``.wait()`` goes on to the end, ``.frame()`` has the verdicts as they are known. A run that has ended asks
        Bigin nothing.

    Raises
    ------
    OptionError
        If the journal has no such run.
    FrameChangedError
        If the frame is not the one the run began with.
    InputError
        If the run fills empty cells with defaults, which the journal does not keep: make the same call again, it goes
        on by itself.
    RunBusy
        If another process drives the run.
    """
    journal = Journal(home())
    record = journal.run(run_id)
    if record is None:
        raise OptionError(f"The journal {journal.path} has no run {run_id!r}; bf.runs() lists them.", option="run_id")
    hold = ExitStack()
    hold.enter_context(journal.driving(run_id))
    with hold:
        batches = batches_from(journal, run_id)
        open_ = any(is_open(batch, row_key=record.spec["row_key"]) for batch in batches)
        kept = None if frame is None else snapshot(frame)
        task = None
        if kept is not None:
            task = _task(record, kept, client, open_)
            _refuse_changes(task, record, journal, np.concatenate([_NONE, *(batch.rows for batch in batches)]))
            give_way(journal, record, batches, task)
        reopen(batches, task if open_ else None, alone=is_last(journal, run_id))
        begun = Delivery(
            run_id=run_id,
            batches=batches,
            decided=decided_table(record.decided),
            journal=journal,
            hold=hold.pop_all(),
            credits_per_day=record.spec.get("credits_per_day"),  # of an older journal: none
        )
    shown = pd.DataFrame(index=range(record.rows)) if kept is None else kept
    return Run(run_id, task, batches, shown, begun.decided, free_names(shown, result_columns), begun)


_NONE: Final = np.empty(0, np.int64)


def _task(record: RunRecord, frame: pd.DataFrame, client: Client | None, open_: bool) -> Task:
    spec = record.spec
    if open_ and spec["fills"]:
        raise InputError(
            f"Run {record.id} fills empty cells with defaults, and the journal keeps no values: "
            "make the same call again with the same frame; it goes on with this run."
        )
    if len(frame) != record.rows or len(frame.columns) <= max(line["place"] or 0 for line in spec["columns"]):
        raise FrameChangedError(
            f"Run {record.id} began with {record.rows:,} rows; this frame has {len(frame):,} and "
            f"{len(frame.columns)} columns. Give the frame it began with, or none to see the verdicts alone.",
            rows=abs(len(frame) - record.rows),
        )
    frame, columns = columns_of(spec, frame)
    fields = {column.field.api_name: column.field for column in columns} | {"id": ID_FIELD}
    task = Task(
        client=cast(Client, client or (shared_client() if open_ else None)),
        module=record.module,
        operation=cast(Operation, record.operation),
        frame=frame,
        columns=columns,
        constants={},
        key=fields[spec["key"]] if spec["key"] else None,
        labels={column.field.api_name: column.field.label for column in columns},
        ignore_empty=spec["ignore_empty"],
        zone=spec["zone"],
        row_key=spec["row_key"],
        key_seed=spec["key_seed"],
    )
    if open_ and task.client.zgid() != record.org:
        raise OptionError(
            f"Run {record.id} belongs to organisation {record.org}, not to the client's.", option="client"
        )
    return task


def _refuse_changes(task: Task, record: RunRecord, journal: Journal, rows: np.ndarray) -> None:
    digests = row_digests(task.frame, rows, task.columns, task.zone, journal.salt)
    if whole_digest(digests) != record.spec["rows_digest"]:
        raise FrameChangedError(
            f"This frame is not the one run {record.id} began with: cells, their kinds or the order of rows differ. "
            "Give that one, or none to see the verdicts alone.",
            rows=len(rows),
        )


def purge(older_than: str | timedelta | pd.Timedelta = KEPT_FOR) -> int:
    """Forget runs that ended long ago; with them goes the guard against inserting their rows again.

    Result files that could not be read, kept for a week beside the journal, are deleted after that time too.

    Parameters
    ----------
    older_than : str or timedelta
        Such as ``"90 days"``; the unit is part of it. Runs that are unfinished, or that hold rows whose fate is
        unknown, are never forgotten.

    Returns
    -------
    int
        How many runs were forgotten.
    """
    age = _age(older_than)
    limit = pd.Timestamp.now("UTC") - age
    journal = Journal(home())
    raw_results.clear(home(), min(age, raw_results.KEPT_FOR))
    old = [run.id for run in journal.runs() if pd.Timestamp(run.created_at) < limit]
    states = journal.states() if old else {}
    gone = [run_id for run_id in old if set(states.get(run_id, {})) <= {State.MERGED}]
    if gone:
        journal.forget(gone)
    return len(gone)


def _age(older_than: object) -> pd.Timedelta:
    """Return a time with its unit: a bare 30 would be nanoseconds, and forget everything."""
    age: Any = pd.NaT
    if isinstance(older_than, timedelta) or (isinstance(older_than, str) and older_than.strip()[-1:].isalpha()):
        with contextlib.suppress(ValueError):
            age = pd.Timedelta(older_than)
    if pd.isna(age) or age < pd.Timedelta(0):
        raise OptionError("older_than takes a time with its unit, such as '90 days'.", option="older_than")
    return cast(pd.Timedelta, age)
