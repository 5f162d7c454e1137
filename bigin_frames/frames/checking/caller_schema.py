"""The caller's own pandera schema: which rows break which of its checks."""

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
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import INVALID_DATA

_SHOWN_CHARACTERS = 100  # a check's own words may list thousands of allowed values

OwnSchema: TypeAlias = "pandera.DataFrameSchema | type[pandera.DataFrameModel]"


def validated(schema: pandera.DataFrameSchema, table: pd.DataFrame) -> pd.DataFrame:
    """Validate with all of pandera's checks, regardless of PANDERA_VALIDATION_ENABLED and _DEPTH.

    Raises
    ------
    pandera.errors.SchemaErrors
        It refers to the table: take what is needed, and do not keep it.
    """
    with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        seen: pd.DataFrame = schema.validate(table, lazy=True)
    return seen


def own_findings(frame: pd.DataFrame, schema: OwnSchema, mapped: tuple[MappedColumn, ...]) -> list[Finding]:
    """Return which rows break which of the caller's checks.

    The schema gets all columns of the frame under their own names, and an index that counts the rows. What it coerces,
    parses or drops does not change what is sent.

    Parameters
    ----------
    frame : pd.DataFrame
    schema : pandera.DataFrameSchema or pandera.DataFrameModel subclass
    mapped : tuple of MappedColumn
        The field of each mapped column.

    Raises
    ------
    OptionError
        If no row can pass the schema: a column is missing or of another dtype, a check refuses the whole frame or
        raises an error, a parser changes the rows.
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
        # If one cell cannot be coerced, pandera checks the whole column uncoerced: check the other rows separately.
        table = table.drop(index=pd.Index(np.concatenate([finding.positions for finding in fresh])))


def _without_drops(schema: OwnSchema) -> pandera.DataFrameSchema:
    if isinstance(schema, type) and issubclass(schema, pandera.DataFrameModel):
        model: Any = schema  # its metaclass hides to_schema from type checkers
        return _without_drops(model.to_schema())
    if not isinstance(schema, pandera.DataFrameSchema):
        raise OptionError(
            f"schema= is a {type(schema).__name__}; use a pandera DataFrameSchema or DataFrameModel.", option="schema"
        )
    own = copy.deepcopy(schema)
    for part in (own, *own.columns.values()):
        part.drop_invalid_rows = False  # pandera would drop the broken rows instead of reporting them
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
    except Exception as error:  # of a parser: it may quote cells, so it must not be the cause of what is raised
        failure = type(error).__name__
    if failure:
        raise OptionError(f"schema= raises {failure} itself; no row was sent.", option="schema")
    if not seen.index.equals(table.index):
        raise OptionError("schema= changes or drops rows; it must only check them.", option="schema")
    return broken


def _finding(error: SchemaError, fields: dict[Hashable, str]) -> Finding:
    column = _column(error)
    rule = error.check if isinstance(error.check, str) else str(error.check.name)
    positions = positions_of(error)
    if positions is None:
        raise OptionError(f"schema=: {_as_a_whole(error, column, rule)}; no row was sent.", option="schema")
    stated = getattr(error.check, "error", None)
    words = f"does not pass {rule!r} of your schema" + (f" ({str(stated)[:_SHOWN_CHARACTERS]})" if stated else "")
    return Finding(Reason(column, fields.get(column), INVALID_DATA, rule, f"{words}; correct it"), positions)


def _column(error: SchemaError) -> Hashable | None:
    if not isinstance(error.schema, pandera.Column):
        return None
    # For a regex of columns, pandera's schema.name is the last one that matched, not the one that failed.
    column: Hashable = error.schema.name if error.column_name is None else error.column_name
    return column


def _as_a_whole(error: SchemaError, column: Hashable | None, rule: str) -> str:
    where = "the frame" if column is None else f"column {column!r}"
    if error.reason_code is SchemaErrorReason.CHECK_ERROR:
        return f"check {rule!r} of {where} raises {str(error.failure_cases).partition('(')[0]} itself"
    if column is None and isinstance(error.failure_cases, str):
        where = f"column {error.failure_cases!r}"  # missing, not in the schema or out of order: the case is its name
    return f"{where} as a whole does not pass {rule!r}"


def positions_of(error: SchemaError) -> Positions | None:
    """Return which rows a pandera error is about, by its table's index, or None if it is not about single rows.

    A check's own output is used if there is one: the failure cases are cut to ``n_failure_cases`` and lack rows whose
    cells are all missing.
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
