"""The way of a batch to Bigin: its file is uploaded, and its job is created."""

from __future__ import annotations

from collections.abc import Callable

from bigin_frames.checkpoints import checkpoint
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.reasons import code_of
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.batch_zip import packed
from bigin_frames.delivery.bulk.listen import expect, forget, listen
from bigin_frames.delivery.bulk.lost_answer import doubt_after, lose_answer
from bigin_frames.delivery.bulk.own_job import nonce_of
from bigin_frames.delivery.bulk.pace import ANSWER_ATTEMPTS
from bigin_frames.delivery.credits import opens_at, wait_for_credits
from bigin_frames.errors import (
    AnswerError,
    AuthError,
    BiginError,
    InputError,
    JournalError,
    RateLimitError,
    TransportError,
    UntrustedHostError,
)
from bigin_frames.frames.encoding.csv_zip import Packed
from bigin_frames.journal.journal import here

_FILE_LOST = ("INVALID_FILE_ID", "FILE_NOT_FOUND")  # a file that expired: uploaded once more


def upload(task: Task, batch: Batch, gates: Gates, pack: Callable[[Task, Batch], Packed] | None = None) -> None:
    """Move from PREPARED to UPLOADED or REJECTED; a file has no effect on records, so it may be sent again."""
    wait_for_credits(task, batch, gates)
    if gates.closed_to(batch):
        return
    with gates.uploading:
        try:
            made = gates.work(pack or packed, task, batch)
            file_id = task.client.upload(f"{made.name}.zip", made.body)
        except (TransportError, AnswerError, UntrustedHostError, InputError) as refusal:
            _reject(batch, gates, refusal)
            return
    batch.move(State.UPLOADED, file_id=file_id, name=made.name)


def submit(task: Task, batch: Batch, gates: Gates) -> None:
    """Move from UPLOADED to SUBMITTED, REJECTED or UNKNOWN; never repeat the call after a lost answer."""
    with gates.creating:
        if gates.stop.is_set():
            return
        if opens_at(batch, gates):  # others used the free credits: an uploaded file does not wait for days
            batch.prepare_again()
            return
        expect(task, batch)
        request = task.request(batch.name, batch.address)
        try:
            job_id = task.client.create_job(request, str(batch.file_id), before_first_byte=lambda: _intend(task, batch))
        except (TransportError, AnswerError, UntrustedHostError) as failure:
            doubt = doubt_after(failure)
            if doubt is not None:
                lose_answer(task, batch, failure, doubt)
            elif getattr(failure, "code", None) in _FILE_LOST and not _uploaded_twice(batch):
                batch.move(State.UPLOADED)
                batch.prepare_again()
            else:
                forget(task, batch)
                _reject(batch, gates, failure)
        else:
            _accept(task, batch, job_id)
    if batch.state is State.UNKNOWN:
        listen(task, batch)


def _intend(task: Task, batch: Batch) -> None:
    """Record that the call is about to be made: a crash between here and its answer leaves the batch unknown.

    The job cannot have created records from before Bigin's own time; its details echo the callback's address.
    """
    server_time = task.client.server_time()
    evidence = {**here(), "server_time": server_time and server_time.isoformat(), "callback": nonce_of(batch.address)}
    batch.move(State.SUBMITTING, attempts=batch.attempts + 1, evidence={k: v for k, v in evidence.items() if v})
    checkpoint("connected, nothing sent")


def _accept(task: Task, batch: Batch, job_id: str) -> None:
    """Record the job's id; if the journal cannot store it, the id is all that connects the rows with their job."""
    for attempt in range(1, ANSWER_ATTEMPTS + 1):
        try:
            batch.move(State.SUBMITTED, job_id=job_id, code=None)
            return
        except JournalError as refusal:
            problem = refusal
        task.client.sleep(attempt)
    raise JournalError(
        f"Bigin accepted job {job_id} for batch {batch.number} of run {batch.run_id}, and the journal could not store "
        f"that. Keep this id: `bf.resume(...)` and `run.adopt({batch.number}, {job_id!r})` continue with it. {problem}",
        path=problem.path,
        job_id=job_id,
    )


def _uploaded_twice(batch: Batch) -> bool:
    return any(state is State.PREPARED for state, _ in batch.events)


def _reject(batch: Batch, gates: Gates, refusal: BiginError) -> None:
    """Record a rejection; it does not clear a doubt that an earlier attempt has left."""
    state = State.UNKNOWN if batch.doubts else State.REJECTED
    batch.move(state, code=code_of(refusal), refusal=refusal)
    if gates.credits_per_day is not None and isinstance(refusal, RateLimitError) and refusal.call != "token":
        batch.prepare_again()  # and waits for credits
    elif isinstance(refusal, AuthError | RateLimitError | UntrustedHostError):
        gates.stop.set()  # the next batch would get the same answer
