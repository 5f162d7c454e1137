"""The proof that a job in Bigin is the job of a batch."""

from __future__ import annotations

from dataclasses import replace

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.task import Task
from bigin_frames.model import Job


def proves(task: Task, batch: Batch, job_id: str) -> bool | None:
    """Return whether Bigin's details prove that a job is the batch's, by callback or file; nothing may contradict it.

    None if the details name no file yet: a job that waits has none (CRM v7, bulk-write/job-details).
    """
    job = task.client.job(job_id)
    if not is_ours(job, replace(batch, job_id=job_id), task):
        return False
    if job.callback_url is not None and nonce_of(job.callback_url) in _nonces(batch):
        return True
    return None if job.file_name is None else job.file_name == batch.name


def nonce_of(address: str | None) -> str | None:
    """Return the part of a callback's address that is unique to an attempt."""
    return None if address is None else address.rpartition("/")[2] or None


def _nonces(batch: Batch) -> set[str]:
    """Return the nonces of all the batch's attempts, including those of processes that have died."""
    events = [] if batch.journal is None else batch.journal.events(batch.run_id)
    journaled = {event["callback"] for event in events if event["batch"] == batch.number and "callback" in event}
    return journaled | {nonce for nonce in (nonce_of(batch.address),) if nonce}


def is_ours(job: Job, batch: Batch, task: Task) -> bool:
    """Return whether these details can be those of the batch's job; missing details do not contradict it."""
    named = {batch.job_id: job.id, task.module: job.module, task.operation: job.operation}
    ours = all(theirs in (mine, None) for mine, theirs in named.items())
    return ours and (not (job.file_name or "").startswith("bf-") or job.file_name == batch.name)
