"""Models of Bigin, of the journal and of a client, which ask the oracle what happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.conclude import conclude
from bigin_frames.delivery.bulk.download import fetch
from bigin_frames.delivery.bulk.steps import STEPS, Step
from bigin_frames.delivery.bulk.upload_and_create import upload
from bigin_frames.errors import (
    ApiError,
    AuthError,
    BadResultError,
    BiginError,
    NotSentError,
    RunBusy,
    UnansweredError,
    UnreadableAnswerError,
)
from bigin_frames.journal.entries import BatchRecord
from bigin_frames.model import Job, Status
from tests.campaigns.oracle import CRASH, FAULT, Died, Violation

if TYPE_CHECKING:
    from tests.campaigns.world import World

NAME, MODULE = "bf-0123abcd-0000-00000000.csv", "Contacts"

Shown = tuple[str, str | None]  # status and id


@dataclass(slots=True)
class Taken:
    """A job that Bigin has accepted; ``failure`` is set when it fails, ``outcome`` when it is done."""

    outcome: Shown | None = None
    failure: str = ""


class Ledger:
    """A Bigin that accepts jobs, executes them in order, and keeps every record."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.jobs: list[Taken] = []
        self.records = 0

    def take(self) -> str:
        if self.operation == "insert" and self.jobs:
            raise Violation("N3 a keyless insert was taken twice")
        self.jobs.append(Taken())
        return str(len(self.jobs))

    def work_off(self) -> None:
        for job in self.jobs:
            if job.outcome is None:
                job.outcome = ("", None) if job.failure == "failed early" else self._write()

    def _write(self) -> Shown:
        if self.operation == "update":
            return Status.UPDATED, "r1"
        if self.operation == "insert by row key" and self.records:
            return Status.SKIPPED, None
        self.records += 1
        return Status.ADDED, f"r{self.records}"

    def key(self) -> tuple[Any, ...]:
        return tuple((job.outcome, job.failure) for job in self.jobs)


class PaperJournal:
    """A journal of one batch, in memory; before and after each commit the machine may die.

    ``synced`` names the commits that survive that; each makes the earlier ones durable, too.
    """

    def __init__(self, world: World, synced: frozenset[str] | None) -> None:
        self.world, self.synced = world, synced
        self.facts: dict[str, Any] = {"state": "prepared", "file_id": None, "job_id": None, "code": None,
                                      "name": None, "attempts": 0, "doubts": 0, "verdicts": None}  # fmt: skip
        self.states: tuple[str, ...] = ()
        self._durable = (dict(self.facts), self.states)

    def move(self, run_id: str, number: int, state: str, new: str, facts: dict[str, Any], *, attempts: int) -> None:
        self.world.pass_on()
        crash = self.world.oracle.pick(3, CRASH)
        if crash == 1:
            self._lose_power()
        if self.facts["state"] != state or self.facts["attempts"] != attempts:
            raise RunBusy("moved", run_id=run_id)
        self.facts.update({name: value for name, value in facts.items() if name in self.facts}, state=str(new))
        self.states = (*self.states, str(new))
        if self.synced is None or new in self.synced:
            self._durable = (dict(self.facts), self.states)
        if crash == 2:
            self._lose_power()

    def _lose_power(self) -> None:
        self.facts, self.states = dict(self._durable[0]), self._durable[1]
        raise Died

    def batches(self, run_id: str) -> list[BatchRecord]:
        return [BatchRecord(number=0, rows=b"\0" * 8, csv_bytes=0, **self.facts)]

    def key(self) -> tuple[Any, ...]:
        return self._key(self.facts, self.states)

    def durable_key(self) -> tuple[Any, ...]:
        return self._key(*self._durable)

    @staticmethod
    def _key(facts: Mapping[str, Any], states: Sequence[str]) -> tuple[Any, ...]:
        seen = ("submitting" in states, "unknown" in states)
        return *seen, facts["state"], facts["job_id"], facts["doubts"], facts["code"] is None, facts["verdicts"]


def _answer(status: int, code: str, kind: type[ApiError] = ApiError, call: str = "create") -> ApiError:
    return kind(code, call=call, status=status, code=code)


_UPLOAD: Final = (
    None,
    _answer(400, "INVALID_REQUEST", call="upload"),
    _answer(401, "OAUTH_SCOPE_MISMATCH", AuthError, "upload"),
    UnansweredError("lost", call="upload"),
)


# Before the first byte; the call itself, with its answer and whether it was accepted.
_UNASKED: Final = (None, NotSentError("x", call="create"), UnansweredError("x", call="token"),
                   _answer(500, "INTERNAL_ERROR", call="token"))  # fmt: skip
_CREATE: Final[tuple[tuple[BiginError | None, bool], ...]] = (
    (None, True),
    (UnansweredError("lost", call="create"), True),
    (UnansweredError("lost", call="create"), False),
    (_answer(500, "INTERNAL_ERROR"), True),
    (UnreadableAnswerError("html", call="create", status=201), True),
    (UnreadableAnswerError("html", call="create", status=404), False),
    (_answer(400, "INVALID_FIELD"), False),
    (_answer(400, "INVALID_FILE_ID"), False),
    (_answer(401, "INVALID_TOKEN", AuthError), False),  # repeated within the call, with a new token
)
_POLL: Final = ("", "lost", "gone", "denied", "failed", "failed early", "no result")
_DOWNLOAD: Final = (None, BadResultError("bad", reason="crc"), UnansweredError("x", call="download"),
                    _answer(410, "GONE", call="download"))  # fmt: skip


class PaperClient:
    """A client that makes the calls of one process on the model."""

    is_local = False

    def __init__(self, world: World) -> None:
        self.world = world
        self.batch: Batch | None = None
        self.clock = 0.0
        self.job_is: str = ""
        self.result_is: BiginError | None = None

    def upload(self, file_name: str, zip_bytes: bytes) -> str:
        self._look_back("upload")
        self.world.pass_on()
        failure = _UPLOAD[self.world.oracle.pick(len(_UPLOAD), FAULT)]
        if failure is not None:
            raise failure
        return "5"

    def create_job(self, request: Any, file_id: str, *, before_first_byte: Callable[[], None]) -> str:
        world = self.world
        unasked = _UNASKED[world.oracle.pick(len(_UNASKED), FAULT)]
        if unasked is not None:
            raise unasked
        if not world.policy.journal_late:
            before_first_byte()
        world.pass_on()
        failure, taken = _CREATE[world.oracle.pick(len(_CREATE), FAULT)]
        job_id = world.ledger.take() if taken else ""
        world.pass_on()
        if world.policy.journal_late:
            before_first_byte()
        if isinstance(failure, AuthError):
            return self.create_job(request, file_id, before_first_byte=before_first_byte)
        if failure is not None:
            raise failure
        return job_id

    def job(self, job_id: str) -> Job:
        if not self.job_is and self.result_is is None and self.batch is not None and self.batch.job is None:
            self._look_back("job")  # the first poll of this job, whatever came before
        self.world.pass_on()
        how = self.job_is or _POLL[self.world.oracle.pick(len(_POLL), FAULT)]
        job = self.world.ledger.jobs[int(job_id) - 1]
        if how in ("gone", "no result"):
            self.job_is = how  # for the rest of this process
        if how in ("failed", "failed early") and job.outcome is None:
            job.failure = how
        if how == "lost":
            raise UnansweredError("x", call="job")
        if how == "gone":
            raise _answer(404, "RESOURCE_NOT_FOUND", call="job")
        if how == "denied":
            raise _answer(401, "INVALID_TOKEN", AuthError, "job")
        self.world.ledger.work_off()
        if job.failure:
            return Job(id=job_id, status="FAILED", file_name=NAME)
        return Job(id=job_id, status="COMPLETED", result_url=None if how == "no result" else "/r", file_name=NAME)

    def download(self, job: Job) -> Any:
        self.world.pass_on()
        self.result_is = self.result_is or _DOWNLOAD[self.world.oracle.pick(len(_DOWNLOAD), FAULT)]
        if self.result_is is not None:
            raise self.result_is
        return self.world.ledger.jobs[int(job.id) - 1].outcome

    def _look_back(self, where: str) -> None:
        """Compare with earlier executions, at a point where all that this process knows is in its batch."""
        batch = self.batch
        if batch is not None:
            again = any(state is State.PREPARED for state, _ in batch.events)
            self.world.look_back((where, again, batch.job is None, self.job_is, self.result_is))

    def find_record(self) -> str | None:
        if self.world.oracle.pick(2, FAULT):
            return None
        return f"r{self.world.ledger.records}"

    def sleep(self, seconds: float) -> None:
        self.clock += 100.0  # longer than any grace period

    def server_time(self) -> None:
        """Return no time: the ledger says which records count."""

    def now(self) -> float:
        return self.clock


@dataclass(slots=True)
class PaperTask:
    """The parts of a task that the steps use when there is no frame."""

    client: PaperClient
    operation: str
    row_key: bool
    may_repeat: bool
    may_go_again = Task.may_go_again  # the package's own rule, not a copy
    module: str = MODULE
    callback: None = None

    def request(self, *facts: object) -> None:
        return None


_PACKED: Final = SimpleNamespace(name=NAME, body=b"")


def _pack(task: Any, batch: Batch) -> Any:
    return _PACKED


def _read(task: Any, batch: Batch, body: Any) -> Any:
    return body


def _judge(task: Any, batch: Batch, merged: Any) -> dict[str, Any]:
    status, record = merged
    if status == Status.SKIPPED and task.row_key and batch.doubts:  # as `conclude.judged` does for rows of a frame
        record = task.client.find_record()
        status = Status.ADDED if record else status
    return {"table": (status, record), "verdicts": (status, record)}


STEPS_ON_PAPER: Final[Mapping[State, Step]] = {
    **STEPS,
    State.PREPARED: partial(upload, pack=_pack),
    State.COMPLETED: partial(fetch, read=_read),
    State.JOB_FAILED: partial(fetch, read=_read),
    State.FETCHED: partial(conclude, judge=_judge),
}
