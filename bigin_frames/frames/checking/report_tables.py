"""The tables of a report: one of its kinds of problem, and one with a line for each problem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from bigin_frames.display.html_pieces import Place
from bigin_frames.display.report_page import MOST_LINES, Problems
from bigin_frames.display.words import visible
from bigin_frames.frames.checking.findings import Reason, Tally
from bigin_frames.model import Status

_SHOWN_POSITIONS: Final = 5
_WHOLE_ROW: Final = "(the row)"


def problems_of(rows: int, found: Tally, notes: Sequence[str], most_kinds: int) -> Problems:
    """Return what was found in a frame of ``rows`` rows, with at most ``most_kinds`` kinds of problem."""
    counts = found.rows_of_reasons
    order = np.argsort(-counts, kind="stable")[:most_kinds].tolist()
    return Problems(
        rows=rows,
        failing=len(np.unique(found.row)),
        problems=len(found.row),
        kinds=[(int(counts[which]), *_words(found.reasons[which]), positions(found, which)) for which in order],
        all_kinds=len(found.reasons),
        notes=notes,
    )


def _words(reason: Reason) -> tuple[str, str | None, str, str, str]:
    column = _WHOLE_ROW if reason.column is None else visible(str(reason.column))
    return column, reason.field, *problem_and_fix(reason.words), reason.code


def problem_and_fix(words: str) -> tuple[str, str]:
    """Split the words of a reason, such as ``is empty; fill it in``, into what is wrong and how to fix it."""
    wrong, sign, fix = words.rpartition("; ")
    if not sign:
        wrong, _, fix = words.partition(": ")
    return wrong, fix


def positions(found: Tally, which: int) -> str:
    """Return the first rows of a reason, as text."""
    rows = found.row[found.reason == which]
    named = ", ".join(map(str, rows[:_SHOWN_POSITIONS].tolist()))
    return f"{named}, ..." if len(rows) > _SHOWN_POSITIONS else named


def problem_lines(
    found: Tally, frame: pd.DataFrame | None, failures: pd.DataFrame | None
) -> dict[str, Sequence[object]]:
    """Return the columns of a table that has a line for each problem, of at most `MOST_LINES`.

    Parameters
    ----------
    found : Tally
    frame : DataFrame, optional
        Whose labels may be shown.
    failures : DataFrame, optional
        `ValidationReport.failures`, if cells are to be shown.
    """
    shown, values = min(len(found.row), MOST_LINES), failures is not None
    reasons = [found.reasons[which] for which in found.reason[:shown].tolist()]
    words = [_words(reason) for reason in reasons]
    columns, fields, wrong, fixes, codes = zip(*words, strict=True)
    lines: dict[str, Sequence[object]] = {"row": [Place(row) for row in found.row[:shown].tolist()]}
    if frame is not None and _names_rows(frame.index, values):
        lines["label"] = [_label(label) for label in frame.index.take(found.row[:shown])]
    lines |= {"column": columns, "field": fields, "status": [Status.INVALID.value] * shown, "code": codes}
    lines["reason"] = wrong
    twins = found.twin[:shown].tolist()
    lines["fix"] = [f"{fix} (same key: row {t})" if t >= 0 else fix for fix, t in zip(fixes, twins, strict=True)]
    if failures is not None:
        lines["cell"] = [_cell(value) for value in failures["value"].iloc[:shown]]
        if any(reason.options for reason in reasons):
            lines["suggestion"] = failures["suggestion"].iloc[:shown].tolist()
    return lines


def _names_rows(index: pd.Index, values: bool) -> bool:
    """Return whether labels say more than positions, and may be shown: text may be a name or an e-mail address."""
    if index.equals(pd.RangeIndex(len(index))):
        return False
    return values or pd.api.types.is_integer_dtype(index.dtype)


def _label(label: object) -> object:
    return Place(label) if isinstance(label, int) and not isinstance(label, bool) else str(label)


def _cell(value: Any) -> str:
    return "(empty)" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)
