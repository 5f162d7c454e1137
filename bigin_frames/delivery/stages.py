"""The stages of a run's jobs, for display: each batch as one line of values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import pandas as pd

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.display.run_words import JobLine, Stage
from bigin_frames.model import Status

STAGES: Final = {
    State.PREPARED: Stage.UPLOADING,
    State.UPLOADED: Stage.STARTING,
    State.SUBMITTING: Stage.STARTING,
    State.SUBMITTED: Stage.RUNNING,
    State.COMPLETED: Stage.READING,
    State.JOB_FAILED: Stage.READING,
    State.FETCHED: Stage.READING,
    State.MERGED: Stage.DONE,
    State.RESULT_BAD: Stage.UNREPORTED,
    State.REJECTED: Stage.REFUSED,
    State.UNKNOWN: Stage.UNKNOWN,
}


def job_lines(batches: Sequence[Batch], queued: int, *, moving: bool = True) -> list[JobLine]:
    """Return a line for each batch.

    Parameters
    ----------
    batches : sequence of Batch
    queued : int
        How many of them wait for a thread: the last ones of those that have not ended.
    moving : bool
        Whether any thread is at work.
    """
    open_ones = [batch.number for batch in batches if batch.state not in ENDED]
    untouched = set(open_ones[max(0, len(open_ones) - queued) :])
    return [_line(batch, taken=batch.number not in untouched, moving=moving) for batch in batches]


def _line(batch: Batch, *, taken: bool, moving: bool) -> JobLine:
    return JobLine(
        number=batch.number,
        rows=len(batch.rows),
        stage=_stage(batch, taken=taken, moving=moving),
        counted_there=counted_there(batch),
        job_id=batch.job_id,
        code=batch.code,
        waits_until=batch.waits_until,
    )


def _stage(batch: Batch, *, taken: bool, moving: bool) -> Stage:
    if batch.held:
        return Stage.HELD
    if batch.waits_until is not None:
        return Stage.WAITING
    if batch.state in (State.PREPARED, State.UPLOADED) and not (moving and taken):
        return Stage.QUEUED if moving else Stage.UNSENT
    return STAGES[batch.state]


def counted_there(batch: Batch) -> int:
    """Return how many rows of a running job Bigin has counted so far; 0 if it reports none.

    The details may have counts while a job is in progress (CRM v7, bulk-write/job-details).
    """
    if batch.state is not State.SUBMITTED or batch.details is None or batch.details.id != batch.job_id:
        return 0
    counts = (batch.details.added, batch.details.updated, batch.details.skipped)
    return min(len(batch.rows), sum(number for number in counts if number is not None))


def rows_done(batches: Sequence[Batch]) -> int:
    """Return how many rows have their verdict, or are counted by running jobs."""
    return sum(len(batch.rows) if batch.state in ENDED else counted_there(batch) for batch in batches)


def verdict_counts(batches: Sequence[Batch], refused: pd.DataFrame | None, *, moving: bool) -> Counter[Status]:
    """Return how many rows have each verdict now; ``refused`` are the verdicts of rows in no batch."""
    counts: Counter[Status] = Counter()
    tables = [refused] if refused is not None else []
    for batch in batches:
        if (table := batch.table) is not None:
            tables.append(table)
        else:
            counts[batch.status_now(moving=moving)[0]] += len(batch.rows)
    for table in tables:
        counts.update({Status(str(word)): int(rows) for word, rows in table["Status"].value_counts().items()})
    return counts
