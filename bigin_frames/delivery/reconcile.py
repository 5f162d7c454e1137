"""Answers to what a run could not know: rows whose job's answer was lost, or without a proven line of the result.

A record that is there is proof, one that is missing is not: a job may wait in Bigin for an undocumented time. What
nothing proves stays as it is, until the job's id is found or a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import Batch, kept_verdicts
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.own_job import proves
from bigin_frames.delivery.proven_records import COMPARED_TYPES, begun_at, proven_ids, with_records
from bigin_frames.errors import InputError, OptionError
from bigin_frames.frames.merging.verdict_texts import text_list
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Status

Outcome = Literal["applied", "not_applied"]
_OPEN: Final = frozenset({State.UNKNOWN, State.RESULT_BAD, State.MERGED})
_UNPROVEN: Final = (Status.UNKNOWN, Status.UNREPORTED)
_COLUMNS: Final = ("row", "job", "Status", "Error", "attempts", "begun_at", "file", "file_id", "job_id", "evidence")


def unknown_rows(batches: Sequence[Batch], events: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return one line for each row that may or may not have been written, with what is known about its job.

    Returns
    -------
    DataFrame
        ``row`` (position), ``job`` (the batch's number), ``Status``, ``Error``, ``attempts``, ``begun_at`` (ISO 8601,
        UTC), ``file`` (the CSV's name, which job details echo), ``file_id``, ``job_id`` and ``evidence``: the events
        of the batch in words.
    """
    known = list(events)
    lines = [
        (int(row), batch.number, status, error, batch.attempts, *_evidence(batch, known))
        for batch in batches
        for row, status, error in zip(batch.rows, *_verdicts(batch), strict=True)
        if status in _UNPROVEN
    ]
    return pd.DataFrame(lines, columns=list(_COLUMNS))


def _verdicts(batch: Batch) -> tuple[list[str | None], list[str | None]]:
    table = batch.verdicts(moving=False)
    return text_list(table["Status"]), text_list(table["Error"])


def _evidence(batch: Batch, events: Sequence[dict[str, Any]]) -> tuple[Any, ...]:
    own = [event for event in events if event["batch"] == batch.number]
    begun = next((event["at"] for event in own if event["state"] == State.SUBMITTING), None)
    words = "; ".join(_in_words(event) for event in own)
    return begun, batch.name, batch.file_id, batch.job_id, words


def _in_words(event: dict[str, Any]) -> str:
    facts = [f"{name} {value}" for name, value in event.items() if name not in _UNSAID]
    return f"{event['at']} {event['state']}" + (f" ({', '.join(facts)})" if facts else "")


_UNSAID: Final = ("batch", "at", "state", "monotonic_s", "callback")  # the last is private to this run


def resolve(task: Task | None, batch: Batch, outcome: Outcome, reason: str) -> None:
    """Set the outcome of the unknown rows of a batch to what a person has seen in Bigin.

    Raises
    ------
    OptionError, InputError
        If the outcome is not one of the two words, no reason is given, or no row of the batch is unknown.
    """
    if outcome not in ("applied", "not_applied"):
        raise OptionError("The outcome must be 'applied' or 'not_applied'.", option="outcome")
    if not reason.strip():
        raise OptionError("Give in reason= how you know it; the journal keeps the text.", option="reason")
    evidence = {"resolved": outcome, "reason": reason}
    if batch.state is State.UNKNOWN and outcome == "not_applied":
        batch.move(State.REJECTED, code="RESOLVED_NOT_APPLIED", doubts=0, evidence=evidence)  # it may be sent again
        return
    table = batch.verdicts(moving=False).reset_index(drop=True).astype(object)
    open_ = table["Status"].isin([str(status) for status in _UNPROVEN])
    if batch.state not in _OPEN or not open_.any():
        raise InputError(f"Job {batch.number} is {batch.state} and none of its rows is unknown: nothing to resolve.")
    written = Status.UPDATED if task is not None and task.operation == "update" else Status.ADDED
    verdict = (written, None) if outcome == "applied" else (Status.UNSENT, "RESOLVED_NOT_APPLIED")
    table.loc[open_, ["ID", "Status", "Error"]] = [None, str(verdict[0]), verdict[1]]
    _conclude(task, batch, table, evidence)


def adopt(task: Task, batch: Batch, job_id: str) -> None:
    """Assign a job in Bigin to a batch, if Bigin's details prove that it is the batch's job.

    Raises
    ------
    InputError
        If the batch already has a job, or the file, module or operation of this job is not the batch's.
    """
    if batch.state is not State.UNKNOWN:
        raise InputError(f"Job {batch.number} of this run is {batch.state}, not unknown; no job can be assigned to it.")
    proven = proves(task, batch, job_id)
    if proven is None:
        raise InputError(f"Bigin does not say yet which file job {job_id} has; try again when it has ended.")
    if not proven:
        raise InputError(
            f"Bigin's job {job_id} cannot be proven to be job {batch.number} of this run: its file must be "
            f"{batch.name}, its module {task.module} and its operation {task.operation}."
        )
    batch.move(State.SUBMITTED, job_id=job_id, code=None, evidence={"adopted": job_id})


def reconcile(task: Task, batch: Batch, events: Iterable[dict[str, Any]]) -> int:
    """Look the unproven rows of an insert up by a unique field and resolve those whose record is there.

    For an update or an upsert a record proves nothing: it may have been there before.

    Parameters
    ----------
    task : Task
    batch : Batch
    events : iterable of dict
        The run's events in the journal.

    Returns
    -------
    int
        How many rows were resolved.
    """
    column = _unique_column(task)
    begun = begun_at(batch, events)
    if batch.state not in _OPEN or column is None or begun is None or task.operation != "insert":
        return 0
    table = batch.verdicts(moving=False).reset_index(drop=True)
    positions = np.flatnonzero(table["Status"].isin([str(status) for status in _UNPROVEN]))
    if not len(positions):
        return 0
    ids, _ = proven_ids(task, batch.rows[positions], column, begun)
    proven = sum(record is not None for record in ids)
    if proven:
        _conclude(task, batch, with_records(table, positions, ids), {"reconciled": proven})
    return proven


def _unique_column(task: Task) -> MappedColumn | None:
    """Return the column to look rows up by: that of the key, else that of a unique text field."""
    unique = [column for column in task.columns if column.field.unique and column.field.data_type in COMPARED_TYPES]
    return next((column for column in unique if column.field == task.key), next(iter(unique), None))


def _conclude(task: Task | None, batch: Batch, table: pd.DataFrame, evidence: dict[str, Any]) -> None:
    digests = batch.still_counting(table)
    batch.move(State.MERGED, table=table, digests=digests, evidence=evidence, **kept_verdicts(task, table))
