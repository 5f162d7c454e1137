"""A batch: the rows of one job, and how far they have come."""

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
from bigin_frames.frames.encoding.digests import SIZE
from bigin_frames.frames.encoding.pack import header_bytes, split
from bigin_frames.frames.merging.sent import Merge
from bigin_frames.frames.merging.verdict_texts import as_json, text_array
from bigin_frames.journal.journal import Journal
from bigin_frames.model import REFUSED, UNDECIDED, Job, Status
from bigin_frames.wire.reasons import plain_errors

log = logging.getLogger("bigin_frames")


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

    def hold(self, refusal: BiginError) -> None:
        """Leave an accepted job as it is, to be followed later."""
        self.held, self.code, self.refusal = True, code_of(refusal), refusal

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
