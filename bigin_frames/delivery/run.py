"""The handle of a write that runs in the background."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import pandas as pd

from bigin_frames.delivery import stages
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.begin import Delivery
from bigin_frames.delivery.bulk.steps import STEPS, Step
from bigin_frames.delivery.reconcile import adopt, reconcile, resolve, unknown_rows
from bigin_frames.delivery.reopen import is_last
from bigin_frames.delivery.threads import Driver, NoThreadError, terminations_raised
from bigin_frames.display import run_words
from bigin_frames.display.progress import progress_bar
from bigin_frames.display.words import clock_time
from bigin_frames.errors import BrokenRunError, InputError, JobPending, JournalError, OptionError, RunBusy
from bigin_frames.examples import with_examples
from bigin_frames.examples.run import RUN
from bigin_frames.frames.merging.attach import attach

log = logging.getLogger("bigin_frames")


@with_examples(RUN)
class Run:
    """A bulk write that continues in the background.

    Attributes
    ----------
    id : str
        Id of the run, in logs and in the names of the uploaded files.

    Notes
    -----
    Ending your script does not stop the jobs that Bigin has accepted, and a script does not hang because of a pending
    run.
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
        self.id = run_id
        self._task, self._batches, self._frame, self._refused, self._names = task, batches, frame, refused, names
        self._driver = Driver(run_id, task, batches, begun, steps)
        self._journal = self._driver.journal
        self._driven(self._driver.start)

    def __repr__(self) -> str:
        states = ", ".join(f"{n} {state}" for state, n in Counter(b.state for b in self._batches).items())
        return f"<{self._title()}, jobs: {states or 'none'}>"

    def _repr_html_(self) -> str:
        status = self.status
        moving = status == "running"
        jobs = stages.job_lines(self._batches, self._driver.queued, moving=moving)
        verdicts = stages.verdict_counts(self._batches, self._refused, moving=moving)
        return run_words.as_page(self._title(), status, jobs, verdicts)

    def _title(self) -> str:
        what = f"{self._task.operation} {self._task.module}, " if self._task else ""
        return f"Run {self.id}: {what}{len(self._frame):,} rows"

    @property
    def status(self) -> str:
        """Return ``"running"``, ``"done"``, or ``"pending"`` if nothing runs here and some jobs have not ended."""
        if self._driver.running:
            return "running"
        return "pending" if any(batch.state not in ENDED for batch in self._batches) else "done"

    @property
    def fields(self) -> frozenset[str]:
        """Return the API names and labels of the fields that are written."""
        return self._task.fields if self._task else frozenset()

    def frame(self) -> pd.DataFrame:
        """Return the caller's frame with the verdicts known now; rows whose job still runs are ``PENDING``.

        Returns
        -------
        DataFrame
            Same rows, columns, dtypes, index and order as given, and the three result columns.
        """
        moving = bool(self._driver.running)
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
            Show a progress bar; by default in terminals and notebooks, once the work has taken a second.

        Returns
        -------
        DataFrame
            As `frame`.

        Raises
        ------
        ApiError, TransportError
            If nothing could be uploaded; no record was touched then.
        BrokenRunError
            If a bug in this package stopped part of the run; ``frame`` still works.
        JobPending
            If the time ran out, or Bigin could not be reached any more, while accepted jobs still run. Nothing failed:
            call ``wait`` again to continue.
        """
        self._driven(self._driver.take_up)
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            with terminations_raised():
                self._watch(deadline, progress)
        except (KeyboardInterrupt, SystemExit) as interrupt:
            words = f"{self!r}: stopped; jobs already accepted by Bigin keep running there. Make the same call again, "
            words += f"or `bf.resume({self.id!r}, df).wait()`, to resume."
            interrupt.add_note(words)
            log.warning(words)
            self.leave()
            raise
        if isinstance(self._driver.failure, JournalError | RunBusy):
            raise self._driver.failure
        if self._driver.failure is not None:
            words = f"Run {self.id} was stopped by a bug ({type(self._driver.failure).__name__}); "
            words += "`error.run.frame()` has what is known about each row."
            raise BrokenRunError(words, run=self, run_id=self.id) from self._driver.failure
        self._raise_if_nothing_began()
        if self._driver.running or self._held():
            raise JobPending(self._pending_text(), run=self, run_id=self.id)
        return self.frame()

    @property
    def unknown(self) -> pd.DataFrame:
        """Return the rows that may or may not have been written, with the evidence (see `reconcile.unknown_rows`)."""
        return unknown_rows(self._batches, self._events())

    def resolve(self, job: int, outcome: Literal["applied", "not_applied"], *, reason: str) -> None:
        """Set the outcome of an unknown job, as you saw it in Bigin; rows that were not applied may be sent again.

        Parameters
        ----------
        job : int
            Its number in this run, as in `unknown`.
        outcome : {"applied", "not_applied"}
        reason : str
            How you know it; the journal keeps the text.
        """
        with self._held_here():
            resolve(self._task, self._numbered(job), outcome, reason)

    def adopt(self, job: int, job_id: str) -> None:
        """Assign a job in Bigin to an unknown job, if Bigin's details prove it to be the same; ``wait`` resumes it."""
        with self._held_here():
            adopt(self._needed_task(), self._numbered(job), job_id)

    def reconcile(self) -> pd.DataFrame:
        """Look unknown and unreported rows up in Bigin, resolve those that are proven, and return the frame.

        A record proves its row if it has the row's key in a unique field, the same text in the other fields, and was
        created after the job was begun. A missing record proves nothing. A job that can be sent again without harm
        (with a ``row_key``; an update or upsert, if no later run has touched the module) is sent again.

        Notes
        -----
        Needs the scope ``ZohoBigin.coql.READ``; one credit for fifty rows.
        """
        task = self._needed_task()
        if self._driver.running:
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
        raise OptionError(f"Run {self.id} has no job {job!r}; `unknown` lists its jobs.", option="job")

    def _needed_task(self) -> Task:
        if self._task is None:
            raise InputError(f"Run {self.id} was opened without its rows; give the frame: bf.resume({self.id!r}, df).")
        return self._task

    def _events(self) -> list[dict[str, Any]]:
        return [] if self._journal is None else self._journal.events(self.id)

    @contextlib.contextmanager
    def _held_here(self) -> Iterator[None]:
        """Keep other processes away from the run while its jobs are changed here."""
        if self._driver.running:
            raise RunBusy(f"Run {self.id} is still running here; wait for it first.", run_id=self.id)
        with contextlib.ExitStack() as hold:
            if self._journal is not None:
                hold.enter_context(self._journal.driving(self.id))
            yield

    def stop(self) -> None:
        """Start no further job; those that Bigin has accepted are followed to their end."""
        self._driver.stop()

    def leave(self) -> None:
        """Stop driving all jobs, but wait for a create-job call that has begun: otherwise its rows would be unknown."""
        self._driver.leave()

    def _driven(self, act: Callable[[], None]) -> None:
        try:
            act()
        except NoThreadError as refusal:
            words = f"Run {self.id} is blocked: {refusal}. Make the same call again when other threads have ended."
            raise BrokenRunError(words, run=self, run_id=self.id) from refusal

    def _watch(self, deadline: float | None, progress: bool | None) -> None:
        with progress_bar(self._total(), progress) as bar:
            self._driver.watch(deadline, lambda: self._show(bar))

    def _raise_if_nothing_began(self) -> None:
        """Raise the error of the uploads if no create-job call was made: then nothing happened in Bigin."""
        began = any(batch.attempts for batch in self._batches)
        refusal = next((batch.refusal for batch in self._batches if batch.refusal), None)
        if refusal is not None and not began and not self._driver.running:
            raise refusal

    def _held(self) -> list[Batch]:
        return [batch for batch in self._batches if batch.held]

    def _total(self) -> int:
        return sum(len(batch.rows) for batch in self._batches)

    def _show(self, bar: Any) -> None:
        if not bar.disable:
            bar.n = stages.rows_done(self._batches)
            jobs = stages.job_lines(self._batches, self._driver.queued)
            bar.set_postfix_str(run_words.as_text(jobs), refresh=False)
            bar.update(0)

    def _waiting(self) -> str:
        waits = [until for batch in self._batches if (until := batch.waits_until)]
        return f", waiting for credits until {clock_time(min(waits))}" if waits else ""

    def _pending_text(self) -> str:
        rows = sum(len(batch.rows) for batch in self._batches if batch.state not in ENDED)
        reason = next((f" ({batch.code}: {batch.refusal})" for batch in self._held()), "")
        reason += self._waiting()
        return (
            f"{rows} rows of run {self.id} are still in progress{reason}; nothing failed and nothing is sent again. "
            "Continue with `error.run.wait()`, or see what is known with `error.run.frame()`."
        )
