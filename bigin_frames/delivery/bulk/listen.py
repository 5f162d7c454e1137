"""The callback (webhook) of a job: where it is expected, and what it proves."""

from __future__ import annotations

import logging

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.own_job import proves
from bigin_frames.delivery.bulk.pace import POLL_LOCAL_S, POLL_S
from bigin_frames.errors import (
    AnswerError,
    TransportError,
    UntrustedHostError,
)

log = logging.getLogger("bigin_frames")


def expect(task: Task, batch: Batch) -> None:
    """Expect the callback of a new attempt at an address of its own, and no longer that of the attempt before."""
    forget(task, batch)
    batch.address = task.callback.expect() if task.callback else None


def forget(task: Task, batch: Batch) -> None:
    """Stop expecting the callback of a batch."""
    if task.callback is not None and batch.address is not None:
        task.callback.forget(batch.address)
    batch.address = None


def listen(task: Task, batch: Batch) -> None:
    """Wait for a callback after a lost answer; the job it names is used only if Bigin proves that it is the batch's."""
    if task.callback is None or batch.address is None:
        return
    job_id = task.callback.wait(batch.address, task.callback.patience_s)
    if job_id is None:
        return
    proven, ends = _proven(task, batch, job_id), task.client.now() + task.callback.patience_s
    while proven is None and task.client.now() < ends:
        task.client.sleep(POLL_LOCAL_S[1] if task.client.is_local else POLL_S[0])
        proven = _proven(task, batch, job_id)
    if proven:
        batch.move(State.SUBMITTED, job_id=job_id, code=None, evidence={"by": "callback"})
    else:
        task.callback.refuse()
        log.warning("batch %d: a callback names a job that is not proven to belong to it", batch.number)


def _proven(task: Task, batch: Batch, job_id: str) -> bool | None:
    """Return whether Bigin's details prove that a job is the batch's, None while they are not conclusive."""
    try:
        return proves(task, batch, job_id)
    except (TransportError, AnswerError, UntrustedHostError) as failure:
        log.info("batch %d: the job of a callback cannot be looked up: %s", batch.number, type(failure).__name__)
        return None
