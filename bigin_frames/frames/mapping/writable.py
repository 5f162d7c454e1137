"""Which fields of a module an operation may write, and why it may not write the others.

Writability comes from the metadata's ``view_type.create`` and ``.edit`` (Bigin v2, field-meta). The record id is
special: it is only the key of an update, because Bigin assigns the ids of new records itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from bigin_frames.errors import MappingError
from bigin_frames.frames.field_types import CHOICE_TYPES, DECIMAL_TYPES, LOOKUP_TYPES, TEXT_TYPES, WHOLE_TYPES
from bigin_frames.model import ID_FIELD, Field, Operation

_WRITABLE_TYPES: Final = (
    TEXT_TYPES | WHOLE_TYPES | DECIMAL_TYPES | CHOICE_TYPES | LOOKUP_TYPES | {"id", "boolean", "date", "datetime"}
)
# Bigin v1, bulk-write/limitations (files and images); CRM v7, field-meta (what each type is).
_UNWRITABLE_TYPES: Final = {
    **dict.fromkeys(("fileupload", "imageupload", "profileimage"), "a CSV cannot contain files or images"),
    **dict.fromkeys(("formula", "rollup_summary"), "Bigin computes it"),
    **dict.fromkeys(("multiselectlookup", "multiuserlookup"), "one cell cannot name several records"),
    "autonumber": "Bigin numbers the records itself",
    "subform": "one cell cannot contain rows",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """One module's fields by API name, with the operation that is to write them and its key ``find_by``."""

    module: str
    operation: Operation
    find_by: str | None
    by_name: dict[str, Field]

    def field(self, name: str, column: Hashable | None, fix: str = "") -> Field:
        """Return the field of that API name, or raise MappingError with the nearest one."""
        if name in self.by_name:
            return self.by_name[name]
        unknown = f"{self.module} has no field {name!r}{self._nearest(name)}"
        raise MappingError(f"{about(column)}{unknown}{fix}.", column=column, field=name)

    def writable(self, name: str, column: Hashable | None, fix: str = "") -> Field:
        """Return the field of that API name if the operation may write it, or raise MappingError with the reason."""
        field = self.field(name, column, fix)
        reason = self._why_not(field)
        if reason:
            refused = f"{about(column)}field {name} cannot be written: {reason}{fix}."
            raise MappingError(refused, column=column, field=name)
        return field

    def may_write(self, field: Field) -> bool:
        """Return whether the operation may write a field."""
        return self._why_not(field) is None

    def _why_not(self, field: Field) -> str | None:
        if field is ID_FIELD:
            return self._why_not_id()
        if field.data_type not in _WRITABLE_TYPES:
            reason = _UNWRITABLE_TYPES.get(field.data_type, "a bulk write does not accept this type")
            return f"its type is {field.data_type}, and {reason}; leave it out"
        if self.operation != "update" and not field.creatable:
            return f"{self.module} does not allow it in a new record; leave it out of the {self.operation}"
        if self.operation != "insert" and not field.editable:
            return f"{self.module} does not allow changes to it; leave it out of the {self.operation}"
        return None

    def _why_not_id(self) -> str | None:
        if self.operation == "insert":
            return "Bigin assigns the id of every new record; leave it out, or update with find_by='id'"
        if self.find_by != "id":
            return "it is only the key of an update; leave it out, or update with find_by='id'"
        return None

    def _nearest(self, name: str) -> str:
        names = {field.api_name.casefold(): field.api_name for field in self.by_name.values()}
        names.update({field.label.casefold(): field.api_name for field in self.by_name.values()})
        nearest = near(name.casefold(), names)
        return f"; the nearest is {names[nearest]!r}" if nearest is not None else ""


def near(name: str, known: Iterable[str]) -> str | None:
    """Return the name among ``known`` that is most similar to ``name``, or None if none is similar."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def about(column: Hashable | None) -> str:
    """Return the beginning of a message about a column, empty without a column."""
    return "" if column is None else f"Column {column!r}: "
