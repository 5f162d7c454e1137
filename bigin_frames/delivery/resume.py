"""Runs resumed after a crash, or opened after their end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final, cast

import numpy as np
import pandas as pd

from bigin_frames.client.client import Client
from bigin_frames.client.settings import home
from bigin_frames.client.shared_client import shared_client
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.begin import Delivery
from bigin_frames.delivery.delivered_before import settle_overlap
from bigin_frames.delivery.reopen import batches_from, decided_table, is_last, is_open, reopen
from bigin_frames.delivery.run import Run
from bigin_frames.delivery.run_spec import columns_of
from bigin_frames.errors import FrameChangedError, InputError, OptionError
from bigin_frames.frames.encoding.digests import row_digests, whole_digest
from bigin_frames.frames.merging.attach import DEFAULT_NAMES, free_names, snapshot
from bigin_frames.journal.entries import RunRecord
from bigin_frames.journal.journal import Journal
from bigin_frames.model import ID_FIELD, Operation


def resume(
    run_id: str,
    frame: pd.DataFrame | None = None,
    *,
    client: Client | None = None,
    result_columns: tuple[str, str, str] = DEFAULT_NAMES,
) -> Run:
    """Resume a run after a crash, or open one that has ended to look at its verdicts.

    Parameters
    ----------
    run_id : str
        As in `runs`, and in errors and log lines.
    frame : DataFrame, optional
        The one the run began with: same rows in the same order. It is needed to send what was not sent and to pair
        results with rows; without it ``frame()`` has the known verdicts, by position, and nothing is resumed.
    client : Client, optional
        By default the client that the environment describes.
    result_columns : tuple of three str
        Names for the three columns that are added.

    Returns
    -------
    Run
        ``.wait()`` resumes it and waits for the end, ``.frame()`` has the verdicts known so far. A run that has ended
        makes no request.

    Raises
    ------
    OptionError
        If the journal has no such run.
    FrameChangedError
        If the frame is not the one the run began with.
    InputError
        If the run fills empty cells with defaults, which the journal does not keep: make the same call again, and it
        resumes.
    RunBusy
        If another process drives the run.

    Examples
    --------
    >>> run = df.bigin.submit("Contacts")
    >>> run.leave()  # as if the program had ended
    >>> bf.resume(run.id, df).wait()["Status"].tolist()
    ['ADDED', 'ADDED']
    """
    journal = Journal(home())
    record = journal.run(run_id)
    if record is None:
        raise OptionError(f"The journal {journal.path} has no run {run_id!r}; bf.runs() lists them.", option="run_id")
    hold = ExitStack()
    hold.enter_context(journal.driving(run_id))
    with hold:
        batches = batches_from(journal, run_id)
        open_ = any(is_open(batch, row_key=record.spec["row_key"]) for batch in batches)
        kept = None if frame is None else snapshot(frame)
        task = None
        if kept is not None:
            task = _task(record, kept, client, open_)
            _refuse_changes(task, record, journal, np.concatenate([_NONE, *(batch.rows for batch in batches)]))
            settle_overlap(journal, record, batches, task)
        reopen(batches, task if open_ else None, alone=is_last(journal, run_id))
        begun = Delivery(
            run_id=run_id,
            batches=batches,
            decided=decided_table(record.decided),
            journal=journal,
            hold=hold.pop_all(),
            credits_per_day=record.spec.get("credits_per_day"),  # missing in an older journal
        )
    shown = pd.DataFrame(index=range(record.rows)) if kept is None else kept
    return Run(run_id, task, batches, shown, begun.decided, free_names(shown, result_columns), begun)


_NONE: Final = np.empty(0, np.int64)


def _task(record: RunRecord, frame: pd.DataFrame, client: Client | None, open_: bool) -> Task:
    spec = record.spec
    if open_ and spec["fills"]:
        raise InputError(
            f"Run {record.id} fills empty cells with defaults, and the journal keeps no values: "
            "make the same call again with the same frame, which resumes this run."
        )
    if len(frame) != record.rows or len(frame.columns) <= max(line["place"] or 0 for line in spec["columns"]):
        raise FrameChangedError(
            f"Run {record.id} began with {record.rows:,} rows; this frame has {len(frame):,} and "
            f"{len(frame.columns)} columns. Give the frame it began with, or no frame to see only the verdicts.",
            rows=abs(len(frame) - record.rows),
        )
    frame, columns = columns_of(spec, frame)
    fields = {column.field.api_name: column.field for column in columns} | {"id": ID_FIELD}
    task = Task(
        client=cast(Client, client or (shared_client() if open_ else None)),
        module=record.module,
        operation=cast(Operation, record.operation),
        frame=frame,
        columns=columns,
        constants={},
        key=fields[spec["key"]] if spec["key"] else None,
        labels={column.field.api_name: column.field.label for column in columns},
        ignore_empty=spec["ignore_empty"],
        zone=spec["zone"],
        row_key=spec["row_key"],
        key_seed=spec["key_seed"],
    )
    if open_ and task.client.zgid() != record.org:
        raise OptionError(
            f"Run {record.id} belongs to organisation {record.org}, not to the client's.", option="client"
        )
    return task


def _refuse_changes(task: Task, record: RunRecord, journal: Journal, rows: np.ndarray) -> None:
    digests = row_digests(task.frame, rows, task.columns, task.zone, journal.salt)
    if whole_digest(digests) != record.spec["rows_digest"]:
        raise FrameChangedError(
            f"This frame is not the one run {record.id} began with: cells, types or the order of rows differ. "
            "Give that frame, or no frame to see only the verdicts.",
            rows=len(rows),
        )
