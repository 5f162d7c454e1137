"""The work on a partition where its rows are: check it, pack its batches, pair their results with its rows.

Nothing here calls Bigin or the journal, and every function may run again elsewhere when a worker is lost. The partition
is then computed again; if its rows are not those that were checked, it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Final, cast

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from bigin_frames.client.client import Client
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.batch_zip import packed
from bigin_frames.delivery.bulk.download import read_result
from bigin_frames.errors import FrameChangedError
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.frames.encoding.csv_zip import Packed
from bigin_frames.frames.encoding.digests import Digests, row_digests, whole_digest, with_row_keys
from bigin_frames.frames.merging.attach import DEFAULT_NAMES, attach
from bigin_frames.frames.merging.sent import Merge
from bigin_frames.job_request import MappedColumn
from bigin_frames.plans.options import Settings
from bigin_frames.plans.plan import Plan
from bigin_frames.plans.prepare import checked_frame, planned

_NONE: Final = np.empty(0, np.int64)
_NO_KEY: Final = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is known about a partition, without any of its cells.

    Attributes
    ----------
    rows : int
    task : Task or None
        Without its frame's rows and without a client; None for a partition without rows.
    batches : list of Batch
    decided : DataFrame
        Verdicts of rows that are in no batch, by position.
    digests : ndarray of uint8
        Digests of the batches' rows, 16 bytes each.
    stamp : str
        A digest of all rows, including invalid ones.
    notes : tuple of str
        Warnings, in words.
    """

    run_id: str
    rows: int
    task: Task | None
    batches: list[Batch]
    decided: pd.DataFrame
    digests: Digests
    stamp: str
    notes: tuple[str, ...]


def report_of(partition: pd.DataFrame, module: str, settings: Settings) -> ValidationReport:
    """Find every problem of every row, as `verbs.check` does."""
    return checked_frame(partition, module, settings).found.report


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is known about a partition before it is sent: its problems, its stamp, each batch's rows and bytes."""

    report: ValidationReport
    stamp: str
    jobs: tuple[tuple[int, int], ...]


def examined(partition: pd.DataFrame, module: str, settings: Settings) -> Examined:
    """Find every problem that keeps a row from being sent, and split the other rows into batches."""
    plan = planned(partition, module, settings)
    jobs = tuple((len(batch.rows), batch.csv_bytes) for batch in plan._batches)
    return Examined(report=plan.report, stamp=_stamp_of(plan, partition), jobs=jobs)


def prepared(partition: pd.DataFrame, module: str, settings: Settings, salt: bytes) -> Sheet:
    """Check a partition and split it into batches."""
    plan = planned(partition, module, settings)
    task, digests = plan._task, np.empty((0, 16), np.uint8)
    if task is not None:
        rows = np.concatenate([_NONE, *(batch.rows for batch in plan._batches)])
        digests = row_digests(task.frame, rows, task.columns, task.zone, salt)
        task = replace(task, frame=pd.DataFrame(columns=task.frame.columns))
    return Sheet(
        run_id=plan.run_id,
        rows=len(partition),
        task=task,
        batches=plan._batches,
        decided=plan._decided(),
        digests=digests,
        stamp=_stamp_of(plan, partition),
        notes=plan.report.notes,
    )


def _stamp_of(plan: Plan, partition: pd.DataFrame) -> str:
    return "" if plan._task is None else _stamp(partition, own_columns(plan._task), plan._task.zone)


def _stamp(partition: pd.DataFrame, columns: Sequence[MappedColumn], zone: str) -> str:
    return whole_digest(row_digests(partition, np.arange(len(partition)), columns, zone, _NO_KEY))


def own_columns(task: Task) -> tuple[MappedColumn, ...]:
    """Return the caller's columns, without the one of generated row keys."""
    return tuple(column for column in task.columns if task.key_seed is None or column.field != task.key)


# -- one batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Proof of a batch's rows: its partition's number and length, and a salted digest of the batch's rows."""

    partition: int
    rows: int
    digest: str
    salt: bytes = field(repr=False)


def packed_batch(partition: pd.DataFrame, task: Task, batch: Batch, proof: Proof) -> Packed:
    """Return the zip of a batch, as it is uploaded."""
    return packed(proven_task(partition, task, batch, proof), batch)


def paired_batch(partition: pd.DataFrame, task: Task, batch: Batch, proof: Proof, body: bytes) -> Merge:
    """Pair the lines of a result zip with a batch's rows; the rows' texts are returned only if a tie needs them.

    Raises
    ------
    BadResultError
        If the file is damaged.
    """
    merged = read_result(proven_task(partition, task, batch, proof), batch, body)
    merged.sent = replace(merged.sent, texts=tuple(merged.sent.texts) if merged.ties else ())
    return merged


def frame_of(partition: pd.DataFrame, task: Task, batch: Batch, proof: Proof) -> pd.DataFrame:
    """Return the partition itself, with its row keys, to resolve an attempt in doubt."""
    return proven_task(partition, task, batch, proof).frame


def proven_task(partition: pd.DataFrame, task: Task, batch: Batch, proof: Proof) -> Task:
    """Return the task with its frame, if a batch's rows are those that were checked.

    Raises
    ------
    FrameChangedError
    """
    frame = partition
    if task.key_seed is not None and task.key is not None:
        own = own_columns(task)
        frame, _ = with_row_keys(partition, own, task.zone, task.key_seed, task.key.api_name)
    if len(frame) == proof.rows:
        digests = row_digests(frame, batch.rows, task.columns, task.zone, proof.salt)
        if whole_digest(digests) == proof.digest:
            return replace(task, frame=frame, client=cast(Client, Client))  # the class reads results, no request
    raise changed(f"Partition {proof.partition}", proof.rows)


def changed(what: str, rows: int) -> FrameChangedError:
    """Return the error of a partition that is not what it was."""
    return FrameChangedError(
        f"{what} has changed since it was checked: computed again, it has other rows, or the same rows in another "
        "order. Nothing is guessed. Write the frame to Parquet, or persist() it, and use that, which does not change.",
        rows=rows,
    )


# -- verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """The verdicts of a partition's rows, as a small Parquet file, with what identifies these rows."""

    partition: int
    file: bytes = field(repr=False)
    stamp: str
    columns: tuple[MappedColumn, ...]
    zone: str
    names: tuple[str, str, str]
    written_to: tuple[str, str]

    def table(self) -> pd.DataFrame:
        """Return ``ID``, ``Status`` and ``Error`` by position."""
        found: pd.DataFrame = parquet.read_table(BytesIO(self.file)).to_pandas()
        return found


def kept(verdicts: pd.DataFrame, names: Sequence[str]) -> bytes:
    """Return verdicts as a Parquet file; ascending ids take one or two bytes each."""
    texts = {plain: pa.array(verdicts[name], pa.string()) for plain, name in zip(DEFAULT_NAMES, names, strict=True)}
    file = BytesIO()
    parquet.write_table(
        pa.table(texts), file, compression="zstd", use_dictionary=["Status", "Error"],
        column_encoding={"ID": "DELTA_BYTE_ARRAY"},
    )  # fmt: skip
    return file.getvalue()


def with_verdicts(partition: pd.DataFrame, verdicts: Verdicts) -> pd.DataFrame:
    """Return a partition with its verdicts, each time it is computed.

    Raises
    ------
    FrameChangedError
        If its rows are not those that were sent.
    """
    table, parts = verdicts.table(), []
    if len(partition) or len(table):
        alike = len(partition) == len(table) and verdicts.stamp == _stamp(partition, verdicts.columns, verdicts.zone)
        if not alike:
            raise changed(f"Partition {verdicts.partition}", len(partition))
        parts = [(np.arange(len(partition)), table)]
    return attach(partition, parts, verdicts.names, verdicts.written_to)
