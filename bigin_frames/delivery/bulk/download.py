"""The result of a job: downloaded, and its lines paired with the batch's rows."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from bigin_frames.checkpoints import checkpoint
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.reasons import code_of
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.pace import REPEATED_ATTEMPTS, RESULT_ATTEMPTS
from bigin_frames.errors import (
    AnswerError,
    ApiError,
    AuthError,
    BadResultError,
    BiginError,
    RateLimitError,
    TransportError,
    UntrustedHostError,
)
from bigin_frames.frames.encoding.texts import Texts
from bigin_frames.frames.merging.pairing import merge
from bigin_frames.frames.merging.result_lines import read_lines
from bigin_frames.frames.merging.sent import Merge, Sent
from bigin_frames.journal.unreadable_results import keep
from bigin_frames.model import Job, Status

log = logging.getLogger("bigin_frames")
_GONE = (403, 404, 410)  # what a download host may answer when an address has expired


def fetch(task: Task, batch: Batch, gates: Gates, read: Callable[[Task, Batch, bytes], Merge] | None = None) -> None:
    """Move from COMPLETED or JOB_FAILED to FETCHED or RESULT_BAD; a job that failed may have written rows."""
    if batch.job is None or batch.job.result_url is None:
        batch.move(State.UNKNOWN, doubts=batch.doubts + 1)
        if task.row_key and batch.doubts < REPEATED_ATTEMPTS:
            batch.prepare_again()  # rows that the job has written are skipped because of their key
        return
    body: bytes | None = None
    for attempt in range(1, RESULT_ATTEMPTS + 1):
        try:
            body = task.client.download(batch.job)
            merged = gates.work(read or read_result, task, batch, body)
        except BadResultError:
            problem = "RESULT_UNREADABLE"
        except (TransportError, AnswerError, UntrustedHostError) as failure:
            if not _is_gone(failure) and (attempt == RESULT_ATTEMPTS or not _is_worth_asking_again(failure)):
                batch.hold(failure)
                return
            problem = "RESULT_GONE" if _is_gone(failure) else code_of(failure)
        else:
            batch.move(State.FETCHED, merged=merged)
            return
        log.warning("run %s batch %d: %s, attempt %d", batch.run_id, batch.number, problem, attempt)
        batch.job = fresh_details(task, batch.job)
    batch.move(State.RESULT_BAD, code=problem, evidence=_kept(batch, body))


def _kept(batch: Batch, body: bytes | None) -> dict[str, Any]:
    """Keep an unreadable result beside the journal, if there is one; return the file's name as evidence."""
    if batch.journal is None or body is None:
        return {}
    try:
        path = keep(batch.journal.path.parent, batch.run_id, batch.number, body)
    except OSError as refusal:
        log.warning("batch %d: its unreadable result could not be kept: %s", batch.number, refusal.strerror)
        return {}
    log.warning("batch %d: its unreadable result, with cell values, is kept for a week: %s", batch.number, path)
    return {"kept": path.name}


def _is_gone(failure: BiginError) -> bool:
    """Return whether the download host, not the accounts host, says that the address has expired."""
    if not isinstance(failure, ApiError) or failure.call != "download" or failure.status not in _GONE:
        return False
    return not isinstance(failure, AuthError) or failure.code.startswith("HTTP_")  # NO_PERMISSION is about rights


def _is_worth_asking_again(failure: BiginError) -> bool:
    """Return whether another address may help: not if the client has already retried, or the token is refused."""
    if isinstance(failure, AuthError):
        return failure.status == 403  # an expired address may give this status, too
    return isinstance(failure, ApiError) and not isinstance(failure, RateLimitError)


def read_result(task: Task, batch: Batch, body: bytes) -> Merge:
    """Read a result zip and pair its lines with the batch's rows."""
    result = task.client.read_result(body, task.request(batch.name).mappings)
    checkpoint("result unpacked")
    layout = result.layout
    lines = read_lines(
        result.csv,
        status=layout.status,
        record_id=layout.record_id,
        errors=layout.errors,
        echo=layout.echo,
        delimiter=result.delimiter,
    )
    return merge(_sent(task, batch), lines, counts=claimed(batch))


def fresh_details(task: Task, job: Job) -> Job:
    """Return the job's details, requested again: a download address may be short-lived."""
    try:
        newer = task.client.job(job.id)
    except (TransportError, AnswerError):
        return job
    return newer if newer.result_url else job


def claimed(batch: Batch) -> dict[Status, int]:
    """Return how many rows of each status the details of a batch's job claim."""
    job = batch.job
    if job is None:
        return {}
    claims = {Status.ADDED: job.added, Status.UPDATED: job.updated, Status.SKIPPED: job.skipped}
    return {status: n for status, n in claims.items() if n is not None}


def _sent(task: Task, batch: Batch) -> Sent:
    texts = Texts(task.frame, batch.rows, task.columns, task.zone)
    return Sent(task.columns, texts, task.key.api_name if task.key else None)
