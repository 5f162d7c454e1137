"""The credits that Bigin grants an org in any 24 hours: how many are spent, and when a job may be created.

Bigin does not report how many are left: no call returns it, and the header ``X-API-CREDITS-REMAINING`` is CRM's,
documented for no call of Bigin and absent until half is spent (CRM v8, api-limits). Nor is it documented how an org's
answer names its edition. So the allowance is what the caller gives (``credits_per_day``; Bigin shows it under Setup,
Data Administration, API Dashboard), by default the largest of any edition, and the spent credits are computed from this
machine's journal: when each create-job call was made. Credits spent by other programs show only as rejections by Bigin.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.display.words import clock_time
from bigin_frames.errors import CreditsWarning, InputError, warn
from bigin_frames.journal.entries import Move
from bigin_frames.journal.journal import Journal
from bigin_frames.limits import (
    CREDIT_WINDOW_S,
    CREDITS_PER_DAY_AND_USER,
    CREDITS_PER_DAY_FREE,
    CREDITS_PER_DAY_PAID,
    CREDITS_PER_JOB,
    JOB_PRICE,
    MAX_CREDITS_PER_DAY,
    MAX_ROWS_PER_JOB,
)
from bigin_frames.model import Status

log = logging.getLogger("bigin_frames")

# Ours: a job counts this much longer than the window, since the calls around it come after the call that made it.
MARGIN_S: Final = 1800
HELD_S: Final = CREDIT_WINDOW_S + MARGIN_S
# Ours: how long no job is created after Bigin has rejected a call for its limits: often enough to use what other
# programs leave free, and seldom enough to do no harm.
REFUSED_PAUSE_S: Final = 3600
_REFUSALS: Final = frozenset({"TOO_MANY_REQUESTS", "HTTP_429"})
_NOT_TAKEN: Final = frozenset({State.UPLOADED, State.REJECTED})
_NAP_S: Final = 1.0  # the longest that an interrupted run takes to stop


def paid(users: int) -> int:
    """Return the credits per day of an Express or Premier org with this many user licences (Bigin v1, api-limits)."""
    return min(CREDITS_PER_DAY_PAID + users * CREDITS_PER_DAY_AND_USER, MAX_CREDITS_PER_DAY)


EDITIONS: Final[dict[str, int]] = {
    "Free": CREDITS_PER_DAY_FREE,
    "Express or Premier, 1 user": paid(1),
    "Express or Premier, 10 users": paid(10),
    "Express or Premier, 200 users or more": paid(200),
}


def jobs_per_day(credits_per_day: int) -> int:
    """Return how many jobs an allowance is enough for in 24 hours, with the calls around them."""
    return credits_per_day // JOB_PRICE


def days(jobs: int, credits_per_day: int) -> int:
    """Return how many windows of 24 hours this many jobs need."""
    return ceil(jobs / jobs_per_day(credits_per_day))


def estimates(jobs: int, rows_per_job: int = MAX_ROWS_PER_JOB, credits_per_day: int | None = None) -> dict[str, Any]:
    """Return for each edition, or one allowance, the rows per day and the days that a write takes, as columns."""
    allowances = EDITIONS if credits_per_day is None else {"as given": credits_per_day}
    fits = [jobs_per_day(allowance) for allowance in allowances.values()]
    return {
        "edition": list(allowances),
        "credits_per_day": list(allowances.values()),
        "jobs_per_day": fits,
        "rows_per_day": [fit * rows_per_job for fit in fits],
        "days": [days(jobs, allowance) for allowance in allowances.values()],
    }


def free_at(moves: Sequence[Move], credits_per_day: int, now: float) -> float:
    """Return when another job fits into the rolling window, in seconds since 1970: ``now`` or later.

    Parameters
    ----------
    moves : sequence of Move
        Those of the org in the last `HELD_S` seconds, oldest first.
    credits_per_day : int
        What the org may spend in any 24 hours, `JOB_PRICE` or more.
    now : float
    """
    taken = [min(at, now) for at in _taken(moves) if at > now - HELD_S]
    surplus = len(taken) - jobs_per_day(credits_per_day)
    free = taken[surplus] + HELD_S if surplus >= 0 else now
    refused = max((move.at for move in moves if move.code in _REFUSALS), default=None)
    if refused is not None and not any(at > refused for at in taken):
        free = max(free, min(refused, now) + REFUSED_PAUSE_S)
    return free


def fitting(moves: Sequence[Move], credits_per_day: int, now: float) -> int:
    """Return how many jobs fit into the rolling window now."""
    return max(0, jobs_per_day(credits_per_day) - sum(at > now - HELD_S for at in _taken(moves)))


def _taken(moves: Iterable[Move]) -> list[float]:
    """Return the times of the create-job calls that Bigin accepted, or may have accepted, oldest first."""
    under_way: dict[tuple[str, int], float] = {}
    taken = []
    for move in moves:
        batch = (move.run, move.batch)
        if move.state == State.SUBMITTING:
            under_way[batch] = move.at  # once more: the call before certainly created no job
        elif batch in under_way:
            at = under_way.pop(batch)
            taken += [] if move.state in _NOT_TAKEN else [at]
    return sorted([*taken, *under_way.values()])


# -- before the start


def refuse_over_budget(rows: Sequence[int], max_credits: int | None) -> None:
    """Refuse a write that costs more than ``max_credits``; ``rows`` has the number of rows of each job.

    Raises
    ------
    InputError
        It says how many jobs and rows would fit.
    """
    cost = CREDITS_PER_JOB * len(rows)
    if max_credits is None or cost <= max_credits:
        return
    fit = max_credits // CREDITS_PER_JOB
    raise InputError(
        f"This write costs {cost:,} credits, {CREDITS_PER_JOB} for each of its jobs; max_credits={max_credits:,} is "
        f"enough for {fit:,} of {len(rows):,} jobs, the first {sum(rows[:fit]):,} of {sum(rows):,} rows. Nothing was "
        "sent: raise max_credits, write fewer rows, or make fewer jobs with a larger max_rows_per_job."
    )


def warn_of_credits(
    batches: Sequence[Batch], credits_per_day: int | None, *, waits: bool, local: bool, hold: ExitStack
) -> None:
    """Warn that not all jobs of a run that is about to start fit into the org's 24 hours.

    A local Bigin has no limit unless the caller gives one. ``hold`` is released if the warning is raised as an error.
    """
    if local and credits_per_day is None:
        return
    try:
        warn_if_short(batches, credits_per_day, waits=waits)
    except CreditsWarning:
        hold.close()
        raise


def warn_if_short(batches: Sequence[Batch], credits_per_day: int | None, *, waits: bool) -> None:
    """Warn about the jobs that are still to be created; without an allowance, the largest of any edition counts."""
    jobs = [batch for batch in batches if batch.job_id is None and batch.state not in ENDED]
    if not jobs or jobs[0].journal is None:
        return
    now, allowance = time.time(), credits_per_day or MAX_CREDITS_PER_DAY
    fit = fitting(recent(jobs[0].journal, jobs[0].run_id, now), allowance, now)
    if len(jobs) <= fit:
        return
    most = "" if credits_per_day else " at most, in any edition"
    words = f"Run {jobs[0].run_id} needs {len(jobs):,} jobs, {JOB_PRICE * len(jobs):,} credits with the calls around "
    words += f"them. Bigin grants {allowance:,} in 24 hours{most}, and {fit:,} of the jobs fit now; the others "
    if waits:
        log.warning("%swait, about %d hours in all", words, 24 * days(len(jobs) - fit, allowance))
    else:
        words += f"may be rejected, with their rows {Status.UNSENT}: make the same call a day later to resume, or "
        warn(f"{words}use wait_for_credits=True, which waits and resumes by itself.", CreditsWarning)


# -- the gate


def recent(journal: Journal, run_id: str, now: float) -> list[Move]:
    """Return the moves of all runs to the org of this run that still count."""
    return journal.moves(run_id, datetime.fromtimestamp(now - HELD_S, UTC))


def opens_at(batch: Batch, gates: Gates) -> float:
    """Return when the gate to create-job opens for a batch, in seconds since 1970; 0 if it is open."""
    if gates.credits_per_day is None or batch.journal is None:
        return 0.0
    now = time.time()
    free = free_at(recent(batch.journal, batch.run_id, now), gates.credits_per_day, now)
    return free if free > now else 0.0


def wait_for_credits(task: Task, batch: Batch, gates: Gates) -> None:
    """Wait until another job fits into the org's 24 hours, or the run is to stop."""
    try:
        while not gates.closed_to(batch) and (until := opens_at(batch, gates)):
            level = logging.INFO if gates.short.is_set() else logging.WARNING
            gates.short.set()
            log.log(level, "run %s: waiting for credits until %s", batch.run_id, clock_time(until))
            batch.waits_until = until
            while (left := until - time.time()) > 0 and not gates.closed_to(batch):
                task.client.sleep(min(_NAP_S, left))
    finally:
        batch.waits_until = None
