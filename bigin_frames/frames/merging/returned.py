"""The rows of a returned frame by their outcome: written, failed, undecided."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import pandas as pd
import pyarrow as pa

from bigin_frames.errors import InputError
from bigin_frames.frames.merging.attach import ATTR, DEFAULT_NAMES, snapshot
from bigin_frames.frames.merging.verdict_texts import TEXT, chunks, text_column
from bigin_frames.model import REFUSED, UNDECIDED, WRITTEN, Status

# What certainly was not written. UNREPORTED, UNKNOWN and PENDING rows may have been: sent again, they could become
# duplicates.
_NOT_WRITTEN = frozenset({*REFUSED, Status.UNSENT})
_REASONS_SHOWN = 5


def result_names(out: pd.DataFrame) -> tuple[str, str, str]:
    """Return the names of a returned frame's result columns.

    Raises
    ------
    InputError
        If the frame has none.
    """
    identity, status, error = out.attrs.get(ATTR, {}).get("result_columns", DEFAULT_NAMES)
    if not {identity, status, error} <= set(out.columns):
        raise InputError(
            f"This frame has no columns {identity}, {status} and {error}: call this on the frame that insert, update "
            "or upsert returned."
        )
    return identity, status, error


def written_to(out: pd.DataFrame) -> tuple[str, str]:
    """Return the module and the operation that a returned frame was written with.

    Raises
    ------
    InputError
        If the frame does not have them: pandas loses ``attrs`` in some operations.
    """
    known = out.attrs.get(ATTR, {}).get("written_to", ())
    if len(known) != 2:
        raise InputError(
            "This frame does not say to which module it was written: write `out.bigin.failed` with insert, update or "
            "upsert, or call this on the frame exactly as one of them returned it."
        )
    return known[0], known[1]


def not_written(out: pd.DataFrame) -> np.ndarray:
    """Return which rows certainly were not written, as booleans by position."""
    return out[result_names(out)[1]].isin([status.value for status in _NOT_WRITTEN]).to_numpy(bool)


def merged_verdicts(out: pd.DataFrame, positions: np.ndarray, newer: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the verdicts of some rows replaced by newer ones.

    Parameters
    ----------
    out : DataFrame
        A returned frame.
    positions : ndarray of int64
        Which of its rows were written again.
    newer : DataFrame
        What a verb returned for those rows, in that order.
    """
    merged = snapshot(out)
    for name, other in zip(result_names(out), result_names(newer), strict=True):
        values = out[name].to_numpy(object, copy=True)
        values[positions] = newer[other].to_numpy(object)
        merged.isetitem(list(merged.columns).index(name), pd.array(values, dtype="string"))
    return merged


def ids(out: pd.DataFrame, key: Hashable) -> pd.Series:
    """Return the ids of a returned frame's records by one of its columns.

    Raises
    ------
    InputError
        If there is no such column, or two rows have the same key: it would not be clear which record is meant.
    """
    identity, _, _ = result_names(out)
    if key not in out.columns:
        raise InputError(f"The frame has no column {key!r}.")
    known = out.loc[out[identity].notna() & out[key].notna(), [key, identity]]
    again = known[key].duplicated(keep=False)
    if again.any():
        raise InputError(
            f"{int(again.sum())} rows share their {key!r} with another row, so it is not clear which record is meant; "
            "use a column whose values are unique."
        )
    return known.set_index(key)[identity]


def failed(out: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that certainly were not written, without the result columns.

    Rows that are ``UNREPORTED``, ``UNKNOWN`` or ``PENDING`` may have been written and are left out: sending them again
    could create duplicates.
    """
    rows = out[not_written(out)].drop(columns=list(result_names(out)))
    rows.attrs = {key: value for key, value in rows.attrs.items() if key != ATTR}
    return rows


def summary(out: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows ended with each verdict and reason, most first.

    Returns
    -------
    DataFrame
        ``Status``, ``Error`` (missing where there is no reason) and ``Rows``.
    """
    _, status, error = result_names(out)
    counts = out.groupby([out[status].rename("Status"), out[error].rename("Error")], dropna=False).size()
    return counts.rename("Rows").reset_index().sort_values("Rows", ascending=False, kind="stable", ignore_index=True)


def account(out: pd.DataFrame, spoken: Callable[[str], str]) -> tuple[str | None, str | None]:
    """Return a sentence on the rows not written and one on those whose outcome is unknown; None if there are none.

    Parameters
    ----------
    out : DataFrame
        A returned frame.
    spoken : callable
        Given the text of an ``Error`` cell, returns what of it may be shown.
    """
    _, status, error = result_names(out)
    lost = not_written(out)
    unsure = out[status].isin([word.value for word in UNDECIDED]).to_numpy(bool)
    refused = undecided = None
    if lost.any():
        refused = (
            f"{lost.sum():,} of {len(out):,} rows were not written: {_reasons(out[error], lost, spoken)}. See "
            "`out.bigin.errors()`; fix the rows of `out.bigin.failed` and write those."
        )
    if unsure.any():
        undecided = (
            f"{unsure.sum():,} of {len(out):,} rows may or may not have been written: "
            f"{_reasons(out[error], unsure, spoken)}. They are not sent again; look for them in Bigin before you send "
            "them yourself."
        )
    return refused, undecided


def _reasons(errors: pd.Series, wanted: np.ndarray, spoken: Callable[[str], str]) -> str:
    picked = pa.chunked_array(chunks(errors), TEXT).filter(pa.array(wanted))  # pandas would copy all of them first
    counts = pd.Series(text_column(picked)).fillna("NO_REASON_GIVEN").value_counts()
    known = counts.groupby(counts.index.map(spoken)).sum().sort_values(ascending=False, kind="stable")
    shown = [f"{count:,} {reason}" for reason, count in known.head(_REASONS_SHOWN).items()]
    more = len(known) - _REASONS_SHOWN
    return ", ".join(shown) + (f" and {more} more reasons" if more > 0 else "")


def is_written(out: pd.DataFrame) -> pd.Series:
    """Return which rows of a returned frame are in Bigin, as booleans on its index."""
    return out[result_names(out)[1]].isin([status.value for status in WRITTEN])
