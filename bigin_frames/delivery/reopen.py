"""The batches of an earlier run, loaded from the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.reasons import CUT_SHORT
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.journal.entries import BatchRecord, RunRecord
from bigin_frames.journal.journal import Journal

OVER: Final = frozenset({State.MERGED, State.RESULT_BAD})
_SETTLED: Final = OVER | {State.UNKNOWN}


def is_open(batch: Batch, *, row_key: bool) -> bool:
    """Return whether something is left to do for a batch; with a key for each row, unknown rows may be sent again."""
    return batch.state not in _SETTLED or (row_key and batch.state is State.UNKNOWN)


def batches_from(journal: Journal, run_id: str) -> list[Batch]:
    """Return a run's batches in the states that the journal has."""
    return [_batch(record, run_id, journal) for record in journal.batches(run_id)]


def is_last(journal: Journal, run_id: str) -> bool:
    """Return whether no later run has touched the module: then sending again overwrites no later values."""
    run = journal.run(run_id)
    if run is None:
        return True  # it was deleted, and all before it, too
    others = (one for one in journal.runs() if (one.org, one.module) == (run.org, run.module))
    return next(one for one in others if one.id == run_id or not _together(one, run)).id == run_id


def _together(one: RunRecord, other: RunRecord) -> bool:
    """Return whether two runs are different parts of one call, which have no order."""
    (call, _, part), (call_too, _, part_too) = (str(run.spec.get("part", "")).partition("/") for run in (one, other))
    return call == call_too and bool(part) and part != part_too


def reopen(batches: Sequence[Batch], task: Task | None, *, alone: bool) -> None:
    """Move batches that a dead process left behind into states from which they can be resumed.

    Parameters
    ----------
    batches : sequence of Batch
    task : Task or None
        Without one nothing can be sent: rejected batches stay rejected.
    alone : bool
        Whether nothing else was written to the module since.
    """
    again = {State.REJECTED} if task is not None else set()
    if task is not None and task.may_go_again(alone=alone):
        again.add(State.UNKNOWN)
    for batch in batches:
        if batch.state is State.SUBMITTING:
            batch.move(State.UNKNOWN, code=CUT_SHORT, doubts=batch.doubts + 1, evidence={"failure": "process ended"})
        if batch.state in again:
            batch.prepare_again()
        elif batch.state in (State.COMPLETED, State.JOB_FAILED, State.FETCHED):
            batch.move(State.SUBMITTED, code=None)  # the journal keeps no address of a result: the job is polled again


def _batch(record: BatchRecord, run_id: str, journal: Journal) -> Batch:
    verdicts = record.verdicts
    return Batch(
        record.number,
        np.frombuffer(record.rows, np.int64),
        run_id,
        record.csv_bytes,
        state=State(record.state),
        name=record.name or "",
        file_id=record.file_id,
        job_id=record.job_id,
        code=record.code,
        table=None if verdicts is None else pd.DataFrame(verdicts, dtype=object),
        attempts=record.attempts,
        doubts=record.doubts,
        journal=journal,
    )


def decided_table(lists: dict[str, list[Any]]) -> pd.DataFrame:
    """Return the verdicts that were known before anything was sent, by position."""
    return pd.DataFrame(
        {"ID": None, "Status": lists["Status"], "Error": lists["Error"]},
        index=pd.Index(lists["rows"], dtype="int64"),
        dtype=object,
    )
