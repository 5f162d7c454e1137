"""The field that finds records, as ``find_by`` names it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bigin_frames.errors import MappingError
from bigin_frames.frames.mapping.writable import Fields
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import ID_FIELD, Field

# The fields that the import screen matches by, apart from the record id (Bigin help, "What are unique reference
# fields"), though the metadata does not call them unique. Deals is the name of Pipelines in v1.
_STANDARD_KEYS: Final = {
    "Contacts": "Email",
    "Accounts": "Account_Name",
    "Pipelines": "Deal_Name",
    "Deals": "Deal_Name",
    "Products": "Product_Name",
}


def key_field(mapped: Sequence[MappedColumn], book: Fields) -> Field | None:
    """Return the field that ``find_by`` names, None for an insert without it."""
    if book.find_by is None:
        if book.operation == "insert":
            return None
        fix = (
            "find_by='id' and a column mapped to id"
            if book.operation == "update"
            else "find_by=... with a unique field"
        )
        raise MappingError(f"An {book.operation} must know which records to change; give {fix}.")
    key = book.field(book.find_by, None)
    _refuse_key(key, book)
    if all(column.field is not key for column in mapped):
        raise MappingError(
            f"No column is mapped to find_by={book.find_by!r}; map the column with the key to it in columns=.",
            field=book.find_by,
        )
    return key


def _refuse_key(key: Field, book: Fields) -> None:
    if key is ID_FIELD:
        if book.operation != "update":
            raise MappingError(
                f"An {book.operation} cannot find records by id, because Bigin assigns the ids of new records. "
                "Update the rows that have an id with find_by='id', and insert the others.",
                field="id",
            )
    elif not key.unique and _STANDARD_KEYS.get(book.module) != key.api_name:
        keys = [name for name, field in book.by_name.items() if field.unique and field is not ID_FIELD]
        standard = _STANDARD_KEYS.get(book.module)
        known = ", ".join(dict.fromkeys([*keys, *([standard] if standard in book.by_name else [])]))
        raise MappingError(
            f"find_by={key.api_name!r} is not a unique field of {book.module}, so it may match several records; "
            f"use {known or 'the record id'}.",
            field=key.api_name,
        )
