"""The page of a report: HTML in a notebook, and a file for the colleague who fixes the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bigin_frames.display.html_document import Filter, document, heading, write_private
from bigin_frames.display.html_pieces import line, page, table
from bigin_frames.display.words import counted

MOST_KINDS: Final = 20  # in a notebook
MOST_KINDS_OF_FILE: Final = 10 * MOST_KINDS
MOST_LINES: Final = 5_000  # in a file of about two megabytes: a browser filters them at once
_HEAD: Final = ("rows", "column", "field", "reason", "fix", "code", "at rows")
_WHERE: Final = "Row 0 is the first row of data: line 2 of a spreadsheet whose line 1 is the header."


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What a report found, in numbers and words.

    Attributes
    ----------
    rows, failing, problems : int
        Rows of the frame, those that cannot be written, and the problems of all of them.
    kinds : sequence of tuple
        The kinds of problem, those of most rows first, as the columns of their table: number of rows, column, field,
        what is wrong, what fixes it, code, and the first rows.
    all_kinds : int
        How many kinds there are; ``kinds`` may be the first of them.
    notes : sequence of str
        What is worth a look but does not keep a row from being written.
    """

    rows: int
    failing: int
    problems: int
    kinds: Sequence[tuple[object, ...]]
    all_kinds: int
    notes: Sequence[str] = ()

    @property
    def headline(self) -> str:
        """Return how many rows are wrong, in how many ways."""
        if not self.failing:
            return f"All {self.rows:,} rows can be written"
        rows = f"{self.failing:,} of {counted(self.rows, 'row')} cannot be written"
        return f"{rows}: {counted(self.problems, 'problem')} of {counted(self.all_kinds, 'kind')}"


def as_page(found: Problems, name: str = "report") -> str:
    """Return a report with problems as a notebook shows it: how many rows, why, next steps; no value and no label.

    Parameters
    ----------
    found : Problems
    name : str
        The report's name in the reader's own code.
    """
    return page(
        line(found.headline, strong=True),
        table(_HEAD, found.kinds),
        *_rest(found, "kind", f"{name}.counts()"),
        *map(line, found.notes),
        line(f"Row numbers are positions, from 0. Next: {name}.to_frame() shows the rows with their cells and the "
             f"reasons, {name}.to_html('report.html') writes every problem to a page to send to a colleague."),
    )  # fmt: skip


def write_page(path: Path, found: Problems, lines: Mapping[str, Sequence[object]], *, values: bool) -> None:
    """Write a report to a file that only its owner may read.

    Parameters
    ----------
    path : Path
    found : Problems
    lines : mapping of str to sequence
        Columns of the table that has a line for each problem, at most `MOST_LINES` of them.
    values : bool
        Whether cells and labels of the data are among them.
    """
    parts = [line("Found before anything was sent to Bigin.") if found.failing else "", *map(line, found.notes)]
    if not found.failing:
        write_private(path, document(found.headline, parts))
        return
    parts += [heading("Kinds of problem"), table(_HEAD, found.kinds), *_rest(found, "kind", "the report")]
    rows = list(zip(*lines.values(), strict=True))
    all_of_them = len(rows) == found.problems
    parts.append(heading("Every problem" if all_of_them else f"The first {len(rows):,} of {found.problems:,} problems"))
    if not all_of_them:
        parts.append(line("The counts above include all problems; the lines and filters below only the first ones."))
    parts += [line(_WHERE), line(_held(values))]
    filters = [Filter(name, list(lines).index(name)) for name in ("status", "column", "code", "reason")]
    write_private(path, document(found.headline, parts, list(lines), rows, filters))


def _rest(found: Problems, thing: str, where: str) -> Iterator[str]:
    if found.all_kinds > len(found.kinds):
        yield line(f"and {found.all_kinds - len(found.kinds):,} more {thing}s: see {where}")


def _held(values: bool) -> str:
    if values:
        return "This file contains cells and index labels of the data: protect it as you protect the data."
    return "This file contains no cell of the data, and no index labels other than whole numbers."
