"""The mapping of columns to the module's fields; what Bigin would refuse is refused before anything is sent.

An upsert by record id is refused: a row whose id is unknown could be neither updated nor added under that id.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from bigin_frames.errors import MappingError, OptionError
from bigin_frames.frames.column_places import places_of
from bigin_frames.frames.field_types import LOOKUP_TYPES
from bigin_frames.frames.mapping.defaults import default_text, with_default
from bigin_frames.frames.mapping.find_by import key_field
from bigin_frames.frames.mapping.writable import Fields, near
from bigin_frames.job_request import MappedColumn
from bigin_frames.limits import MAX_COLUMNS_PER_JOB
from bigin_frames.model import ID_FIELD, OPERATIONS, Field, Lookup, Operation

_MAP_IT: Final = "; map columns to fields in columns=, the others are not sent"
_API_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Mapped:
    """The fields that a frame's columns and the defaults fill.

    Parameters
    ----------
    columns : tuple of MappedColumn
        In the frame's order.
    constants : dict of str to str
        API name -> wire text of the fields that a default fills and no column is mapped to.
    find_by : Field or None
        The field that finds records.
    """

    columns: tuple[MappedColumn, ...]
    constants: dict[str, str]
    find_by: Field | None


def map_columns(
    labels: pd.Index,
    fields: Sequence[Field],
    *,
    module: str,
    operation: Operation,
    columns: Mapping[Hashable, str | Lookup] | None = None,
    find_by: str | None = None,
    defaults: Mapping[str, object] | None = None,
    zone: str = "UTC",
) -> Mapped:
    """Decide which column fills which field, and refuse a mapping that cannot succeed.

    Parameters
    ----------
    labels : pd.Index
        The frame's column labels.
    fields : sequence of Field
        The module's metadata, without ``id``.
    module : str
        API name, such as ``"Contacts"``.
    operation : {"insert", "update", "upsert"}
    columns : mapping, optional
        Column label -> API name or `Lookup`. Columns that it does not name are not sent. When it is None, every label
        must be the API name of a writable field.
    find_by : str, optional
        API name of the key: ``"id"`` (update only), a unique field, or the module's standard key.
    defaults : mapping, optional
        API name -> value for empty cells, or for every row when no column is mapped to the field.
    zone : str
        IANA name of the zone of naive datetimes among the defaults.

    Returns
    -------
    Mapped

    Raises
    ------
    MappingError
        For a column, a field, or the way one is mapped to the other; ``column`` and ``field`` name them.
    OptionError
        For an invalid default or option.
    """
    if operation not in OPERATIONS:
        raise OptionError(f"operation={operation!r} is not one of {', '.join(OPERATIONS)}.", option="operation")
    book = Fields(module, operation, find_by, {field.api_name: field for field in (*fields, ID_FIELD)})
    wanted = _wanted(labels, columns, book)
    mapped = tuple(_mapped(label, target, book, named=columns is not None) for label, target in wanted.items())
    _refuse_doubled_fields(mapped)
    key = key_field(mapped, book)
    texts = {name: default_text(name, value, mapped, book, zone) for name, value in (defaults or {}).items()}
    filled = {column.field.api_name for column in mapped}
    constants = {name: text for name, text in texts.items() if name not in filled}
    _refuse_missing_fields(filled | texts.keys(), book)
    _refuse_too_many(len(mapped) + len(constants), module)
    return Mapped(tuple(with_default(column, texts) for column in mapped), constants, key)


def every_field(fields: Sequence[Field], *, module: str, operation: Operation) -> tuple[MappedColumn, ...]:
    """Return each field that the operation may write, as if a column of its API name were mapped to it."""
    book = Fields(module, operation, "id" if operation == "update" else None, {f.api_name: f for f in fields})
    columns = [field for field in fields if book.may_write(field)]
    return tuple(_mapped(field.api_name, field.api_name, book, named=True) for field in columns)


def _wanted(
    labels: pd.Index, columns: Mapping[Hashable, str | Lookup] | None, book: Fields
) -> dict[Hashable, str | Lookup]:
    places = places_of(labels)
    if columns is not None and not isinstance(columns, Mapping):
        raise OptionError("columns= must be a mapping of column label to API name or Lookup.", option="columns")
    for label in columns or {}:
        if label not in places:
            raise MappingError(f"The frame has no column {label!r}{_nearest_label(label, places)}.", column=label)
    wanted = _every(places) if columns is None else {label: columns[label] for label in places if label in columns}
    if not wanted:
        raise MappingError(f"No column is mapped to a field of {book.module}; name at least one in columns=.")
    for label in wanted:
        if len(places[label]) > 1:
            raise MappingError(
                f"The frame has {len(places[label])} columns {label!r}, so it is not clear which one you mean; "
                "rename all but one.",
                column=label,
            )
    return wanted


def _every(labels: Iterable[Hashable]) -> dict[Hashable, str | Lookup]:
    for label in labels:
        if not isinstance(label, str):
            raise MappingError(f"Column {label!r} is not the API name of a field{_MAP_IT}.", column=label)
    return {label: str(label) for label in labels}


def _mapped(label: Hashable, target: object, book: Fields, *, named: bool) -> MappedColumn:
    if isinstance(target, Lookup):
        return MappedColumn(column=label, field=book.writable(target.field, label), by=_looked_up(label, target, book))
    if not isinstance(target, str):
        raise MappingError(
            f"Column {label!r} is mapped to a {type(target).__name__}; use the field's API name or a Lookup.",
            column=label,
        )
    field = book.writable(target, label, "" if named else _MAP_IT)
    return MappedColumn(column=label, field=field, by="id" if field.data_type in LOOKUP_TYPES else None)


def _looked_up(label: Hashable, target: Lookup, book: Fields) -> str:
    field = book.field(target.field, label)
    if field.data_type not in LOOKUP_TYPES:
        reason = f"it is of type {field.data_type}, not a lookup; map the column to {field.api_name!r} itself"
    elif field.data_type == "ownerlookup" and target.by not in ("id", "email"):
        reason = "users are found by='id' or by='email'"
    elif not _API_NAME.fullmatch(str(target.by)):
        reason = "by= must be 'id' or the API name of a field of the module looked up"
    else:
        return target.by
    raise MappingError(
        f"Column {label!r} is mapped to a Lookup of field {field.api_name}, but {reason}.",
        column=label,
        field=field.api_name,
    )


def _refuse_doubled_fields(mapped: Sequence[MappedColumn]) -> None:
    first: dict[str, Hashable] = {}
    for column in mapped:
        name = column.field.api_name
        if name in first:
            raise MappingError(
                f"Columns {first[name]!r} and {column.column!r} are both mapped to field {name}; map only one of them.",
                column=column.column,
                field=name,
            )
        first[name] = column.column


def _refuse_missing_fields(given: set[str], book: Fields) -> None:
    if book.operation == "update":
        return
    required = [name for name, field in book.by_name.items() if field.mandatory and field.creatable]
    missing = [name for name in required if name not in given]
    if missing:
        raise MappingError(
            f"{book.module} requires {', '.join(missing)} in every new record, and no column is mapped to "
            f"{'it' if len(missing) == 1 else 'them'}; map a column in columns= or give a value in defaults=.",
            field=missing[0],
        )


def _refuse_too_many(count: int, module: str) -> None:
    if count > MAX_COLUMNS_PER_JOB:
        raise MappingError(
            f"{count} fields of {module} are mapped, and a bulk write takes {MAX_COLUMNS_PER_JOB} at most; "
            "choose columns in columns=."
        )


def _nearest_label(label: Hashable, places: Iterable[Hashable]) -> str:
    folded = {str(place).casefold(): place for place in places}
    nearest = near(str(label).casefold(), folded)
    return f"; the nearest is {folded[nearest]!r}" if nearest is not None else ""
