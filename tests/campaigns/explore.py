"""Go through every fate of a batch: calls are answered well, badly or not at all, commits are met by crashes.

The code explored is the package's own (`jobs.deliver`, `delivery.reopen`, `Batch.move`, `reconcile.adopt` and
`resolve`). Around it stand small models that ask an oracle at each effect what happens now: a journal in memory, a
client, a Bigin with its ledger, and a file of one row. The search runs each execution anew from its beginning, with
one answer of the oracle changed: depth first, until no answer is left untried. Where one comes to stand exactly as
another did before it, it is not run on: what follows is counted as the other's was (`Memory`). After each process,
and at the end, what is shown is held against the ledger:

====  =========================================================================================
N2    a definite verdict is the ledger's; what is unsent is in no job
N3    a keyless insert is taken at most once; a key has one record
N4    what is unknown was asked for, and the journal has the doubt
N5    a definite verdict never changes; whatever happened, the next process can go on
====  =========================================================================================

``python -m tests.campaigns.explore`` prints the campaign's figures.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any, Final, cast

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.conclude import conclude
from bigin_frames.delivery.bulk.fetch import fetch
from bigin_frames.delivery.bulk.handover import upload
from bigin_frames.delivery.bulk.steps import STEPS, Step, deliver
from bigin_frames.delivery.reconcile import adopt, resolve
from bigin_frames.delivery.reopen import batches_from, reopen
from bigin_frames.errors import (
    ApiError,
    AuthError,
    BadResultError,
    BiginError,
    NotSentError,
    RunBusy,
    TransportError,
    UnansweredError,
    UnreadableAnswerError,
)
from bigin_frames.journal.journal import Journal
from bigin_frames.journal.records import BatchRecord
from bigin_frames.model import Job, Status

RUN, NAME, MODULE = "0123abcd", "bf-0123abcd-0000-00000000.csv", "Contacts"
OPERATIONS: Final = {"insert": "insert", "insert by row key": "insert", "update": "update"}
DEFINITE: Final = frozenset({Status.ADDED, Status.UPDATED, Status.SKIPPED})
Shown = tuple[str, str | None]  # status and id


class Died(BaseException):
    """End a process at once, as a kill would."""


class Seen(BaseException):
    """End an execution that stands where another one stood."""


class Violation(Exception):
    """Name the promise an execution breaks."""


# -- the oracle


class Oracle:
    """Decide what happens: as a given beginning says, and the first possibility from there on.

    ``crashes``, ``faults`` and ``switches`` are left to spend; what costs more than is left is not possible.
    """

    def __init__(self, given: Sequence[int], crashes: int, faults: int, switches: int = 0) -> None:
        self.given, self.left = given, [crashes, faults, switches]
        self.trail: list[tuple[int, int]] = []  # what was taken, of how many

    def pick(self, options: int, purse: int) -> int:
        """Return one of so many options; all but the first cost one of a purse."""
        left = self.left
        if options == 1 or not left[purse]:
            return 0
        trail = self.trail
        taken = self.given[len(trail)] if len(trail) < len(self.given) else 0
        trail.append((taken, options))
        if taken:
            left[purse] -= 1
        return taken


CRASH, FAULT, SWITCH = 0, 1, 2


def following(trail: list[tuple[int, int]]) -> list[int] | None:
    """Return the beginning of the next execution, None after the last."""
    while trail:
        taken, options = trail.pop()
        if taken + 1 < options:
            return [*(earlier for earlier, _ in trail), taken + 1]
    return None


# -- the models


@dataclass(slots=True)
class Taken:
    """Hold a job that Bigin has accepted; ``fate`` is set when it fails, ``outcome`` when it is worked off."""

    outcome: Shown | None = None
    fate: str = ""


class Ledger:
    """Be Bigin: take jobs, work them off in their order, and know every record."""

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
                job.outcome = ("", None) if job.fate == "failed early" else self._write()

    def _write(self) -> Shown:
        if self.operation == "update":
            return Status.UPDATED, "r1"
        if self.operation == "insert by row key" and self.records:
            return Status.SKIPPED, None
        self.records += 1
        return Status.ADDED, f"r{self.records}"

    def key(self) -> tuple[Any, ...]:
        return tuple((job.outcome, job.fate) for job in self.jobs)


class PaperJournal:
    """Be a journal of one batch, in memory; before and after each commit the machine may die.

    ``synced`` names the commits that outlast the machine; each takes the earlier ones with it.
    """

    def __init__(self, world: World, synced: frozenset[str] | None) -> None:
        self.world, self.synced = world, synced
        self.facts: dict[str, Any] = {"state": "prepared", "file_id": None, "job_id": None, "code": None,
                                      "name": None, "attempts": 0, "doubts": 0, "verdicts": None}  # fmt: skip
        self.told: tuple[str, ...] = ()
        self._durable = (dict(self.facts), self.told)

    def move(self, run_id: str, number: int, state: str, new: str, facts: dict[str, Any], *, attempts: int) -> None:
        self.world.pass_on()
        crash = self.world.oracle.pick(3, CRASH)
        if crash == 1:
            self._lose_power()
        if self.facts["state"] != state or self.facts["attempts"] != attempts:
            raise RunBusy("moved", run_id=run_id)
        self.facts.update({name: value for name, value in facts.items() if name in self.facts}, state=str(new))
        self.told = (*self.told, str(new))
        if self.synced is None or new in self.synced:
            self._durable = (dict(self.facts), self.told)
        if crash == 2:
            self._lose_power()

    def _lose_power(self) -> None:
        self.facts, self.told = dict(self._durable[0]), self._durable[1]
        raise Died

    def batches(self, run_id: str) -> list[BatchRecord]:
        return [BatchRecord(number=0, rows=b"\0" * 8, csv_bytes=0, **self.facts)]

    def key(self) -> tuple[Any, ...]:
        return self._key(self.facts, self.told)

    def durable_key(self) -> tuple[Any, ...]:
        return self._key(*self._durable)

    @staticmethod
    def _key(facts: Mapping[str, Any], told: Sequence[str]) -> tuple[Any, ...]:
        seen = ("submitting" in told, "unknown" in told)
        return *seen, facts["state"], facts["job_id"], facts["doubts"], facts["code"] is None, facts["verdicts"]


def _answer(status: int, code: str, kind: type[ApiError] = ApiError, call: str = "create") -> ApiError:
    return kind(code, call=call, status=status, code=code)


_UPLOAD: Final = (
    None,
    _answer(400, "INVALID_REQUEST", call="upload"),
    _answer(401, "OAUTH_SCOPE_MISMATCH", AuthError, "upload"),
    UnansweredError("lost", call="upload"),
)
# Before the first byte; the call itself, with what comes back and whether it was taken.
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
    (_answer(401, "INVALID_TOKEN", AuthError), False),  # asked again within the call, with a new token
)
_POLL: Final = ("", "lost", "gone", "denied", "failed", "failed early", "no result")
_DOWNLOAD: Final = (None, BadResultError("bad", reason="crc"), UnansweredError("x", call="download"),
                    _answer(410, "GONE", call="download"))  # fmt: skip


class PaperClient:
    """Make the calls of one process on the model."""

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
            self._look_back("job")  # a first look at this job, whatever came before
        self.world.pass_on()
        how = self.job_is or _POLL[self.world.oracle.pick(len(_POLL), FAULT)]
        job = self.world.ledger.jobs[int(job_id) - 1]
        if how in ("gone", "no result"):
            self.job_is = how  # for as long as this process asks
        if how in ("failed", "failed early") and job.outcome is None:
            job.fate = how
        if how == "lost":
            raise UnansweredError("x", call="job")
        if how == "gone":
            raise _answer(404, "RESOURCE_NOT_FOUND", call="job")
        if how == "denied":
            raise _answer(401, "INVALID_TOKEN", AuthError, "job")
        self.world.ledger.work_off()
        if job.fate:
            return Job(id=job_id, status="FAILED", file_name=NAME)
        return Job(id=job_id, status="COMPLETED", result_url=None if how == "no result" else "/r", file_name=NAME)

    def download(self, job: Job) -> Any:
        self.world.pass_on()
        self.result_is = self.result_is or _DOWNLOAD[self.world.oracle.pick(len(_DOWNLOAD), FAULT)]
        if self.result_is is not None:
            raise self.result_is
        return self.world.ledger.jobs[int(job.id) - 1].outcome

    def _look_back(self, where: str) -> None:
        """Compare with other executions, where all that this process knows is in its batch."""
        batch = self.batch
        if batch is not None:
            again = any(state is State.PREPARED for state, _ in batch.events)
            self.world.look_back((where, again, batch.job is None, self.job_is, self.result_is))

    def find_record(self) -> str | None:
        if self.world.oracle.pick(2, FAULT):
            return None
        return f"r{self.world.ledger.records}"

    def sleep(self, seconds: float) -> None:
        self.clock += 100.0  # beyond any grace

    def server_time(self) -> None:
        """Tell no time: which records count is the ledger's to say."""

    def now(self) -> float:
        return self.clock


@dataclass(slots=True)
class PaperTask:
    """Be what `jobs` asks of a task when there is no frame."""

    client: PaperClient
    operation: str
    row_key: bool
    may_repeat: bool
    may_go_again = Task.may_go_again  # the rule itself, not one like it
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
    if status == Status.SKIPPED and task.row_key and batch.doubts:  # as `jobs.judged` does for rows of a frame
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


# -- one execution


class Memory:
    """Know where executions have stood, and how many there are from there on.

    The search is depth first: when another execution comes to a place, all that can follow there has been run.
    """

    def __init__(self) -> None:
        self._fates: dict[object, int] = {}
        self._first: dict[object, tuple[int, ...]] = {}
        self._path: list[object] = []

    def look_back(self, here: object, trail: tuple[int, ...]) -> None:
        first = self._first.setdefault(here, trail)
        if trail[: len(first)] != first or here in self._path:
            raise Seen(self._fates[here])
        self._fates.setdefault(here, 0)
        self._path.append(here)

    def count(self, executions: int) -> None:
        for place in self._path:
            self._fates[place] += executions
        self._path.clear()


@dataclass(frozen=True, slots=True)
class Policy:
    """Hold how the client behaves; all but the first is a planted mistake."""

    resend_always: bool = False  # a lost answer is always asked again
    journal_late: bool = False  # the intent is written down after the call
    forget_doubts: bool = False  # a refusal is believed whatever came before
    synced: frozenset[str] | None = None  # the commits that outlast a loss of power; None: all


ONLY_INTENT: Final = Policy(synced=frozenset({"submitting"}))


class _Forgetful(Batch):
    """Lose its doubts."""

    __slots__ = ()

    def move(self, state: State, **facts: Any) -> None:
        super().move(state, **{**facts, "doubts": 0})


class World:
    """Hold one execution: the oracle, Bigin and the journal, which outlive every process."""

    def __init__(self, oracle: Oracle, operation: str, policy: Policy) -> None:
        self.oracle, self.policy, self.operation = oracle, policy, operation
        self.ledger = Ledger(operation)
        self.journal = PaperJournal(self, policy.synced)
        self.shown: Shown = ("", None)
        self.pass_on: Callable[[], None] = _nothing
        self.memory: Memory | None = None
        self.compares = policy.synced is None  # a verdict that is lost with its commit may become unknown

    def task(self) -> Any:
        keyed = self.operation == "insert by row key"
        may_repeat = self.policy.resend_always or self.operation != "insert"
        return PaperTask(PaperClient(self), OPERATIONS[self.operation], keyed, may_repeat)

    def load(self) -> Batch:
        (batch,) = batches_from(cast(Journal, self.journal), RUN)
        if self.policy.forget_doubts:
            batch.__class__ = _Forgetful
        return batch

    def process(self) -> None:
        """Run one process to its end, as a call that finds this run in the journal does."""
        if self.journal.facts["state"] == "merged":
            self.show(self.journal.facts["verdicts"])
            return
        self.look_back("process")
        task, batch = self.task(), self.load()
        task.client.batch = batch
        reopen([batch], task, alone=True)
        self.go_on(task, batch)
        while self._is_asked_to(task, batch):
            self.go_on(task, batch)

    def go_on(self, task: Any, batch: Batch) -> None:
        deliver(task, batch, Gates(creating=threading.Lock()), STEPS_ON_PAPER)
        shown = cast(Any, batch.table)
        if shown is None:
            status, code = batch.status_now(moving=False)
            if code is None and status in (Status.UNKNOWN, Status.UNSENT):
                raise Violation(f"N4 {status} without a reason")
            if status is Status.PENDING and not batch.held:
                raise Violation(f"N5 left in the state {batch.state}")
            shown = (status, None)
        self.show(shown)

    def _is_asked_to(self, task: Any, batch: Batch) -> bool:
        """Let the caller go on in the same process: with one that is held, or one that is unknown."""
        if batch.held:
            return bool(self.oracle.pick(2, CRASH))
        if batch.state is not State.UNKNOWN:
            return False
        deeds = [partial(adopt, task, batch, str(place + 1)) for place in range(len(self.ledger.jobs))]
        if task.may_repeat:
            deeds.append(batch.prepare_again)  # as `Run.reconcile` does
        if not self.ledger.jobs:
            deeds.append(partial(resolve, task, batch, "not_applied", "seen"))
        taken = self.oracle.pick(1 + len(deeds), CRASH)
        if taken:
            try:
                deeds[taken - 1]()
            except (TransportError, ApiError):
                return False
        return bool(taken)

    def look_back(self, where: object) -> None:
        """End this execution if another one has stood here with the same before it."""
        if self.memory is not None:
            definite = self.shown if self.shown[0] in DEFINITE else None  # what else was shown binds nobody
            durable = self.policy.synced is not None and self.journal.durable_key()
            here = (where, self.journal.key(), durable, self.ledger.key(), *self.oracle.left, definite)
            self.memory.look_back(here, tuple(taken for taken, _ in self.oracle.trail))

    def show(self, shown: Shown) -> None:
        """Hold what a process shows against the ledger and against what was shown before."""
        status = shown[0]
        if self.compares and self.shown[0] in DEFINITE and shown != self.shown:
            raise Violation(f"N5 {self.shown} became {shown}")
        self.shown = shown
        jobs = self.ledger.jobs
        if status in DEFINITE and not any(self._bears_out(shown, job.outcome) for job in jobs):
            raise Violation(f"N2 {shown}, which no job bears out")
        if status == Status.UNSENT and jobs:
            raise Violation("N2 unsent, and a job has it")
        if status == Status.UNKNOWN and "unknown" not in self.journal.told:
            raise Violation("N4 unknown, and the journal has no doubt")
        if status == Status.UNKNOWN and "submitting" not in self.journal.told:
            raise Violation("N4 unknown, and no job was asked for")
        if self.operation == "insert by row key" and self.ledger.records > 1:
            raise Violation("N3 a key has two records")

    @staticmethod
    def _bears_out(shown: Shown, outcome: Shown | None) -> bool:
        return outcome is not None and outcome == shown


def _nothing() -> None:
    """Let nobody else have the processor."""


# -- the search


@dataclass(slots=True)
class Figures:
    """Count what a search went through.

    ``executions`` were run; ``fates`` is how many there are with those that go on from where another one stood.
    """

    executions: int = 0
    fates: int = 0
    violations: Counter[str] = field(default_factory=Counter)
    example: dict[str, list[int]] = field(default_factory=dict)
    endings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def note(self, violation: str, trail: list[tuple[int, int]]) -> None:
        self.violations[violation] += 1
        self.example.setdefault(violation, [taken for taken, _ in trail])


def explore(
    operation: str,
    crashes: int,
    faults: int,
    policy: Policy | None = None,
    *,
    merge_equals: bool = True,
    processes: int = 1,
    switches: int = 0,
    most: int | None = None,
) -> Figures:
    """Run every execution within the bounds.

    Parameters
    ----------
    operation : str
        One of `OPERATIONS`.
    crashes, faults : int
        How many deaths (or calls made again) and bad answers an execution may have at most.
    policy : Policy, optional
    merge_equals : bool
        Run only once what follows when a process begins with the same journal, ledger and bounds.
    processes : int
        2 for two at a time on the same batch, with no lock that keeps them apart.
    switches : int
        How often the processor may pass from one to the other before it has to.
    most : int, optional
        End after so many executions.
    """
    figures, begun = Figures(), time.perf_counter()
    memory = Memory() if merge_equals and processes == 1 else None
    run = _alone if processes == 1 else _together
    given: list[int] | None = []
    while given is not None and (most is None or figures.executions < most):
        oracle = Oracle(given, crashes, faults, switches)
        world = World(oracle, operation, policy or Policy())
        world.memory = memory
        weight = 1
        try:
            run(world)
            figures.endings[world.shown[0]] += 1
        except Seen as seen:
            weight = seen.args[0]
        except Violation as violation:
            figures.note(str(violation), oracle.trail)
        except BiginError as error:
            figures.note(f"N5 stuck: {type(error).__name__}", oracle.trail)
        if memory is not None:
            memory.count(weight)
        figures.executions += 1
        figures.fates += weight
        given = following(oracle.trail)
    figures.seconds = time.perf_counter() - begun
    return figures


def _alone(world: World) -> None:
    """Run one process after another until one is not killed."""
    while True:
        try:
            world.process()
        except Died:
            continue
        world.ledger.work_off()
        world.show(world.shown)
        if world.journal.facts["state"] in ("merged", "unknown", "result bad") or not world.oracle.pick(2, CRASH):
            return


# -- two processes at once


class _Baton:
    """Let one of two threads run at a time; the oracle says when it passes to the other."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.turns = [threading.Semaphore(0), threading.Semaphore(0)]
        self.over = threading.Semaphore(0)
        self.running, self.left = 0, {0, 1}
        self.troubles: list[BaseException] = []

    def run(self) -> None:
        for me in (0, 1):
            threading.Thread(target=self._one, args=(me,), daemon=True).start()
        self.turns[0].release()
        self.over.acquire()

    def _one(self, me: int) -> None:
        self.turns[me].acquire()
        try:
            self.world.process()
        except (Died, RunBusy):
            pass
        except BaseException as trouble:  # carried over to the search
            self.troubles.append(trouble)
        self.left.discard(me)
        self.running = 1 - me
        (self.turns[1 - me] if self.left else self.over).release()

    def pass_on(self) -> None:
        me = self.running
        if len(self.left) == 2 and self.world.oracle.pick(2, SWITCH):
            self.running = 1 - me
            self.turns[1 - me].release()
            self.turns[me].acquire()


def _together(world: World) -> None:
    """Run two processes on one batch, and then one more that shows how it ended."""
    baton = _Baton(world)
    world.pass_on, world.compares = baton.pass_on, False  # which of the two shows last is not said
    baton.run()
    world.pass_on = _nothing
    if baton.troubles:
        raise baton.troubles[0]
    world.oracle.left = [0, 0, 0]
    world.process()
    world.ledger.work_off()
    world.show(world.shown)


# -- the campaign


Row = tuple[str, tuple[Any, ...], dict[str, Any]]
ROWS: Final[tuple[Row, ...]] = (
    ("insert by row key: 3 crashes x 3 faults", ("insert by row key", 3, 3), {}),
    ("update: 3 crashes x 3 faults", ("update", 3, 3), {}),
    ("insert: 4 crashes x 4 faults", ("insert", 4, 4), {}),
    *(row for operation in OPERATIONS for row in (
        (f"{operation}: 2 x 1, each one run", (operation, 2, 1), {"merge_equals": False}),
        (f"{operation}: 2 x 2, only SUBMITTING outlasts power", (operation, 2, 2, ONLY_INTENT), {}),
        (f"{operation}: two at once, 1 fault, 2 switches", (operation, 0, 1), {"processes": 2, "switches": 2}),
    )),
)  # fmt: skip


def campaign(out: Any = sys.stdout) -> int:
    """Print the figures of the whole campaign, on every core there is; return how many violations there were."""
    begun, found = time.perf_counter(), []
    with multiprocessing.get_context("fork").Pool(initializer=_quiet) as cores:
        for name, figures in cores.imap_unordered(_explored, ROWS):
            found.append(figures)
            print(
                f"{name:55} {figures.executions:>9,} executions of {figures.fates:>12,} fates, "
                f"{figures.seconds:6.1f} s, {figures.violations.total():,} violations",
                file=out, flush=True,
            )  # fmt: skip
            for violation, number in figures.violations.most_common():
                print(f"    {number:>9,} x {violation}, first {figures.example[violation]}", file=out)
    bad = sum(figures.violations.total() for figures in found)
    print(
        f"{sum(figures.executions for figures in found):,} executions of {sum(figures.fates for figures in found):,} "
        f"fates, {time.perf_counter() - begun:.1f} s on the clock, {bad:,} violations",
        file=out,
    )
    return bad


def _quiet() -> None:
    logging.getLogger("bigin_frames").setLevel(logging.CRITICAL)
    gc.freeze()  # what pandas has made is not looked through again and again
    gc.set_threshold(50_000, 50, 1000)  # nor the places that are remembered


def _explored(row: Row) -> tuple[str, Figures]:
    name, bounds, how = row
    return name, explore(*bounds, **how)


if __name__ == "__main__":
    sys.exit(bool(campaign()))
