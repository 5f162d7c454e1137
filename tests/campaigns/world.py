"""One execution: its processes, one after another, and what they show, compared with the ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.bulk.steps import deliver
from bigin_frames.delivery.reconcile import adopt, resolve
from bigin_frames.delivery.reopen import batches_from, reopen
from bigin_frames.errors import (
    ApiError,
    TransportError,
)
from bigin_frames.journal.journal import Journal
from bigin_frames.model import Status
from tests.campaigns.oracle import CRASH, Oracle, Seen, Violation
from tests.campaigns.paper import STEPS_ON_PAPER, Ledger, PaperClient, PaperJournal, PaperTask, Shown

RUN = "0123abcd"
OPERATIONS: Final = {"insert": "insert", "insert by row key": "insert", "update": "update"}
DEFINITE: Final = frozenset({Status.ADDED, Status.UPDATED, Status.SKIPPED})


class Memory:
    """The states that executions have reached, and how many executions follow from each.

    The search is depth first: when another execution reaches a state, all that can follow it has been run.
    """

    def __init__(self) -> None:
        self._counts: dict[object, int] = {}
        self._first: dict[object, tuple[int, ...]] = {}
        self._path: list[object] = []

    def look_back(self, here: object, trail: tuple[int, ...]) -> None:
        first = self._first.setdefault(here, trail)
        if trail[: len(first)] != first or here in self._path:
            raise Seen(self._counts[here])
        self._counts.setdefault(here, 0)
        self._path.append(here)

    def count(self, executions: int) -> None:
        for place in self._path:
            self._counts[place] += executions
        self._path.clear()


@dataclass(frozen=True, slots=True)
class Policy:
    """How the client behaves; every setting but the default is a planted mistake."""

    resend_always: bool = False  # a call whose answer was lost is always repeated
    journal_late: bool = False  # the intent is recorded after the call
    forget_doubts: bool = False  # a rejection counts whatever came before
    synced: frozenset[str] | None = None  # the commits that survive a loss of power; None: all


ONLY_INTENT: Final = Policy(synced=frozenset({"submitting"}))


class _Forgetful(Batch):
    """A batch that loses its doubts."""

    __slots__ = ()

    def move(self, state: State, **facts: Any) -> None:
        super().move(state, **{**facts, "doubts": 0})


class World:
    """One execution: the oracle, Bigin and the journal, which outlive every process."""

    def __init__(self, oracle: Oracle, operation: str, policy: Policy) -> None:
        self.oracle, self.policy, self.operation = oracle, policy, operation
        self.ledger = Ledger(operation)
        self.journal = PaperJournal(self, policy.synced)
        self.shown: Shown = ("", None)
        self.pass_on: Callable[[], None] = no_switch
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
        """Let the caller continue in the same process, with a batch that is on hold or unknown."""
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
        """End this execution if an earlier one has reached the same state."""
        if self.memory is not None:
            definite = self.shown if self.shown[0] in DEFINITE else None  # anything else that was shown may change
            durable = self.policy.synced is not None and self.journal.durable_key()
            here = (where, self.journal.key(), durable, self.ledger.key(), *self.oracle.left, definite)
            self.memory.look_back(here, tuple(taken for taken, _ in self.oracle.trail))

    def show(self, shown: Shown) -> None:
        """Compare what a process shows with the ledger and with what was shown before."""
        status = shown[0]
        if self.compares and self.shown[0] in DEFINITE and shown != self.shown:
            raise Violation(f"N5 {self.shown} became {shown}")
        self.shown = shown
        jobs = self.ledger.jobs
        if status in DEFINITE and not any(self._supports(shown, job.outcome) for job in jobs):
            raise Violation(f"N2 {shown}, which no job supports")
        if status == Status.UNSENT and jobs:
            raise Violation("N2 unsent, and a job has it")
        if status == Status.UNKNOWN and "unknown" not in self.journal.states:
            raise Violation("N4 unknown, and the journal has no doubt")
        if status == Status.UNKNOWN and "submitting" not in self.journal.states:
            raise Violation("N4 unknown, and no job was asked for")
        if self.operation == "insert by row key" and self.ledger.records > 1:
            raise Violation("N3 a key has two records")

    @staticmethod
    def _supports(shown: Shown, outcome: Shown | None) -> bool:
        return outcome is not None and outcome == shown


def no_switch() -> None:
    """Do not switch to another process."""
