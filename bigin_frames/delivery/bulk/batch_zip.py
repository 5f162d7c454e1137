"""A batch as the zip that is uploaded."""

from __future__ import annotations

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.task import Task
from bigin_frames.errors import (
    InputError,
)
from bigin_frames.frames.encoding.csv_zip import Packed, pack
from bigin_frames.frames.encoding.texts import wire_texts

BLOCK_BYTES = 8_000_000  # of CSV written at a time; each block costs 2 ms more, so a batch of short rows is one


def packed(task: Task, batch: Batch) -> Packed:
    """Return the zip of a batch; the same rows give the same bytes each time.

    Raises
    ------
    InputError
        If the rows have changed since they were checked.
    """

    def name(check: str) -> str:
        return f"bf-{batch.run_id[:8]}-{batch.number:04d}-{check}.csv"

    step = max(1, len(batch.rows) * BLOCK_BYTES // max(1, batch.csv_bytes))
    blocks = (batch.rows[start : start + step] for start in range(0, len(batch.rows), step))
    made = pack(task.names, (wire_texts(task.frame, rows, task.columns, task.zone) for rows in blocks), name)
    if made.csv_bytes != batch.csv_bytes:
        raise InputError(
            f"Batch {batch.number} has changed since it was checked: leave the frame unchanged during a write."
        )
    return made
