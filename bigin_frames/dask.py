"""The accessor ``ddf.bigin`` of Dask DataFrames: workers process the rows, and only this process calls Bigin.

Workers check, encode and zip partitions and match the results to rows; this process, the coordinator, uploads, creates
jobs and keeps the journal. If Dask computes a partition again, because a worker was lost or a frame is computed again,
nothing is sent twice: no worker has credentials, and each partition is a run in the journal.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar, Unpack

import dask.dataframe as dd
import distributed
import pandas as pd
from dask.base import compute
from dask.dataframe.extensions import register_dataframe_accessor
from dask.delayed import Delayed, delayed

from bigin_frames import verbs
from bigin_frames.client.metadata import Metadata, known_layouts
from bigin_frames.client.settings import home
from bigin_frames.client.shared_client import shared_client
from bigin_frames.delivery.credits import refuse_over_budget
from bigin_frames.display.progress import progress_bar
from bigin_frames.errors import InputError, OptionError
from bigin_frames.frames.checking.pipelines import need_layouts
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.frames.merging.attach import attach, free_names
from bigin_frames.journal.journal import Journal
from bigin_frames.large.coordinator import Call, Partition, marked
from bigin_frames.large.dask_plan import DaskPlan, jobs_of
from bigin_frames.large.datasets import leave_on_error
from bigin_frames.large.partitions import changed, examined, prepared, report_of, with_verdicts
from bigin_frames.large.totals import added_up, warn_of_outcome
from bigin_frames.model import PIPELINES, Operation, Org
from bigin_frames.plans.option_help import with_options
from bigin_frames.plans.options import Options, Settings, settled
from bigin_frames.plans.prepare import mapped_columns

T = TypeVar("T")
_REFUSED = ("repeat", "on_overlap")  # options of a DataFrame that partitions do not have: see `_refuse_options`


@register_dataframe_accessor("bigin")
class BiginDaskAccessor:
    """``ddf.bigin``: a Dask DataFrame written partition by partition, on the cluster of a `distributed.Client`.

    The options are those of a DataFrame, but for ``repeat`` and ``on_overlap``, which do not apply to partitions.
    """

    def __init__(self, frame: dd.DataFrame) -> None:
        self._frame = frame

    @with_options(without=_REFUSED)
    def insert(self, module: str, **options: Unpack[Options]) -> dd.DataFrame:
        """Add every row as a new record.

        Returns
        -------
        dask.dataframe.DataFrame
            The same partitions, rows and index, and ``ID``, ``Status`` and ``Error``. Everything was sent when this
            returns; computing the frame, however often, sends nothing.

        Raises
        ------
        InputError
            If the call or a row cannot be sent as it is; with ``on_invalid="raise"`` nothing has been sent then.
        FrameChangedError
            If a partition has other rows than it had when it was computed before.
        JobPending, TransportError, ApiError
            As `bigin_frames.insert`; the same call resumes where this one stopped.
        RowsRefusedError
            As `bigin_frames.insert`; its ``verdicts`` has the number of rows of each status.
        """
        return _written(self._frame, module, settled("insert", options))

    @with_options(required=("find_by",), without=("row_key", *_REFUSED))
    def update(self, module: str, **options: Unpack[Options]) -> dd.DataFrame:
        """Change the records that ``find_by`` finds, create none; otherwise as `insert`."""
        return _written(self._frame, module, settled("update", options))

    @with_options(required=("find_by",), without=("row_key", *_REFUSED))
    def upsert(self, module: str, **options: Unpack[Options]) -> dd.DataFrame:
        """Change the records that ``find_by`` finds and add the others; otherwise as `insert`."""
        return _written(self._frame, module, settled("upsert", options))

    @with_options()
    def check(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> ValidationReport:
        """Check every row against the module's rules and return all problems; no row is sent.

        Returns
        -------
        ValidationReport
            Its positions count on from partition to partition; it holds no cell, so that ``value`` and ``label`` are
            missing in its ``failures``.
        """
        work = _work(self._frame, module, settled(operation, options))
        return ValidationReport.together(report for _, report in work.ahead(report_of))

    @with_options(without=_REFUSED)
    def plan(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> DaskPlan:
        """Show what a write would do, as a dry run: nothing is sent but questions about the module's fields.

        The frame is computed once for it.

        Returns
        -------
        DaskPlan
            Jobs, rows, bytes and credits, and the rows that break a rule. The verb itself does what it says.
        """
        settings = settled(operation, options)
        free_names(self._frame._meta, settings.result_columns)
        _refuse_options(settings)
        found = [made for _, made in _work(self._frame, module, settings).ahead(examined)]
        return DaskPlan(
            report=ValidationReport.together(one.report for one in found),
            jobs=jobs_of([one.jobs for one in found]),
            _operation=operation,
            _module=module,
            _credits_per_day=settings.credits_per_day,
        )

    @property
    def failed(self) -> dd.DataFrame:
        """Return the rows that certainly were not written, without the result columns."""
        return self._frame.map_partitions(verbs.failed, meta=verbs.failed(self._frame._meta))

    def summary(self) -> pd.DataFrame:
        """Return how many rows ended with each verdict and reason, most first."""
        return added_up(compute(*map(delayed(verbs.summary), self._frame.to_delayed())))


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What all partitions share: the cluster, the partitions, and the settings without what workers must not see."""

    cluster: distributed.Client
    parts: list[Delayed]
    module: str
    settings: Settings

    def ahead(self, function: Callable[..., T], *more: Any) -> Iterator[tuple[distributed.Future, T]]:
        """Compute the partitions in order, and a function of each, as many at once as the cluster has threads."""
        threads = max(2, sum(self.cluster.nthreads().values()))
        waiting: deque[tuple[distributed.Future, distributed.Future]] = deque()
        for number, part in enumerate(self.parts):
            held, mine = self.cluster.compute(part), replace(self.settings, part=number)
            made = self.cluster.submit(function, held, self.module, mine, *more, pure=False)
            waiting.append((held, made))
            if len(waiting) > threads:
                yield _done(*waiting.popleft())
        while waiting:
            yield _done(*waiting.popleft())

    def ask(self, held: distributed.Future, function: Callable[..., T], *more: Any) -> T:
        """Call a function with a partition's rows on the worker that has them."""
        made: T = self.cluster.submit(function, held, *more, pure=False).result()
        return made


def _done(held: distributed.Future, made: distributed.Future) -> tuple[distributed.Future, Any]:
    return held, made.result()


def _work(frame: dd.DataFrame, module: str, settings: Settings) -> _Work:
    """Refuse a call that cannot succeed, and read the metadata here, so that no worker has to."""
    cluster = _cluster()
    source, mapped, zone = mapped_columns(frame._meta, module, settings)
    clearing = settings.empty == "clear"
    layouts = module == PIPELINES and need_layouts(mapped, operation=settings.operation, clearing=clearing)
    known = Metadata(
        Org(id="", zgid="", company_name="", time_zone=zone),
        {module: source.fields(module)},
        {module: known_layouts(source, module) if layouts else ()},
    )
    shown = replace(settings, client=None, callback=None, metadata=known, progress=False)
    return _Work(cluster=cluster, parts=frame.to_delayed(), module=module, settings=shown)


def _cluster() -> distributed.Client:
    try:
        found = distributed.get_client()
    except ValueError:
        found = None
    if found is None or found.asynchronous:
        raise InputError(
            "There is no Dask cluster to work on: `dask.distributed.Client()` starts one on this machine; it must not "
            "be asynchronous. If one process is enough, use `bigin_frames.write_dataset`, which needs no cluster."
        )
    return found


def _written(frame: dd.DataFrame, module: str, settings: Settings) -> dd.DataFrame:
    names = free_names(frame._meta, settings.result_columns)
    _refuse_options(settings)
    work = _work(frame, module, settings)
    stamps = _examined(work) if settings.on_invalid == "raise" else None
    with progress_bar(None, settings.progress) as bar:
        call = Call(
            module=module,
            settings=settings,
            client=settings.client or shared_client(),
            journal=Journal(home()),
            names=names,
            bar=bar,
            ends=None if settings.wait is None else time.monotonic() + settings.wait,
        )
        with leave_on_error(call.under_way), marked(call):
            _deliver(work, call, stamps)
    out = _with_verdicts(frame, work, call)
    warn_of_outcome(call.total(), out, settings, call.fields)
    return out


def _refuse_options(settings: Settings) -> None:
    """Refuse options with which an interrupted call could not be resumed, instead of ignoring them."""
    if settings.repeat:
        words = "repeat=True would send the finished partitions again when an interrupted call is made again"
        raise OptionError(f"{words}; it does not apply to a Dask DataFrame.", option="repeat")
    if settings.on_overlap in ("raise", "skip"):
        words = "Partitions are not compared with rows of earlier inserts: each is recognised as a whole, by its number"
        raise OptionError(f"{words} and its rows. Leave on_overlap out.", option="on_overlap")


def _examined(work: _Work) -> list[str]:
    """Check all partitions before anything is sent; return their stamps."""
    found = [made for _, made in work.ahead(examined)]
    ValidationReport.together(one.report for one in found).raise_if_invalid()
    refuse_over_budget([rows for one in found for rows, _ in one.jobs], work.settings.max_credits)
    return [one.stamp for one in found]


def _deliver(work: _Work, call: Call, stamps: list[str] | None) -> None:
    """Deliver the partitions in order, a few at a time."""
    salt = call.journal.salt
    for number, (held, sheet) in enumerate(work.ahead(prepared, salt)):
        if stamps is not None and stamps[number] != sheet.stamp:
            raise changed(f"Partition {number}", sheet.rows)
        call.take(Partition(number=number, sheet=sheet, salt=salt, ask=partial(work.ask, held)))
    call.finish()


def _with_verdicts(frame: dd.DataFrame, work: _Work, call: Call) -> dd.DataFrame:
    """Return the frame with verdicts that are part of its graph, so that any process can compute it."""
    meta = attach(frame._meta, [], call.names)
    joined = delayed(with_verdicts)
    parts = [joined(part, verdicts) for part, verdicts in zip(work.parts, call.verdicts, strict=True)]
    divisions = frame.divisions if len(parts) == frame.npartitions else None
    return dd.from_delayed(parts, meta=meta, divisions=divisions, prefix="bigin", verify_meta=False)
