"""The polling of a job until it has ended."""

from __future__ import annotations

import logging
import random

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.own_job import is_ours
from bigin_frames.delivery.bulk.pace import GRACE_S, LONGEST_NAP_S, POLL_GROWTH, POLL_LOCAL_S, POLL_S
from bigin_frames.errors import (
    AnswerError,
    ApiError,
    AuthError,
    TransportError,
    UntrustedHostError,
)
from bigin_frames.model import RUNNING_WORDS

log = logging.getLogger("bigin_frames")


def follow(task: Task, batch: Batch, gates: Gates) -> None:
    """Move from SUBMITTED to COMPLETED, JOB_FAILED, RESULT_BAD or UNKNOWN; a poll that fails is repeated."""
    client = task.client
    pause, longest = POLL_LOCAL_S if client.is_local else POLL_S
    doubt_since: float | None = None
    words: set[str] = set()
    while batch.state is State.SUBMITTED and not batch.held and not gates.leave.is_set():
        doubt = _look(task, batch, words)
        doubt_since = None if not doubt else client.now() if doubt_since is None else doubt_since
        if doubt_since is not None and client.now() - doubt_since > GRACE_S:
            if doubt == "NO_RESULT":
                batch.move(State.RESULT_BAD, code=doubt)
            else:
                batch.move(State.UNKNOWN, code=doubt, doubts=batch.doubts + 1)
        elif batch.state is State.SUBMITTED and not batch.held:
            _pause(task, batch, gates, pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, not a secret
            pause = min(pause * POLL_GROWTH, longest)


def _pause(task: Task, batch: Batch, gates: Gates, seconds: float) -> None:
    """Pause between two polls; `leave`, or a callback, which is only a hint, ends the pause early."""
    while seconds > 0 and not gates.leave.is_set():
        step = min(seconds, LONGEST_NAP_S)
        if task.callback is None or batch.address is None or task.callback.came(batch.address):
            task.client.sleep(step)
        elif task.callback.wait(batch.address, step) or task.callback.came(batch.address):
            return
        seconds -= step


def _look(task: Task, batch: Batch, words: set[str]) -> str | None:
    """Poll the job once; return a code if there is a doubt about it for now."""
    try:
        job = task.client.job(str(batch.job_id))
    except (AuthError, UntrustedHostError) as refusal:
        batch.hold(refusal)
        return None
    except ApiError as refusal:
        return "JOB_NOT_FOUND" if refusal.status == 404 or refusal.code == "RESOURCE_NOT_FOUND" else None
    except (TransportError, AnswerError):
        return None
    if not is_ours(job, batch, task):
        return "JOB_IS_ANOTHER"
    batch.details = job
    if job.status == "COMPLETED":
        if job.result_url is None:
            return "NO_RESULT"
        batch.move(State.COMPLETED, job=job)
    elif job.status == "FAILED":
        batch.move(State.JOB_FAILED, job=job, code=f"JOB_FAILED:{job.code}" if job.code else "JOB_FAILED")
    elif job.status not in words | RUNNING_WORDS:
        words.add(job.status)
        log.warning("job %s has the undocumented status %r; it is treated as running", job.id, job.status)
    return None
