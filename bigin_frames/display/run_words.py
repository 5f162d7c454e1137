"""Say where the jobs of a run stand, for those who watch it: in the words of a bar, and as a notebook shows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final

import pandas as pd

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.delivery.credits import clock_time
from bigin_frames.display.html_pieces import Place, line, page, table
from bigin_frames.display.words import counted
from bigin_frames.model import REFUSED, Status

_MOST_JOBS: Final = 20  # of a table


class Stage(StrEnum):
    """Name what people are told of a job; they are told in this order, and what went wrong stands last."""

    DONE = "done"
    READING = "reading results"
    RUNNING = "running"
    STARTING = "starting"
    UPLOADING = "uploading"
    WAITING = "waiting for credits"
    QUEUED = "queued"
    UNSENT = "not sent yet"
    HELD = "on hold"
    REFUSED = "not taken"
    UNREPORTED = "without a readable result"
    UNKNOWN = "unknown"


_STAGES: Final = {
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


def stages(batches: Sequence[Batch], queued: int, *, moving: bool = True) -> list[Stage]:
    """Return a word for each batch.

    Parameters
    ----------
    batches : sequence of Batch
    queued : int
        How many of them no thread has taken yet: the last ones, of those that have not ended.
    moving : bool
        Whether any thread is at work.
    """
    open_ones = [batch.number for batch in batches if batch.state not in ENDED]
    untouched = set(open_ones[max(0, len(open_ones) - queued) :])
    return [_stage(batch, taken=batch.number not in untouched, moving=moving) for batch in batches]


def _stage(batch: Batch, *, taken: bool, moving: bool) -> Stage:
    if batch.held:
        return Stage.HELD
    if batch.waits_until is not None:
        return Stage.WAITING
    if batch.state in (State.PREPARED, State.UPLOADED) and not (moving and taken):
        return Stage.QUEUED if moving else Stage.UNSENT
    return _STAGES[batch.state]


def as_text(batches: Sequence[Batch], queued: int, *, moving: bool = True) -> str:
    """Return where the jobs stand, as ``3 jobs: 1 done, 1 running (12,000 of 25,000), 1 queued``."""
    if not batches:
        return "no jobs"
    words = stages(batches, queued, moving=moving)
    counts = Counter(words)
    parts = [f"{counts[word]:,} {word}{_detail(word, batches, words)}" for word in Stage if counts[word]]
    return f"{counted(len(batches), 'job')}: {', '.join(parts)}"


def _detail(word: Stage, batches: Sequence[Batch], words: Sequence[Stage]) -> str:
    these = [batch for batch, said in zip(batches, words, strict=True) if said == word]
    if word is Stage.RUNNING and any(counted_there(batch) for batch in these):
        there = sum(map(counted_there, these))
        return f" ({there:,} of {sum(len(batch.rows) for batch in these):,})"
    waits = [until for batch in these if (until := batch.waits_until) is not None]
    return f" until {clock_time(min(waits))}" if waits else ""


def counted_there(batch: Batch) -> int:
    """Return how many rows of a running job Bigin has counted so far; 0 where it tells none.

    Counts may stand in the details while a job is in progress (CRM v7, bulk-write/job-details).
    """
    if batch.state is not State.SUBMITTED or batch.details is None or batch.details.id != batch.job_id:
        return 0
    told = (batch.details.added, batch.details.updated, batch.details.skipped)
    return min(len(batch.rows), sum(number for number in told if number is not None))


def rows_done(batches: Sequence[Batch]) -> int:
    """Return how many rows have their verdict, or are counted by the jobs that run."""
    return sum(len(batch.rows) if batch.state in ENDED else counted_there(batch) for batch in batches)


def as_page(title: str, status: str, batches: Sequence[Batch], queued: int, refused: pd.DataFrame | None) -> str:
    """Return a run as a notebook shows it: its jobs and verdicts, no cell and no label.

    Parameters
    ----------
    title : str
    status : {"running", "pending", "done"}
    batches : sequence of Batch
    queued : int
        How many of them no thread has taken yet.
    refused : DataFrame, optional
        Verdicts of rows that are in no batch.
    """
    moving = status == "running"
    verdicts = _verdicts(batches, refused, moving=moving)
    stages_now = stages(batches, queued, moving=moving)
    return page(
        line(f"{title}, {status}", strong=True),
        line(as_text(batches, queued, moving=moving)),
        table(("verdict", "rows"), [(word.value, verdicts[word]) for word in Status if verdicts[word]]),
        *_jobs(batches, stages_now),
        line(_next(status, verdicts, unknown=Stage.UNKNOWN in stages_now)),
    )


def _verdicts(batches: Sequence[Batch], refused: pd.DataFrame | None, *, moving: bool) -> Counter[Status]:
    counts: Counter[Status] = Counter()
    tables = [refused] if refused is not None else []
    for batch in batches:
        if (told := batch.table) is not None:
            tables.append(told)
        else:
            counts[batch.standing(moving=moving)[0]] += len(batch.rows)
    for told in tables:
        counts.update({Status(str(word)): int(rows) for word, rows in told["Status"].value_counts().items()})
    return counts


def _jobs(batches: Sequence[Batch], words: Sequence[Stage]) -> Iterator[str]:
    rows = [
        (Place(batch.number), len(batch.rows), f"{word}{_detail(word, [batch], [word])}", batch.job_id, batch.code)
        for batch, word in zip(batches[:_MOST_JOBS], words, strict=False)
    ]
    head = ("job", "rows", "stage", "Bigin's job id", "code")
    filled = [place for place in range(len(head)) if any(row[place] is not None for row in rows)]
    if rows:
        yield table([head[place] for place in filled], [[row[place] for place in filled] for row in rows])
    if len(batches) > _MOST_JOBS:
        yield line(f"and {counted(len(batches) - _MOST_JOBS, 'job')} more")


def _next(status: str, verdicts: Counter[Status], *, unknown: bool) -> str:
    if status == "running":
        return "It goes on in the background. run.wait() waits for every verdict, run.frame() shows those known now."
    look = "run.unknown lists the rows whose fate is open; run.reconcile() looks them up. " if unknown else ""
    if status == "pending":
        return f"{look}Nothing goes on here: run.wait() takes the jobs up again."
    repairs = any(verdicts[word] for word in (*REFUSED, Status.UNSENT))
    rest = ", out.bigin.failed those to repair, out.bigin.summary() the reasons" if repairs else ""
    return f"{look}out = run.frame() has every row with its verdict{rest}."
