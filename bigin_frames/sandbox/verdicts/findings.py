"""A mapped column, and what the checks of one row's cells have found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bigin_frames.sandbox.metadata.fields import Field
from bigin_frames.sandbox.verdicts.cells import TEXT_KINDS, Check, Refused


@dataclass(frozen=True)
class Column:
    """One mapped column: where its text comes from, how ERRORS names it and how it is checked."""

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
    """What the checks of one row have found: texts, normal forms and errors by code."""

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
