"""The partitions of one call, written from one process: each is a run of its own in one journal, a few at a time.

Steps that need a partition's rows are called where the rows are; all calls to Bigin are made here.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from bigin_frames.client.client import Client
from bigin_frames.client.settings import home
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.begin import begin
from bigin_frames.delivery.bulk.conclude import conclude, judged
from bigin_frames.delivery.bulk.download import fetch
from bigin_frames.delivery.bulk.steps import STEPS, Step
from bigin_frames.delivery.bulk.upload_and_create import upload
from bigin_frames.delivery.credits import refuse_over_budget, warn_of_credits
from bigin_frames.delivery.delivered_before import may_double
from bigin_frames.delivery.resume import resume
from bigin_frames.delivery.run import Run
from bigin_frames.errors import (
    AlreadyDelivered,
    BrokenRunError,
    FormulaWarning,
    FrameChangedError,
    warn,
)
from bigin_frames.frames.encoding.csv_zip import Packed
from bigin_frames.frames.encoding.digests import digest_sum, whole_digest
from bigin_frames.frames.merging.returned import summary
from bigin_frames.frames.merging.sent import Merge
from bigin_frames.journal.entries import RunRecord
from bigin_frames.journal.journal import Journal
from bigin_frames.large.partitions import Proof, Sheet, Verdicts, changed, frame_of, kept, own_columns
from bigin_frames.large.partitions import packed_batch as pack_there
from bigin_frames.large.partitions import paired_batch as pair_there
from bigin_frames.large.totals import added_up
from bigin_frames.limits import CREDITS_PER_JOB
from bigin_frames.model import Status
from bigin_frames.plans.options import Settings

T = TypeVar("T")

_IN_FLIGHT: Final = 2  # partitions in progress while another one is begun


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A partition while it is written.

    Attributes
    ----------
    number : int
    sheet : Sheet
    salt : bytes
        The journal's.
    ask : callable
        Calls a function with the partition's rows and other arguments, where the rows are, and returns its result.
    """

    number: int
    sheet: Sheet
    salt: bytes = field(repr=False)
    ask: Callable[..., Any]

    def steps(self) -> Mapping[State, Step]:
        """Return the steps of a batch: those that need the rows run where the rows are."""
        fetched = partial(fetch, read=self._paired)
        return {
            **STEPS,
            State.PREPARED: partial(upload, pack=self._packed),
            State.COMPLETED: fetched,
            State.JOB_FAILED: fetched,
            State.FETCHED: partial(conclude, judge=self._judged),
        }

    def _packed(self, task: Task, batch: Batch) -> Packed:
        return self._of(pack_there, batch)

    def _paired(self, task: Task, batch: Batch, body: bytes) -> Merge:
        return self._of(pair_there, batch, body)

    def _judged(self, task: Task, batch: Batch, merged: Merge) -> dict[str, Any]:
        if task.row_key and batch.doubts:  # records of an earlier attempt are compared with the rows themselves
            task = replace(task, frame=self._of(frame_of, batch))
        return judged(task, batch, merged)

    def _of(self, function: Callable[..., T], batch: Batch, *more: Any) -> T:
        job = batch.job and replace(batch.job, result_url=None)  # an address that may give access, as a token does
        plain = Batch(batch.number, batch.rows, batch.run_id, batch.csv_bytes, name=batch.name, job=job)
        proof = Proof(partition=self.number, rows=self.sheet.rows, digest=self._digest(batch), salt=self.salt)
        found: T = self.ask(function, self.sheet.task, plain, proof, *more)
        return found

    def _digest(self, batch: Batch) -> str:
        sent = np.concatenate([one.rows for one in self.sheet.batches])
        return whole_digest(self.sheet.digests[np.searchsorted(sent, batch.rows)])


@dataclass(kw_only=True)
class Call:
    """One call of a verb: what its runs share, those in progress, and the verdicts so far."""

    module: str
    settings: Settings
    client: Client
    journal: Journal
    names: tuple[str, str, str]
    bar: Any
    ends: float | None
    token: str = ""
    runs: Sequence[RunRecord] = ()
    under_way: deque[tuple[Partition, Run]] = field(default_factory=deque)
    verdicts: list[Verdicts] = field(default_factory=list)
    totals: list[pd.DataFrame] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    formulas_said: bool = False
    credits: int = 0

    def take(self, part: Partition) -> None:
        """Begin to write a partition, or resume it; wait for the oldest one if enough of them are in progress."""
        most, jobs = self.settings.max_credits, [len(batch.rows) for batch in part.sheet.batches]
        refuse_over_budget(jobs, None if most is None else max(0, most - self.credits))
        self.credits += CREDITS_PER_JOB * len(jobs)
        if part.sheet.notes and not self.formulas_said:
            self.formulas_said = True
            words = f"Partition {part.number}, and maybe others: {'; '.join(part.sheet.notes)}. They are sent as they"
            warn(f"{words} are; formulas='refuse' keeps them out, formulas='off' says nothing.", FormulaWarning)
        self.under_way.append((part, self._begun(part)))
        if len(self.under_way) > _IN_FLIGHT:
            self._end()

    def finish(self) -> None:
        """Wait for all partitions in progress."""
        while self.under_way:
            self._end()

    def total(self) -> pd.DataFrame:
        """Return how many rows ended with each verdict and reason, as `verbs.summary` does."""
        return added_up(self.totals)

    def _begun(self, part: Partition) -> Run:
        sheet, task = part.sheet, part.sheet.task
        shown = pd.DataFrame(index=range(sheet.rows))
        if task is None or not sheet.batches:
            return Run(sheet.run_id, None, [], shown, sheet.decided, self.names)
        self.fields.update(task.fields)
        columns = _elsewhere(task.frame.columns, sheet.rows)
        task = replace(task, client=self.client, callback=self.settings.callback, frame=columns)
        self._refuse_another_order(part, task)
        mine = replace(self.settings, part=self._name(part), on_overlap="ignore").terms
        batches, decided = sheet.batches, sheet.decided
        try:
            found = begin(self.journal, sheet.run_id, task, batches, decided, mine, sheet.digests)
        except AlreadyDelivered as delivered:
            return resume(delivered.run_id, client=self.client, result_columns=self.names)
        per_day, waits = self.settings.credits_per_day, self.settings.wait_for_credits
        warn_of_credits(found.batches, per_day, waits=waits, local=self.client.is_local, hold=found.hold)
        return Run(found.run_id, task, found.batches, shown, found.decided, self.names, found, part.steps())

    def _refuse_another_order(self, part: Partition, task: Task) -> None:
        """Refuse rows that an earlier insert sent as the same partition in another order: Dask has shuffled them."""
        if not may_double(task) or self.settings.on_overlap == "ignore":
            return
        facts = {"part": part.number, "rows_sum": digest_sum(part.sheet.digests)}
        alike = [run for run in self.runs if all(run.spec.get(name) == fact for name, fact in facts.items())]
        if alike and all(run.spec["rows_digest"] != whole_digest(part.sheet.digests) for run in alike):
            raise changed(f"Partition {part.number}, which run {alike[0].id} has begun to write,", part.sheet.rows)

    def _name(self, part: Partition) -> int | str:
        """Return the part name of a partition's run; an interrupted run with other values there is not resumed."""
        name = f"{self.token}/{part.number}"
        latest = next((run for run in self.runs if run.spec.get("part") == name), None)
        if latest is not None and latest.spec["rows_digest"] != whole_digest(part.sheet.digests):
            self.mark()
        return f"{self.token}/{part.number}" if self.token else part.number

    def mark(self) -> None:
        """Give the call a new, unique mark."""
        if self.token:
            (_marks() / self.token).unlink(missing_ok=True)
        self.token = secrets.token_hex(8)
        _marks().mkdir(parents=True, exist_ok=True)
        (_marks() / self.token).touch()

    def _end(self) -> None:
        part, run = self.under_way[0]
        try:
            out = run.wait(None if self.ends is None else max(0.0, self.ends - time.monotonic()), progress=False)
        except BrokenRunError as broken:
            if isinstance(broken.__cause__, FrameChangedError):
                raise broken.__cause__ from None
            raise
        self.under_way.popleft()
        task = part.sheet.task
        self.totals.append(summary(out))
        self.verdicts.append(
            Verdicts(
                partition=part.number,
                file=kept(out, self.names),
                stamp=part.sheet.stamp,
                columns=own_columns(task) if task is not None else (),
                zone=task.zone if task is not None else "UTC",
                names=self.names,
                written_to=(self.module, self.settings.operation),
            )
        )
        self.bar.update(len(out))


class _Elsewhere:
    """A placeholder for a cell that is on a worker: code that uses it as a value fails because of its type."""


def _elsewhere(columns: pd.Index, rows: int) -> pd.DataFrame:
    """Return a frame with the right labels and length that takes no memory."""
    cells = np.broadcast_to(np.array(_Elsewhere(), object), (rows, len(columns)))
    return pd.DataFrame(cells, columns=columns, copy=False)


@contextmanager
def marked(call: Call) -> Iterator[Call]:
    """Connect the runs of an update or upsert until all of them have ended, so that the same call resumes them.

    An insert needs no mark: its rows are sent only once. An update can be made again another day, and is then executed
    again; the mark is a file, which is deleted when the call has ended.
    """
    org = call.client.zgid()
    call.runs = [run for run in call.journal.runs() if (run.org, run.module) == (org, call.module)]
    if call.settings.operation == "insert":
        yield call
        return
    token = str(call.runs[0].spec.get("part")).partition("/")[0] if call.runs else ""
    if token and (_marks() / token).exists():
        call.token = token
    else:
        call.mark()
    yield call
    if Status.UNSENT not in set(call.total()["Status"]):
        (_marks() / call.token).unlink(missing_ok=True)


def _marks() -> Path:
    return home() / "calls"
