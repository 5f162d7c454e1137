"""The check of a frame by the rules of its module's fields: every problem of every row, by position.

A column is checked as the text that would be sent, block by block and one column after another, so that little memory
is needed in addition to the frame. `module_schema` has the same rules as a pandera schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bigin_frames.display.words import counted, visible
from bigin_frames.errors import BiginError
from bigin_frames.frames.checking.findings import Finding, Positions, Reason
from bigin_frames.frames.checking.keys import surplus, twins
from bigin_frames.frames.checking.pipelines import pipeline_findings
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.frames.column_places import places_of
from bigin_frames.frames.encoding import csv_zip
from bigin_frames.frames.encoding.encode import Encoded
from bigin_frames.frames.encoding.texts import encoded_cells
from bigin_frames.frames.field_types import TEXT_TYPES
from bigin_frames.frames.mapping.columns import Mapped
from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.frames.rules.rule import Mask, Rule
from bigin_frames.frames.rules.texts import FORMULA
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import DUPLICATE_DATA, Field, Layout, Operation

if TYPE_CHECKING:
    from bigin_frames.frames.checking.caller_schema import OwnSchema


OnDuplicate = Literal["refuse", "first", "last"]
Formulas = Literal["off", "warn", "refuse"]
_FIRST_ROWS = 128
_BLOCK_BYTES = 5_000_000  # as CSV; rules need two to three times as much while they run
_DUPLICATE = "has the same key as another row, and Bigin would treat both as one record; keep one of them"


@dataclass(frozen=True, slots=True)
class Checked:
    """A frame's report, the exact bytes of each row as CSV (int64, by position), and the rows left out.

    ``surplus`` are positions of valid rows that share their key with the one kept, under ``on_duplicate``.
    """

    report: ValidationReport
    sizes: npt.NDArray[np.int64]
    surplus: Positions


def check(
    frame: pd.DataFrame,
    mapped: Mapped,
    *,
    operation: Operation,
    zone: str = "UTC",
    schema: OwnSchema | None = None,
    key: Field | None = None,
    clearing: bool = False,
    on_duplicate: OnDuplicate = "refuse",
    formulas: Formulas = "warn",
    block_rows: int = 50_000,
    layouts: Sequence[Layout] = (),
) -> Checked:
    """Find every problem of every row, and the size of each row.

    Parameters
    ----------
    frame : pd.DataFrame
        As the caller has it: labels may repeat, rows are identified by position.
    mapped : Mapped
    operation : {"insert", "update", "upsert"}
    zone : str
        IANA name of the zone of naive datetimes.
    schema : pandera.DataFrameSchema or DataFrameModel, optional
        The caller's own, run in addition, on all columns under their own names.
    key : Field, optional
        The field that finds records; ``mapped.find_by`` when it is None. Rows that share a key are all refused, with
        code DUPLICATE_DATA: Bigin documents no order, so it is not certain which would win.
    clearing : bool
        Empty cells blank the stored value (``empty="clear"``).
    on_duplicate : {"refuse", "first", "last"}
        Whether all rows that share a key are refused, or the first or last valid one of them is kept.
    formulas : {"off", "warn", "refuse"}
        Whether text that a spreadsheet would run is ignored, reported in the report's ``notes``, or refused.
    block_rows : int
        Most rows encoded at a time. Rows with long texts are read in smaller blocks, so that the additional memory
        stays the same.
    layouts : sequence of Layout
        Of Pipelines, as `pipelines.demanding` returns them: each row must fit the one it names.

    Returns
    -------
    Checked

    Raises
    ------
    OptionError
        If no row can pass the caller's own schema.
    """
    key = key or mapped.find_by
    places, alone = places_of(frame.columns), len(mapped.columns) == 1
    findings: list[Finding] = []
    notes: list[str] = []
    sizes, keys = np.zeros(len(frame), np.int64), []
    for column in mapped.columns:
        rules = rules_for(column, operation, key=column.field == key, clearing=clearing)
        suspected = formulas != "off" and column.field.data_type in TEXT_TYPES - {"phone"}
        judge = _Judge(column, (*rules, FORMULA) if suspected else rules)
        cells = frame.iloc[:, places[column.column][0]]
        for start, block, weights in _blocks(cells, column, zone, block_rows, alone):
            judge.look(block, start)
            sizes[start : start + len(weights)] += weights
            keys += [block.text] if column.field == key else []
        for finding in judge.findings():
            if formulas == "warn" and finding.reason.rule == FORMULA.name:
                notes.append(_note(finding))
            else:
                findings.append(finding)
    if schema is not None:
        from bigin_frames.frames.checking.caller_schema import own_findings  # pandera takes half a second to import

        findings += own_findings(frame, schema, mapped.columns)
    findings += pipeline_findings(frame, mapped, layouts, operation=operation, zone=zone, clearing=clearing)
    if on_duplicate == "refuse":
        findings += _duplicates(keys, key, mapped)
    report = ValidationReport(len(frame), findings, frame=frame)
    report.notes = tuple(notes)
    left_out = np.empty(0, np.int64)
    if on_duplicate != "refuse" and key is not None and keys:
        valid = np.flatnonzero(~report.mask)
        left_out = valid[surplus(pa.chunked_array(keys).take(pa.array(valid)), key, on_duplicate)]
    return Checked(report, sizes, left_out)


def _note(finding: Finding) -> str:
    what = f"{counted(len(finding.positions), 'cell')} of {visible(finding.reason.where)}"
    return f"{what} could be run as a formula by a spreadsheet (first character = + - @)"


def _blocks(
    cells: pd.Series, column: MappedColumn, zone: str, most_rows: int, alone: bool
) -> Iterator[tuple[int, Encoded, npt.NDArray[np.int64]]]:
    """Encode a column block by block; yield where each block starts, its text, and the bytes of each cell."""
    start, rows = 0, min(most_rows, _FIRST_ROWS)
    while start < len(cells):
        block = encoded_cells(cells.iloc[start : start + rows], column, zone)
        weights = csv_zip.cell_bytes(block.text, alone=alone)
        yield start, block, weights
        start += rows
        rows = min(most_rows, max(1, _BLOCK_BYTES * len(weights) // int(weights.sum())))


class _Judge:
    """The check of one column, block by block: rows by reason, faults first, then rule by rule."""

    def __init__(self, column: MappedColumn, rules: Sequence[Rule]) -> None:
        self.column, self.rules = column, rules
        self.faulty: dict[Reason, list[Positions]] = {}
        self.broken: dict[Reason, list[Positions]] = {_reason(column, rule): [] for rule in rules}

    def look(self, block: Encoded, start: int) -> None:
        """Check a block whose first row is at position ``start`` in the frame."""
        name, field = self.column.column, self.column.field.api_name
        for fault in block.faults:
            reason = Reason(name, field, fault.code, fault.rule, f"contains {fault.rule}")
            self.faulty.setdefault(reason, []).append(fault.positions + start)
        for rule, found in zip(self.rules, self.broken.values(), strict=True):
            failing = _failing(rule, block.text, field)
            for fault in block.faults:
                failing[fault.positions] = False  # it cannot be written: nothing else is reported for it
            found.append(np.flatnonzero(failing) + start)

    def findings(self) -> Iterator[Finding]:
        """Return the problems of all blocks checked."""
        for reason, found in (*self.faulty.items(), *self.broken.items()):
            positions = np.concatenate([np.empty(0, np.int64), *found])
            if len(positions):
                yield Finding(reason, positions)


def _failing(rule: Rule, text: pa.Array, field: str) -> Mask:
    with suppress(Exception):  # its message may quote a cell, so it must not be the cause of what is raised
        return rule.failing(text)
    raise BiginError(f"The rules of field {field} could not be run; this is a bug in bigin_frames.")


def _reason(column: MappedColumn, rule: Rule) -> Reason:
    options = column.field.picklist if rule.name == "picklist" else ()
    return Reason(column.column, column.field.api_name, rule.code, rule.name, rule.words, options)


def _duplicates(keys: Sequence[pa.Array], key: Field | None, mapped: Mapped) -> Iterator[Finding]:
    if key is None or not keys:
        return
    column = next(column for column in mapped.columns if column.field == key)
    positions, others = twins(pa.chunked_array(keys), key)
    if len(positions):
        yield Finding(Reason(column.column, key.api_name, DUPLICATE_DATA, "unique_key", _DUPLICATE), positions, others)
