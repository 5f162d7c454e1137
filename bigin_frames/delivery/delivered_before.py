"""Rows that an insert of another run has sent: sent again, they would be duplicates in Bigin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import Batch, batches_of, kept_verdicts
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.terms import Terms
from bigin_frames.errors import InputError, OverlapWarning, warn
from bigin_frames.frames.encoding.csv_zip import row_bytes
from bigin_frames.frames.encoding.digests import SIZE, Digests, among
from bigin_frames.frames.encoding.texts import wire_texts
from bigin_frames.frames.merging.attach import refused_rows
from bigin_frames.journal.entries import RunRecord
from bigin_frames.journal.journal import Journal
from bigin_frames.limits import MAX_ROWS_PER_JOB
from bigin_frames.model import OnOverlap, Status

ALREADY_DELIVERED: Final = "ALREADY_DELIVERED"  # in Error: an earlier insert has sent the row
_WAITING: Final = frozenset({State.PREPARED, State.UPLOADED, State.REJECTED})


def may_double(task: Task) -> bool:
    """Return whether sending a row again would create a second record: in an insert without a key."""
    return task.operation == "insert" and task.key is None


def seen_before(journal: Journal, org: str, module: str, digests: Digests, except_run: str | None = None) -> np.ndarray:
    """Mark the rows that inserts of all runs except one have sent or may have sent."""
    known = b"".join(journal.handed_over(org, module, except_run).values())
    return among(digests, known) if known else np.zeros(len(digests), bool)


def apply_on_overlap(
    seen: np.ndarray, rows: np.ndarray, run_id: str, task: Task, batches: Sequence[Batch], decided: pd.DataFrame,
    digests: Digests, terms: Terms,
) -> tuple[Sequence[Batch], pd.DataFrame, Digests]:  # fmt: skip
    """Treat rows that were sent before as ``on_overlap`` says.

    Raises
    ------
    InputError
        For ``on_overlap="raise"``.
    """
    words = f"{int(seen.sum()):,} of {len(rows):,} rows were sent to {task.module} by an earlier insert"
    fix = 'on_overlap="skip" leaves them out, "ignore" sends them; bf.runs() lists the runs of this machine.'
    if terms.on_overlap == "raise":
        raise InputError(f"{words}; nothing was sent. {fix}")
    if terms.on_overlap == "warn":
        warn(f"{words}, and will be sent again (possible duplicates): {fix}", OverlapWarning)
        return batches, decided, digests
    reason = pd.Series(ALREADY_DELIVERED, index=rows[seen], dtype=object)
    left = rows[~seen]
    fewer = batches_of(run_id, task, left, _sizes(task, left), terms.max_rows_per_job) if len(left) else []
    return fewer, pd.concat([decided, refused_rows(reason, Status.SKIPPED)]), digests[~seen]


def _sizes(task: Task, rows: np.ndarray) -> np.ndarray:
    """Return the bytes of each row as CSV."""
    blocks = (rows[start : start + MAX_ROWS_PER_JOB] for start in range(0, len(rows), MAX_ROWS_PER_JOB))
    texts = (wire_texts(task.frame, block, task.columns, task.zone) for block in blocks)
    return np.concatenate([row_bytes(some) for some in texts])


def settle_overlap(
    journal: Journal, run: RunRecord, batches: Sequence[Batch], task: Task, on_overlap: OnOverlap = "warn"
) -> None:
    """Skip the waiting batches of a run whose rows another run has sent since, usually a retry.

    Raises
    ------
    InputError
        If another run has sent some rows of a waiting batch but not all, unless ``on_overlap`` allows to send them.
    """
    overlapping = 0
    for batch in batches if on_overlap != "ignore" and may_double(task) else ():
        kept = batch.digests() if batch.state in _WAITING else None
        if kept is None:
            continue
        digests = np.frombuffer(kept, np.uint8).reshape(-1, SIZE)
        seen = seen_before(journal, run.org, run.module, digests, run.id)
        if seen.all():
            _settle(batch, task)
        else:
            overlapping += int(seen.sum())
    words = f"{overlapping:,} waiting rows of run {run.id} have been sent to {run.module} by another run"
    if overlapping and on_overlap == "warn":
        warn(f'{words}, and will be sent again (possible duplicates): on_overlap="raise" stops.', OverlapWarning)
    elif overlapping:
        raise InputError(f'{words}; nothing was sent. on_overlap="ignore" sends them.')


def _settle(batch: Batch, task: Task) -> None:
    table = pd.DataFrame(
        {"ID": None, "Status": Status.SKIPPED.value, "Error": ALREADY_DELIVERED}, index=range(len(batch.rows))
    )
    batch.move(State.MERGED, table=table, digests=b"", code=None, **kept_verdicts(task, table))
