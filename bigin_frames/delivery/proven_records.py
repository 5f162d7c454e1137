"""Records in Bigin that prove which row created them. A record that is there is proof, one that is missing is not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.frames.encoding.texts import wire_texts
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Status

COMPARED_TYPES: Final = frozenset({"text", "email", "phone"})  # stored as they were sent, except for blanks
SKEW: Final = timedelta(minutes=5)  # how far this machine's clock may differ from Bigin's, where Bigin's is not known


def begun_at(batch: Batch, events: Iterable[dict[str, Any]]) -> datetime | None:
    """Return the time before which no job of a batch can have created a record, None if no job was ever requested.

    It is Bigin's own time, from its answers before the first call; without one, this machine's time less `SKEW`.
    """
    own = (event for event in events if event["batch"] == batch.number and event["state"] == State.SUBMITTING)
    first = next(own, None)
    if first is None:
        return None
    stated = first.get("server_time")
    return datetime.fromisoformat(stated) if stated else datetime.fromisoformat(first["at"]) - SKEW


def proven_ids(task: Task, rows: np.ndarray, key: MappedColumn, begun: datetime) -> tuple[list[str | None], list[bool]]:
    """Return the id of each row's record where the row must have created it: same key, same other cells, right time.

    The second list says whether an older record has the row's key: then the row cannot have created one.

    Parameters
    ----------
    task : Task
    rows : ndarray of int64
        Positions in the frame.
    key : MappedColumn
        Column of a unique field; a key that two of the rows share proves nothing.
    begun : datetime
        As `begun_at` returns it: the rows did not create an older record.
    """
    compared = [column for column in task.columns if column.field.data_type in COMPARED_TYPES]
    columns = (key, *(column for column in compared if column != key))
    texts = [text.to_pylist() for text in wire_texts(task.frame, rows, columns, task.zone)]
    keys = [text and text.casefold() for text in texts[0]]
    single = _single(keys)
    names = [column.field.api_name for column in columns]
    found = task.client.find(
        task.module, names[0], [text for text in texts[0] if text and text.casefold() in single],
        [*names[1:], "Created_Time"],
    )  # fmt: skip
    made = pd.to_datetime(found["Created_Time"], utc=True, format="ISO8601") >= pd.Timestamp(begun)
    records: dict[str, list[tuple[str, list[str | None]]]] = {}
    for line in found[made.to_numpy(bool)].astype(object).to_dict("records"):
        cells = [None if pd.isna(line[name]) else line[name] for name in names]
        records.setdefault(str(cells[0]).casefold(), []).append((line["id"], cells))
    ids = [
        _one(records.get(text, []), [cells[place] for cells in texts]) if text in single else None
        for place, text in enumerate(keys)
    ]
    older = {str(text).casefold() for text in found.loc[~made.to_numpy(bool), names[0]]}
    return ids, [text in older for text in keys]


def with_records(table: pd.DataFrame, positions: np.ndarray, ids: Sequence[str | None]) -> pd.DataFrame:
    """Return verdicts in which those rows at ``positions`` whose record is known are ``ADDED`` with its id."""
    known = np.array([record is not None for record in ids], bool)
    table = table.copy()
    table.loc[positions[known], "ID"] = [record for record in ids if record is not None]
    table.loc[positions[known], "Status"] = Status.ADDED.value
    table.loc[positions[known], "Error"] = None
    return table


def _single(keys: Sequence[str | None]) -> set[str]:
    counts = pd.Series([key for key in keys if key], dtype=object).value_counts()
    return set(counts[counts == 1].index)


def _one(records: Sequence[tuple[str, list[str | None]]], sent: list[str | None]) -> str | None:
    """Return the record's id if there is just one and it has the cells sent; Bigin trims keys and ignores case."""
    if len(records) != 1:
        return None
    identity, stored = records[0]
    return identity if list(map(_plain, sent)) == list(map(_plain, stored)) else None


def _plain(text: str | None) -> str:
    return (text or "").strip().casefold()
