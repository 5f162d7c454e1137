"""The exploration of every execution of a batch: good, bad and lost answers, and crashes around each commit.

The code explored is the package's own (`steps.deliver`, `reopen`, `Batch.move`, `reconcile.adopt` and `resolve`).
Around it are small models that ask an oracle at each effect what happens: a journal in memory, a client, a Bigin with
its ledger, and a file of one row. The search starts each execution from the beginning, with one answer of the oracle
changed: depth first, until every answer has been tried. An execution that reaches exactly the state of an earlier one
ends there: what follows is counted as it was for the earlier one (`Memory`). After each process, and at the end, what
is shown is compared with the ledger:

====  =========================================================================================
N2    a definite verdict is the ledger's; what is unsent is in no job
N3    a keyless insert is accepted at most once; a key has one record
N4    for an unknown row a job was requested, and the journal has the doubt
N5    a definite verdict never changes; whatever happened, the next process can resume
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
from dataclasses import dataclass, field
from typing import Any, Final

from bigin_frames.errors import (
    BiginError,
    RunBusy,
)
from tests.campaigns.oracle import CRASH, SWITCH, Died, Oracle, Seen, Violation, following
from tests.campaigns.world import ONLY_INTENT, OPERATIONS, Memory, Policy, World, no_switch

# -- the search


@dataclass(slots=True)
class Figures:
    """The figures of a search.

    ``executions`` were run; ``total`` counts all executions, with those that ended at the state of another one.
    """

    executions: int = 0
    total: int = 0
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
        Run only once what follows a process that begins with the same journal, ledger and bounds.
    processes : int
        2 for two at a time on the same batch, without a lock between them.
    switches : int
        How often the oracle may switch from one to the other before it has to.
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
        figures.total += weight
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
    """A baton for two threads: one runs at a time, and the oracle says when it passes to the other."""

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
        except BaseException as trouble:  # passed on to the search
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
    world.pass_on, world.compares = baton.pass_on, False  # it is undefined which of the two shows last
    baton.run()
    world.pass_on = no_switch
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
    """Print the figures of the whole campaign, run on all cores; return the number of violations."""
    begun, found = time.perf_counter(), []
    with multiprocessing.get_context("fork").Pool(initializer=_quiet) as cores:
        for name, figures in cores.imap_unordered(_explored, ROWS):
            found.append(figures)
            print(
                f"{name:55} {figures.executions:>9,} executions of {figures.total:>12,}, "
                f"{figures.seconds:6.1f} s, {figures.violations.total():,} violations",
                file=out, flush=True,
            )  # fmt: skip
            for violation, number in figures.violations.most_common():
                print(f"    {number:>9,} x {violation}, first {figures.example[violation]}", file=out)
    bad = sum(figures.violations.total() for figures in found)
    print(
        f"{sum(figures.executions for figures in found):,} executions of {sum(figures.total for figures in found):,}, "
        f"{time.perf_counter() - begun:.1f} s on the clock, {bad:,} violations",
        file=out,
    )
    return bad


def _quiet() -> None:
    logging.getLogger("bigin_frames").setLevel(logging.CRITICAL)
    gc.freeze()  # the garbage collector skips what pandas has created
    gc.set_threshold(50_000, 50, 1000)  # and runs seldom, because of the remembered states


def _explored(row: Row) -> tuple[str, Figures]:
    name, bounds, how = row
    return name, explore(*bounds, **how)


if __name__ == "__main__":
    sys.exit(bool(campaign()))
