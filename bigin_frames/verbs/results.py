"""What a frame that a write returned can be asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from bigin_frames.model import Status

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FIELD: Final = re.compile(r"[A-Za-z]\w{0,49}", re.ASCII)  # an API name; other words may be anybody's data


def failed(out: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that certainly were not written, without the three result columns.

    Rows that are ``UNREPORTED``, ``UNKNOWN`` or ``PENDING`` may have been written and are left out: sending them again
    could create duplicates.

    Parameters
    ----------
    out : DataFrame
        What a write returned.
    """
    from bigin_frames.frames.merging import returned

    return returned.failed(out)


def ids(out: pd.DataFrame, key: Hashable) -> pd.Series:
    """Return the ids of a returned frame's records by one of its columns, for example to link contacts to companies.

    Parameters
    ----------
    out : DataFrame
        What a write returned.
    key : hashable
        Label of a column whose values are unique.

    Returns
    -------
    Series
        Ids as text, indexed by the key; rows without an id or a key are left out.

    Raises
    ------
    InputError
        If two rows have the same key.

    Examples
    --------
    >>> companies = bf.insert(pd.DataFrame({"name": ["Acme", "Initech"]}), "Accounts", columns={"name": "Account_Name"})
    >>> people["company_id"] = pd.Series(["Initech", "Acme"]).map(bf.ids(companies, key="name"))
    >>> out = bf.insert(people, "Contacts", columns={"Surname": "Last_Name", "company_id": "Account_Name"})
    >>> out["Status"].tolist()
    ['ADDED', 'ADDED']
    """
    from bigin_frames.frames.merging import returned

    return returned.ids(out, key)


def errors(out: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each row, code and field that went wrong.

    Parameters
    ----------
    out : DataFrame
        What a write returned.

    Returns
    -------
    DataFrame
        ``row`` (position), ``label`` (of the index), ``status``, ``code`` and ``field`` (missing where the code names
        none), in the order of the rows.
    """
    from bigin_frames.frames.merging.returned import result_names
    from bigin_frames.wire.reasons import parse_errors

    _, status, error = result_names(out)
    lines = [
        (row, out.index[row], out[status].iloc[row], reason.code, name)
        for row in np.flatnonzero(out[error].notna()).tolist()
        for reason in parse_errors(out[error].iloc[row])
        for name in reason.fields or (None,)
    ]
    return pd.DataFrame(lines, columns=["row", "label", "status", "code", "field"])


def summary(out: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows ended with each verdict and reason, most first.

    Parameters
    ----------
    out : DataFrame
        What a write returned.

    Returns
    -------
    DataFrame
        ``Status``, ``Error`` (missing where there is no reason) and ``Rows``.
    """
    from bigin_frames.frames.merging import returned

    return returned.summary(out)


def plot(out: pd.DataFrame) -> Figure:
    """Draw how a write ended: one chart of rows by verdict and reason, one of rows with an error by field.

    Each status has its own colour; the colours are distinct for colour-blind people too. Reasons are shown as codes and
    field names only: other words of an ``Error`` could contain somebody's data.

    Parameters
    ----------
    out : DataFrame
        What a write returned.

    Returns
    -------
    matplotlib.figure.Figure
        A notebook shows it, ``.savefig("plot.png")`` saves it, and ``.axes`` can be changed. It is made without pyplot,
        so it needs no screen and does not have to be closed.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    try:
        from bigin_frames.display.plots import picture
    except ModuleNotFoundError as missing:
        raise ImportError("A plot needs matplotlib: pip install 'bigin_frames[plot]'") from missing
    counts = _plain_counts(out)
    return picture(_by_reason(counts), _by_field(counts), len(out))


def _plain_counts(out: pd.DataFrame) -> list[tuple[Status, str, int]]:
    """Count the rows of each verdict and error, an error being codes and API names alone."""
    counts: Counter[tuple[Status, str]] = Counter()
    for word, error, rows in summary(out).itertuples(index=False):
        said = "" if pd.isna(error) else _plain(error) or "another reason"
        counts[Status(word), said] += rows
    return [(status, error, rows) for (status, error), rows in counts.items()]


def _plain(error: str) -> str:
    from bigin_frames.wire.reasons import parse_errors, plain_errors

    named = {name for reason in parse_errors(error) for name in reason.fields if _FIELD.fullmatch(name)}
    return plain_errors(error, named)


def _by_reason(counts: Iterable[tuple[Status, str, int]]) -> list[tuple[str, dict[Status, int]]]:
    """Return the rows of each verdict and reason: the verdicts in their order, the most rows first."""
    order = list(Status)
    known = sorted(counts, key=lambda one: (order.index(one[0]), -one[2], one[1]))
    return [(f"{status}: {error}" if error else f"{status}", {status: rows}) for status, error, rows in known]


def _by_field(counts: Iterable[tuple[Status, str, int]]) -> list[tuple[str, dict[Status, int]]]:
    """Return the rows of each field that an error names, the most rows first."""
    from bigin_frames.wire.reasons import parse_errors

    fields: dict[str, Counter[Status]] = {}
    for status, error, rows in counts:
        for name in dict.fromkeys(name for reason in parse_errors(error) for name in reason.fields):
            fields.setdefault(name, Counter())[status] += rows
    ranked = sorted(fields.items(), key=lambda one: (-one[1].total(), one[0]))
    return [(name, dict(parts)) for name, parts in ranked]
