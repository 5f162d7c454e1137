"""Judge one record: a row of text, the columns of its job and what the module holds -> a verdict.

Nothing here touches the network, the clock or the store. `Known` is kept up to date while a job runs, so that the
second of two equal rows meets the first. Grammar and words of a verdict: Bigin v1 docs, bulk-write/download-result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.metadata.fields import Field
from bigin_frames.sandbox.verdicts.cells import TEXT_KINDS, Check, Refused
from bigin_frames.sandbox.verdicts.known import ID, Known

ADDED, UPDATED, SKIPPED, UNPROCESSED = "ADDED", "UPDATED", "SKIPPED", "UNPROCESSED"


class Verdict(NamedTuple):
    """Hold what became of one row.

    `cells` are the texts to store (None clears), `values` their normal forms where those differ; `holder` is the record
    that was there before a skipped duplicate.
    """

    status: str
    record_id: str | None
    errors: str
    cells: Mapping[str, str | None]
    values: Mapping[str, str]
    holder: str | None = None


@dataclass(frozen=True)
class Column:
    """Hold one mapped column: where its text comes from, how ERRORS names it and how it is checked."""

    field: Field
    index: int | None
    name: str
    check: Check
    default: str = ""

    def text(self, row: Sequence[str]) -> str:
        """Return the cell, or the mapping's default value where the cell is empty."""
        if self.index is None or self.index >= len(row):
            return self.default
        return row[self.index] or self.default


class Findings:
    """Gather what the cells of one row give: texts, normal forms and errors by code."""

    __slots__ = ("cells", "errors", "values")

    def __init__(self) -> None:
        self.cells: dict[str, str | None] = {}
        self.values: dict[str, str] = {}
        self.errors: dict[str, list[str]] = {}

    def blame(self, code: str, *names: str) -> None:
        """Note an error of some columns."""
        self.errors.setdefault(code, []).extend(names)

    def take(self, column: Column, text: str) -> None:
        """Check a filled cell and keep its text as it was sent."""
        name = column.field.api_name
        try:
            value = column.check(text)
        except Refused as refusal:
            self.blame(refusal.code, column.name)
            return
        if value == text:
            self.cells[name] = text
        elif column.field.data_type in TEXT_KINDS:
            self.cells[name] = value  # text that the server cut is stored as cut
        elif value:
            self.cells[name], self.values[name] = text, value


@dataclass
class Judge:
    """Judge the rows of one job, one after the other."""

    operation: str
    columns: Sequence[Column]
    known: Known
    behaviour: Behaviour
    new_id: Callable[[], str]
    find_by: str | None = None
    ignore_empty: bool = False
    mandatory_unmapped: Sequence[str] = ()
    place: Callable[[Sequence[str], str | None, Findings], None] | None = None  # judges the layout, where there is one

    def __post_init__(self) -> None:
        self.key = next((column for column in self.columns if column.field.api_name == self.find_by), None)
        self.written = [column for column in self.columns if column.field.api_name != ID]
        self.unique = [column for column in self.written if column.field.unique]

    def judge(self, row: Sequence[str]) -> Verdict:
        """Return the verdict on one row and remember what it wrote."""
        target, refusal = self._target(row)
        if refusal is not None:
            return refusal
        verdict = self._write(row, target)
        if verdict.record_id is not None:
            self.known.note(verdict.record_id, verdict.cells)
        return verdict

    def _target(self, row: Sequence[str]) -> tuple[str | None, Verdict | None]:
        """Return the stored record that the row means, or the verdict if the row cannot be written at all."""
        if self.key is None:
            return None, None
        text = self.key.text(row)
        if not text:
            return None, (_skipped("MANDATORY_NOT_FOUND", self.key) if self.operation == "update" else None)
        found = self.known.find(self.key.field.api_name, text)
        if not found:
            lost = self.operation == "update" or self.find_by == ID
            return None, (_skipped(self.behaviour.update_missing, self.key) if lost else None)
        target = found[-1] if self.behaviour.find_by_any_field == "last" else found[0]
        if self.operation == "insert" or self._second_in_file(target):
            return None, _skipped("DUPLICATE_DATA", self.key, target)
        return target, None

    def _second_in_file(self, record_id: str) -> bool:
        return self.behaviour.duplicate_in_file == "second skipped" and record_id in self.known.fresh

    def _write(self, row: Sequence[str], target: str | None) -> Verdict:
        found = Findings()
        for column in self.written:
            if text := column.text(row):
                found.take(column, text)
            else:
                self._take_empty(column, target, found)
        if target is None and self.mandatory_unmapped:
            found.blame("MANDATORY_NOT_FOUND", *self.mandatory_unmapped)
        if self.place is not None:
            self.place(row, target, found)
        holder = self._holder(target, found)
        if found.errors:
            return Verdict(SKIPPED, None, error_text(found.errors), {}, {}, holder)
        if target is None:
            return Verdict(ADDED, self.new_id(), "", found.cells, found.values)
        return Verdict(UPDATED, target, "", found.cells, found.values)

    def _take_empty(self, column: Column, target: str | None, found: Findings) -> None:
        if target is not None and self.ignore_empty:
            return
        if column.field.mandatory:
            found.blame("MANDATORY_NOT_FOUND", column.name)
        elif target is not None:
            found.cells[column.field.api_name] = None

    def _holder(self, target: str | None, found: Findings) -> str | None:
        """Blame unique values that another record holds already; return the first such record."""
        if target is None and self.find_by is None and self.behaviour.insert_duplicates == "added":
            return None
        holder = None
        for column in self.unique:
            name = column.field.api_name
            text = found.cells.get(name)
            others = [other for other in self.known.find(name, text) if other != target] if text else []
            if others:
                holder = holder or others[0]
                found.blame("DUPLICATE_DATA", column.name)
        return holder


def error_text(errors: Mapping[str, Sequence[str]]) -> str:
    """Return codes and columns in Bigin's grammar: CODE-column,column:CODE-column."""
    return ":".join(f"{code}-{','.join(names)}" if any(names) else code for code, names in errors.items())


def _skipped(code: str, column: Column, holder: str | None = None) -> Verdict:
    return Verdict(SKIPPED, None, error_text({code: [column.name]}), {}, {}, holder)
