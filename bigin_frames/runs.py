"""Drive the batches of one call in the background, and answer for all rows at any moment."""

from __future__ import annotations

import queue
import sys
import threading
import time
import warnings
from collections import Counter
from typing import Any

import pandas as pd
from tqdm import TqdmWarning
from tqdm.auto import tqdm

from bigin_frames.batches import ENDED, Batch, Gates, State, Task
from bigin_frames.errors import BrokenRunError, JobPending
from bigin_frames.frames.verdicts import attach
from bigin_frames.jobs import deliver

# Uploads, polls and downloads that may be under way at once; Bigin allows ten calls at a time, five on the free
# edition (Bigin v1, api-limits).
BATCHES_AT_ONCE = 5
_TICK_S = 0.2
_BAR_DELAY_S = 1.0


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
    ) -> None:
        self.id = run_id
        self._task, self._batches, self._frame, self._refused, self._names = task, batches, frame, refused, names
        self._gates, self._changed = Gates(), threading.Condition()
        self._open: queue.SimpleQueue[Batch] = queue.SimpleQueue()
        self._running = 0
        self._failure: BaseException | None = None
        self._go_on()

    def __repr__(self) -> str:
        what = f"{self._task.operation} {self._task.module}, " if self._task else ""
        states = ", ".join(f"{n} {state}" for state, n in Counter(b.state for b in self._batches).items())
        return f"<Run {self.id}: {what}{len(self._frame):,} rows, jobs: {states or 'none'}>"

    @property
    def status(self) -> str:
        """Return ``"running"``, ``"done"``, or ``"pending"`` when accepted jobs could not be followed to their end."""
        if self._running:
            return "running"
        return "pending" if self._held() else "done"

    @property
    def fields(self) -> frozenset[str]:
        """Return the API names and labels of the fields that are written."""
        columns = self._task.columns if self._task else ()
        return frozenset(name for column in columns for name in (column.field.api_name, column.field.label))

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
        if not self._running:
            self._go_on()
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            self._watch(deadline, progress)
        except KeyboardInterrupt as interrupt:
            self.stop()
            interrupt.add_note(f"{self!r}: no further job is started; jobs that Bigin accepted go on.")
            raise
        if self._failure is not None:
            words = f"Run {self.id} met a defect ({type(self._failure).__name__}); "
            words += "`error.run.frame()` has what is known of each row."
            raise BrokenRunError(words, run=self, run_id=self.id) from self._failure
        self._raise_if_nothing_began()
        if self._running or self._held():
            raise JobPending(self._pending_text(), run=self, run_id=self.id)
        return self.frame()

    def stop(self) -> None:
        """Start no further job; those that Bigin has accepted are followed to their end."""
        self._gates.stop.set()

    def _go_on(self) -> None:
        todo = [batch for batch in self._batches if batch.state not in ENDED]
        for batch in todo:
            self._open.put(batch)
        self._running = min(BATCHES_AT_ONCE, len(todo))
        for _ in range(self._running):
            threading.Thread(target=self._work, name=f"bigin-frames-{self.id}", daemon=True).start()

    def _work(self) -> None:
        try:
            while self._task:
                deliver(self._task, self._open.get_nowait(), self._gates)
        except queue.Empty:
            pass
        except BaseException as failure:
            self._failure = failure
            self._gates.stop.set()
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _watch(self, deadline: float | None, progress: bool | None) -> None:
        with _bar(self._total(), progress) as bar, self._changed:
            while self._running and (deadline is None or time.monotonic() < deadline):
                left = _TICK_S if deadline is None else max(0.0, deadline - time.monotonic())
                self._changed.wait(min(_TICK_S, left))
                self._show(bar)
            self._show(bar)

    def _raise_if_nothing_began(self) -> None:
        """Raise what refused the uploads when no create-job call was even tried: nothing happened in Bigin."""
        began = any(state is State.SUBMITTING for batch in self._batches for state, _ in batch.events)
        refusal = next((batch.refusal for batch in self._batches if batch.refusal), None)
        if refusal is not None and not began and not self._running:
            raise refusal

    def _held(self) -> list[Batch]:
        return [batch for batch in self._batches if batch.held]

    def _total(self) -> int:
        return sum(len(batch.rows) for batch in self._batches)

    def _show(self, bar: Any) -> None:
        bar.n = sum(len(batch.rows) for batch in self._batches if batch.state in ENDED)
        counts = Counter(str(batch.state) for batch in self._batches)
        bar.set_postfix_str(", ".join(f"{n} {state}" for state, n in counts.items()), refresh=False)
        bar.update(0)

    def _pending_text(self) -> str:
        rows = sum(len(batch.rows) for batch in self._batches if batch.state not in ENDED)
        reason = next((f" ({batch.code}: {batch.refusal})" for batch in self._held()), "")
        return (
            f"{rows} rows of run {self.id} are still under way{reason}; nothing failed and nothing is sent again. "
            "Go on with `error.run.wait()`, or see what is known with `error.run.frame()`."
        )


def _bar(total: int, progress: bool | None) -> Any:
    shown = _someone_watches() if progress is None else progress
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TqdmWarning)  # without ipywidgets a notebook gets the text bar, that is all
        return tqdm(total=total, unit="row", desc="Bigin", disable=not shown, delay=_BAR_DELAY_S, leave=False)


def _someone_watches() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
