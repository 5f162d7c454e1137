"""Hold what a write would do, show it, save it, and do exactly that."""

from __future__ import annotations

import html
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bigin_frames.batches import Batch, Task
from bigin_frames.errors import OptionError, RefusedRowsWarning, RowsRefusedError, UndecidedRowsWarning
from bigin_frames.frames.merge import codes
from bigin_frames.frames.pack import Packed, to_csv
from bigin_frames.frames.report import ValidationReport
from bigin_frames.frames.texts import Texts, wire_texts
from bigin_frames.frames.verdicts import account, refused_rows
from bigin_frames.jobs import packed
from bigin_frames.limits import CREDITS_PER_JOB, ECHOED_COLUMNS, RECORDS_PER_CREDIT
from bigin_frames.model import DUPLICATE_DATA, RowError, Status
from bigin_frames.options import Settings
from bigin_frames.runs import Run
from bigin_frames.settings import shared_client
from bigin_frames.wire import build
from bigin_frames.wire.result import parse_errors, write_errors

if TYPE_CHECKING:
    from bigin_frames.model import Field

_NO_FILE_YET = "0"
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Hold a write that was checked and cut into jobs, and of which nothing has been sent.

    Attributes
    ----------
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

    def __repr__(self) -> str:
        what = f"{self._settings.operation} {self._task.module}" if self._task else "nothing to write"
        bad = "" if self.report.ok else f", {int(self.report.mask.sum()):,} invalid"
        return f"<Plan: {what}, {self.rows:,} rows in {len(self._batches)} jobs{bad}, {self.credits:,} credits>"

    @property
    def rows(self) -> int:
        """Return how many rows would be sent."""
        return sum(len(batch.rows) for batch in self._batches)

    @property
    def credits(self) -> int:
        """Return the API credits the jobs cost (Bigin v1, api-limits); polls and metadata are one each besides."""
        return CREDITS_PER_JOB * len(self._batches)

    @property
    def credits_by_records(self) -> int:
        """Return what the same rows would cost through the Records API: one credit for ten."""
        return ceil(self.rows / RECORDS_PER_CREDIT)

    @property
    def jobs(self) -> pd.DataFrame:
        """Return one line a job: ``job``, ``rows``, ``csv_bytes``, ``zip_bytes`` and the ``file`` inside the zip.

        Every batch is packed for it, one at a time, as it would be for sending.
        """
        lines = [(b.number, len(b.rows), b.csv_bytes, len(made.body), made.name) for b, made in self._packed()]
        return pd.DataFrame(lines, columns=["job", "rows", "csv_bytes", "zip_bytes", "file"])

    @property
    def mapping(self) -> pd.DataFrame:
        """Return which column becomes which field: ``column``, ``field``, ``label``, ``type``, ``by``, ``default``.

        In the order sent; ``echoed`` marks those that Bigin should send back beside the verdicts.
        """
        names = ["column", "field", "label", "type", "by", "default", "echoed"]
        if self._task is None:
            return pd.DataFrame(columns=names)
        lines: list[tuple[Any, ...]] = [
            (c.column, c.field.api_name, c.field.label, c.field.data_type, c.by, c.default, i < ECHOED_COLUMNS)
            for i, c in enumerate(self._task.columns)
        ]
        for name, value in self._task.constants.items():
            lines.append((None, name, self._task.labels[name], None, None, value, False))
        return pd.DataFrame(lines, columns=names)

    @property
    def unmapped(self) -> list[str]:
        """Return the fields the operation may write and nothing feeds: they stay as they are, or empty."""
        fed = set(self.mapping["field"])
        may = (f for f in self._fields if (f.editable if self._settings.operation == "update" else f.creatable))
        return [described.api_name for described in may if described.api_name not in fed]

    @property
    def undistinguished(self) -> int:
        """Return how many rows share the echoed columns with another row of their job.

        Which of their verdicts is whose is settled by reading the records back, or stays ``UNREPORTED``.
        """
        return sum(_sharing(self._task, batch) for batch in self._batches) if self._task else 0

    def sample(self, rows: int = 5) -> str:
        """Return the first rows of the first job as the CSV would have them."""
        if self._task is None or not self._batches:
            return ""
        first = self._batches[0].rows[:rows]
        return to_csv(
            self._task.names, wire_texts(self._task.frame, first, self._task.columns, self._task.zone)
        ).decode()

    def save(self, folder: str | Path) -> list[Path]:
        """Write each job's zip and the body of its create-job call, exactly as they would go.

        The body's file id is 0: Bigin gives the true one with the upload.

        Parameters
        ----------
        folder : str or Path
            Created where it is missing; an existing file of the same name is not overwritten.

        Returns
        -------
        list of Path
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        written: list[Path] = []
        if self._task is None:
            return written
        for _, made in self._packed():
            body = build.job_body(self._task.request(made.name), _NO_FILE_YET)
            for path, content in (
                (folder / f"{made.name}.zip", made.body),
                (folder / f"{made.name}.json", json.dumps(body, indent=2).encode()),
            ):
                _write_new(path, content)
                written.append(path)
        return written

    def submit(self) -> Run:
        """Start exactly this write and return its handle.

        Raises
        ------
        InvalidRowsError
            If rows break a rule and ``on_invalid="raise"``.
        """
        if self._settings.on_invalid == "raise":
            self.report.raise_if_invalid()
        task = self._task
        if task and self._settings.client is None and self._settings.metadata is not None:
            task = replace(task, client=shared_client())
        return Run(self.run_id, task, self._batches, self._frame, self._decided(), self._names)

    def _decided(self) -> pd.DataFrame:
        """Return the verdicts that stand before anything is sent: rows that are invalid, and duplicates left out."""
        refused = refused_rows(self.report.errors)
        if self._task is None or self._task.key is None:
            return refused
        reason = pd.Series(f"{DUPLICATE_DATA}-{self._task.key.api_name}", index=self._surplus, dtype=object)
        return pd.concat([refused, refused_rows(reason, Status.SKIPPED)])

    def run(self) -> pd.DataFrame:
        """Do exactly this write and return the frame with its verdicts, as the verb would."""
        run = self.submit()
        out = run.wait(self._settings.wait, progress=self._settings.progress)
        _speak(out, self._settings, run.fields)
        return out

    def _packed(self) -> Iterator[tuple[Batch, Packed]]:
        for batch in self._batches:
            if self._task is not None:
                yield batch, packed(self._task, batch)

    def _repr_html_(self) -> str:
        records = self.credits_by_records
        cheaper = f" ({records:,} by the Records API)" if records < self.credits else ""
        facts = [
            ("rows", f"{self.rows:,}"),
            ("jobs", f"{len(self._batches)}"),
            ("CSV", f"{sum(batch.csv_bytes for batch in self._batches):,} bytes"),
            (
                "credits",
                f"{self.credits:,}" + (f" ({self.credits_by_records:,} by the Records API)" if cheaper else ""),
            ),
            ("rows the echo cannot tell apart", f"{self.undistinguished:,}"),
            ("fields that nothing feeds", ", ".join(self.unmapped) or "none"),
        ]
        lines = "".join(f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in facts)
        table = self.mapping.to_html(index=False, na_rep="", border=0, escape=True)
        return f"<p>{html.escape(repr(self)[1:-1])}</p><table>{lines}</table>{table}{self.report._repr_html_()}"


def _sharing(task: Task, batch: Batch) -> int:
    texts = Texts(task.frame, batch.rows, task.columns[:ECHOED_COLUMNS], task.zone)
    _, counts = np.unique(codes(texts, len(batch.rows)), return_counts=True)
    return int(counts[counts > 1].sum())


def _write_new(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise OptionError(f"{path.name} is in that folder already; give an empty one.", option="folder") from None


def _speak(out: pd.DataFrame, settings: Settings, fields: frozenset[str]) -> None:
    """Warn of, or raise for, what was not written; an unknown fate is never passed over."""
    refused, undecided = account(out, lambda error: _spoken(error, fields))
    if undecided:
        warnings.warn(undecided, UndecidedRowsWarning, stacklevel=4)
    if refused and settings.on_error == "raise":
        raise RowsRefusedError(refused, frame=out, verdicts=_spoken_verdicts(out, settings.result_columns, fields))
    if refused and settings.on_error == "warn":
        warnings.warn(refused, RefusedRowsWarning, stacklevel=4)


def _spoken(error: str, fields: frozenset[str]) -> str:
    """Return the codes and field names of an ``Error`` text alone: other words of a server may be anybody's data."""
    reasons = [
        RowError(reason.code, tuple(name for name in reason.fields if name in fields))
        for reason in parse_errors(error)
        if _CODE.fullmatch(reason.code)
    ]
    return write_errors(reasons) or "another reason"


def _spoken_verdicts(out: pd.DataFrame, names: Sequence[str], fields: frozenset[str]) -> pd.DataFrame:
    verdicts = out[list(names)].reset_index(drop=True)
    verdicts[names[2]] = verdicts[names[2]].map(lambda error: _spoken(error, fields), na_action="ignore")
    verdicts.attrs = {}
    return verdicts
