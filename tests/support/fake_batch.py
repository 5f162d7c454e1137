"""A batch that is delivered with the client of `fake_client`: one column, or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import Batch, batches_of
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.steps import deliver
from bigin_frames.errors import (
    ApiError,
    UnansweredError,
)
from bigin_frames.frames.encoding.csv_zip import row_bytes
from bigin_frames.frames.encoding.texts import wire_texts
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field
from tests.support.fake_client import FakeClient, done, result_of

LOST = UnansweredError("lost", call="create")
NAME = MappedColumn(column="name", field=Field(api_name="Last_Name", label="Last Name", data_type="text"))
CITY = MappedColumn(column="city", field=Field(api_name="City", label="City", data_type="text"))


def refusal(code: str, status: int = 400, kind: type[ApiError] = ApiError, call: str = "download") -> ApiError:
    return kind(code, call=call, status=status, code=code)


def task_of(client: FakeClient, frame: pd.DataFrame, **facts: Any) -> Task:
    columns = tuple(column for column in (NAME, CITY) if column.column in frame)
    given: dict[str, Any] = {"operation": "insert", "constants": {}, "key": None, "labels": {}, **facts}
    return Task(client=client, module="Contacts", frame=frame, columns=columns, ignore_empty=True, zone="UTC", **given)


def run(client: FakeClient, names: Sequence[str] = ("Ada", "Ben"), gates: Gates | None = None, **facts: Any) -> Batch:
    frame = facts.pop("frame", None)
    frame = pd.DataFrame({"name": list(names)}) if frame is None else frame
    task = task_of(client, frame, **facts)
    (batch,) = batches_of("0123abcd", task, np.arange(len(frame)), sizes_of(task), 25_000)
    deliver(task, batch, gates or Gates())
    return batch


def sizes_of(task: Task) -> np.ndarray:
    return row_bytes(wire_texts(task.frame, np.arange(len(task.frame)), task.columns, task.zone))


def smooth(**scripts: Any) -> FakeClient:
    """Return a client for which everything succeeds unless a script says otherwise."""
    lines = ("Ada,ADDED,21,", "Ben,SKIPPED,,INVALID_DATA-Last_Name")
    scripted = {"upload": ["5"], "create": ["11"], "job": [done()], "result": [result_of(*lines)], **scripts}
    return FakeClient(**scripted)
