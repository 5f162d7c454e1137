"""The choice of the columns that come back with the verdicts: those in which the rows differ most."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from bigin_frames.frames.encoding.texts import Texts
from bigin_frames.frames.merging.text_codes import codes
from bigin_frames.job_request import MappedColumn
from bigin_frames.limits import ECHOED_COLUMNS, MAX_ROWS_PER_JOB

# Text that a server does not reformat and that is not long enough to make the result large.
_SHORT_TEXTS = frozenset({"text", "email", "phone", "website", "id", "lookup", "ownerlookup", "picklist"})


def identifying_order(columns: Sequence[MappedColumn], distinct: Sequence[int], key: str | None) -> list[int]:
    """Order columns so that those which identify rows best are echoed.

    The first three mapped columns come back with the verdicts (Bigin v1, bulk-write/download-result). The key comes
    first, then unique fields, then short texts before what a server may reformat or what would make the result large,
    then the columns with the most different values.

    Parameters
    ----------
    columns : sequence of MappedColumn
    distinct : sequence of int
        Number of different values in each column; only those of the `contenders` matter.
    key : str or None
        API name of the ``find_by`` field.

    Returns
    -------
    list of int
        A permutation of the columns' positions; all but the first three keep their order.
    """
    first = sorted(range(len(columns)), key=lambda i: (_rank(columns[i], key), -distinct[i], i))[:ECHOED_COLUMNS]
    return first + [i for i in range(len(columns)) if i not in first]


def contenders(columns: Sequence[MappedColumn], key: str | None) -> list[int]:
    """Return the positions of the columns that `identifying_order` compares by their number of values."""
    ranks = [_rank(column, key) for column in columns]
    chosen = sorted(ranks)[:ECHOED_COLUMNS]
    return [i for i, rank in enumerate(ranks) if rank <= chosen[-1]]


def _rank(column: MappedColumn, key: str | None) -> tuple[bool, bool, bool]:
    field = column.field
    return field.api_name != key, not field.unique, field.data_type not in _SHORT_TEXTS


def alike(frame: pd.DataFrame, jobs: Sequence[np.ndarray], columns: Sequence[MappedColumn], zone: str) -> int:
    """Return the number of rows whose echo another row of their job has too.

    Parameters
    ----------
    frame : DataFrame
    jobs : sequence of ndarray of int64
        Positions of each job's rows.
    columns : sequence of MappedColumn
        In the order sent.
    zone : str
        IANA name of the zone of naive datetimes.
    """
    ends = np.cumsum([len(rows) for rows in jobs])
    together = groupby(
        range(len(jobs)), lambda i: ends[i] // MAX_ROWS_PER_JOB
    )  # small jobs cost as little as large ones
    return sum(_alike(frame, [jobs[i] for i in group], columns[:ECHOED_COLUMNS], zone) for _, group in together)


def _alike(frame: pd.DataFrame, jobs: Sequence[np.ndarray], echoed: Sequence[MappedColumn], zone: str) -> int:
    rows, job = np.concatenate(jobs), np.repeat(np.arange(len(jobs)), [len(rows) for rows in jobs])
    echo = codes(Texts(frame, rows, echoed, zone), len(rows))
    _, counts = np.unique(job * (len(rows) + 1) + echo, return_counts=True)
    return int(counts[counts > 1].sum())
