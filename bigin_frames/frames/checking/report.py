"""The report of what is wrong with which rows, for people and programs, without the cells of the rows.

A report stores positions and reasons. Values and labels stay in the caller's frame: they are looked up on request,
never printed, and never pickled.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bigin_frames.display import report_page
from bigin_frames.display.html_pieces import line, page
from bigin_frames.display.words import counted, visible
from bigin_frames.errors import InputError, InvalidRowsError, OptionError
from bigin_frames.examples import with_examples
from bigin_frames.examples.report import REPORT
from bigin_frames.frames.checking.failures import failures
from bigin_frames.frames.checking.findings import Finding, Positions, in_grammar, joined, tally
from bigin_frames.frames.checking.report_tables import positions, problem_lines, problems_of

_MOST_LINE: Final = 500  # characters of a reason in a message


@with_examples(REPORT)
class ValidationReport:
    """Every problem of every row of a frame that was checked.

    Printed, or displayed by a notebook, it counts and explains, but shows no value and no label: `failures` and
    `to_frame` do.

    Parameters
    ----------
    rows : int
        Rows of the frame.
    findings : iterable of Finding
        Several may share a reason; a row that has one reason twice counts once.
    frame : pd.DataFrame, optional
        Where values and labels are looked up. It is not pickled: an unpickled or copied report has neither.

    Attributes
    ----------
    notes : tuple of str
        What is worth a look but does not keep a row from being written, in words.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, rows: int, findings: Iterable[Finding] = (), *, frame: pd.DataFrame | None = None) -> None:
        self.rows = rows
        self._held = _Held(frame)
        self._tally = tally(findings)

    @classmethod
    def together(cls, reports: Iterable[ValidationReport]) -> ValidationReport:
        """Return one report of consecutive frames; positions continue from frame to frame."""
        findings: list[Finding] = []
        notes: dict[str, None] = {}
        rows = 0
        for report in reports:
            found = report._tally
            notes.update(dict.fromkeys(report.notes))
            twins = np.where(found.twin < 0, -1, found.twin + rows)
            for which, reason in enumerate(found.reasons):
                at = found.reason == which
                findings.append(Finding(reason, found.row[at] + rows, twins[at]))
            rows += report.rows
        whole = cls(rows, findings)
        whole.notes = tuple(notes)
        return whole

    @property
    def ok(self) -> bool:
        """Return whether no row has a problem."""
        return len(self._tally.row) == 0

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Return a bool for each row by position, True where it has a problem."""
        mask = np.zeros(self.rows, dtype=np.bool_)
        mask[self._tally.row] = True
        return mask

    @property
    def failures(self) -> pd.DataFrame:
        """Return every problem, ordered by row.

        Returns
        -------
        pd.DataFrame
            ``row`` (int64 position), ``label`` (of the frame's index), ``column``, ``field``, ``code`` (Bigin's),
            ``rule`` (what is wrong with the cell and how to fix it, in words), ``check`` (the rule's short name),
            ``value`` (the cell as it is in the frame) and ``suggestion`` (the nearest picklist value, or the row that
            has the same key). The frame is read again at each access; ``label`` and ``value`` are missing in a report
            that was unpickled. Of a column with very many different wrong values, only the first are compared with the
            picklist.
        """
        return failures(self._tally, self._held.frame)

    @property
    def errors(self) -> pd.Series:
        """Return the problems of each failing row in the format of Bigin's ERRORS column.

        Returns
        -------
        pd.Series
            Text such as ``"MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email"`` (Bigin v1,
            bulk-write/download-result), indexed by position; rows without a problem are absent.
        """
        return in_grammar(self._tally)

    def counts(self) -> pd.Series:
        """Count the rows of each code, field and rule, most first.

        Returns
        -------
        pd.Series
            int64, named ``rows``, indexed by ``code``, ``field`` (the column's own name if it has no field) and
            ``rule`` (in words).
        """
        index = [(reason.code, reason.header, reason.words) for reason in self._tally.reasons]
        counts = pd.Series(
            self._tally.rows_of_reasons,
            index=pd.MultiIndex.from_tuples(index, names=["code", "field", "rule"]) if index else _no_counts(),
            name="rows",
            dtype="int64",
        )
        # Reasons may share their words.
        together = counts.groupby(level=[0, 1, 2], sort=False).sum() if index else counts
        return together.sort_values(ascending=False, kind="stable")

    def positions(self, code: str) -> Positions:
        """Return the rows with a problem of one code, such as ``"DUPLICATE_DATA"``, by position (int64, ascending)."""
        coded = np.array([reason.code == code for reason in self._tally.reasons], np.bool_)
        return np.unique(self._tally.row[coded[self._tally.reason]])

    def by_field(self) -> pd.Series:
        """Count the rows with a problem in each field, most first (int64, named ``rows``)."""
        headers = pd.Series([reason.header for reason in self._tally.reasons], dtype="object").take(self._tally.reason)
        pairs = pd.DataFrame({"field": headers.to_numpy(), "row": self._tally.row}).drop_duplicates()
        return pairs.groupby("field").size().rename("rows").sort_values(ascending=False, kind="stable").astype("int64")

    def to_frame(self, reason: str = "Reason") -> pd.DataFrame:
        """Return the failing rows as they are in the frame, with one more column that says why, in words.

        Several reasons of a row are separated by ``|`` and spaces around it.

        Parameters
        ----------
        reason : str
            Name of that column.

        Raises
        ------
        OptionError
            If the frame has a column of that name.
        InputError
            If the report was unpickled: rows stay in the process that checked them.
        """
        frame = self._held.frame
        if frame is None:
            raise InputError("A report that was pickled or copied no longer has the rows; check the frame again.")
        if reason in frame.columns:
            raise OptionError(
                f"The frame already has a column {reason!r}; give another name in reason=.", option="reason"
            )
        found = self._tally
        rows, starts = np.unique(found.row, return_index=True)
        words = [f"{cause.header or 'the row'} {cause.words}" for cause in found.reasons]
        later = ~np.isin(np.arange(len(found.row)), starts)
        vocabulary = pa.array([*words, *(f" | {word}" for word in words)], pa.large_string())
        pieces = vocabulary.take(pa.array(later * len(words) + found.reason))
        failing = frame.iloc[rows].copy()
        failing.insert(len(failing.columns), reason, joined(pieces, starts.astype(np.int64)))
        return failing

    def message(self, limit: int = 5) -> str:
        """Return a few lines: how many rows are wrong, why, and how to fix them; no values and no labels.

        Parameters
        ----------
        limit : int
            Number of reasons to list, those of most rows first.
        """
        if self.ok:
            return "\n".join([f"All {self.rows:,} rows can be written.", *(f"- {note}" for note in self.notes)])
        order = np.argsort(-self._tally.rows_of_reasons, kind="stable")
        lines = [f"{self._failing:,} of {self.rows:,} rows cannot be written as they are:"]
        lines += [f"- {self._line(int(which))}" for which in order[:limit]]
        if len(order) > limit:
            lines.append(f"- and {len(order) - limit} more reasons.")
        lines += [f"Apart from that: {note}." for note in self.notes]
        lines.append("Every problem is in the report: .failures, .counts(), .to_frame(). Positions count from 0.")
        return "\n".join(lines)

    def raise_if_invalid(self) -> None:
        """Raise InvalidRowsError, which carries this report, unless every row can be written."""
        if not self.ok:
            raise InvalidRowsError(self.message(), report=self)

    def __repr__(self) -> str:
        if self.ok:
            return f"<ValidationReport: all {self.rows:,} rows can be written>"
        problems, kinds = len(self._tally.row), len(self._tally.reasons)
        return (
            f"<ValidationReport: {self._failing:,} of {counted(self.rows, 'row')} cannot be written, "
            f"{counted(problems, 'problem')} of {counted(kinds, 'kind')}>"
        )

    def __str__(self) -> str:
        return self.message()

    def _repr_html_(self) -> str:
        return self.as_page()

    def as_page(self, name: str = "report") -> str:
        """Return the report as a notebook shows it; ``name`` is the report's name in the reader's own code."""
        if self.ok:
            return page(line(self.message()))
        return report_page.as_page(problems_of(self.rows, self._tally, self.notes, report_page.MOST_KINDS), name)

    def to_html(self, path: str | Path, *, values: bool = False) -> Path:
        """Write every problem to one HTML file that can be sent to a colleague.

        It has the counts, and for each problem the row, the column, the field, the status the row would have, the
        code, the reason and the fix, with filters for status, column, code and reason. It loads nothing from the
        network. Of very many problems it shows the first 5,000, says so, and counts all.

        Parameters
        ----------
        path : str or Path
            A file of that name is replaced. Only its owner may read it (mode 0600) until you change that.
        values : bool
            Show the cells too, and index labels that are not whole numbers; without it the file contains neither.

        Returns
        -------
        Path
            Where the file is.

        Raises
        ------
        InputError
            If ``values`` is true and the report was unpickled: rows stay in the process that checked them.
        """
        path = Path(path)
        frame = self._held.frame
        if values and frame is None:
            raise InputError("A report that was pickled or copied no longer has the cells; check the frame again.")
        found = problems_of(self.rows, self._tally, self.notes, report_page.MOST_KINDS_OF_FILE)
        lines = {} if self.ok else problem_lines(self._tally, frame, self.failures if values else None)
        report_page.write_page(path, found, lines, values=values)
        return path

    @property
    def _failing(self) -> int:
        return int(self.mask.sum())

    def _line(self, which: int) -> str:
        reason = self._tally.reasons[which]
        number, named = int(self._tally.rows_of_reasons[which]), positions(self._tally, which)
        rows = f"row {named}" if number == 1 else f"{number:,} rows ({named})"
        return visible(f"{rows}: {reason.where} {reason.words} [{reason.code}]", _MOST_LINE)


class _Held:
    """A frame that is in no repr and no pickle; an unpickled one has none."""

    __slots__ = ("frame",)

    def __init__(self, frame: pd.DataFrame | None = None) -> None:
        self.frame = None if frame is None else frame.copy(deep=False)

    def __repr__(self) -> str:
        return "<frame, not shown>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _Held, ()


def _no_counts() -> pd.MultiIndex:
    return pd.MultiIndex.from_arrays([[], [], []], names=["code", "field", "rule"])
