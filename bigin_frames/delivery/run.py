"""Drive the batches of one call in the background, and answer for all rows at any moment."""

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
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any, Literal, NoReturn

import pandas as pd

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.begin import Delivery
from bigin_frames.delivery.bulk.pace import LONGEST_NAP_S
from bigin_frames.delivery.bulk.steps import STEPS, Step, deliver
from bigin_frames.delivery.credits import clock_time
from bigin_frames.delivery.reconcile import adopt, reconcile, resolve, unknown_rows
from bigin_frames.delivery.reopen import is_last
from bigin_frames.display import run_words
from bigin_frames.display.progress import progress_bar
from bigin_frames.errors import BrokenRunError, InputError, JobPending, JournalError, OptionError, RunBusy
from bigin_frames.frames.merging.attach import attach

# Uploads, polls and downloads that may be under way at once; Bigin allows ten calls at a time, five on the free
# edition (Bigin v1, api-limits).
BATCHES_AT_ONCE = 5
log = logging.getLogger("bigin_frames")

_TICK_S = 0.2


class Run:
    """Hold a bulk write that goes on in the background.

    Attributes
    ----------
    id : str
        Names the run in logs and in the names of the uploaded files.

    Notes
    -----
    Threads of a run are daemons: a script that ends while a run is pending does not hang, and the jobs that Bigin
    has accepted go on without it.
    """

    def __init__(
        self,
        run_id: str,
        task: Task | None,
        batches: list[Batch],
        frame: pd.DataFrame,
        refused: pd.DataFrame | None,
        names: tuple[str, str, str],
        begun: Delivery | None = None,
        steps: Mapping[State, Step] = STEPS,
    ) -> None:
        self.id, self._steps = run_id, steps
        self._task, self._batches, self._frame, self._refused, self._names = task, batches, frame, refused, names
        self._journal = begun.journal if begun else None
        self._hold = begun.hold if begun else ExitStack()
        self._gates = Gates(credits_per_day=begun.credits_per_day if begun else None)
        self._changed = threading.Condition()
        self._open: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self._running = 0
        self._let_go = self._stopped = False
        self._threads: list[threading.Thread] = []
        self._failure: BaseException | None = None
        _LIVE.add(self)
        self._go_on()

    def __repr__(self) -> str:
        states = ", ".join(f"{n} {state}" for state, n in Counter(b.state for b in self._batches).items())
        return f"<{self._title()}, jobs: {states or 'none'}>"

    def _repr_html_(self) -> str:
        return run_words.as_page(self._title(), self.status, self._batches, self._open.qsize(), self._refused)

    def _title(self) -> str:
        what = f"{self._task.operation} {self._task.module}, " if self._task else ""
        return f"Run {self.id}: {what}{len(self._frame):,} rows"

    @property
    def status(self) -> str:
        """Return ``"running"``, ``"done"``, or ``"pending"`` when nothing goes on though not all jobs have ended."""
        if self._running:
            return "running"
        return "pending" if any(batch.state not in ENDED for batch in self._batches) else "done"

    @property
    def fields(self) -> frozenset[str]:
        """Return the API names and labels of the fields that are written."""
        return self._task.fields if self._task else frozenset()

    def frame(self) -> pd.DataFrame:
        """Return the caller's frame with the verdicts as they stand now; rows under way are ``PENDING``.

        Returns
        -------
        DataFrame
            Same rows, columns, dtypes, index and order as given, and the three result columns.
        """
        moving = bool(self._running)
        parts = [(batch.rows, batch.verdicts(moving=moving)) for batch in self._batches]
        if self._refused is not None:
            parts.append((self._refused.index.to_numpy(), self._refused))
        written_to = (self._task.module, self._task.operation) if self._task else None
        return attach(self._frame, parts, self._names, written_to)

    def wait(self, seconds: float | None = None, *, progress: bool | None = None) -> pd.DataFrame:
        """Wait until every row has its verdict, and return the frame.

        Parameters
        ----------
        seconds : float, optional
            Longest time to wait; without it, as long as Bigin needs.
        progress : bool, optional
            Show a bar; by default in terminals and notebooks, once the work has taken a second.

        Returns
        -------
        DataFrame
            As `frame`.

        Raises
        ------
        ApiError, TransportError
            If nothing could be uploaded; no record was touched then.
        BrokenRunError
            If a defect of this package stopped part of the run; ``frame`` still answers.
        JobPending
            If the time ran out, or Bigin could not be asked any more, while accepted jobs still run. Nothing failed:
            call ``wait`` again to go on.
        """
        self._return()
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            with _terminations_raised():
                self._watch(deadline, progress)
        except (KeyboardInterrupt, SystemExit) as interrupt:
            words = f"{self!r}: no further job is started here; those that Bigin has accepted go on there. Make the "
            words += f"same call again, or `bf.resume({self.id!r}, df).wait()`, to go on."
            interrupt.add_note(words)
            log.warning(words)
            self.leave()
            raise
        if isinstance(self._failure, JournalError | RunBusy):
            raise self._failure
        if self._failure is not None:
            words = f"Run {self.id} met a defect ({type(self._failure).__name__}); "
            words += "`error.run.frame()` has what is known of each row."
            raise BrokenRunError(words, run=self, run_id=self.id) from self._failure
        self._raise_if_nothing_began()
        if self._running or self._held():
            raise JobPending(self._pending_text(), run=self, run_id=self.id)
        return self.frame()

    @property
    def unknown(self) -> pd.DataFrame:
        """Return the rows that may or may not have been written, with the evidence (see `reconcile.unknown_rows`)."""
        return unknown_rows(self._batches, self._events())

    def resolve(self, job: int, outcome: Literal["applied", "not_applied"], *, reason: str) -> None:
        """Say what became of an unknown job, as you saw it in Bigin; rows that were not applied may be sent again.

        Parameters
        ----------
        job : int
            Its number in this run, as `unknown` names it.
        outcome : {"applied", "not_applied"}
        reason : str
            How you know; the journal keeps it.
        """
        with self._held_here():
            resolve(self._task, self._numbered(job), outcome, reason)

    def adopt(self, job: int, job_id: str) -> None:
        """Tie an unknown job to its id in Bigin, if Bigin's own details prove that it is; then ``wait`` goes on."""
        with self._held_here():
            adopt(self._needed_task(), self._numbered(job), job_id)

    def reconcile(self) -> pd.DataFrame:
        """Look unknown and unreported rows up in Bigin, settle those that are proven, and return the frame.

        A record proves its row when it has the row's key in a unique field, the same text in the other fields, and
        was made after the job was begun. A missing record proves nothing. Where a job may be sent again without harm
        (a ``row_key``; an update or upsert, if no later run has touched the module), it is.

        Notes
        -----
        Needs the scope ``ZohoBigin.coql.READ``; one credit for fifty rows.
        """
        task = self._needed_task()
        if self._running:
            self.wait()
        with self._held_here():
            events = self._events()
            again = task.may_go_again(alone=self._journal is None or is_last(self._journal, self.id))
            for batch in self._batches:
                reconcile(task, batch, events)
                if batch.state is State.UNKNOWN and again:
                    batch.prepare_again()
        return self.wait()

    def _numbered(self, job: int) -> Batch:
        for batch in self._batches:
            if batch.number == job:
                return batch
        raise OptionError(f"Run {self.id} has no job {job!r}; `unknown` names its jobs.", option="job")

    def _needed_task(self) -> Task:
        if self._task is None:
            raise InputError(f"Run {self.id} was opened without its rows; give the frame: bf.resume({self.id!r}, df).")
        return self._task

    def _events(self) -> list[dict[str, Any]]:
        return [] if self._journal is None else self._journal.events(self.id)

    @contextlib.contextmanager
    def _held_here(self) -> Iterator[None]:
        """Keep other processes away from the run for a moment in which none of its jobs is driven here."""
        if self._running:
            raise RunBusy(f"Run {self.id} is still under way here; wait for it first.", run_id=self.id)
        with contextlib.ExitStack() as hold:
            if self._journal is not None:
                hold.enter_context(self._journal.driving(self.id))
            yield

    def stop(self) -> None:
        """Start no further job; those that Bigin has accepted are followed to their end."""
        self._stopped = True
        self._gates.stop.set()

    def leave(self) -> None:
        """Let go of all jobs, but let a create-job call that has begun come to its end: its rows would be unknown."""
        self._gates.stop.set()
        self._gates.leave.set()
        try:
            with self._gates.creating:
                pass
            deadline = time.monotonic() + LONGEST_NAP_S
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
        except BaseException:
            _LIVE.discard(self)  # told to end a second time: the interpreter's end does not wait either
            raise

    def _return(self) -> None:
        """Take the jobs up again, after an interruption too."""
        if self._gates.leave.is_set():
            for thread in self._threads:
                thread.join()
            self._gates.leave.clear()
            self._failure = None
            if not self._stopped:
                self._gates.stop.clear()
        if not self._running:
            self._go_on()

    def _go_on(self) -> None:
        todo = [batch for batch in self._batches if batch.state not in ENDED]
        if not todo:
            self._hold.close()
        elif self._journal is not None and self._let_go:
            self._hold.enter_context(self._journal.driving(self.id))
        self._let_go, self._open = not todo, queue.SimpleQueue()
        for batch in todo:
            self._open.put(batch)
        self._running = min(BATCHES_AT_ONCE, len(todo))
        name = f"bigin-frames-{self.id}"
        if self._steps is STEPS:  # others wait for another machine: the interpreter's end would wait for their worker
            self._gates = replace(self._gates, worker=ThreadPoolExecutor(1, f"{name}-worker"))
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for _ in range(self._running)]
        self._start()

    def _start(self) -> None:
        """Start the threads; where the machine gives fewer, those that it gives do the work of all."""
        for started, thread in enumerate(self._threads):
            try:
                thread.start()
            except RuntimeError as refusal:
                missing = len(self._threads) - started
                del self._threads[started:]
                self._end(missing)
                if started:
                    log.warning("run %s: the machine gives %d threads of %d", self.id, started, started + missing)
                    return
                words = f"Run {self.id} stands still: {refusal}. Make the same call again when others have ended."
                raise BrokenRunError(words, run=self, run_id=self.id) from refusal

    def _work(self) -> None:
        try:
            while self._task:
                deliver(self._task, self._open.get_nowait(), self._gates, self._steps)
        except queue.Empty:
            pass
        except BaseException as failure:
            self._failure = failure
            self._gates.stop.set()
        finally:
            self._end(1)

    def _end(self, threads: int) -> None:
        """Count threads out; the last one lets go of the run."""
        with self._changed:
            if self._running == threads:
                if self._gates.worker is not None:
                    self._gates.worker.shutdown()
                self._hold.close()  # before anybody can see that nothing runs, and take the run up again
                self._let_go = True
            self._running -= threads
            self._changed.notify_all()

    def _watch(self, deadline: float | None, progress: bool | None) -> None:
        with progress_bar(self._total(), progress) as bar, self._changed:
            while self._running and (deadline is None or time.monotonic() < deadline):
                left = _TICK_S if deadline is None else max(0.0, deadline - time.monotonic())
                self._changed.wait(min(_TICK_S, left))
                self._show(bar)
            self._show(bar)

    def _raise_if_nothing_began(self) -> None:
        """Raise what refused the uploads when no create-job call was even tried: nothing happened in Bigin."""
        began = any(batch.attempts for batch in self._batches)
        refusal = next((batch.refusal for batch in self._batches if batch.refusal), None)
        if refusal is not None and not began and not self._running:
            raise refusal

    def _held(self) -> list[Batch]:
        return [batch for batch in self._batches if batch.held]

    def _total(self) -> int:
        return sum(len(batch.rows) for batch in self._batches)

    def _show(self, bar: Any) -> None:
        if not bar.disable:
            bar.n = run_words.rows_done(self._batches)
            bar.set_postfix_str(run_words.as_text(self._batches, self._open.qsize()), refresh=False)
            bar.update(0)

    def _waiting(self) -> str:
        waits = [until for batch in self._batches if (until := batch.waits_until)]
        return f", waits for credits until {clock_time(min(waits))}" if waits else ""

    def _pending_text(self) -> str:
        rows = sum(len(batch.rows) for batch in self._batches if batch.state not in ENDED)
        reason = next((f" ({batch.code}: {batch.refusal})" for batch in self._held()), "")
        reason += self._waiting()
        return (
            f"{rows} rows of run {self.id} are still under way{reason}; nothing failed and nothing is sent again. "
            "Go on with `error.run.wait()`, or see what is known with `error.run.frame()`."
        )


_LIVE: weakref.WeakSet[Run] = weakref.WeakSet()


@atexit.register
def _leave_all() -> None:
    """Let no create-job call be cut off by the end of the interpreter, which would kill its thread."""
    for run in list(_LIVE):
        run.leave()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_LIVE.clear)  # a child has none of the threads that it would wait for


@contextlib.contextmanager
def _terminations_raised() -> Iterator[None]:
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
