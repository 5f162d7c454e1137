"""The beginning of a delivery: a new run, or the unfinished one with the same content.

Running a call again resumes it. A run is identified by its content: the organisation, the module, the operation, the
fields and the rows. The same content finds the run that began with it, so the caller does not need to keep its id.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.delivered_before import apply_on_overlap, may_double, seen_before, settle_overlap
from bigin_frames.delivery.reopen import OVER, batches_from, decided_table, is_last, is_open, reopen
from bigin_frames.delivery.run_spec import spec_of
from bigin_frames.delivery.terms import Terms
from bigin_frames.errors import AlreadyDelivered
from bigin_frames.frames.encoding.digests import SIZE, Digests, digest_sum, row_digests, whole_digest
from bigin_frames.journal.entries import BatchRecord, RunRecord
from bigin_frames.journal.journal import UNPROVEN, Journal
from bigin_frames.journal.unreadable_results import clear
from bigin_frames.model import REFUSED

log = logging.getLogger("bigin_frames")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A run that can be driven now: its batches in their present states, and the lock that keeps other processes out.

    ``credits_per_day`` is the allowance that its jobs wait for, None if they do not wait.
    """

    run_id: str
    batches: list[Batch]
    decided: pd.DataFrame
    journal: Journal
    hold: ExitStack
    credits_per_day: int | None = None


def begin(
    journal: Journal, run_id: str, task: Task, batches: Sequence[Batch], decided: pd.DataFrame,
    terms: Terms, digests: Digests | None = None,
) -> Delivery:  # fmt: skip
    """Begin a new run in the journal, or find the unfinished one with the same content.

    Parameters
    ----------
    journal : Journal
    run_id : str
        Id of the new run, if there is one.
    task : Task
    batches : sequence of Batch
        Those of the new run.
    decided : DataFrame
        Verdicts that are known before anything is sent, by position.
    terms : Terms
    digests : ndarray of uint8, optional
        Digests of the batches' rows, if another process has computed them because it has the frame.

    Raises
    ------
    AlreadyDelivered
        If the same insert was made before and nothing of it is left to do.
    RunBusy
        If another process drives the run.
    InputError
        If rows were sent before and ``on_overlap="raise"``.
    """
    rows = np.concatenate([batch.rows for batch in batches])
    org = task.client.zgid()
    salt = journal.salt
    if digests is None:
        digests = row_digests(task.frame, rows, task.columns, task.zone, salt)
    key = content_key(org, task, rows, digests, salt, terms.part)
    earlier = journal.latest(key)
    if earlier is not None:
        overtaken = _is_overtaken(journal, earlier, task)
        found = _resumed(journal, earlier, task, terms, overtaken=overtaken)
        if found is not None:
            return found
        once = task.operation == "insert" or (terms.part is not None and not overtaken)
        if once and not terms.repeat and _wrote(journal, earlier):
            raise _delivered(earlier, journal)
    if may_double(task) and terms.on_overlap != "ignore" and not terms.repeat:
        seen = seen_before(journal, org, task.module, digests)
        if seen.any():
            batches, decided, digests = apply_on_overlap(seen, rows, run_id, task, batches, decided, digests, terms)
    record = RunRecord(
        id=run_id, key=key, org=org, module=task.module, operation=task.operation, rows=len(task.frame),
        spec={
            **spec_of(task), "rows_digest": whole_digest(digests), "rows_sum": digest_sum(digests),
            "part": terms.part, "credits_per_day": terms.credits_per_day,
        },
        decided=_decided_lists(decided),
    )  # fmt: skip
    for batch in batches:
        batch.journal = journal
    clear(journal.path.parent)
    with ExitStack() as hold:
        hold.enter_context(journal.driving(run_id))
        records = _records(batches, digests if may_double(task) else None)
        journal.begin(record, records, after=earlier.id if earlier else None)
        kept = hold.pop_all()
    return Delivery(
        run_id=run_id, batches=list(batches), decided=decided, journal=journal, hold=kept,
        credits_per_day=terms.credits_per_day,
    )  # fmt: skip


def content_key(
    org: str, task: Task, rows: np.ndarray, digests: Digests, salt: bytes, part: int | str | None = None
) -> str:
    """Return the key that identifies a delivery: organisation, module, operation, and every row with its position."""
    request = task.request("")
    mappings = [[m.api_name, m.index is None, m.find_by, m.format] for m in sorted(request.mappings, key=_by_name)]
    facts = [org, task.module, task.operation, request.find_by, task.ignore_empty, task.zone, len(task.frame), mappings]
    if part is not None:
        facts.append(part)
    fills = [[column.field.api_name, column.default] for column in sorted(task.columns, key=lambda c: c.field.api_name)]
    key = blake2b(json.dumps([facts, fills, sorted(task.constants.items())]).encode(), digest_size=SIZE, key=salt)
    key.update(np.ascontiguousarray(rows).data)
    key.update(np.ascontiguousarray(digests).reshape(-1).data)  # no copy: it is 16 MB for a million rows
    return key.hexdigest()


def _by_name(mapping: Any) -> str:
    return str(mapping.api_name)


def _wrote(journal: Journal, run: RunRecord) -> bool:
    """Return whether an ended run has or may have written a row; one that Bigin rejected as a whole can be repeated."""
    refused = {status.value for status in REFUSED}
    return any(
        batch.verdicts is None or not set(batch.verdicts["Status"]) <= refused for batch in journal.batches(run.id)
    )


def _delivered(earlier: RunRecord, journal: Journal) -> AlreadyDelivered:
    unsure = sum(n for state, n in journal.states()[earlier.id].items() if state != State.MERGED)
    left = f" {unsure} of its jobs have rows of unknown status: see `bf.resume({earlier.id!r}, df).unknown`." * (
        unsure > 0
    )
    return AlreadyDelivered(
        f"The same rows were inserted before, by run {earlier.id}, begun {earlier.created_at}; nothing was sent now."
        f"{left} `bf.resume({earlier.id!r}, df).frame()` has the verdicts; repeat=True inserts the rows again.",
        run_id=earlier.id,
        when=earlier.created_at,
    )


# -- resume


def _is_overtaken(journal: Journal, earlier: RunRecord, task: Task) -> bool:
    """Return whether other values may have been written since; the caller wants these to be the last ones.

    Resuming the earlier run would report ``UPDATED`` for a job that ran before those others.
    """
    return task.operation != "insert" and task.may_repeat and not is_last(journal, earlier.id)


def _resumed(journal: Journal, earlier: RunRecord, task: Task, terms: Terms, *, overtaken: bool) -> Delivery | None:
    """Return an earlier run with its batches in their present states, or None if nothing of it is left to do."""
    if set(journal.states().get(earlier.id, ())) <= {*OVER, UNPROVEN}:
        return None  # a run that has ended needs no lock: several processes may read it at once
    with ExitStack() as hold:
        hold.enter_context(journal.driving(earlier.id))
        if overtaken:
            return None
        batches = batches_from(journal, earlier.id)
        settle_overlap(journal, earlier, batches, task, terms.on_overlap)
        if not any(is_open(batch, row_key=task.row_key) for batch in batches):
            return None
        reopen(batches, task, alone=is_last(journal, earlier.id))
        kept = hold.pop_all()
    log.warning("resuming run %s, begun %s and not finished", earlier.id, earlier.created_at)
    return Delivery(
        run_id=earlier.id, batches=batches, decided=decided_table(earlier.decided), journal=journal, hold=kept,
        credits_per_day=terms.credits_per_day,
    )  # fmt: skip


def _records(batches: Sequence[Batch], digests: Digests | None) -> Iterator[BatchRecord]:
    """Yield the journal's first records of new batches; ``digests`` are those of all their rows, where they count."""
    start = 0
    for batch in batches:
        stop = start + len(batch.rows)
        yield BatchRecord(
            number=batch.number,
            rows=batch.rows.astype(np.int64).tobytes(),
            csv_bytes=batch.csv_bytes,
            digests=None if digests is None else digests[start:stop].tobytes(),
            state=batch.state,
        )
        start = stop


def _decided_lists(decided: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        "rows": decided.index.tolist(),
        "Status": decided["Status"].tolist(),
        "Error": decided["Error"].tolist(),
    }
