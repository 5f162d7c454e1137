"""A batch: the rows of one job, and their state."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.delivery.batches.reasons import CUT_SHORT, NOT_SENT, code_of
from bigin_frames.delivery.batches.states import ENDED, TRANSITIONS, VERDICTS, State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.errors import BiginError
from bigin_frames.frames.encoding.csv_zip import header_bytes, split
from bigin_frames.frames.encoding.digests import SIZE
from bigin_frames.frames.merging.sent import Merge
from bigin_frames.frames.merging.verdict_texts import as_json, text_array
from bigin_frames.journal.journal import Journal
from bigin_frames.model import REFUSED, UNDECIDED, Job, Status
from bigin_frames.wire.reasons import plain_errors

log = logging.getLogger("bigin_frames")


@dataclass(slots=True)
class Batch:
    """The rows of one job, and their state.

    Attributes
    ----------
    rows : ndarray of int64
        Positions in the caller's frame.
    csv_bytes : int
        Size of the batch as CSV, its header included.
    name : str
        Name of the CSV inside the zip; job details echo it (recorded CRM v2.1 sample), which identifies its batch.
    code : str or None
        The reason of the batch's state: a code of Bigin's or one of ours.
    held : bool
        True if the job is accepted but cannot be followed for now.
    details : Job or None
        Bigin's last details of the job while it runs.
    refusal : BiginError or None
        The error that stopped the upload, or the polling of the job.
    attempts, doubts : int
        How many create-job calls were begun, and how many of them ended without a clear answer.
    address : str or None
        The callback address of the last attempt.
    waits_until : float or None
        When the credits for its job should be available, in seconds since 1970, while it waits for them.
    journal : Journal or None
        Records every move; without one the batch is not kept on disk.
    events : list of (State, facts)
        Every move since this object was created, oldest first.
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
        """Move to another state, on disk first; a move that is not in the table is a bug and raises.

        Parameters
        ----------
        state : State
        **facts
            Attributes that change with it; and only for the journal ``digests``, what `kept_verdicts` returns, and
            ``evidence``, further facts of its event.

        Raises
        ------
        JournalError, RunBusy
            If the move cannot be recorded; the batch keeps its state then.
        """
        if state not in TRANSITIONS[self.state]:
            raise BiginError(f"Batch {self.number} cannot move from {self.state} to {state}; please report this bug.")
        if self.journal is not None:
            self.journal.move(self.run_id, self.number, self.state, state, facts, attempts=self.attempts)
        facts = {name: value for name, value in facts.items() if name not in _ONLY_ON_DISK}
        self.events.append((state, {k: v for k, v in facts.items() if v is None or isinstance(v, str | int)}))
        for name, value in facts.items():
            setattr(self, name, value)
        self.state = state
        log.info("run %s batch %d: %s%s", self.run_id, self.number, state, f" ({self.code})" if self.code else "")

    def prepare_again(self) -> None:
        """Start again with the upload, without file and job; doubts stay, since an earlier job may have the rows."""
        self.move(State.PREPARED, file_id=None, job_id=None, code=self.code if self.doubts else None)

    def hold(self, refusal: BiginError) -> None:
        """Put an accepted job on hold, to be followed later."""
        self.held, self.code, self.refusal = True, code_of(refusal), refusal

    def digests(self) -> bytes | None:
        """Return 16 bytes for each row that counts as sent, None if rows are not counted."""
        return None if self.journal is None else self.journal.digests(self.run_id, self.number)

    def still_counting(self, table: pd.DataFrame) -> bytes | None:
        """Return the digests of the rows that still count with these verdicts; a row that stopped counting has none."""
        kept = self.digests()
        if kept is None:
            return None
        counted = np.ones(len(table), np.bool_) if self.table is None else _count(self.table)
        still: bytes = np.frombuffer(kept, np.uint8).reshape(-1, SIZE)[_count(table)[counted]].tobytes()
        return still

    def verdicts(self, *, moving: bool) -> pd.DataFrame:
        """Return the present ``ID``, ``Status`` and ``Error`` of the rows; ``moving``: the run is still working."""
        if self.table is not None:
            return self.table
        status, code = self.status_now(moving=moving)
        return pd.DataFrame({"ID": None, "Status": status.value, "Error": code}, index=range(len(self.rows)))

    def status_now(self, *, moving: bool) -> tuple[Status, str | None]:
        """Return the status and the reason of every row of a batch that has no verdicts yet."""
        status = Status.PENDING if moving and self.state not in ENDED else VERDICTS[self.state]
        if status is Status.UNSENT and self.doubts:
            status = Status.UNKNOWN  # it waits to be sent again, and an earlier attempt may have been taken
        return status, self.code or _REASONS.get(status)


_REASONS = {Status.UNSENT: NOT_SENT, Status.UNKNOWN: CUT_SHORT}  # of rows whose batch stopped without a code
_ONLY_ON_DISK = ("evidence", "verdicts", "undecided", "digests")


def kept_verdicts(task: Task | None, table: pd.DataFrame) -> dict[str, Any]:
    """Return verdicts in the form that a move gives to the journal, and how many of them are undecided.

    With a task, errors are reduced to codes and names: other words may be cell values.
    """
    columns = {name: text_array(table[name]) for name in ("ID", "Status", "Error")}
    if task is not None:
        coded = columns["Error"].dictionary_encode()
        plain = [plain_errors(error or "", task.fields) or None for error in coded.dictionary.to_pylist()]
        columns["Error"] = pa.array(plain, pa.large_string()).take(coded.indices)
    open_ = pc.is_in(columns["Status"], pa.array([status.value for status in UNDECIDED], pa.large_string()))
    return {"verdicts": as_json(columns), "undecided": pc.sum(open_).as_py() or 0}


def _count(table: pd.DataFrame) -> np.ndarray:
    """Mark rows that are or may be in Bigin; rejected rows can be sent again."""
    return ~table["Status"].isin([status.value for status in (*REFUSED, Status.UNSENT)]).to_numpy(bool)


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
