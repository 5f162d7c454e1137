"""Take one batch from rows to verdicts: pack, upload, create the job, follow it, fetch its result, merge.

Each function here takes a batch out of one state, as `STEPS` says; the states themselves are in `batches`.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from bigin_frames.batches import ENDED, NOT_SENT, Batch, Gates, State, Task, kept_verdicts
from bigin_frames.checkpoints import checkpoint
from bigin_frames.credits import opens_at, wait_for_credits
from bigin_frames.errors import (
    AnswerError,
    ApiError,
    AuthError,
    BadResultError,
    BiginError,
    InputError,
    JournalError,
    NotSentError,
    RateLimitError,
    TransportError,
    UntrustedHostError,
)
from bigin_frames.frames.lines import UNKNOWN_STATUS, read_lines
from bigin_frames.frames.merge import Merge, Sent, counts_agree, merge, verdicts
from bigin_frames.frames.pack import Packed, pack
from bigin_frames.frames.settle import proves_order, settle
from bigin_frames.frames.texts import Texts, wire_texts
from bigin_frames.frames.verdicts import text_array, text_counts, text_list
from bigin_frames.journal import here
from bigin_frames.model import DUPLICATE_DATA, RUNNING_WORDS, Job, Status
from bigin_frames.proofs import begun_at, proven_ids, with_records
from bigin_frames.raw_results import keep
from bigin_frames.wire.result import parse_errors

log = logging.getLogger("bigin_frames")

Step = Callable[[Task, Batch, Gates], None]

# Ours: how long a job may be missing, or finished without a result, before that is taken for an answer.
GRACE_S = 60.0
# Pauses between polls grow from the first to the last; a poll costs one credit (Bigin v1, api-limits).
POLL_S = (1.0, 30.0)
POLL_LOCAL_S = (0.02, 0.5)
POLL_GROWTH = 1.5
LONGEST_NAP_S = 1.0  # until which a run that is interrupted lets go of its jobs
RESULT_ATTEMPTS = 3
_FILE_LOST = ("INVALID_FILE_ID", "FILE_NOT_FOUND")  # a file that expired: uploaded once more
_GONE = (403, 404, 410)  # how a download host may say that an address has expired
# Reading tied rows back costs a credit for each hundred: up to this many it is at most 2 % of the job's own 500
# credits, and done even where the order of the lines is proof enough.
CHEAP_READS = 1000
ANSWER_ATTEMPTS = 3  # to write down the id of an accepted job
# Where a batch may be sent again at all: so often, and after pauses that grow by this.
REPEATED_ATTEMPTS = 3
REPEAT_S = 5.0
BLOCK_BYTES = 8_000_000  # of CSV written at a time; each block costs 2 ms besides, so a batch of short rows is one


def deliver(task: Task, batch: Batch, gates: Gates, steps: Mapping[State, Step] | None = None) -> None:
    """Take a batch as far as it will go; never raises for what a server or a network does.

    ``steps`` takes the place of `STEPS` for a rehearsal without files.
    """
    steps = STEPS if steps is None else steps
    if batch.held:
        batch.held, batch.code, batch.refusal = False, None, None
        batch.job = batch.job and _fresh(task, batch.job)  # another address may be good where one was not
    while batch.state in steps and not batch.held and not gates.closed_to(batch):
        steps[batch.state](task, batch, gates)
    if batch.state in ENDED:
        _forget(task, batch)


def upload(task: Task, batch: Batch, gates: Gates, pack: Callable[[Task, Batch], Packed] | None = None) -> None:
    """Pass from PREPARED to UPLOADED or REJECTED; a file has no effect on records, so it may be sent again."""
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
    """Pass from UPLOADED to SUBMITTED, REJECTED or UNKNOWN; never ask twice when the first answer was lost."""
    with gates.creating:
        if gates.stop.is_set():
            return
        if opens_at(batch, gates):  # others took what was free: no file waits for days
            batch.prepare_again()
            return
        _expect(task, batch)
        request = task.request(batch.name, batch.address)
        try:
            job_id = task.client.create_job(request, str(batch.file_id), before_first_byte=lambda: _intend(task, batch))
        except (TransportError, AnswerError, UntrustedHostError) as failure:
            doubt = doubt_after(failure)
            if doubt is not None:
                _lose(task, batch, failure, doubt)
            elif getattr(failure, "code", None) in _FILE_LOST and not _uploaded_twice(batch):
                batch.move(State.UPLOADED)
                batch.prepare_again()
            else:
                _forget(task, batch)
                _reject(batch, gates, failure)
        else:
            _accept(task, batch, job_id)
    if batch.state is State.UNKNOWN:
        _listen(task, batch)


def doubt_after(failure: BiginError) -> str | None:
    """Return why a job may exist after create-job failed in this way, None where certainly none does."""
    if isinstance(failure, NotSentError | UntrustedHostError) or getattr(failure, "call", None) == "token":
        return None  # what fails of the token leaves create-job unasked
    if isinstance(failure, ApiError):
        lost = failure.status >= 500 or failure.status in (408, 425, 499) or failure.code == "INTERNAL_ERROR"
        return "ANSWER_LOST" if lost else None
    if isinstance(failure, AnswerError):  # a 4xx is a refusal, though not in Bigin's words
        return None if 400 <= failure.status < 500 else "ANSWER_UNREADABLE"
    return "ANSWER_LOST"


def _expect(task: Task, batch: Batch) -> None:
    """Give an attempt an address of its own; that of the attempt before is listened to no longer."""
    _forget(task, batch)
    batch.address = task.callback.expect() if task.callback else None


def _forget(task: Task, batch: Batch) -> None:
    if task.callback is not None and batch.address is not None:
        task.callback.forget(batch.address)
    batch.address = None


def _listen(task: Task, batch: Batch) -> None:
    """Wait for the callback of a lost answer; the job it names is taken only if Bigin proves that it is ours."""
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
        log.warning("batch %d: a callback names a job that is not proven to be its own", batch.number)


def _proven(task: Task, batch: Batch, job_id: str) -> bool | None:
    """Tell whether Bigin says that a job is the batch's, None while it says nothing that decides."""
    try:
        return proves(task, batch, job_id)
    except (TransportError, AnswerError, UntrustedHostError) as failure:
        log.info("batch %d: the job of a callback cannot be asked for: %s", batch.number, type(failure).__name__)
        return None


def proves(task: Task, batch: Batch, job_id: str) -> bool | None:
    """Ask Bigin whether a job is the batch's, by the callback or the file it names; all else must not speak against.

    None stands for details that name no file yet: a job that waits has none (CRM v7, bulk-write/job-details).
    """
    job = task.client.job(job_id)
    if not is_ours(job, replace(batch, job_id=job_id), task):
        return False
    if job.callback_url is not None and _nonce(job.callback_url) in _nonces(batch):
        return True
    return None if job.file_name is None else job.file_name == batch.name


def _nonce(address: str | None) -> str | None:
    """Return the part of a callback's address that no other attempt has."""
    return None if address is None else address.rpartition("/")[2] or None


def _nonces(batch: Batch) -> set[str]:
    """Return those of all the batch's attempts, of processes that have died too."""
    told = [] if batch.journal is None else batch.journal.events(batch.run_id)
    journaled = {event["callback"] for event in told if event["batch"] == batch.number and "callback" in event}
    return journaled | {nonce for nonce in (_nonce(batch.address),) if nonce}


def _intend(task: Task, batch: Batch) -> None:
    """Write down that the call is about to be made: from here to its answer, a crash leaves the batch unknown.

    Bigin's own time bounds the records that the job can have made; the callback's address is echoed by its details.
    """
    server_time = task.client.server_time()
    evidence = {**here(), "server_time": server_time and server_time.isoformat(), "callback": _nonce(batch.address)}
    batch.move(State.SUBMITTING, attempts=batch.attempts + 1, evidence={k: v for k, v in evidence.items() if v})
    checkpoint("connected, nothing sent")


def _accept(task: Task, batch: Batch, job_id: str) -> None:
    """Write the job's id down; while the journal refuses it, the id is all that ties the rows to their job."""
    for attempt in range(1, ANSWER_ATTEMPTS + 1):
        try:
            batch.move(State.SUBMITTED, job_id=job_id, code=None)
            return
        except JournalError as refusal:
            problem = refusal
        task.client.sleep(attempt)
    raise JournalError(
        f"Bigin accepted job {job_id} for batch {batch.number} of run {batch.run_id}, and the journal could not note "
        f"it. Keep this number: `bf.resume(...)` and `run.adopt({batch.number}, {job_id!r})` go on from it. {problem}",
        path=problem.path,
        job_id=job_id,
    )


def _lose(task: Task, batch: Batch, failure: BiginError, code: str) -> None:
    """Take a call whose answer is lost: the batch is sent again only where that cannot write anything twice."""
    evidence = {name: value for name, value in vars(failure).items() if isinstance(value, str | int | float)}
    batch.move(
        State.UNKNOWN, code=code, doubts=batch.doubts + 1, evidence={"failure": type(failure).__name__, **evidence}
    )
    if task.may_repeat and batch.doubts < REPEATED_ATTEMPTS:
        task.client.sleep(REPEAT_S * batch.doubts)
        batch.prepare_again()


def _uploaded_twice(batch: Batch) -> bool:
    return any(state is State.PREPARED for state, _ in batch.events)


def _reject(batch: Batch, gates: Gates, refusal: BiginError) -> None:
    """Take a no; it clears no doubt that an earlier attempt has left."""
    state = State.UNKNOWN if batch.doubts else State.REJECTED
    batch.move(state, code=_code_of(refusal), refusal=refusal)
    if gates.credits_per_day is not None and isinstance(refusal, RateLimitError) and refusal.call != "token":
        batch.prepare_again()  # and waits at the gate
    elif isinstance(refusal, AuthError | RateLimitError | UntrustedHostError):
        gates.stop.set()  # the next batch would be told the same


def _code_of(refusal: BiginError) -> str:
    """Return what ``Error`` says of a failure: Bigin's own code, or a word of ours."""
    if isinstance(refusal, ApiError):
        return refusal.code
    if isinstance(refusal, AnswerError):
        return f"HTTP_{refusal.status}"
    words = {NotSentError: NOT_SENT, UntrustedHostError: "UNTRUSTED_HOST", InputError: "FRAME_CHANGED"}
    return next((word for kind, word in words.items() if isinstance(refusal, kind)), "NO_ANSWER")


def _hold(batch: Batch, refusal: BiginError) -> None:
    """Leave an accepted job where it stands, to be gone on with later."""
    batch.held, batch.code, batch.refusal = True, _code_of(refusal), refusal


def follow(task: Task, batch: Batch, gates: Gates) -> None:
    """Pass from SUBMITTED to COMPLETED, JOB_FAILED, RESULT_BAD or UNKNOWN; a poll that fails is asked again."""
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
    """Pause between two polls; whoever wants to leave, or a callback, no more than a hint, cuts the pause short."""
    while seconds > 0 and not gates.leave.is_set():
        step = min(seconds, LONGEST_NAP_S)
        if task.callback is None or batch.address is None or task.callback.came(batch.address):
            task.client.sleep(step)
        elif task.callback.wait(batch.address, step) or task.callback.came(batch.address):
            return
        seconds -= step


def _look(task: Task, batch: Batch, words: set[str]) -> str | None:
    """Ask once how the job stands; return the doubt that lasts for now, if any."""
    try:
        job = task.client.job(str(batch.job_id))
    except (AuthError, UntrustedHostError) as refusal:
        _hold(batch, refusal)
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
        log.warning("job %s has the status %r, which no page documents; it counts as running", job.id, job.status)
    return None


def is_ours(job: Job, batch: Batch, task: Task) -> bool:
    """Tell whether these details can be those of the batch's job; what they do not name cannot speak against it."""
    named = {batch.job_id: job.id, task.module: job.module, task.operation: job.operation}
    ours = all(theirs in (mine, None) for mine, theirs in named.items())
    return ours and (not (job.file_name or "").startswith("bf-") or job.file_name == batch.name)


def fetch(task: Task, batch: Batch, gates: Gates, read: Callable[[Task, Batch, bytes], Merge] | None = None) -> None:
    """Pass from COMPLETED or JOB_FAILED to FETCHED or RESULT_BAD; a job that failed may have written rows."""
    if batch.job is None or batch.job.result_url is None:
        batch.move(State.UNKNOWN, doubts=batch.doubts + 1)
        if task.row_key and batch.doubts < REPEATED_ATTEMPTS:
            batch.prepare_again()  # what the job has written is skipped for its key
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
                _hold(batch, failure)
                return
            problem = "RESULT_GONE" if _is_gone(failure) else _code_of(failure)
        else:
            batch.move(State.FETCHED, merged=merged)
            return
        log.warning("run %s batch %d: %s, attempt %d", batch.run_id, batch.number, problem, attempt)
        batch.job = _fresh(task, batch.job)
    batch.move(State.RESULT_BAD, code=problem, evidence=_kept(batch, body))


def _kept(batch: Batch, body: bytes | None) -> dict[str, Any]:
    """Keep a result that proves nothing, where there is a journal to lie beside; return the file's name for it."""
    if batch.journal is None or body is None:
        return {}
    try:
        path = keep(batch.journal.path.parent, batch.run_id, batch.number, body)
    except OSError as refusal:
        log.warning("batch %d: its unreadable result is not kept: %s", batch.number, refusal.strerror)
        return {}
    log.warning("batch %d: its unreadable result, which holds cells, is kept for a week: %s", batch.number, path)
    return {"kept": path.name}


def _is_gone(failure: BiginError) -> bool:
    """Tell whether the download host, not the token's, says that the address leads nowhere any more."""
    if not isinstance(failure, ApiError) or failure.call != "download" or failure.status not in _GONE:
        return False
    return not isinstance(failure, AuthError) or failure.code.startswith("HTTP_")  # NO_PERMISSION speaks of rights


def _is_worth_asking_again(failure: BiginError) -> bool:
    """Tell whether another address may help: not where the client asked again already, or the token will not do."""
    if isinstance(failure, AuthError):
        return failure.status == 403  # which an address that has expired may say, too
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
    return merge(_sent(task, batch), lines, counts=_claimed(batch))


def _fresh(task: Task, job: Job) -> Job:
    """Ask for the details again: a download address may be short-lived."""
    try:
        newer = task.client.job(job.id)
    except (TransportError, AnswerError):
        return job
    return newer if newer.result_url else job


def conclude(
    task: Task, batch: Batch, gates: Gates, judge: Callable[[Task, Batch, Merge], dict[str, Any]] | None = None
) -> None:
    """Pass from FETCHED to MERGED: give every row its verdict."""
    merged = batch.merged
    if merged is None:
        raise BiginError(f"Batch {batch.number} has no result to conclude from; please report this.")
    if judge is None and not (batch.doubts or merged.ties):
        facts = gates.work(judged, task, batch, merged)
    else:  # Bigin may be asked: its answer must not keep the worker from others
        facts = (judge or judged)(task, batch, merged)
    batch.move(State.MERGED, merged=None, code=None, **facts)


def judged(task: Task, batch: Batch, merged: Merge) -> dict[str, Any]:
    """Settle what the file left open; return the verdicts as they are shown and kept, and the digests that count."""
    if merged.ties:
        settle(merged, _read_back(task, merged))
    table = _without_impossible(task, verdicts(merged))
    _compare_counts(batch, table, merged.foreign)
    if task.row_key and batch.doubts:
        table = _with_earlier_attempts(task, batch, table)
    checkpoint("verdicts half made")
    return {"table": table, "digests": batch.still_counting(table), **kept_verdicts(task, table)}


def _without_impossible(task: Task, table: pd.DataFrame) -> pd.DataFrame:
    """Leave rows open whose line says what cannot be: an update adds nothing, an insert updates nothing."""
    impossible = {"insert": [Status.UPDATED.value], "update": [Status.ADDED.value]}.get(task.operation, [])
    wrong = table["Status"].isin(impossible).to_numpy(bool)
    if wrong.any():
        table.loc[wrong, ["ID", "Status", "Error"]] = [None, Status.UNREPORTED.value, UNKNOWN_STATUS]
    return table


def _with_earlier_attempts(task: Task, batch: Batch, table: pd.DataFrame) -> pd.DataFrame:
    """Give rows that an earlier attempt has added their record: this one skipped them for the key they carry.

    A row whose record is not found may have been added all the same: it stays open, unless an elder record has its key.
    """
    told = zip(text_list(table["Status"]), text_list(table["Error"]), strict=True)
    again = [status == Status.SKIPPED and _names_key(task, error) for status, error in told]
    positions = np.flatnonzero(again)
    if not len(positions):
        return table
    try:
        found, others = _made_before(task, batch, batch.rows[positions])
    except (TransportError, AnswerError, UntrustedHostError) as refusal:
        log.warning("%d rows of an earlier attempt could not be looked up: %s", len(positions), type(refusal).__name__)
        found, others = [None] * len(positions), [False] * len(positions)
    ours = np.array([record is not None for record in found])
    table = with_records(table, positions, found)
    table.loc[positions[~ours & ~np.array(others)], ["ID", "Status"]] = [None, Status.UNREPORTED.value]
    return table


def _names_key(task: Task, error: str | None) -> bool:
    """Tell whether an error says that the row's key is in Bigin already."""
    key = task.key
    reasons = parse_errors(error or "")
    return key is not None and any(
        reason.code == DUPLICATE_DATA and {key.api_name, key.label} & set(reason.fields) for reason in reasons
    )


def _made_before(task: Task, batch: Batch, rows: np.ndarray) -> tuple[list[str | None], list[bool]]:
    """Return the id of the record that an earlier attempt has made of each row, None where that is not proven."""
    begun = None if batch.journal is None else begun_at(batch, batch.journal.events(batch.run_id))
    column = next((column for column in task.columns if column.field == task.key), None)
    if begun is None or column is None:
        return [None] * len(rows), [False] * len(rows)
    return proven_ids(task, rows, column, begun)


def _read_back(task: Task, merged: Merge) -> pd.DataFrame | None:
    ids = merged.ids_to_read
    if not ids or (len(ids) > CHEAP_READS and proves_order(merged)):
        return None
    try:
        return task.client.records(task.module, ids, merged.fields_to_read)
    except (TransportError, AnswerError, UntrustedHostError) as refusal:
        log.warning("%d tied rows could not be read back: %s", len(ids), type(refusal).__name__)
        return None


def _compare_counts(batch: Batch, table: pd.DataFrame, foreign: int) -> None:
    """Say when the job's own counts and the verdicts disagree; rows are judged by the file alone."""
    counts = text_counts(text_array(table["Status"]))
    if foreign or not counts_agree(_claimed(batch), counts):
        log.warning(
            "run %s batch %d: the job counts %s, the proven verdicts are %s; %d lines belong to no row sent",
            batch.run_id, batch.number, _claimed(batch), counts, foreign,
        )  # fmt: skip


def _claimed(batch: Batch) -> dict[Status, int]:
    job = batch.job
    if job is None:
        return {}
    claims = {Status.ADDED: job.added, Status.UPDATED: job.updated, Status.SKIPPED: job.skipped}
    return {status: n for status, n in claims.items() if n is not None}


def _sent(task: Task, batch: Batch) -> Sent:
    texts = Texts(task.frame, batch.rows, task.columns, task.zone)
    return Sent(task.columns, texts, task.key.api_name if task.key else None)


def packed(task: Task, batch: Batch) -> Packed:
    """Return a batch as it is uploaded; the same rows give the same bytes each time.

    Raises
    ------
    InputError
        If the rows are not those that were checked any more.
    """

    def name(check: str) -> str:
        return f"bf-{batch.run_id[:8]}-{batch.number:04d}-{check}.csv"

    step = max(1, len(batch.rows) * BLOCK_BYTES // max(1, batch.csv_bytes))
    blocks = (batch.rows[start : start + step] for start in range(0, len(batch.rows), step))
    made = pack(task.names, (wire_texts(task.frame, rows, task.columns, task.zone) for rows in blocks), name)
    if made.csv_bytes != batch.csv_bytes:
        raise InputError(
            f"Batch {batch.number} has changed since it was checked: leave the frame's cells alone meanwhile."
        )
    return made


STEPS: Final[dict[State, Step]] = {
    State.PREPARED: upload,
    State.UPLOADED: submit,
    State.SUBMITTED: follow,
    State.COMPLETED: fetch,
    State.JOB_FAILED: fetch,
    State.FETCHED: conclude,
}
