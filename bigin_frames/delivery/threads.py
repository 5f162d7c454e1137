"""The threads of a run: they move its batches from state to state, a few at a time, until all have ended."""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import queue
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import NoReturn

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.begin import Delivery
from bigin_frames.delivery.bulk.pace import LONGEST_NAP_S
from bigin_frames.delivery.bulk.steps import STEPS, Step, deliver

# Uploads, polls and downloads that may be in progress at once; Bigin allows ten calls at a time, five on the free
# edition (Bigin v1, api-limits).
BATCHES_AT_ONCE = 5
log = logging.getLogger("bigin_frames")

_TICK_S = 0.2


class NoThreadError(RuntimeError):
    """The machine cannot start a single thread."""


class Driver:
    """The threads of one run.

    They are daemon threads: a script that ends while a run is pending does not hang, and Bigin continues the jobs that
    it has accepted.

    Attributes
    ----------
    running : int
        Threads at work.
    failure : BaseException or None
        The error that stopped one of them, other than errors of servers and networks.
    """

    def __init__(
        self,
        run_id: str,
        task: Task | None,
        batches: Sequence[Batch],
        begun: Delivery | None = None,
        steps: Mapping[State, Step] = STEPS,
    ) -> None:
        self._id, self._task, self._batches, self._steps = run_id, task, batches, steps
        self.journal = begun.journal if begun else None
        self._hold = begun.hold if begun else ExitStack()
        self._gates = Gates(credits_per_day=begun.credits_per_day if begun else None)
        self._changed = threading.Condition()
        self._open: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self.running = 0
        self._released = self._stopped = False
        self._threads: list[threading.Thread] = []
        self.failure: BaseException | None = None
        _LIVE.add(self)

    @property
    def queued(self) -> int:
        """Return how many batches wait for a thread."""
        return self._open.qsize()

    def start(self) -> None:
        """Start as many threads as there is work for; if the machine cannot start them all, fewer do the work.

        Raises
        ------
        NoThreadError
            If it cannot start any.
        """
        todo = [batch for batch in self._batches if batch.state not in ENDED]
        if not todo:
            self._hold.close()
        elif self.journal is not None and self._released:
            self._hold.enter_context(self.journal.driving(self._id))
        self._released, self._open = not todo, queue.SimpleQueue()
        for batch in todo:
            self._open.put(batch)
        self.running = min(BATCHES_AT_ONCE, len(todo))
        name = f"bigin-frames-{self._id}"
        if self._steps is STEPS:  # other steps wait for another machine, and the interpreter would wait for them
            self._gates = replace(self._gates, worker=ThreadPoolExecutor(1, f"{name}-worker"))
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for _ in range(self.running)]
        for started, thread in enumerate(self._threads):
            try:
                thread.start()
            except RuntimeError as refusal:
                self._do_without(started, refusal)
                return

    def _do_without(self, started: int, refusal: RuntimeError) -> None:
        missing = len(self._threads) - started
        del self._threads[started:]
        self._end(missing)
        if not started:
            raise NoThreadError(str(refusal)) from refusal
        log.warning("run %s: the machine could start only %d of %d threads", self._id, started, started + missing)

    def take_up(self) -> None:
        """Resume the batches, also after an interruption; nothing happens while threads are at work."""
        if self._gates.leave.is_set():
            for thread in self._threads:
                thread.join()
            self._gates.leave.clear()
            self.failure = None
            if not self._stopped:
                self._gates.stop.clear()
        if not self.running:
            self.start()

    def watch(self, deadline: float | None, look: Callable[[], None]) -> None:
        """Wait until no thread is at work or the monotonic clock has passed ``deadline``; call ``look`` meanwhile."""
        with self._changed:
            while self.running and (deadline is None or time.monotonic() < deadline):
                left = _TICK_S if deadline is None else max(0.0, deadline - time.monotonic())
                self._changed.wait(min(_TICK_S, left))
                look()
            look()

    def stop(self) -> None:
        """Start no further job; those that Bigin has accepted are followed to their end."""
        self._stopped = True
        self._gates.stop.set()

    def leave(self) -> None:
        """Stop driving all jobs, but wait for a create-job call that has begun: otherwise its rows would be unknown."""
        self._gates.stop.set()
        self._gates.leave.set()
        try:
            with self._gates.creating:
                pass
            deadline = time.monotonic() + LONGEST_NAP_S
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
        except BaseException:
            _LIVE.discard(self)  # interrupted a second time: the interpreter's end does not wait either
            raise

    def _work(self) -> None:
        try:
            while self._task:
                deliver(self._task, self._open.get_nowait(), self._gates, self._steps)
        except queue.Empty:
            pass
        except BaseException as failure:
            self.failure = failure
            self._gates.stop.set()
        finally:
            self._end(1)

    def _end(self, threads: int) -> None:
        """Count threads that have ended; the last one releases the run."""
        with self._changed:
            if self.running == threads:
                if self._gates.worker is not None:
                    self._gates.worker.shutdown()
                self._hold.close()  # before anybody can see that nothing runs, and resume the run
                self._released = True
            self.running -= threads
            self._changed.notify_all()


_LIVE: weakref.WeakSet[Driver] = weakref.WeakSet()


@atexit.register
def _leave_all() -> None:
    """Wait for create-job calls, which the end of the interpreter would cut off with their threads."""
    for driver in list(_LIVE):
        driver.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_LIVE.clear)  # a child process has none of these threads


@contextlib.contextmanager
def terminations_raised() -> Iterator[None]:
    """Turn SIGTERM into SystemExit while the main thread waits, unless the program has a handler of its own."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminated(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)
