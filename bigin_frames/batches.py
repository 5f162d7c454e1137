"""Hold what a run is made of: its task, its batches, the states a batch can be in and the moves between them.

A batch is always in exactly one state; `TRANSITIONS` says where it may go, and `jobs.STEPS` which
function takes it there. Every change of state goes through `Batch.move`, which has the journal write it down first.

::

    PREPARED -> UPLOADED -> SUBMITTING -> SUBMITTED -> COMPLETED --> FETCHED -> MERGED
        |           ^           |  |          |  |         |            ^
        v           |           |  |          |  v         v            |
    REJECTED <------+-----------+  +-> UNKNOWN <-+--- JOB_FAILED -------+    RESULT_BAD <- COMPLETED, JOB_FAILED

Run again, a REJECTED batch is PREPARED anew: certainly no job took it; one between SUBMITTED and MERGED is SUBMITTED
again: its job is asked anew. What is UNKNOWN is sent again only where that cannot write anything twice, and becomes
SUBMITTED when a job is proven to be its own, MERGED or REJECTED when its rows, or a person, settle it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.client import Client
from bigin_frames.errors import BiginError
from bigin_frames.frames.digests import SIZE
from bigin_frames.frames.encode import wire_format
from bigin_frames.frames.merge import Merge
from bigin_frames.frames.pack import header_bytes, split
from bigin_frames.frames.verdicts import as_json, text_array
from bigin_frames.journal import Journal
from bigin_frames.model import REFUSED, UNDECIDED, Field, FieldMapping, Job, JobRequest, MappedColumn, Operation, Status
from bigin_frames.wire.result import plain_errors

if TYPE_CHECKING:
    from bigin_frames.callback import Callback

log = logging.getLogger("bigin_frames")
P = ParamSpec("P")
T = TypeVar("T")

NOT_SENT = "NOT_SENT"  # in Error: no job took the row, and no server said why
CUT_SHORT = "CUT_SHORT"  # in Error: create-job was under way when everything ended


class State(StrEnum):
    """Name where a batch stands."""

    PREPARED = "prepared"
    UPLOADED = "uploaded"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    COMPLETED = "completed"
    JOB_FAILED = "job failed"
    FETCHED = "fetched"
    MERGED = "merged"
    RESULT_BAD = "result bad"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.UPLOADED, State.REJECTED, State.UNKNOWN, State.MERGED}),
    State.UPLOADED: frozenset({State.SUBMITTING, State.PREPARED, State.REJECTED, State.UNKNOWN, State.MERGED}),
    State.SUBMITTING: frozenset({State.SUBMITTING, State.SUBMITTED, State.REJECTED, State.UNKNOWN, State.UPLOADED}),
    State.SUBMITTED: frozenset({State.COMPLETED, State.JOB_FAILED, State.UNKNOWN, State.RESULT_BAD}),
    State.COMPLETED: frozenset({State.FETCHED, State.RESULT_BAD, State.SUBMITTED}),
    State.JOB_FAILED: frozenset({State.FETCHED, State.RESULT_BAD, State.UNKNOWN, State.SUBMITTED}),
    State.FETCHED: frozenset({State.MERGED, State.SUBMITTED}),
    State.MERGED: frozenset({State.MERGED}),
    State.RESULT_BAD: frozenset({State.MERGED}),
    State.REJECTED: frozenset({State.PREPARED, State.MERGED}),
    State.UNKNOWN: frozenset({State.PREPARED, State.SUBMITTED, State.MERGED, State.REJECTED}),
}

ENDED = frozenset({State.MERGED, State.RESULT_BAD, State.REJECTED, State.UNKNOWN})

# What every row of a batch is told while, or because, the batch stands in a state.
VERDICTS: dict[State, Status] = {
    State.PREPARED: Status.UNSENT,
    State.UPLOADED: Status.UNSENT,
    State.REJECTED: Status.UNSENT,
    State.SUBMITTING: Status.UNKNOWN,
    State.UNKNOWN: Status.UNKNOWN,
    State.SUBMITTED: Status.PENDING,
    State.COMPLETED: Status.PENDING,
    State.JOB_FAILED: Status.PENDING,
    State.FETCHED: Status.PENDING,
    State.RESULT_BAD: Status.UNREPORTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Hold everything a run needs that does not change: where to, what, and the frame as it was given."""

    client: Client
    module: str
    operation: Operation
    frame: pd.DataFrame
    columns: tuple[MappedColumn, ...]
    constants: dict[str, str]
    key: Field | None
    labels: dict[str, str]
    ignore_empty: bool
    zone: str
    row_key: bool = False
    key_seed: str | None = None  # of row keys that were made here
    callback: Callback | None = None

    @property
    def may_repeat(self) -> bool:
        """Return whether a batch may be sent again when nobody knows if a job took it.

        The same update gives the same values, an upsert by a unique field finds what it added, and an insert with a
        key for each row skips what is there.
        """
        if self.operation == "insert":
            return self.row_key
        return self.key is not None and self.key.unique

    def may_go_again(self, *, alone: bool) -> bool:
        """Return whether an unknown batch may be sent again later; ``alone``: no later run has touched the module.

        Values that were written meanwhile must not be overwritten; a row that is known by its key writes none.
        """
        return self.may_repeat and (alone or self.row_key)

    @property
    def fields(self) -> frozenset[str]:
        """Return the API names and labels of the fields that are written: what an error may name."""
        return frozenset(name for column in self.columns for name in (column.field.api_name, column.field.label))

    @property
    def names(self) -> list[str]:
        """Return the header of the CSV: the API names of the fields, in the order they are sent."""
        return [column.field.api_name for column in self.columns]

    def request(self, file_name: str, callback_url: str | None = None) -> JobRequest:
        """Return what the create-job call says of a batch: between batches only the file and the callback differ."""
        sent = [
            FieldMapping(
                api_name=column.field.api_name,
                label=column.field.label,
                index=i,
                find_by=column.by,
                format=wire_format(column.field),
            )
            for i, column in enumerate(self.columns)
        ]
        fixed = [FieldMapping(api_name=n, label=self.labels[n], default=v) for n, v in self.constants.items()]
        return JobRequest(
            module=self.module,
            operation=self.operation,
            mappings=(*sent, *fixed),
            file_name=file_name,
            find_by=self.key.api_name if self.key else None,
            ignore_empty=self.ignore_empty,
            callback_url=callback_url,
        )


@dataclass(slots=True)
class Batch:
    """Hold the rows of one job and how far they have come.

    Attributes
    ----------
    rows : ndarray of int64
        Positions in the caller's frame.
    csv_bytes : int
        Size of the batch as CSV, its header included.
    name : str
        Name of the CSV inside the zip; job details echo it (recorded CRM v2.1 sample), which ties a job to a batch.
    code : str or None
        Why the batch stands where it stands, in Bigin's words or ours.
    held : bool
        True when the job is accepted but could not be followed further for now.
    details : Job or None
        What Bigin said of the job when it was last asked, while it runs.
    refusal : BiginError or None
        What kept the file from being uploaded or the job from being followed.
    attempts, doubts : int
        How many create-job calls were begun, and how many of them ended without a clear answer.
    address : str or None
        Where the callback of the last attempt is expected.
    waits_until : float or None
        When the credits for its job should be there, in seconds since 1970, while it waits for them.
    journal : Journal or None
        Writes every move down; without one a batch is a rehearsal.
    events : list of (State, facts)
        Every move since this handle was made, oldest first.
    """

    number: int
    rows: np.ndarray
    run_id: str
    csv_bytes: int = 0
    state: State = State.PREPARED
    name: str = ""
    file_id: str | None = None
    job_id: str | None = None
    job: Job | None = None
    details: Job | None = None
    code: str | None = None
    held: bool = False
    refusal: BiginError | None = None
    merged: Merge | None = None
    table: pd.DataFrame | None = None
    attempts: int = 0
    doubts: int = 0
    address: str | None = field(default=None, repr=False)
    waits_until: float | None = None
    journal: Journal | None = field(default=None, repr=False)
    events: list[tuple[State, dict[str, Any]]] = field(default_factory=list)

    def move(self, state: State, **facts: Any) -> None:
        """Pass into another state, on disk first; a move that the table does not know is a defect and raises.

        Parameters
        ----------
        state : State
        **facts
            Attributes that change with it; and for the journal alone ``digests``, what `kept_verdicts` returns, and
            ``evidence``, what its event should hold besides.

        Raises
        ------
        JournalError, RunBusy
            If the move cannot be written down; the batch stays where it stands then.
        """
        if state not in TRANSITIONS[self.state]:
            raise BiginError(f"Batch {self.number} cannot pass from {self.state} to {state}; please report this.")
        if self.journal is not None:
            self.journal.move(self.run_id, self.number, self.state, state, facts, attempts=self.attempts)
        facts = {name: value for name, value in facts.items() if name not in _ON_DISK_ALONE}
        self.events.append((state, {k: v for k, v in facts.items() if v is None or isinstance(v, str | int)}))
        for name, value in facts.items():
            setattr(self, name, value)
        self.state = state
        log.info("run %s batch %d: %s%s", self.run_id, self.number, state, f" ({self.code})" if self.code else "")

    def prepare_again(self) -> None:
        """Begin anew with the upload, with no file and no job; doubts stay, an earlier job may have taken the rows."""
        self.move(State.PREPARED, file_id=None, job_id=None, code=self.code if self.doubts else None)

    def digests(self) -> bytes | None:
        """Return 16 bytes for each row that counts as handed over, None where nobody counts."""
        return None if self.journal is None else self.journal.digests(self.run_id, self.number)

    def still_counting(self, table: pd.DataFrame) -> bytes | None:
        """Return the digests of rows that count with other verdicts; who has counted no more has none left."""
        kept = self.digests()
        if kept is None:
            return None
        counted = np.ones(len(table), np.bool_) if self.table is None else _count(self.table)
        still: bytes = np.frombuffer(kept, np.uint8).reshape(-1, SIZE)[_count(table)[counted]].tobytes()
        return still

    def verdicts(self, *, moving: bool) -> pd.DataFrame:
        """Return ``ID``, ``Status`` and ``Error`` of the rows as things stand; ``moving`` says that more may come."""
        if self.table is not None:
            return self.table
        status, code = self.standing(moving=moving)
        return pd.DataFrame({"ID": None, "Status": status.value, "Error": code}, index=range(len(self.rows)))

    def standing(self, *, moving: bool) -> tuple[Status, str | None]:
        """Return what each row of a batch without verdicts of its own is told, and why."""
        status = Status.PENDING if moving and self.state not in ENDED else VERDICTS[self.state]
        if status is Status.UNSENT and self.doubts:
            status = Status.UNKNOWN  # it waits to be sent again, and an earlier attempt may have been taken
        return status, self.code or _REASONS.get(status)


_REASONS = {Status.UNSENT: NOT_SENT, Status.UNKNOWN: CUT_SHORT}  # of rows whose batch stopped without a word
_ON_DISK_ALONE = ("evidence", "verdicts", "undecided", "digests")


def kept_verdicts(task: Task | None, table: pd.DataFrame) -> dict[str, Any]:
    """Return verdicts as a move tells the journal, and how many are open.

    With a task, without an error's other words than codes and names, which may be a cell's.
    """
    columns = {name: text_array(table[name]) for name in ("ID", "Status", "Error")}
    if task is not None:
        coded = columns["Error"].dictionary_encode()
        plain = [plain_errors(error or "", task.fields) or None for error in coded.dictionary.to_pylist()]
        columns["Error"] = pa.array(plain, pa.large_string()).take(coded.indices)
    open_ = pc.is_in(columns["Status"], pa.array([status.value for status in UNDECIDED], pa.large_string()))
    return {"verdicts": as_json(columns), "undecided": pc.sum(open_).as_py() or 0}


def _count(table: pd.DataFrame) -> np.ndarray:
    """Mark rows that are in Bigin or may be; rows that were refused may be handed over again."""
    return ~table["Status"].isin([status.value for status in (*REFUSED, Status.UNSENT)]).to_numpy(bool)


_CREATING = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CREATING._at_fork_reinit)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Gates:
    """Hold what the batches of one run share.

    One create-job at a time in the whole process, so that a crash leaves one batch unknown at most; one batch at a time
    packed or merged, by one thread if there is a `worker`, and three zips waiting or travelling, which bounds the
    memory taken besides the frame; a sign to stop; and the org's credits for 24 hours, where jobs are to wait for them,
    with a sign that one has.
    """

    creating: threading.Lock = field(default_factory=lambda: _CREATING)
    working: threading.Lock = field(default_factory=threading.Lock)
    worker: ThreadPoolExecutor | None = None
    uploading: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(3))
    stop: threading.Event = field(default_factory=threading.Event)
    leave: threading.Event = field(default_factory=threading.Event)
    credits_per_day: int | None = None
    short: threading.Event = field(default_factory=threading.Event)

    def work(self, function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Do what takes memory: in the worker, for the system keeps what each of five threads has once taken."""
        begun: Future[T] | None = None
        if self.worker is not None:
            with suppress(RuntimeError):  # the machine gives no further thread, or the interpreter is about to end
                begun = self.worker.submit(function, *given, **named)
        if begun is not None:
            return begun.result()
        with self.working:
            return function(*given, **named)

    def closed_to(self, batch: Batch) -> bool:
        """Tell whether a batch must stand still: nothing new is begun after ``stop``, nothing goes on after `leave`."""
        return self.leave.is_set() or (self.stop.is_set() and batch.job_id is None)


def batches_of(run_id: str, task: Task, rows: np.ndarray, sizes: np.ndarray, max_rows: int) -> list[Batch]:
    """Cut rows into as few batches as the limits allow.

    Parameters
    ----------
    run_id : str
    task : Task
    rows : ndarray of int64
        Positions in the frame, ascending.
    sizes : ndarray of int64
        Bytes of each of those rows as CSV.
    max_rows : int
    """
    header = header_bytes(task.names)
    cuts = split(sizes, header_bytes=header, max_rows=max_rows)
    return [Batch(i, rows[cut], run_id, header + int(sizes[cut].sum())) for i, cut in enumerate(cuts)]
