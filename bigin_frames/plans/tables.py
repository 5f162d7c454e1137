"""The tables of a plan."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from bigin_frames.delivery.batches.task import Task
from bigin_frames.limits import ECHOED_COLUMNS

_COLUMNS: Final = ["column", "field", "label", "type", "by", "default", "echoed"]


def mapping_table(task: Task | None) -> pd.DataFrame:
    """Return one row for each field that is written, in the order sent; see `Plan.mapping`."""
    if task is None:
        return pd.DataFrame(columns=_COLUMNS)
    lines: list[tuple[Any, ...]] = [
        (c.column, c.field.api_name, c.field.label, c.field.data_type, c.by, c.default, i < ECHOED_COLUMNS)
        for i, c in enumerate(task.columns)
    ]
    for name, value in task.constants.items():
        lines.append((None, name, task.labels[name], None, None, value, False))
    return pd.DataFrame(lines, columns=_COLUMNS, dtype=object).astype({"echoed": bool})
