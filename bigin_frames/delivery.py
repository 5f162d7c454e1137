"""Begin a delivery, or go on with one: what the journal knows of earlier runs decides what may be handed over now.

Running a call again is resuming it. A run is known by its content: the organisation, the module, what is done to which
fields, and the rows themselves. The same content finds the run that began with it; nothing needs to be remembered.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import warnings
from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import numpy as np
import pandas as pd

from bigin_frames.batches import Batch, State, Task, batches_of
from bigin_frames.errors import AlreadyDelivered, InputError, OverlapWarning
from bigin_frames.frames.digests import SIZE, Digests, among, row_digests, whole_digest
from bigin_frames.frames.verdicts import refused_rows
from bigin_frames.journal import BatchRecord, Journal, RunRecord
from bigin_frames.model import REFUSED, Field, MappedColumn, Status
from bigin_frames.options import Settings

log = logging.getLogger("bigin_frames")

ALREADY_DELIVERED: Final = "ALREADY_DELIVERED"  # in Error: an earlier insert has handed the row over
_SETTLED: Final = frozenset({State.MERGED, State.RESULT_BAD, State.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Hold a run that may be driven now: its batches where they stand, and the hold on it, which ends it for others."""

    run_id: str
    batches: list[Batch]
    decided: pd.DataFrame
    journal: Journal
    hold: ExitStack


def begin(
    journal: Journal, run_id: str, task: Task, batches: Sequence[Batch], decided: pd.DataFrame, sizes: np.ndarray,
    settings: Settings,
) -> Delivery:  # fmt: skip
    """Write a new run down, or find the unfinished one with the same content.

    Parameters
    ----------
    journal : Journal
    run_id : str
        Of the new run, if it is one.
    task : Task
    batches : sequence of Batch
        As the new run would have them.
    decided : DataFrame
        Verdicts that stand before anything is sent, by position.
    sizes : ndarray of int64
        Bytes of each row of the frame as CSV.
    settings : Settings

    Raises
    ------
    AlreadyDelivered
        If this very insert was made before and nothing of it is left to do.
    RunBusy
        If another process drives the run.
    InputError
        If rows were handed over before and ``on_overlap="raise"``.
    """
    rows = np.concatenate([batch.rows for batch in batches])
    org = task.client.zgid()
    digests = row_digests(task.frame, rows, task.columns, task.zone, journal.salt)
    key = content_key(org, task, rows, digests, journal.salt)
    earlier = None if settings.repeat else journal.latest(key)
    if earlier is not None:
        found = _resumed(journal, earlier, task)
        if found is not None:
            return found
        if task.operation == "insert" and _wrote(journal, earlier):
            raise _delivered(earlier, journal)
    if _may_double(task) and settings.on_overlap != "ignore" and not settings.repeat:
        seen = _overlap(journal, org, task.module, digests)
        if seen.any():
            batches, decided, digests = _without(seen, rows, run_id, task, batches, decided, sizes, digests, settings)
    record = RunRecord(
        id=run_id, key=key, org=org, module=task.module, operation=task.operation, rows=len(task.frame),
        spec={**spec_of(task), "rows_digest": whole_digest(digests)}, decided=_decided_lists(decided),
    )  # fmt: skip
    cuts = np.cumsum([0, *(len(batch.rows) for batch in batches)])
    for batch, start, stop in zip(batches, cuts, cuts[1:], strict=False):
        batch.journal = journal
        batch.digests = digests[start:stop].tobytes() if _may_double(task) else None
    hold = ExitStack()
    hold.enter_context(journal.driving(run_id))
    journal.begin(record, [_record(batch) for batch in batches])
    return Delivery(run_id=run_id, batches=list(batches), decided=decided, journal=journal, hold=hold)


def content_key(org: str, task: Task, rows: np.ndarray, digests: Digests, salt: bytes) -> str:
    """Return what tells a delivery from all others: where to, what is done, and every row with its position."""
    request = task.request("")
    mappings = [[m.api_name, m.index is None, m.find_by, m.format] for m in sorted(request.mappings, key=_by_name)]
    told = [org, task.module, task.operation, request.find_by, task.ignore_empty, task.zone, len(task.frame), mappings]
    fills = [[column.field.api_name, column.default] for column in sorted(task.columns, key=lambda c: c.field.api_name)]
    key = blake2b(json.dumps([told, fills, sorted(task.constants.items())]).encode(), digest_size=SIZE, key=salt)
    key.update(rows.tobytes())
    key.update(digests.tobytes())
    return key.hexdigest()


def _by_name(mapping: Any) -> str:
    return str(mapping.api_name)


def _may_double(task: Task) -> bool:
    """Tell whether handing a row over again would make a second record: an insert by which nothing is found."""
    return task.operation == "insert" and task.key is None


def _overlap(journal: Journal, org: str, module: str, digests: Digests) -> np.ndarray:
    known = b"".join(journal.handed_over(org, module).values())
    return among(digests, known) if known else np.zeros(len(digests), bool)


def _without(
    seen: np.ndarray, rows: np.ndarray, run_id: str, task: Task, batches: Sequence[Batch], decided: pd.DataFrame,
    sizes: np.ndarray, digests: Digests, settings: Settings,
) -> tuple[Sequence[Batch], pd.DataFrame, Digests]:  # fmt: skip
    """Do with rows that were handed over before what ``on_overlap`` says."""
    words = f"{int(seen.sum()):,} of {len(rows):,} rows were handed over to {task.module} by an earlier insert"
    mend = 'on_overlap="skip" leaves them out, "ignore" sends them; bf.runs() lists the runs of this machine.'
    if settings.on_overlap == "raise":
        raise InputError(f"{words}; nothing was sent. {mend}")
    if settings.on_overlap == "warn":
        warnings.warn(f"{words}, and are sent again as asked: {mend}", OverlapWarning, stacklevel=5)
        return batches, decided, digests
    reason = pd.Series(ALREADY_DELIVERED, index=rows[seen], dtype=object)
    left = rows[~seen]
    fewer = batches_of(run_id, task, left, sizes[left], settings.max_rows_per_job)
    return fewer, pd.concat([decided, refused_rows(reason, Status.SKIPPED)]), digests[~seen]


def _wrote(journal: Journal, run: RunRecord) -> bool:
    """Tell whether an ended run has written a row or may have; one that Bigin refused whole may be made again."""
    refused = {status.value for status in REFUSED}
    return any(
        batch.verdicts is None or not set(batch.verdicts["Status"]) <= refused for batch in journal.batches(run.id)
    )


def _delivered(earlier: RunRecord, journal: Journal) -> AlreadyDelivered:
    unsure = sum(n for state, n in journal.states()[earlier.id].items() if state != State.MERGED)
    left = f" {unsure} of its jobs ended without a provable result: see `bf.resume({earlier.id!r}, df).unknown`." * (
        unsure > 0
    )
    return AlreadyDelivered(
        f"These very rows were inserted before, by run {earlier.id} begun {earlier.created_at}; nothing was sent now."
        f"{left} `bf.resume({earlier.id!r}, df).frame()` has the verdicts; repeat=True inserts the rows once more.",
        run_id=earlier.id,
        when=earlier.created_at,
    )


# -- going on


def _resumed(journal: Journal, earlier: RunRecord, task: Task) -> Delivery | None:
    """Return an earlier run with the batches where they stand, or None if nothing of it is left to do."""
    hold = ExitStack()
    hold.enter_context(journal.driving(earlier.id))
    batches = batches_from(journal, earlier.id)
    if all(batch.state in _SETTLED for batch in batches):
        hold.close()
        return None
    reopen(batches, task, alone=is_last(journal, earlier))
    log.warning("run %s, begun %s and not finished, goes on", earlier.id, earlier.created_at)
    decided = decided_table(earlier.decided)
    return Delivery(run_id=earlier.id, batches=batches, decided=decided, journal=journal, hold=hold)


def batches_from(journal: Journal, run_id: str) -> list[Batch]:
    """Return a run's batches where the journal says they stand."""
    return [_batch(record, run_id, journal) for record in journal.batches(run_id)]


def is_last(journal: Journal, run: RunRecord) -> bool:
    """Tell whether no later run has touched the module: then sending again overwrites nobody's later values."""
    later = next(other for other in journal.runs() if (other.org, other.module) == (run.org, run.module))
    return later.id == run.id


def reopen(batches: Sequence[Batch], task: Task | None, *, alone: bool) -> None:
    """Bring batches that a dead process left behind into states that can be gone on from.

    Parameters
    ----------
    batches : sequence of Batch
    task : Task or None
        Without one nothing can be sent: what was refused stays so.
    alone : bool
        Nothing else was written to the module since.
    """
    for batch in batches:
        if batch.state is State.SUBMITTING:
            batch.move(State.UNKNOWN, code="CUT_SHORT", doubts=batch.doubts + 1, evidence={"failure": "process ended"})
            if task is not None and task.may_repeat and (alone or task.row_key):
                batch.move(State.PREPARED, file_id=None)
        elif batch.state is State.REJECTED and task is not None:
            batch.move(State.PREPARED, file_id=None, code=None)
        elif batch.state in (State.COMPLETED, State.JOB_FAILED, State.FETCHED):
            batch.state = State.SUBMITTED  # the journal keeps no address of a result: the job is asked again


def _record(batch: Batch) -> BatchRecord:
    return BatchRecord(
        number=batch.number,
        rows=batch.rows.astype(np.int64).tobytes(),
        csv_bytes=batch.csv_bytes,
        digests=batch.digests,
        state=batch.state,
    )


def _batch(record: BatchRecord, run_id: str, journal: Journal) -> Batch:
    verdicts = record.verdicts
    return Batch(
        record.number,
        np.frombuffer(record.rows, np.int64),
        run_id,
        record.csv_bytes,
        state=State(record.state),
        name=record.name or "",
        file_id=record.file_id,
        job_id=record.job_id,
        code=record.code,
        table=None if verdicts is None else pd.DataFrame(verdicts, dtype=object),
        attempts=record.attempts,
        doubts=record.doubts,
        digests=record.digests,
        journal=journal,
    )


def _decided_lists(decided: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        "rows": decided.index.tolist(),
        "Status": decided["Status"].tolist(),
        "Error": decided["Error"].tolist(),
    }


def decided_table(lists: dict[str, list[Any]]) -> pd.DataFrame:
    """Return the verdicts that stood before anything was sent, by position."""
    return pd.DataFrame(
        {"ID": None, "Status": lists["Status"], "Error": lists["Error"]},
        index=pd.Index(lists["rows"], dtype="int64"),
        dtype=object,
    )


# -- how a run writes, for going on without the call


def spec_of(task: Task) -> dict[str, Any]:
    """Return how a task writes as the journal keeps it: columns by place, fields, and no value of any cell."""
    labels: list[Hashable] = list(task.frame.columns)
    return {
        "columns": [
            {"place": labels.index(c.column), "field": dataclasses.asdict(c.field), "by": c.by} for c in task.columns
        ],
        "fills": task.row_key or bool(task.constants) or any(column.default is not None for column in task.columns),
        "key": None if task.key is None else task.key.api_name,
        "ignore_empty": task.ignore_empty,
        "zone": task.zone,
        "row_key": task.row_key,
    }


def columns_of(spec: dict[str, Any], frame: pd.DataFrame) -> tuple[MappedColumn, ...]:
    """Return the columns of a spec as they are labelled in a frame."""
    return tuple(
        MappedColumn(column=frame.columns[line["place"]], field=field_of(line["field"]), by=line["by"])
        for line in spec["columns"]
    )


def field_of(facts: dict[str, Any]) -> Field:
    """Return a field as `dataclasses.asdict` wrote it and JSON kept it."""
    return Field(**{**facts, "picklist": tuple(facts["picklist"])})
