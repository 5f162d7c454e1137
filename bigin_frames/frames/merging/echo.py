"""Choose which columns come back beside the verdicts: those that tell the rows apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pandas as pd

from bigin_frames.frames.encoding.texts import Texts
from bigin_frames.frames.merging.codes import codes
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
        Number of different values in each column; of the `contenders` alone it counts.
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
    """Return the positions of the columns among which `identifying_order` chooses by their number of values."""
    ranks = [_rank(column, key) for column in columns]
    chosen = sorted(ranks)[:ECHOED_COLUMNS]
    return [i for i, rank in enumerate(ranks) if rank <= chosen[-1]]


def _rank(column: MappedColumn, key: str | None) -> tuple[bool, bool, bool]:
    field = column.field
    return field.api_name != key, not field.unique, field.data_type not in _SHORT_TEXTS


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
