"""Choose which columns come back beside the verdicts: those that tell the rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from bigin_frames.frames.merge import codes
from bigin_frames.frames.texts import Texts
from bigin_frames.limits import ECHOED_COLUMNS, MAX_ROWS_PER_JOB
from bigin_frames.model import MappedColumn

# Text that is neither re-formatted by a server nor long enough to swell the result.
_SHORT_TEXTS = frozenset({"text", "email", "phone", "website", "id", "lookup", "ownerlookup", "picklist"})


def identifying_order(columns: Sequence[MappedColumn], distinct: Sequence[int], key: str | None) -> list[int]:
    """Order columns so that the ones which tell rows apart best are echoed.

    The first three mapped columns come back with the verdicts (Bigin v1, bulk-write/download-result). The key goes
    first, then unique fields, then short texts before what a server may re-format or what would swell the result, then
    whatever has the most values.

    Parameters
    ----------
    columns : sequence of MappedColumn
    distinct : sequence of int
        Number of different values in each column.
    key : str or None
        API name of the ``find_by`` field.

    Returns
    -------
    list of int
        A permutation of the columns' positions; all but the first three keep their order.
    """

    def weight(i: int) -> tuple[bool, bool, bool, int, int]:
        described = columns[i].field
        return (
            described.api_name != key,
            not described.unique,
            described.data_type not in _SHORT_TEXTS,
            -distinct[i],
            i,
        )

    first = sorted(range(len(columns)), key=weight)[:ECHOED_COLUMNS]
    return first + [i for i in range(len(columns)) if i not in first]


def alike(frame: pd.DataFrame, jobs: Sequence[np.ndarray], columns: Sequence[MappedColumn], zone: str) -> int:
    """Count the rows whose echo another row of their job has too.

    Parameters
    ----------
    frame : DataFrame
    jobs : sequence of ndarray of int64
        Positions of each job's rows.
    columns : sequence of MappedColumn
        In the order sent.
    zone : str
        IANA name of the zone naive datetimes are in.
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
