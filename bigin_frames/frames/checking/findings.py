"""What is wrong with which rows, as numbers: each reason once, positions as arrays, fast for a million rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.model import INVALID_DATA, MANDATORY_NOT_FOUND

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason why cells of one column were refused.

    ``words`` complete "the cell ..." and end with the fix. ``column`` and ``field`` are None for a rule about whole
    rows; ``options`` are the values that a picklist accepts.
    """

    column: Hashable | None
    field: str | None
    code: str
    rule: str
    words: str
    options: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Return the column and its field, as messages name them."""
        if self.column is None:
            return "the row"
        return f"column {self.column!r}" + (f" (field {self.field})" if self.field is not None else "")

    @property
    def header(self) -> str:
        """Return the field as the ERRORS column names it, without the separators of its format."""
        name = self.field if self.field is not None else "" if self.column is None else str(self.column)
        return name.replace(":", "_").replace(",", "_")


@dataclass(frozen=True, slots=True)
class Finding:
    """The rows that have one problem.

    Parameters
    ----------
    reason : Reason
    positions : np.ndarray
        int64, 0-based, each once.
    twins : np.ndarray, optional
        int64, one for each of ``positions``: another row with the same key.
    """

    reason: Reason
    positions: Positions
    twins: Positions | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Findings as three arrays of one length, ordered by row and reason, each pair once.

    Parameters
    ----------
    reasons : tuple of Reason
        In the order they were first found.
    row, reason, twin : np.ndarray
        int64: the row's position, the place of its reason in ``reasons``, a row with the same key or -1.
    """

    reasons: tuple[Reason, ...]
    row: Positions
    reason: Positions
    twin: Positions

    @property
    def rows_of_reasons(self) -> Positions:
        """Return the number of rows of each reason."""
        return np.bincount(self.reason, minlength=len(self.reasons)).astype(np.int64)


def tally(findings: Iterable[Finding]) -> Tally:
    """Merge findings; equal reasons become one."""
    found = list(findings)
    places = {reason: place for place, reason in enumerate(dict.fromkeys(finding.reason for finding in found))}
    sizes = [len(finding.positions) for finding in found]
    row = _together(finding.positions for finding in found)
    reason = np.repeat(np.array([places[finding.reason] for finding in found], np.int64), sizes)
    twin = _together(_twins(finding) for finding in found)
    pair = row * len(places) + reason
    order = np.argsort(pair, kind="stable")  # fast, because findings are mostly in order already
    fresh = order[_first_of_run(pair[order])]
    return Tally(tuple(places), row[fresh], reason[fresh], twin[fresh])


def _together(arrays: Iterable[Positions]) -> Positions:
    return np.concatenate([np.empty(0, np.int64), *arrays])


def _twins(finding: Finding) -> Positions:
    return np.full(len(finding.positions), -1, np.int64) if finding.twins is None else finding.twins


def _first_of_run(*columns: Positions) -> npt.NDArray[np.bool_]:
    fresh = np.ones(len(columns[0]), np.bool_)
    fresh[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return fresh


def in_grammar(found: Tally) -> pd.Series:
    """Write each failing row's problems as Bigin's ERRORS column does (Bigin v1, bulk-write/download-result).

    Returns
    -------
    pd.Series
        Text ``CODE-Field,Field:CODE-Field``, indexed by position (int64).
    """
    codes = sorted({reason.code for reason in found.reasons}, key=_code_order)
    headers = list(dict.fromkeys(["", *(reason.header for reason in found.reasons)]))
    code = np.array([codes.index(reason.code) for reason in found.reasons], np.int64)[found.reason]
    header = np.array([headers.index(reason.header) for reason in found.reasons], np.int64)[found.reason]
    row, code, header = np.unique(np.stack([found.row, code, header]), axis=1)
    new_row, new_code = _first_of_run(row), _first_of_run(row, code)
    new_code[1:] |= header[:-1] == 0  # a code without a field is a reason of its own
    sign = np.where(new_row, 0, np.where(new_code, 1, 2))
    pieces = _vocabulary(codes, headers).take(pa.array((sign * len(codes) + code) * len(headers) + header))
    starts = np.flatnonzero(new_row)
    return pd.Series(joined(pieces, starts), index=pd.Index(row[starts], dtype="int64"), name="errors", dtype="str")


def _code_order(code: str) -> tuple[bool, bool, str]:
    return code != MANDATORY_NOT_FOUND, code != INVALID_DATA, code


def _vocabulary(codes: Sequence[str], headers: Sequence[str]) -> pa.Array:
    named = [[(code, header) for header in headers] for code in codes]
    opening = [f"{code}-{header}" if header else code for pairs in named for code, header in pairs]
    following = [f",{header}" for pairs in named for _, header in pairs]
    return pa.array([*opening, *(f":{word}" for word in opening), *following], pa.large_string())


def joined(pieces: pa.Array, starts: Positions) -> npt.NDArray[np.object_]:
    """Join pieces of text to one text for each row; ``starts`` is where each row's first piece is."""
    offsets = pa.array(np.append(starts, len(pieces)).astype(np.int64))
    rows = pa.LargeListArray.from_arrays(offsets, pieces)
    return objects(pc.binary_join(rows, pa.scalar("", pa.large_string())).to_pylist())


def objects(values: Iterable[object]) -> npt.NDArray[np.object_]:
    """Return values as an array of objects; lists stay one cell each."""
    return pd.Series(list(values), dtype="object").to_numpy()
