"""The last step of a batch: a verdict for every row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from bigin_frames.checkpoints import checkpoint
from bigin_frames.delivery.batches.batch import Batch, kept_verdicts
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.download import claimed
from bigin_frames.delivery.bulk.pace import CHEAP_READS
from bigin_frames.delivery.proven_records import begun_at, proven_ids, with_records
from bigin_frames.errors import (
    AnswerError,
    BiginError,
    TransportError,
    UntrustedHostError,
)
from bigin_frames.frames.merging.result_lines import UNKNOWN_STATUS
from bigin_frames.frames.merging.sent import Merge
from bigin_frames.frames.merging.settle import proves_order, settle
from bigin_frames.frames.merging.verdict_texts import text_array, text_counts, text_list
from bigin_frames.frames.merging.verdicts import counts_agree, verdicts
from bigin_frames.model import DUPLICATE_DATA, Status
from bigin_frames.wire.reasons import parse_errors

log = logging.getLogger("bigin_frames")


def conclude(
    task: Task, batch: Batch, gates: Gates, judge: Callable[[Task, Batch, Merge], dict[str, Any]] | None = None
) -> None:
    """Move from FETCHED to MERGED: give every row its verdict."""
    merged = batch.merged
    if merged is None:
        raise BiginError(f"Batch {batch.number} has no result to read verdicts from; please report this bug.")
    if judge is None and not (batch.doubts or merged.ties):
        facts = gates.work(judged, task, batch, merged)
    else:  # Bigin may be asked: waiting for its answer must not block the worker
        facts = (judge or judged)(task, batch, merged)
    batch.move(State.MERGED, merged=None, code=None, **facts)


def judged(task: Task, batch: Batch, merged: Merge) -> dict[str, Any]:
    """Resolve what the file left open; return the verdicts to show and to store, and the digests that count."""
    if merged.ties:
        settle(merged, _read_back(task, merged))
    table = _without_impossible(task, verdicts(merged))
    _compare_counts(batch, table, merged.foreign)
    if task.row_key and batch.doubts:
        table = _with_earlier_attempts(task, batch, table)
    checkpoint("verdicts half made")
    return {"table": table, "digests": batch.still_counting(table), **kept_verdicts(task, table)}


def _without_impossible(task: Task, table: pd.DataFrame) -> pd.DataFrame:
    """Leave rows undecided whose line is impossible: an update adds nothing, an insert updates nothing."""
    impossible = {"insert": [Status.UPDATED.value], "update": [Status.ADDED.value]}.get(task.operation, [])
    wrong = table["Status"].isin(impossible).to_numpy(bool)
    if wrong.any():
        table.loc[wrong, ["ID", "Status", "Error"]] = [None, Status.UNREPORTED.value, UNKNOWN_STATUS]
    return table


def _with_earlier_attempts(task: Task, batch: Batch, table: pd.DataFrame) -> pd.DataFrame:
    """Give rows that an earlier attempt has added their record: this attempt skipped them because of their key.

    A row whose record is not found may have been added anyway: it stays undecided, unless an older record has its key.
    """
    known = zip(text_list(table["Status"]), text_list(table["Error"]), strict=True)
    again = [status == Status.SKIPPED and _names_key(task, error) for status, error in known]
    positions = np.flatnonzero(again)
    if not len(positions):
        return table
    try:
        found, others = _made_before(task, batch, batch.rows[positions])
    except (TransportError, AnswerError, UntrustedHostError) as refusal:
        log.warning("%d rows of an earlier attempt could not be looked up: %s", len(positions), type(refusal).__name__)
        found, others = [None] * len(positions), [False] * len(positions)
    ours = np.array([record is not None for record in found])
    table = with_records(table, positions, found)
    table.loc[positions[~ours & ~np.array(others)], ["ID", "Status"]] = [None, Status.UNREPORTED.value]
    return table


def _names_key(task: Task, error: str | None) -> bool:
    """Return whether an error says that the row's key is already in Bigin."""
    key = task.key
    reasons = parse_errors(error or "")
    return key is not None and any(
        reason.code == DUPLICATE_DATA and {key.api_name, key.label} & set(reason.fields) for reason in reasons
    )


def _made_before(task: Task, batch: Batch, rows: np.ndarray) -> tuple[list[str | None], list[bool]]:
    """Return the id of the record that an earlier attempt created for each row, None where that is not proven."""
    begun = None if batch.journal is None else begun_at(batch, batch.journal.events(batch.run_id))
    column = next((column for column in task.columns if column.field == task.key), None)
    if begun is None or column is None:
        return [None] * len(rows), [False] * len(rows)
    return proven_ids(task, rows, column, begun)


def _read_back(task: Task, merged: Merge) -> pd.DataFrame | None:
    ids = merged.ids_to_read
    if not ids or (len(ids) > CHEAP_READS and proves_order(merged)):
        return None
    try:
        return task.client.records(task.module, ids, merged.fields_to_read)
    except (TransportError, AnswerError, UntrustedHostError) as refusal:
        log.warning("%d tied rows could not be read back: %s", len(ids), type(refusal).__name__)
        return None


def _compare_counts(batch: Batch, table: pd.DataFrame, foreign: int) -> None:
    """Log a difference between the job's own counts and the verdicts; only the file decides about rows."""
    counts = text_counts(text_array(table["Status"]))
    if foreign or not counts_agree(claimed(batch), counts):
        log.warning(
            "run %s batch %d: the job counts %s, the proven verdicts are %s; %d lines of the result match no row",
            batch.run_id, batch.number, claimed(batch), counts, foreign,
        )  # fmt: skip
