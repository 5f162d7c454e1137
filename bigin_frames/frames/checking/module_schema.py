"""The pandera schema of a module's fields: the rules of `check.check` for people who validate with pandera."""

from __future__ import annotations

from collections.abc import Sequence

import pandera.pandas as pandera

from bigin_frames.frames.checking.pandera_checks import KIND, check_of
from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field, Operation


def module_schema(
    columns: Sequence[MappedColumn],
    *,
    operation: Operation,
    zone: str = "UTC",
    key: Field | None = None,
    clearing: bool = False,
) -> pandera.DataFrameSchema:
    """Build the pandera schema of the fields that columns are mapped to.

    Parameters
    ----------
    columns : sequence of MappedColumn
        One column of the schema each, with its field's API name. No dtype is required: what counts is the text that a
        cell would be sent as.
    operation : {"insert", "update", "upsert"}
        Mandatory fields are required, and may not be empty, except on an update.
    zone : str
        IANA name of the zone of naive datetimes.
    key : Field, optional
        The ``find_by`` field, which an update or upsert needs in every row.
    clearing : bool
        Empty cells blank the stored value.

    Returns
    -------
    pandera.DataFrameSchema
        Its checks are named ``bigin_`` and the name of the rule in `rules_for`, with its words and limits; there is
        one more, ``bigin_kind``.
    """
    return pandera.DataFrameSchema(
        {column.field.api_name: _column(column, operation, zone, column.field == key, clearing) for column in columns},
        strict=False,
        name=f"bigin_{operation}",
    )


def _column(column: MappedColumn, operation: Operation, zone: str, is_key: bool, clearing: bool) -> pandera.Column:
    rules = rules_for(column, operation, key=is_key, clearing=clearing)
    needed = column.field.mandatory and operation != "update"
    checks = [check_of(rule, column, zone) for rule in (KIND, *rules)]
    return pandera.Column(None, checks, nullable=not needed, required=needed, title=column.field.label)
