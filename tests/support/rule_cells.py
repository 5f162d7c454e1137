"""Columns of wire text, and which rules of a field their cells break."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.frames.rules.rule import not_like
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field, Operation


def text(*cells: str | None) -> pa.Array:
    return pa.array(cells, pa.large_string())


def column(described: Field, by: str | None = None) -> MappedColumn:
    return MappedColumn(column="c", field=described, by=by)


def names(described: Field, operation: Operation = "insert", *, by: str | None = None, **facts: bool) -> list[str]:
    """Return the names of a field's rules."""
    return [rule.name for rule in rules_for(column(described, by), operation, **facts)]


def failing(described: Field, *cells: str | None, by: str | None = None) -> list[set[str]]:
    """Return the names of the rules that each cell breaks."""
    broken: list[set[str]] = [set() for _ in cells]
    for rule in rules_for(column(described, by), "insert"):
        for at in np.flatnonzero(rule.failing(text(*cells))):
            broken[at].add(rule.name)
    return broken


def matches(pattern: str, cell: str) -> bool:
    """Return whether a cell matches a pattern, after checking that Python's engine and Arrow's agree."""
    by_arrow = not not_like(text(cell), pattern)[0]

    assert by_arrow is bool(re.fullmatch(pattern, cell))
    return by_arrow
