"""Show a report: as a piece of a notebook, and as a file for the colleague who mends the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from bigin_frames.display.html_document import Filter, document, heading, write_private
from bigin_frames.display.html_pieces import Place, line, page, table
from bigin_frames.display.words import counted, visible
from bigin_frames.errors import InputError
from bigin_frames.model import Status

if TYPE_CHECKING:
    from bigin_frames.frames.checking.findings import Reason, Tally
    from bigin_frames.frames.checking.report import ValidationReport

MOST_KINDS: Final = 20  # in a notebook
MOST_LINES: Final = 5_000  # in a file: a browser filters so many at once, in about two megabytes
_SHOWN_POSITIONS: Final = 5
_WHOLE_ROW: Final = "(the row)"
_WHERE: Final = "Row 0 is the first row of data: line 2 of a spreadsheet whose line 1 is the header."


def as_page(report: ValidationReport, found: Tally, name: str = "report") -> str:
    """Return a report as a notebook shows it: how many rows, why, and what next; no value and no label.

    Parameters
    ----------
    report : ValidationReport
    found : Tally
        What the report holds.
    name : str
        How the reader's own code may call the report.
    """
    if report.ok:
        return page(line(report.message()))
    return page(
        line(_headline(report, found), strong=True),
        _kinds(found, MOST_KINDS),
        *_rest(len(found.reasons), MOST_KINDS, "kind", f"{name}.counts()"),
        *map(line, report.notes),
        line(f"Rows are named by position, from 0. Next: {name}.to_frame() shows them with their cells and the reason "
             f"beside, {name}.to_html('report.html') writes every problem to a page to send to a colleague."),
    )  # fmt: skip


def write_page(report: ValidationReport, found: Tally, frame: pd.DataFrame | None, path: Path, values: bool) -> None:
    """Write a report to a file; see `ValidationReport.to_html`."""
    if values and frame is None:
        raise InputError("A report that was pickled or copied no longer holds the cells; check the frame again.")
    parts = [line("Found before anything was sent to Bigin.") if not report.ok else "", *map(line, report.notes)]
    title = f"All {report.rows:,} rows can be written" if report.ok else _headline(report, found)
    if report.ok:
        write_private(path, document(title, parts))
        return
    most = 10 * MOST_KINDS
    parts += [heading("Kinds of problem"), _kinds(found, most), *_rest(len(found.reasons), most, "kind", "the report")]
    shown = min(len(found.row), MOST_LINES)
    all_of_them = shown == len(found.row)
    parts.append(heading("Every problem" if all_of_them else f"The first {shown:,} of {len(found.row):,} problems"))
    if not all_of_them:
        parts.append(line("The counts above are of all problems; the lines and their filters below are of the first."))
    parts += [line(_WHERE), line(_held(values))]
    lines = _lines(report, found, frame, shown, values)
    filters = [Filter(name, list(lines).index(name)) for name in ("status", "column", "code", "reason")]
    rows = list(zip(*lines.values(), strict=True))
    write_private(path, document(title, parts, list(lines), rows, filters))


def _headline(report: ValidationReport, found: Tally) -> str:
    failing, problems, kinds = int(report.mask.sum()), len(found.row), len(found.reasons)
    rows = f"{failing:,} of {counted(report.rows, 'row')} cannot be written"
    return f"{rows}: {counted(problems, 'problem')} of {counted(kinds, 'kind')}"


def _kinds(found: Tally, most: int) -> str:
    counts = found.rows_of_reasons
    order = np.argsort(-counts, kind="stable")[:most].tolist()
    head = ("rows", "column", "field", "reason", "mend", "code", "at rows")
    rows = ((int(counts[which]), *_words(found.reasons[which]), positions(found, which)) for which in order)
    return table(head, rows)


def _words(reason: Reason) -> tuple[str, str | None, str, str, str]:
    column = _WHOLE_ROW if reason.column is None else visible(str(reason.column))
    return column, reason.field, *mended(reason.words), reason.code


def mended(words: str) -> tuple[str, str]:
    """Part the words of a reason, such as ``is empty; fill it``, into what is wrong and what mends it."""
    wrong, sign, mend = words.rpartition("; ")
    if not sign:
        wrong, _, mend = words.partition(": ")
    return wrong, mend


def positions(found: Tally, which: int) -> str:
    """Name the first rows of a reason."""
    rows = found.row[found.reason == which]
    named = ", ".join(map(str, rows[:_SHOWN_POSITIONS].tolist()))
    return f"{named}, ..." if len(rows) > _SHOWN_POSITIONS else named


def _rest(number: int, most: int, thing: str, where: str) -> Iterator[str]:
    if number > most:
        yield line(f"and {number - most:,} more {thing}s: see {where}")


def _held(values: bool) -> str:
    if values:
        return "This file holds cells and index labels of the data: guard it as you guard the data."
    return "No cell of the data is in this file, and no index label but whole numbers."


def _lines(
    report: ValidationReport, found: Tally, frame: pd.DataFrame | None, shown: int, values: bool
) -> dict[str, Sequence[object]]:
    """Return the columns of the table of problems."""
    reasons = [found.reasons[which] for which in found.reason[:shown].tolist()]
    words = [_words(reason) for reason in reasons]
    columns, fields, wrong, mends, codes = zip(*words, strict=True)
    lines: dict[str, Sequence[object]] = {"row": [Place(row) for row in found.row[:shown].tolist()]}
    if frame is not None and _names_rows(frame.index, values):
        lines["label"] = [_label(label) for label in frame.index.take(found.row[:shown])]
    lines |= {"column": columns, "field": fields, "status": [Status.INVALID.value] * shown, "code": codes}
    lines["reason"] = wrong
    twins = found.twin[:shown].tolist()
    lines["mend"] = [f"{m} (same key: row {t})" if t >= 0 else m for m, t in zip(mends, twins, strict=True)]
    if values:
        failures = report.failures.iloc[:shown]
        lines["cell"] = [_cell(value) for value in failures["value"]]
        if any(reason.options for reason in reasons):
            lines["suggestion"] = failures["suggestion"].tolist()
    return lines


def _names_rows(index: pd.Index, values: bool) -> bool:
    """Tell whether labels say more than positions do, and may be shown: text may be a name or a mail address."""
    if index.equals(pd.RangeIndex(len(index))):
        return False
    return values or pd.api.types.is_integer_dtype(index.dtype)


def _label(label: object) -> object:
    return Place(label) if isinstance(label, int) and not isinstance(label, bool) else str(label)


def _cell(value: Any) -> str:
    return "(empty)" if pd.api.types.is_scalar(value) and pd.isna(value) else str(value)
