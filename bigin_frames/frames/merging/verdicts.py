"""The verdict of every row, as far as the pairing proves it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.merging.sent import Merge
from bigin_frames.frames.merging.verdict_texts import text_column
from bigin_frames.model import Status

NO_RESULT_LINE = "NO_RESULT_LINE"  # the file has no line for the row
AMBIGUOUS_RESULT = "AMBIGUOUS_RESULT"  # it has, but nothing proves which of them
COUNTED = 3  # job details count the rows added, updated and skipped


def counts_agree(claimed: Mapping[Status, int], found: Mapping[str, int]) -> bool:
    """Return whether a job's counts fit its lines; no page says whether skipped rows include unprocessed ones."""
    unprocessed = found.get(Status.UNPROCESSED, 0)
    return all(
        n == found.get(status, 0) or (status is Status.SKIPPED and n == found.get(status, 0) + unprocessed)
        for status, n in claimed.items()
    )


def verdicts(merged: Merge) -> pd.DataFrame:
    """Return ``ID``, ``Status`` and ``Error`` of every row sent, in the order sent.

    Parameters
    ----------
    merged : Merge

    Returns
    -------
    DataFrame
        Columns of ``string`` stored in Arrow, one row for each row sent.
    """
    n = len(merged.line_of)
    tied = np.zeros(n, np.bool_)
    for rows, _ in merged.ties:
        tied[rows] = True
    lines = pa.array(merged.line_of, mask=merged.line_of < 0)
    texts = merged.lines.status, merged.lines.record_id, merged.lines.error
    if not np.array_equal(merged.line_of, np.arange(len(merged.lines))):
        texts = tuple(text.take(lines) for text in texts)
    status, record_id, reasons = texts
    reasons = pc.if_else(pc.equal(reasons, ""), pa.scalar(None, reasons.type), reasons)
    if lines.null_count:
        open_ = pc.if_else(pa.array(tied), AMBIGUOUS_RESULT, NO_RESULT_LINE)
        reasons = pc.if_else(lines.is_null(), open_, reasons)
    columns = {
        "ID": record_id,
        "Status": pc.fill_null(status, Status.UNREPORTED.value),
        "Error": reasons,
    }
    return pd.DataFrame({name: text_column(text) for name, text in columns.items()})
