"""Run the caller's own pandera schema beside the module's, and take from it which rows break which check."""

from __future__ import annotations

import copy
from collections.abc import Hashable
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pandera.pandas as pandera
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaError, SchemaErrorReason, SchemaErrors

from bigin_frames.errors import OptionError
from bigin_frames.frames.checking.findings import Finding, Positions, Reason
from bigin_frames.model import INVALID_DATA, MappedColumn

_SHOWN_SIGNS = 100  # a check's own words may list thousands of allowed values

OwnSchema: TypeAlias = "pandera.DataFrameSchema | type[pandera.DataFrameModel]"


def validated(schema: pandera.DataFrameSchema, table: pd.DataFrame) -> pd.DataFrame:
    """Validate with everything pandera has, whatever PANDERA_VALIDATION_ENABLED and _DEPTH say.

    Raises
    ------
    pandera.errors.SchemaErrors
        It carries the table: take what is needed and let it go.
    """
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        seen: pd.DataFrame = schema.validate(table, lazy=True)
    return seen


def own_findings(frame: pd.DataFrame, schema: OwnSchema, mapped: tuple[MappedColumn, ...]) -> list[Finding]:
    """Return which rows break which of the caller's checks.

    The schema sees all columns of the frame under their own names, and an index that counts the rows. What it would
    coerce, parse or drop changes nothing in what is sent.

    Parameters
    ----------
    frame : pd.DataFrame
    schema : pandera.DataFrameSchema or pandera.DataFrameModel subclass
    mapped : tuple of MappedColumn
        Tells which field a column becomes.

    Raises
    ------
    OptionError
        If the schema cannot be met by any row: a column is missing or of another dtype, a check says no to the whole
        frame or fails itself, a parser changes the rows.
    """
    own = _without_drops(schema)
    fields = {column.column: column.field.api_name for column in mapped}
    table = frame.reset_index(drop=True)
    found: list[Finding] = []
    while True:
        broken = _broken(own, table)
        unread = [error for error in broken if error.reason_code is SchemaErrorReason.DATATYPE_COERCION]
        fresh = [_finding(error, fields) for error in unread or broken]
        found += fresh
        if not unread:
            return found
        # Where one cell does not coerce, pandera checks the whole column uncoerced: judge the other rows by themselves.
        table = table.drop(index=pd.Index(np.concatenate([finding.positions for finding in fresh])))


def _without_drops(schema: OwnSchema) -> pandera.DataFrameSchema:
    if isinstance(schema, type) and issubclass(schema, pandera.DataFrameModel):
        model: Any = schema  # its metaclass hides to_schema from type checkers
        return _without_drops(model.to_schema())
    if not isinstance(schema, pandera.DataFrameSchema):
        raise OptionError(
            f"schema= is a {type(schema).__name__}; give a pandera DataFrameSchema or DataFrameModel.", option="schema"
        )
    own = copy.deepcopy(schema)
    for part in (own, *own.columns.values()):
        part.drop_invalid_rows = False  # pandera would let the broken rows vanish instead of naming them
        for check in part.checks:
            check.raise_warning = False  # it would print the cells in a warning, and let the rows pass
    return own


def _broken(schema: pandera.DataFrameSchema, table: pd.DataFrame) -> list[SchemaError]:
    broken: list[SchemaError] = []
    failure = ""
    try:
        seen = validated(schema, table)
    except SchemaErrors as errors:
        seen, broken = errors.data, errors.schema_errors
    except Exception as error:  # of a parser: its words may hold cells, so it must not hang on what is raised
        failure = type(error).__name__
    if failure:
        raise OptionError(f"schema= fails itself with {failure}; no row was sent.", option="schema")
    if not seen.index.equals(table.index):
        raise OptionError("schema= changes or drops rows by itself; it must only check them.", option="schema")
    return broken


def _finding(error: SchemaError, fields: dict[Hashable, str]) -> Finding:
    column = _column(error)
    rule = error.check if isinstance(error.check, str) else str(error.check.name)
    positions = positions_of(error)
    if positions is None:
        raise OptionError(f"schema=: {_as_a_whole(error, column, rule)}; no row was sent.", option="schema")
    stated = getattr(error.check, "error", None)
    words = f"does not pass {rule!r} of your schema" + (f" ({str(stated)[:_SHOWN_SIGNS]})" if stated else "")
    return Finding(Reason(column, fields.get(column), INVALID_DATA, rule, f"{words}; correct it"), positions)


def _column(error: SchemaError) -> Hashable | None:
    if not isinstance(error.schema, pandera.Column):
        return None
    # For a pattern of columns, pandera's schema.name is the last one that matched, not the one that failed.
    column: Hashable = error.schema.name if error.column_name is None else error.column_name
    return column


def _as_a_whole(error: SchemaError, column: Hashable | None, rule: str) -> str:
    where = "the frame" if column is None else f"column {column!r}"
    if error.reason_code is SchemaErrorReason.CHECK_ERROR:
        return f"check {rule!r} of {where} fails itself with {str(error.failure_cases).partition('(')[0]}"
    if column is None and isinstance(error.failure_cases, str):
        where = f"column {error.failure_cases!r}"  # missing, not in the schema or out of order: the case is its name
    return f"{where} as a whole does not pass {rule!r}"


def positions_of(error: SchemaError) -> Positions | None:
    """Return which rows a pandera error is about, by its table's index, or None if it is about no row in particular.

    A check's own answer is used where there is one: the failure cases are cut to ``n_failure_cases`` and lose rows
    that are missing altogether.
    """
    cases, output = error.failure_cases, error.check_output
    if error.reason_code is SchemaErrorReason.WRONG_DATATYPE or not isinstance(cases, pd.DataFrame):
        return None
    if isinstance(output, pd.DataFrame):
        output = output.all(axis=1)
    if isinstance(output, pd.Series):
        return output.index[~output.to_numpy(dtype=bool, na_value=False)].to_numpy(dtype=np.int64)
    if cases["index"].isna().any():
        return None
    return np.unique(cases["index"].to_numpy(dtype=np.int64))
