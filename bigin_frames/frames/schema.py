"""Make a pandera schema of a module's fields, and judge a frame by it: every problem of every row, by position.

pandera's own report carries labels, values and the frame itself. Only the positions and the names of the broken rules
are taken from it, and it is let go at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
from pandera.errors import SchemaError, SchemaErrors

from bigin_frames.errors import BiginError, InputError
from bigin_frames.frames import pack
from bigin_frames.frames.encode import Encoded, decode, encode
from bigin_frames.frames.findings import Finding, Positions, Reason
from bigin_frames.frames.keys import surplus, twins
from bigin_frames.frames.kinds import whole
from bigin_frames.frames.mapping import Mapped, places_of
from bigin_frames.frames.own_schema import OwnSchema, own_findings, positions_of, validated
from bigin_frames.frames.report import ValidationReport
from bigin_frames.frames.rules import Mask, Rule, rules_for
from bigin_frames.frames.texts import encoded_rows, filled
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, Field, MappedColumn, Operation

OnDuplicate = Literal["refuse", "first", "last"]
_FIRST_ROWS = 128
_BLOCK_BYTES = 5_000_000  # as CSV; rules take two to three times as much while they look
_DUPLICATE = "has the key of another row, and Bigin would take both for one record; keep one of them"


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold a frame's report, the exact bytes of each row as CSV (int64, by position), and the rows left out.

    ``surplus`` are positions of sound rows that share their key with the one kept, under ``on_duplicate``.
    """

    report: ValidationReport
    sizes: npt.NDArray[np.int64]
    surplus: Positions


def module_schema(
    columns: Sequence[MappedColumn],
    *,
    operation: Operation,
    zone: str = "UTC",
    key: Field | None = None,
    clearing: bool = False,
    encoded: bool = False,
) -> pandera.DataFrameSchema:
    """Build the pandera schema of the fields that columns become.

    Parameters
    ----------
    columns : sequence of MappedColumn
        One column of the schema each, named by its field's API name. No dtype is pinned: what counts is what a cell
        would be sent as.
    operation : {"insert", "update", "upsert"}
        Mandatory fields are required, and may not be empty, except on an update.
    zone : str
        IANA name of the zone naive datetimes are in.
    key : Field, optional
        The ``find_by`` field, which an update or upsert needs in every row.
    clearing : bool
        Empty cells blank the stored value.
    encoded : bool
        The frame to be judged holds Arrow text as `encode` writes it, null for empty and refused cells.

    Returns
    -------
    pandera.DataFrameSchema
        Its checks bear the names, words and limits of `rules_for`; without ``encoded`` there is one more, ``kind``.
    """
    return pandera.DataFrameSchema(
        {
            column.field.api_name: _column(column, operation, zone, column.field == key, clearing, encoded)
            for column in columns
        },
        strict=False,
        name=f"bigin_{operation}",
    )


def _column(
    column: MappedColumn, operation: Operation, zone: str, is_key: bool, clearing: bool, encoded: bool
) -> pandera.Column:
    rules = rules_for(column, operation, key=is_key, clearing=clearing)
    needed = column.field.mandatory and operation != "update"
    if encoded:
        checks = [_check(rule, partial(_text_failing, rule), shown=1) for rule in rules]
    else:
        checks = [_check(rule, partial(_cells_failing, rule, column, zone)) for rule in (_KIND, *rules)]
    return pandera.Column(None, checks, nullable=encoded or not needed, required=needed, title=column.field.label)


def _none_failing(text: pa.Array) -> Mask:
    return np.zeros(len(text), np.bool_)


_KIND = Rule("kind", INVALID_DATA, "is of a kind the field does not take, or would lose something", {}, _none_failing)


def _check(rule: Rule, failing: partial[Mask], *, shown: int | None = None) -> pandera.Check:
    def passes(cells: pd.Series) -> pd.Series:
        return pd.Series(~failing(cells), index=cells.index)

    stated = dict(rule.statistics)
    return pandera.Check(
        passes, name=rule.name, error=rule.words, statistics=stated, ignore_na=False, n_failure_cases=shown
    )


def _text_failing(rule: Rule, cells: pd.Series) -> Mask:
    return rule.failing(whole(pa.array(cells)))


def _cells_failing(rule: Rule, column: MappedColumn, zone: str, cells: pd.Series) -> Mask:
    encoded = filled(encode(cells, column.field, by=column.by, zone=zone), column)
    failing = rule.failing(encoded.text)
    for fault in encoded.faults:
        failing[fault.positions] = rule is _KIND
    return failing


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
    block_rows: int = 50_000,
) -> Checked:
    """Find every problem of every row, and what each row weighs.

    Parameters
    ----------
    frame : pd.DataFrame
        As the caller has it: labels may repeat, rows are told by position.
    mapped : Mapped
    operation : {"insert", "update", "upsert"}
    zone : str
        IANA name of the zone naive datetimes are in.
    schema : pandera.DataFrameSchema or DataFrameModel, optional
        The caller's own, run besides on all columns under their own names.
    key : Field, optional
        The field records are found by; ``mapped.find_by`` when it is None. Rows that share a key are all refused,
        with code DUPLICATE_DATA: Bigin promises no order, so it is not certain which would win.
    clearing : bool
        Empty cells blank the stored value (``empty="clear"``).
    on_duplicate : {"refuse", "first", "last"}
        Whether all rows that share a key are refused, or the first or last sound one of them is kept.
    block_rows : int
        Most rows encoded at a time. Rows of long texts are taken in smaller blocks, so that the memory taken besides
        the frame stays the same.

    Returns
    -------
    Checked

    Raises
    ------
    OptionError
        If the caller's own schema cannot be met by any row.
    """
    key = key or mapped.find_by
    judge = _Judge(mapped.columns, operation, zone, key, clearing)
    findings: list[Finding] = []
    sizes, keys = [np.empty(0, np.int64)], []
    start, rows = 0, min(block_rows, _FIRST_ROWS)
    while start < len(frame):
        block = encoded_rows(frame, slice(start, start + rows), mapped.columns, zone)
        findings += judge.findings(block, start)
        sizes.append(pack.row_bytes([column.text for column in block]))
        keys += [cells.text for cells, column in zip(block, mapped.columns, strict=True) if column.field == key]
        start += rows
        rows = min(block_rows, max(1, _BLOCK_BYTES * len(sizes[-1]) // int(sizes[-1].sum())))
    findings += [] if schema is None else own_findings(frame, schema, mapped.columns)
    if on_duplicate == "refuse":
        findings += _duplicates(keys, key, mapped)
    report = ValidationReport(len(frame), findings, frame=frame)
    left_out = np.empty(0, np.int64)
    if on_duplicate != "refuse" and key is not None and keys:
        sound = np.flatnonzero(~report.mask)
        left_out = sound[surplus(pa.chunked_array(keys).take(pa.array(sound)), key, on_duplicate)]
    return Checked(report, np.concatenate(sizes), left_out)


class _Judge:
    """Judge blocks of encoded columns by the module's schema."""

    def __init__(
        self, columns: tuple[MappedColumn, ...], operation: Operation, zone: str, key: Field | None, clearing: bool
    ) -> None:
        self.columns = columns
        self.schema = module_schema(columns, operation=operation, zone=zone, key=key, clearing=clearing, encoded=True)
        self.reasons = {
            (column.field.api_name, rule.name): _reason(column, rule)
            for column in columns
            for rule in rules_for(column, operation, key=column.field == key, clearing=clearing)
        }

    def findings(self, block: Sequence[Encoded], start: int) -> Iterator[Finding]:
        """Return the problems of a block whose first row stands at ``start`` in the frame."""
        faulty = {}
        for column, encoded in zip(self.columns, block, strict=True):
            for fault in encoded.faults:
                reason = Reason(column.column, column.field.api_name, fault.code, fault.rule, f"holds {fault.rule}")
                yield Finding(reason, fault.positions + start)
            faulty[column.field.api_name] = [fault.positions for fault in encoded.faults]
        for name, rule, positions in self._broken(block):
            sound = np.setdiff1d(positions, np.concatenate([np.empty(0, np.int64), *faulty[name]]))
            yield Finding(self.reasons[name, rule], sound + start)

    def _broken(self, block: Sequence[Encoded]) -> list[tuple[str, str, Positions]]:
        table = pd.DataFrame(
            {
                column.field.api_name: pd.Series(pd.arrays.ArrowExtensionArray(encoded.text))
                for column, encoded in zip(self.columns, block, strict=True)
            },
            copy=False,
        )
        broken: list[SchemaError] = []
        try:
            validated(self.schema, table, inplace=True)
        except SchemaErrors as errors:
            broken = errors.schema_errors
        return [_broken_rule(error) for error in broken]


def _broken_rule(error: SchemaError) -> tuple[str, str, Positions]:
    name, positions = str(error.schema.name), positions_of(error)
    if positions is None:
        raise BiginError(f"The rules of field {name} could not be tried; this is a fault of bigin_frames.")
    return name, str(error.check.name), positions


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


def coerce(frame: pd.DataFrame, mapped: Mapped, zone: str = "UTC") -> pd.DataFrame:
    """Return the frame with its mapped columns in their fields' types, defaults filled in.

    Parameters
    ----------
    frame : pd.DataFrame
        One that `check` found no fault with.
    mapped : Mapped
    zone : str
        IANA name of the zone naive datetimes are in.

    Returns
    -------
    pd.DataFrame
        The same rows, labels, columns and order; columns that are not mapped are untouched.

    Raises
    ------
    InputError
        If a cell has no form its field takes.
    """
    coerced = frame.copy(deep=False)
    places = places_of(frame.columns)
    done = encoded_rows(frame, slice(None), mapped.columns, zone)
    for column, encoded in zip(mapped.columns, done, strict=True):
        for fault in encoded.faults:
            where = f"Column {column.column!r} (field {column.field.api_name}), row {fault.positions[0]}"
            raise InputError(f"{where} holds {fault.rule}.")
        coerced.isetitem(places[column.column][0], decode(encoded.text, column.field).array)
    return coerced
