"""A plan (dry run): a write that was checked and split into jobs, and of which nothing has been sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pandas as pd

from bigin_frames.client.settings import home
from bigin_frames.client.shared_client import shared_client
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.begin import begin
from bigin_frames.delivery.bulk.batch_zip import packed
from bigin_frames.delivery.credits import estimates, refuse_over_budget, warn_of_credits
from bigin_frames.delivery.run import Run
from bigin_frames.display import plan_words
from bigin_frames.display.words import counted
from bigin_frames.errors import FormulaWarning, warn
from bigin_frames.examples import with_examples
from bigin_frames.examples.plan import PLAN
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.frames.encoding.csv_zip import Packed, to_csv
from bigin_frames.frames.encoding.texts import wire_texts
from bigin_frames.frames.merging.attach import refused_rows
from bigin_frames.frames.merging.echo import alike
from bigin_frames.journal.journal import Journal
from bigin_frames.journal.unreadable_results import kept
from bigin_frames.limits import CREDITS_PER_JOB, ECHOED_COLUMNS, MAX_CSV_BYTES, RECORDS_PER_CREDIT
from bigin_frames.model import DUPLICATE_DATA, Status
from bigin_frames.plans.options import Settings
from bigin_frames.plans.saved_jobs import save_jobs
from bigin_frames.plans.tables import mapping_table
from bigin_frames.plans.unwritten_rows import warn_of_outcome

if TYPE_CHECKING:
    from bigin_frames.model import Field

_ABOUT_FORMULAS = (
    "be careful if an export is opened in a spreadsheet. formulas='refuse' keeps them out, formulas='off' says nothing."
)


@with_examples(PLAN)
@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A plan (dry run): a write that was checked and split into jobs, and of which nothing has been sent.

    Printed, or displayed in a notebook, it says what would happen and shows no cell of the frame; only `sample` and the
    files of `save` contain cells. It needs no network until `submit` or `run`, and cannot be pickled, because it has
    the rows.

    Attributes
    ----------
    run_id : str
        Id of the run, in logs and file names.
    report : ValidationReport
        The rows that break a rule; they are in no job.
    """

    run_id: str
    report: ValidationReport
    _task: Task | None = field(repr=False)
    _batches: list[Batch] = field(repr=False)
    _frame: pd.DataFrame = field(repr=False)
    _settings: Settings = field(repr=False)
    _names: tuple[str, str, str] = field(repr=False)
    _surplus: np.ndarray = field(repr=False, default_factory=lambda: np.empty(0, np.int64))
    _fields: tuple[Field, ...] = field(repr=False, default=())
    _started: list[Run] = field(repr=False, init=False, default_factory=list)
    _starting: threading.Lock = field(repr=False, init=False, default_factory=threading.Lock)

    def __repr__(self) -> str:
        what = f"{self._settings.operation} {self.module}" if self.module else "nothing to write"
        bad = "" if self.report.ok else f", {int(self.report.mask.sum()):,} invalid"
        size = f"{counted(self.rows, 'row')} in {counted(len(self._batches), 'job')}"
        return f"<Plan: {what}, {size}{bad}, {self.credits:,} credits>"

    def __str__(self) -> str:
        return plan_words.as_text(self._facts(), "" if self.report.ok else self.report.message(3))

    def _repr_html_(self) -> str:
        return plan_words.as_page(self._facts(), "" if self.report.ok else self.report.as_page("plan.report"))

    def _facts(self) -> plan_words.PlanFacts | None:
        """Return the facts to display, None if there is nothing to write."""
        if self._task is None:
            return None
        settings, few = self._settings, len(self._batches) <= plan_words.MOST_PACKED
        return plan_words.PlanFacts(
            module=self._task.module,
            operation=settings.operation,
            rows=self.rows,
            given=self.report.rows,
            invalid=int(self.report.mask.sum()),
            on_invalid=settings.on_invalid,
            notes=self.report.notes,
            rows_of_jobs=[len(batch.rows) for batch in self._batches],
            csv_bytes=sum(batch.csv_bytes for batch in self._batches),
            jobs=self.jobs if few else None,
            credits=self.credits,
            credits_by_records=self.credits_by_records,
            max_rows_per_job=settings.max_rows_per_job,
            rows_per_day=self.rows_per_day,
            mapping=self.mapping,
            echoed=self.echoed,
            unmapped=self.unmapped,
            undistinguished=self.undistinguished,
            find_by=settings.find_by,
            duplicates=len(self.duplicates),
            on_duplicate=settings.on_duplicate,
        )

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Plan has the rows and cannot be pickled; save(folder) writes what it would send to files.")

    @property
    def module(self) -> str | None:
        """Return the API name of the module written to, None for a frame without rows."""
        return self._task.module if self._task else None

    @property
    def rows(self) -> int:
        """Return how many rows would be sent."""
        return sum(len(batch.rows) for batch in self._batches)

    @property
    def credits(self) -> int:
        """Return the API credits the jobs cost (Bigin v1, api-limits); polls and metadata cost one more each."""
        return CREDITS_PER_JOB * len(self._batches)

    @property
    def credits_by_records(self) -> int:
        """Return what the same rows would cost through the Records API: one credit for ten (Bigin v1, api-limits)."""
        return ceil(self.rows / RECORDS_PER_CREDIT)

    @property
    def rows_per_day(self) -> pd.DataFrame:
        """Return how many rows like these can be written in 24 hours, by edition, or for ``credits_per_day`` if given.

        Returns
        -------
        DataFrame
            ``edition``, ``credits_per_day`` (Bigin v1, api-limits), ``jobs_per_day``, ``rows_per_day`` and ``days``:
            how many windows of 24 hours this write needs. Jobs count as full, with the calls around them.
        """
        size = max(1, sum(batch.csv_bytes for batch in self._batches))
        rows = min(self._settings.max_rows_per_job, max(1, self.rows * MAX_CSV_BYTES // size))
        return pd.DataFrame(estimates(len(self._batches), rows, self._settings.credits_per_day))

    @property
    def jobs(self) -> pd.DataFrame:
        """Return one row per job: ``job``, ``rows``, ``csv_bytes``, ``zip_bytes`` and the ``file`` inside the zip.

        Every batch is packed for it once, one at a time, as for sending. A file's name contains a digest of its
        content.
        """
        return pd.DataFrame(self._lines, columns=["job", "rows", "csv_bytes", "zip_bytes", "file"])

    @cached_property
    def _lines(self) -> list[tuple[int, int, int, int, str]]:
        return [(b.number, len(b.rows), b.csv_bytes, len(made.body), made.name) for b, made in self._packed()]

    @property
    def mapping(self) -> pd.DataFrame:
        """Return which column becomes which field: ``column``, ``field``, ``label``, ``type``, ``by``, ``default``.

        In the order sent; ``echoed`` marks those that Bigin should return with the verdicts.
        """
        return mapping_table(self._task)

    @property
    def unmapped(self) -> list[str]:
        """Return the Bigin fields that can be written but are not: they stay unchanged, or empty in new records."""
        written = set(self.mapping["field"])
        may = (f for f in self._fields if (f.editable if self._settings.operation == "update" else f.creatable))
        return [described.api_name for described in may if described.api_name not in written]

    @property
    def echoed(self) -> list[str]:
        """Return the fields, at most three, that Bigin should return with the verdicts: results are matched by them.

        "The first three mapped columns": Bigin v1, bulk-write/download-result.
        """
        return self._task.names[:ECHOED_COLUMNS] if self._task else []

    @property
    def duplicates(self) -> np.ndarray:
        """Return the rows, by position, that are not sent because another row has the same ``find_by`` key.

        Returns
        -------
        ndarray of int64
            Rows that are invalid with ``DUPLICATE_DATA``, and those that ``on_duplicate`` leaves out.
        """
        return np.union1d(self.report.positions(DUPLICATE_DATA), self._surplus)

    @cached_property
    def undistinguished(self) -> int:
        """Return how many rows have the same values in the echoed columns as another row of their job.

        Their verdicts are matched by order or by reading the records back, or the rows are ``UNREPORTED``.
        """
        task = self._task
        return alike(task.frame, [batch.rows for batch in self._batches], task.columns, task.zone) if task else 0

    def sample(self, rows: int = 5) -> str:
        """Return the first rows of the first job as CSV, with their cells."""
        if self._task is None or not self._batches:
            return ""
        first = self._batches[0].rows[:rows]
        return to_csv(
            self._task.names, wire_texts(self._task.frame, first, self._task.columns, self._task.zone)
        ).decode()

    def save(self, folder: str | Path) -> list[Path]:
        """Write each job's zip and the JSON body of its create-job call, byte for byte as they would be sent.

        Only the file id in the body is 0: Bigin returns the real one after the upload.

        Parameters
        ----------
        folder : str or Path
            Created if it is missing; an existing file of the same name is not overwritten.

        Returns
        -------
        list of Path
            A ``.csv.zip`` and a ``.csv.json`` for each job.

        Raises
        ------
        OptionError
            If a file of that name is in the folder already.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        return [] if self._task is None else save_jobs(folder, self._task, (made for _, made in self._packed()))

    def submit(self) -> Run:
        """Start exactly this write and return its run; a second call returns the same run: a plan is sent once.

        Raises
        ------
        InvalidRowsError
            If rows break a rule and ``on_invalid="raise"``.
        InputError
            If the jobs cost more than ``max_credits``.
        """
        with self._starting:
            if not self._started:
                self._started.append(self._start())
            return self._started[0]

    def _start(self) -> Run:
        if self._settings.on_invalid == "raise":
            self.report.raise_if_invalid()
        refuse_over_budget([len(batch.rows) for batch in self._batches], self._settings.max_credits)
        task = self._task
        if task and self._settings.client is None and self._settings.metadata is not None:
            task = replace(task, client=shared_client())
        if task is None or not self._batches:
            return Run(self.run_id, task, [], self._frame, self._decided(), self._names)
        if self.report.notes:
            warn(f"{'; '.join(self.report.notes)}. They are sent as they are; {_ABOUT_FORMULAS}", FormulaWarning)
        begun = begin(Journal(home()), self.run_id, task, self._batches, self._decided(), self._settings.terms)
        per_day, waits = self._settings.credits_per_day, self._settings.wait_for_credits
        warn_of_credits(begun.batches, per_day, waits=waits, local=task.client.is_local, hold=begun.hold)
        return Run(begun.run_id, task, begun.batches, self._frame, begun.decided, self._names, begun)

    def _decided(self) -> pd.DataFrame:
        """Return the verdicts that are known before anything is sent: invalid rows, and duplicates left out."""
        refused = refused_rows(self.report.errors)
        if self._task is None or self._task.key is None:
            return refused
        reason = pd.Series(f"{DUPLICATE_DATA}-{self._task.key.api_name}", index=self._surplus, dtype=object)
        return pd.concat([refused, refused_rows(reason, Status.SKIPPED)])

    def run(self) -> pd.DataFrame:
        """Execute exactly this write and return the frame with its verdicts, as `insert`, `update` or `upsert` do."""
        run = self.submit()
        out = run.wait(self._settings.wait, progress=self._settings.progress)
        warn_of_outcome(out, self._settings, run.fields, kept(home(), run.id))
        return out

    def _packed(self) -> Iterator[tuple[Batch, Packed]]:
        for batch in self._batches:
            if self._task is not None:
                yield batch, packed(self._task, batch)
