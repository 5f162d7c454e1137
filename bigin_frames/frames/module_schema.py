"""Make a pandera schema of a module's fields: the rules of `schema.check` for people who validate by pandera."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa

from bigin_frames.frames.rules import Mask, Rule, rules_for
from bigin_frames.frames.texts import encoded_cells
from bigin_frames.model import INVALID_DATA, Field, MappedColumn, Operation


def module_schema(
    columns: Sequence[MappedColumn],
    *,
    operation: Operation,
    zone: str = "UTC",
    key: Field | None = None,
    clearing: bool = False,
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

    Returns
    -------
    pandera.DataFrameSchema
        Its checks bear the names, words and limits of `rules_for`, and there is one more, ``kind``.
    """
    return pandera.DataFrameSchema(
        {column.field.api_name: _column(column, operation, zone, column.field == key, clearing) for column in columns},
        strict=False,
        name=f"bigin_{operation}",
    )


def _column(column: MappedColumn, operation: Operation, zone: str, is_key: bool, clearing: bool) -> pandera.Column:
    rules = rules_for(column, operation, key=is_key, clearing=clearing)
    needed = column.field.mandatory and operation != "update"
    checks = [_check(rule, partial(_cells_failing, rule, column, zone)) for rule in (_KIND, *rules)]
    return pandera.Column(None, checks, nullable=not needed, required=needed, title=column.field.label)


def _none_failing(text: pa.Array) -> Mask:
    return np.zeros(len(text), np.bool_)


_KIND = Rule("kind", INVALID_DATA, "is of a kind the field does not take, or would lose something", {}, _none_failing)


def _check(rule: Rule, failing: partial[Mask]) -> pandera.Check:
    def passes(cells: pd.Series) -> pd.Series:
        return pd.Series(~failing(cells), index=cells.index)

    stated = dict(rule.statistics)
    return pandera.Check(passes, name=rule.name, error=rule.words, statistics=stated, ignore_na=False)


def _cells_failing(rule: Rule, column: MappedColumn, zone: str, cells: pd.Series) -> Mask:
    encoded = encoded_cells(cells, column, zone)
    failing = rule.failing(encoded.text)
    for fault in encoded.faults:
        failing[fault.positions] = rule is _KIND
    return failing
