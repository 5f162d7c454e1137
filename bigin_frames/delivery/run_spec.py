"""How a run writes, as the journal stores it: for resuming the run without the original call."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Sequence
from typing import Any

import pandas as pd

from bigin_frames.delivery.batches.task import Task
from bigin_frames.frames.encoding.digests import with_row_keys
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field


def spec_of(task: Task) -> dict[str, Any]:
    """Return how a task writes, as the journal stores it: columns by place, fields, and no cell value."""
    labels: list[Hashable] = list(task.frame.columns)
    return {
        "columns": [
            {
                "place": None if task.key_seed is not None and c.field == task.key else labels.index(c.column),
                "field": dataclasses.asdict(c.field),
                "by": c.by,
            }
            for c in task.columns
        ],
        "fills": bool(task.constants) or any(column.default is not None for column in task.columns),
        "key": None if task.key is None else task.key.api_name,
        "ignore_empty": task.ignore_empty,
        "zone": task.zone,
        "row_key": task.row_key,
        "key_seed": task.key_seed,
    }


def columns_of(spec: dict[str, Any], frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[MappedColumn, ...]]:
    """Return a frame with its generated row keys, if any, and the columns of a spec with the frame's labels."""
    lines, made = spec["columns"], None
    if spec["key_seed"] is not None:
        own = _labelled([line for line in lines if line["place"] is not None], frame, None)
        frame, made = with_row_keys(frame, own, spec["zone"], spec["key_seed"], spec["key"])
    return frame, _labelled(lines, frame, made)


def _labelled(lines: Sequence[dict[str, Any]], frame: pd.DataFrame, made: str | None) -> tuple[MappedColumn, ...]:
    return tuple(
        MappedColumn(
            column=made if line["place"] is None else frame.columns[line["place"]],
            field=field_of(line["field"]),
            by=line["by"],
        )
        for line in lines
    )


def field_of(facts: dict[str, Any]) -> Field:
    """Return a field from the dict that `dataclasses.asdict` made and JSON stored."""
    return Field(**{**facts, "picklist": tuple(facts["picklist"])})
