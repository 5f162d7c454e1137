"""The words of a run, in a terminal and in a notebook: the stage of each job, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bigin_frames.display.html_pieces import Place, line, page, table
from bigin_frames.display.words import clock_time, counted
from bigin_frames.model import REFUSED, Status

_MOST_JOBS: Final = 20  # of a table


class Stage(StrEnum):
    """The stage of a job as it is shown; stages are listed in this order, with what went wrong last."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLine:
    """One job as it is shown.

    Attributes
    ----------
    number, rows : int
    stage : Stage
    counted_there : int
        Rows that Bigin has counted while the job runs, 0 where it reports none.
    job_id, code : str or None
        Bigin's id of the job, and the reason of its stage.
    waits_until : float or None
        When the credits for it should be there, in seconds since 1970, while it waits for them.
    """

    number: int
    rows: int
    stage: Stage
    counted_there: int = 0
    job_id: str | None = None
    code: str | None = None
    waits_until: float | None = None


def as_text(jobs: Sequence[JobLine]) -> str:
    """Return the stages of the jobs, as ``3 jobs: 1 done, 1 running (12,000 of 25,000), 1 queued``."""
    if not jobs:
        return "no jobs"
    counts = Counter(job.stage for job in jobs)
    parts = [f"{counts[stage]:,} {stage}{_detail(stage, jobs)}" for stage in Stage if counts[stage]]
    return f"{counted(len(jobs), 'job')}: {', '.join(parts)}"


def _detail(stage: Stage, jobs: Sequence[JobLine]) -> str:
    these = [job for job in jobs if job.stage is stage]
    if stage is Stage.RUNNING and any(job.counted_there for job in these):
        return f" ({sum(job.counted_there for job in these):,} of {sum(job.rows for job in these):,})"
    waits = [until for job in these if (until := job.waits_until) is not None]
    return f" until {clock_time(min(waits))}" if waits else ""


def as_page(title: str, status: str, jobs: Sequence[JobLine], verdicts: Mapping[Status, int]) -> str:
    """Return a run as HTML for a notebook: its jobs and verdicts, no cell and no label.

    Parameters
    ----------
    title : str
    status : {"running", "pending", "done"}
    jobs : sequence of JobLine
    verdicts : mapping of Status to int
        Rows of each verdict; a verdict that no row has may be missing.
    """
    known = [(word, rows) for word in Status if (rows := verdicts.get(word, 0))]
    return page(
        line(f"{title}, {status}", strong=True),
        line(as_text(jobs)),
        table(("verdict", "rows"), [(word.value, rows) for word, rows in known]),
        *_jobs(jobs),
        line(_next(status, {word for word, _ in known}, unknown=any(job.stage is Stage.UNKNOWN for job in jobs))),
    )


def _jobs(jobs: Sequence[JobLine]) -> Iterator[str]:
    rows = [
        (Place(job.number), job.rows, f"{job.stage}{_detail(job.stage, [job])}", job.job_id, job.code)
        for job in jobs[:_MOST_JOBS]
    ]
    head = ("job", "rows", "stage", "Bigin's job id", "code")
    filled = [place for place in range(len(head)) if any(row[place] is not None for row in rows)]
    if rows:
        yield table([head[place] for place in filled], [[row[place] for place in filled] for row in rows])
    if len(jobs) > _MOST_JOBS:
        yield line(f"and {counted(len(jobs) - _MOST_JOBS, 'job')} more")


def _next(status: str, verdicts: set[Status], *, unknown: bool) -> str:
    if status == "running":
        return "It continues in the background. run.wait() waits for every verdict, run.frame() shows those known now."
    look = "run.unknown lists the rows whose status is unknown; run.reconcile() looks them up. " if unknown else ""
    if status == "pending":
        return f"{look}Nothing is running here: run.wait() resumes the jobs."
    fixable = bool(verdicts & {*REFUSED, Status.UNSENT})
    rest = ", out.bigin.failed those to fix, out.bigin.summary() the reasons" if fixable else ""
    return f"{look}out = run.frame() has every row with its verdict{rest}."
