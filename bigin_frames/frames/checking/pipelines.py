"""The check of deals against the layout that each row names: its sub-pipelines, their stages, the fields it requires.

In the module Pipelines a layout is a team pipeline, and the field Pipeline contains its id (Bigin v2, layouts). A row
that names none may belong to each layout that has its Sub_Pipeline, and is valid if one of them accepts it. A layout
that is switched off or hidden counts like the others: no page says that a write refuses it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.checking.findings import Finding, Positions, Reason
from bigin_frames.frames.encoding.encode import Encoded
from bigin_frames.frames.encoding.texts import encoded_rows
from bigin_frames.frames.mapping.columns import Mapped
from bigin_frames.frames.mapping.writable import Fields
from bigin_frames.frames.rules.picklists import not_among
from bigin_frames.frames.rules.rule import Mask, empty
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import INVALID_DATA, MANDATORY_NOT_FOUND, Field, Layout, Operation, SubPipeline

PIPELINE: Final = "Pipeline"
SUB_PIPELINE: Final = "Sub_Pipeline"
STAGE: Final = "Stage"
_NAMING: Final = (PIPELINE, SUB_PIPELINE, STAGE)
_BLOCK_ROWS: Final = 10_000
# Bigin fills both itself: every record has an owner, and a checkbox that is not ticked is false.
_NEVER_EMPTY: Final = frozenset({"ownerlookup", "boolean"})


def need_layouts(mapped: Mapped, *, operation: Operation, clearing: bool) -> bool:
    """Return whether layouts matter: an update that names none of the three fields keeps what is stored."""
    given = {column.field.api_name for column in mapped.columns} | mapped.constants.keys()
    return operation != "update" or clearing or not given.isdisjoint(_NAMING)


def demanding(
    layouts: Sequence[Layout], fields: Sequence[Field], *, module: str, operation: Operation
) -> tuple[Layout, ...]:
    """Return the layouts with only those required fields that are to be checked in addition to the module's own.

    Left out are fields that the module itself requires (their columns are checked anyway), that the operation may not
    write, that Bigin fills itself, and Pipeline, which follows from a row's Sub_Pipeline.
    """
    book = Fields(module, operation, None, {field.api_name: field for field in fields})
    checked = {
        field.api_name
        for field in fields
        if book.may_write(field) and not field.mandatory and field.data_type not in _NEVER_EMPTY
    } - {PIPELINE}
    return tuple(replace(one, required=tuple(name for name in one.required if name in checked)) for one in layouts)


def pipeline_findings(
    frame: pd.DataFrame,
    mapped: Mapped,
    layouts: Sequence[Layout],
    *,
    operation: Operation,
    zone: str = "UTC",
    clearing: bool = False,
) -> list[Finding]:
    """Find the rows that no layout they may belong to would accept.

    Parameters
    ----------
    frame : pd.DataFrame
    mapped : Mapped
    layouts : sequence of Layout
        As `demanding` returns them; without layouts nothing is found.
    operation : {"insert", "update", "upsert"}
        A field that an update does not send keeps its stored value.
    zone : str
        IANA name of the zone of naive datetimes.
    clearing : bool
        Empty cells blank the stored value (``empty="clear"``): then an update may not leave a required one empty.

    Returns
    -------
    list of Finding
        One for each reason. Cells that their own column's rules refuse are ignored here, not refused a second time.
    """
    judge = _Judge(layouts, mapped, operation, zone, clearing)
    found: dict[Reason, list[Positions]] = {}
    for start in range(0, len(frame) if layouts else 0, _BLOCK_ROWS):
        for reason, positions in judge.refused(frame, slice(start, min(start + _BLOCK_ROWS, len(frame)))):
            found.setdefault(reason, []).append(positions + start)
    return [Finding(reason, np.sort(np.concatenate(blocks))) for reason, blocks in found.items()]


@dataclass(frozen=True, slots=True)
class _Cells:
    """The cells of one field in a block of rows: text, empty cells, and those that their column's rules refuse."""

    column: Hashable | None
    text: pa.Array
    absent: Mask
    refused: Mask


class _Judge:
    def __init__(
        self, layouts: Sequence[Layout], mapped: Mapped, operation: Operation, zone: str, clearing: bool
    ) -> None:
        self.layouts = layouts
        self.zone = zone
        offered = [sub for layout in layouts for sub in layout.sub_pipelines]
        self.known = {
            PIPELINE: [layout.id for layout in layouts],
            SUB_PIPELINE: list(dict.fromkeys(sub.name for sub in offered)),
            STAGE: list(dict.fromkeys(stage for sub in offered for stage in sub.stages)),
        }
        self.demanded = _demanded(layouts, mapped, operation, clearing)
        names = {*_NAMING, *self.demanded}
        self.columns = [column for column in mapped.columns if column.field.api_name in names]
        self.constants = {name: text for name, text in mapped.constants.items() if name in names}

    def refused(self, frame: pd.DataFrame, rows: slice) -> Iterator[tuple[Reason, Positions]]:
        """Check a block of rows, those with the same three texts at once; positions are within the block."""
        cells = self._cells(frame, rows)
        for texts, positions in self._alike(cells, rows.stop - rows.start):
            wrong, layouts = _judged(self.layouts, *texts)
            yield from ((one.reason(cells[one.field].column), positions) for one in wrong)
            yield from self._lacking(layouts, cells, positions)

    def _cells(self, frame: pd.DataFrame, rows: slice) -> dict[str, _Cells]:
        size = rows.stop - rows.start
        done = dict(zip(self.columns, encoded_rows(frame, rows, self.columns, self.zone), strict=True))
        cells = {column.field.api_name: _cells_of(column, encoded) for column, encoded in done.items()}
        for name in {*self.demanded, *self.constants} - cells.keys():
            text = pa.repeat(pa.scalar(self.constants.get(name), pa.large_string()), size)
            cells[name] = _Cells(None, text, empty(text), np.zeros(size, np.bool_))
        return cells

    def _alike(self, cells: dict[str, _Cells], size: int) -> Iterator[tuple[list[str | None], Positions]]:
        """Group the rows that have the same three texts, None for a text that a row does not have."""
        code = np.zeros(size, np.int64)
        for name in _NAMING:
            code *= len(self.known[name]) + 2
            code += self._places(name, cells[name]) if name in cells else 0
        distinct, counts = np.unique(code, return_counts=True)
        groups = np.split(np.argsort(code, kind="stable"), np.cumsum(counts)[:-1])
        yield from zip(map(self._texts, distinct.tolist()), groups, strict=True)

    def _places(self, name: str, cells: _Cells) -> npt.NDArray[np.int64]:
        """Return a number for each cell of a field: 0 for nothing, then the known texts, last every other text."""
        text = pc.utf8_ltrim(cells.text, characters="0") if name == PIPELINE else cells.text
        known = pc.index_in(text, value_set=pa.array(self.known[name], text.type))
        places: npt.NDArray[np.int64] = pc.fill_null(known, len(self.known[name])).to_numpy().astype(np.int64) + 1
        places[cells.absent | cells.refused] = 0
        return places

    def _texts(self, code: int) -> list[str | None]:
        texts: list[str | None] = []
        for name in reversed(_NAMING):
            code, place = divmod(code, len(self.known[name]) + 2)
            texts.insert(0, (None, *self.known[name], _OTHER)[place])
        return texts

    def _lacking(
        self, layouts: Sequence[Layout], cells: dict[str, _Cells], positions: Positions
    ) -> Iterator[tuple[Reason, Positions]]:
        """Return the rows that lack something in every layout, with what the one of fewest fields requires."""
        required = [[name for name in layout.required if name in self.demanded] for layout in layouts]
        if not all(required):
            return
        absent = {name: cells[name].absent[positions] for names in required for name in names}
        refused = np.all([np.any([absent[name] for name in names], axis=0) for names in required], axis=0)
        for name in min(required, key=len):
            lacking = positions[refused & absent[name]]
            if len(lacking):
                yield _mandatory(name, cells[name].column), lacking


def _demanded(layouts: Sequence[Layout], mapped: Mapped, operation: Operation, clearing: bool) -> set[str]:
    """Return the fields that a row may be refused for: on an update, only those that an empty cell would blank."""
    required = {name for layout in layouts for name in layout.required}
    if operation == "insert":
        return required
    if mapped.find_by is not None:
        required.discard(mapped.find_by.api_name)  # the rules of its own column require a key
    if operation == "upsert":
        return required
    return required & {column.field.api_name for column in mapped.columns} if clearing else set()


def _cells_of(column: MappedColumn, encoded: Encoded) -> _Cells:
    field, text = column.field, encoded.text
    refused = np.zeros(len(text), np.bool_)
    if field.data_type == "picklist" and field.picklist:
        refused = not_among(text, pa.array(field.picklist))
    for fault in encoded.faults:
        refused[fault.positions] = True
    return _Cells(column.column, text, empty(text) & ~refused, refused)


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A field whose text no layout accepts, the words for it, and the texts it may have instead."""

    field: str
    words: str
    options: tuple[str, ...] = ()

    def reason(self, column: Hashable | None) -> Reason:
        words = self.words if column is not None else f"has a default that {self.words}"
        return Reason(column, self.field, INVALID_DATA, self.field.lower(), words, self.options)


_OTHER: Final = ""  # for every text that no layout has
_LISTED: Final = "client.layouts('Pipelines') lists them"


def _judged(
    layouts: Sequence[Layout], pipeline: str | None, sub_pipeline: str | None, stage: str | None
) -> tuple[list[_Wrong], Sequence[Layout]]:
    """Return what is wrong with three texts, and the layouts that a row with them may belong to."""
    wrong = []
    named = [layout for layout in layouts if layout.id == pipeline]
    if pipeline is not None and not named:
        words = f"is not the id of a pipeline of this org; use one of its {len(layouts)}: {_LISTED}"
        wrong.append(_Wrong(PIPELINE, words))  # the nearest id to a rounded one may be another pipeline's
    layouts = named or layouts
    whose = "the pipeline in its row" if named else "any pipeline of this org"
    if sub_pipeline is not None:
        offering = [layout for layout in layouts if _offers(layout, sub_pipeline)]
        if not offering:
            options = _together([sub.name] for layout in layouts for sub in layout.sub_pipelines)
            words = f"is not a sub-pipeline of {whose}; use one of its {len(options)}, spelled exactly: {_LISTED}"
            wrong.append(_Wrong(SUB_PIPELINE, words, options))
        layouts = offering or layouts
        sub_pipeline, whose = (sub_pipeline, "its sub-pipeline") if offering else (None, whose)
    if stage is not None:
        taking = [layout for layout in layouts if _takes(layout, sub_pipeline, stage)]
        if not taking:
            options = _together(sub.stages for layout in layouts for sub in _meant(layout, sub_pipeline))
            words = f"is not a stage of {whose}; use one of its {len(options)}, spelled exactly: {_LISTED}"
            wrong.append(_Wrong(STAGE, words, options))
        layouts = taking or layouts
    return wrong, layouts


def _offers(layout: Layout, sub_pipeline: str) -> bool:
    """Return whether a layout has a sub-pipeline; one that lists none may have any."""
    return not layout.sub_pipelines or any(sub.name == sub_pipeline for sub in layout.sub_pipelines)


def _takes(layout: Layout, sub_pipeline: str | None, stage: str) -> bool:
    meant = _meant(layout, sub_pipeline)
    return not meant or any(stage in sub.stages or not sub.stages for sub in meant)


def _meant(layout: Layout, sub_pipeline: str | None) -> list[SubPipeline]:
    return [sub for sub in layout.sub_pipelines if sub_pipeline in (None, sub.name)]


def _together(texts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for some in texts for text in some))


def _mandatory(field: str, column: Hashable | None) -> Reason:
    words = "is empty, and its pipeline requires a value; fill it in"
    if column is None:
        words = f"lacks a value that its pipeline requires; map a column to {field}, or give a value in defaults="
    return Reason(column, field, MANDATORY_NOT_FOUND, "mandatory", words)
