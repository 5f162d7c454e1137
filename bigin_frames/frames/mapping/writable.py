"""Tell which fields of a module an operation may write, and why it may not write the others.

Writability comes from the metadata's ``view_type.create`` and ``.edit`` (Bigin v2, field-meta). The record id is
special: it is the key of an update and nothing else, for Bigin gives new records their ids itself.
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
    **dict.fromkeys(("fileupload", "imageupload", "profileimage"), "files and images do not travel in a CSV"),
    **dict.fromkeys(("formula", "rollup_summary"), "Bigin computes it"),
    **dict.fromkeys(("multiselectlookup", "multiuserlookup"), "one cell cannot name several records"),
    "autonumber": "Bigin numbers the records itself",
    "subform": "one cell cannot hold rows of its own",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """Hold one module's fields by API name, and what is to be done with them: ``operation`` by the key ``find_by``."""

    module: str
    operation: Operation
    find_by: str | None
    by_name: dict[str, Field]

    def field(self, name: str, column: Hashable | None, mend: str = "") -> Field:
        """Return the field of that API name, or raise MappingError with the nearest one."""
        if name in self.by_name:
            return self.by_name[name]
        known = f"{self.module} has no field {name!r}{self._nearest(name)}"
        raise MappingError(f"{said(column)}{known}{mend}.", column=column, field=name)

    def writable(self, name: str, column: Hashable | None, mend: str = "") -> Field:
        """Return the field of that API name if the operation may write it, or raise MappingError with the reason."""
        field = self.field(name, column, mend)
        reason = self._why_not(field)
        if reason:
            refused = f"{said(column)}field {name} cannot be written: {reason}{mend}."
            raise MappingError(refused, column=column, field=name)
        return field

    def may_write(self, field: Field) -> bool:
        """Tell whether the operation may write a field."""
        return self._why_not(field) is None

    def _why_not(self, field: Field) -> str | None:
        if field is ID_FIELD:
            return self._why_not_id()
        if field.data_type not in _WRITABLE_TYPES:
            reason = _UNWRITABLE_TYPES.get(field.data_type, "a bulk write does not take this type")
            return f"its type is {field.data_type}, and {reason}; leave it out"
        if self.operation != "update" and not field.creatable:
            return f"{self.module} does not let a new record set it; leave it out of the {self.operation}"
        if self.operation != "insert" and not field.editable:
            return f"{self.module} does not let it be changed; leave it out of the {self.operation}"
        return None

    def _why_not_id(self) -> str | None:
        if self.operation == "insert":
            return "Bigin gives every new record its id; leave it out, or update with find_by='id'"
        if self.find_by != "id":
            return "it is only the key of an update; leave it out, or update with find_by='id'"
        return None

    def _nearest(self, name: str) -> str:
        names = {field.api_name.casefold(): field.api_name for field in self.by_name.values()}
        names.update({field.label.casefold(): field.api_name for field in self.by_name.values()})
        nearest = near(name.casefold(), names)
        return f"; the nearest is {names[nearest]!r}" if nearest is not None else ""


def near(name: str, known: Iterable[str]) -> str | None:
    """Return the name among ``known`` that is most like ``name``, or None if none is like it."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def said(column: Hashable | None) -> str:
    """Open a message with the column it is about, if there is one."""
    return "" if column is None else f"Column {column!r}: "
