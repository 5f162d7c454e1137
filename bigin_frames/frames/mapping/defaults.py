"""Values for empty cells, and for fields without a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from bigin_frames.errors import MappingError, OptionError
from bigin_frames.frames.encoding.encode import encode
from bigin_frames.frames.field_types import LOOKUP_TYPES
from bigin_frames.frames.mapping.writable import Fields
from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field


def default_text(name: str, value: object, mapped: Sequence[MappedColumn], book: Fields, zone: str) -> str:
    """Return the wire text of a default, or refuse one that its field does not accept."""
    field = _defaulted(name, book)
    by = "id" if field.data_type in LOOKUP_TYPES else None
    filling = [column for column in mapped if column.field is field]
    column = filling[0] if filling else MappedColumn(column=name, field=field, by=by)
    encoded = encode(pd.Series([value]), field, by=column.by, zone=zone)
    for fault in encoded.faults:
        raise OptionError(f"The default of field {name} is {fault.rule}.", option="defaults")
    text = encoded.text[0].as_py()
    if text is None or not text.strip():
        raise OptionError(f"The default of field {name} is empty; give a value or leave it out.", option="defaults")
    for rule in rules_for(column, book.operation):
        if rule.failing(encoded.text).any():
            raise OptionError(f"The default of field {name} {rule.words}.", option="defaults")
    return str(text)


def _defaulted(name: str, book: Fields) -> Field:
    if name == book.find_by or name == "id":
        raise OptionError(
            f"Field {name} is the key; with a default, many rows would mean one record.", option="defaults"
        )
    try:
        return book.writable(name, None)
    except MappingError as refused:
        raise OptionError(f"defaults: {refused}", option="defaults") from None


def with_default(column: MappedColumn, texts: Mapping[str, str]) -> MappedColumn:
    """Return a mapped column with the text that its empty cells get."""
    text = texts.get(column.field.api_name)
    return MappedColumn(column=column.column, field=column.field, by=column.by, default=text)
