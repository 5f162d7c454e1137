"""The judge: it takes a row of text, the columns of its job and what the module contains, and returns a verdict.

Nothing here touches the network, the clock or the store. `Known` is updated while a job runs, so that the second of two
equal rows finds the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.metadata.fields import ID
from bigin_frames.sandbox.verdicts.findings import Column, Findings
from bigin_frames.sandbox.verdicts.known import Known
from bigin_frames.sandbox.verdicts.verdict import ADDED, SKIPPED, UNTOUCHED, UPDATED, Verdict, error_text


@dataclass
class Judge:
    """The judge of one job's rows, which it takes one after the other."""

    operation: str
    columns: Sequence[Column]
    known: Known
    behaviour: Behaviour
    new_id: Callable[[], str]
    find_by: str | None = None
    ignore_empty: bool = False
    mandatory_unmapped: Sequence[str] = ()
    least_cells: int = 0  # a row with fewer is unprocessed
    place: Callable[[Sequence[str], str | None, Findings], None] | None = None  # checks the layout, where there is one

    def __post_init__(self) -> None:
        self.key = next((column for column in self.columns if column.field.api_name == self.find_by), None)
        self.written = [column for column in self.columns if column.field.api_name != ID]
        self.unique = [column for column in self.written if column.field.unique]

    def judge(self, row: Sequence[str]) -> Verdict:
        """Return the verdict on one row, and note what it writes."""
        if len(row) < self.least_cells:
            return UNTOUCHED
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
        """Blame unique values that another record has already; return the first such record."""
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


def _skipped(code: str, column: Column, holder: str | None = None) -> Verdict:
    return Verdict(SKIPPED, None, error_text({code: [column.name]}), {}, {}, holder)
