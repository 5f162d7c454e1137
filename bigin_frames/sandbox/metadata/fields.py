"""A field's definition, and how `settings/fields` describes it.

Key names were recorded on a live trial organisation (Bigin v2 docs, field-meta, for the call).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

JSON_TYPES = {
    "lookup": "jsonobject",
    "ownerlookup": "jsonobject",
    "userlookup": "jsonobject",
    "multiselectpicklist": "jsonarray",
    "boolean": "boolean",
    "integer": "integer",
    "double": "double",
    "currency": "double",
    "percent": "double",
}
# Lengths of custom fields: Bigin toppings docs, custom-fields.
LENGTHS = {
    "text": 255,
    "textarea": 2000,
    "email": 100,
    "phone": 30,
    "website": 255,
    "integer": 9,
    "bigint": 18,
    "double": 16,
    "currency": 16,
    "percent": 5,
    "boolean": 5,
}
FILLER = 120  # what `length` says for lookups, picklists and datetimes, where it is no limit
ID = "id"  # the record id: a key of every record, and a column of an update, but no field of the settings


@dataclass(frozen=True)
class Field:
    """The definition of one field; `create` and `edit` say whether it can be written."""

    api_name: str
    data_type: str = "text"
    label: str = ""
    length: int = FILLER
    decimal_place: int | None = None
    mandatory: bool = False
    unique: bool = False
    create: bool = True
    edit: bool = True
    custom: bool = False
    visible: bool = True
    read_only: bool = False
    field_read_only: bool = False
    display: bool = False
    lookup: str | None = None
    values: tuple[str, ...] = ()

    @property
    def json_type(self) -> str:
        """Return the JSON type of the field's values; a bigint travels as a string."""
        if self.api_name == "Tag":
            return "jsonarray"
        return JSON_TYPES.get(self.data_type, "string")


ID_FIELD = Field(ID, "id", "Record Id", 19)


def custom_field(
    name: str,
    data_type: str,
    *,
    label: str | None,
    length: int | None,
    unique: bool,
    mandatory: bool,
    values: tuple[str, ...],
    lookup: str | None,
    decimal_place: int | None,
) -> Field:
    """Return a field as an administrator adds it in Bigin's own settings."""
    if data_type == "lookup" and lookup is None:
        raise ValueError("a lookup field needs its module: lookup='Accounts'")
    return Field(
        api_name=name,
        data_type=data_type,
        label=label or name.replace("_", " "),
        length=LENGTHS.get(data_type, FILLER) if length is None else length,
        decimal_place=decimal_place,
        mandatory=mandatory,
        unique=unique,
        custom=True,
        values=values,
        lookup=lookup,
    )


def describe_field(module: str, field: Field, field_id: str, module_ids: dict[str, str]) -> dict[str, Any]:
    """Return the field as `settings/fields` lists it."""
    return {
        "id": field_id,
        "api_name": field.api_name,
        "field_label": field.label,
        "display_label": field.label,
        "data_type": field.data_type,
        "json_type": field.json_type,
        "type": "used",
        "length": field.length,
        "decimal_place": field.decimal_place,
        "system_mandatory": field.mandatory and not field.custom,
        "field_read_only": field.field_read_only,
        "read_only": field.read_only,
        "custom_field": field.custom,
        "virtual_field": False,
        "display_field": field.display,
        "visible": field.visible,
        "unique": {"casesensitive": "0"} if field.unique else {},
        "lookup": _lookup(module, field, module_ids),
        "multiselectlookup": {},
        "multi_module_lookup": {},
        "pick_list_values": [_picklist_value(n, value, field_id) for n, value in enumerate(field.values, 1)],
        "pick_list_values_sorted_lexically": False,
        "view_type": {"view": True, "edit": field.edit, "create": field.create, "quick_create": field.mandatory},
        "textarea": {"type": "large" if field.length > 2000 else "small"} if field.data_type == "textarea" else None,
        "currency": {"rounding_option": "normal", "precision": field.decimal_place} if _is_money(field) else {},
        "formula": {},
        "auto_number": {},
        "created_source": "default",
        "tooltip": None,
        "crypt": None,
        "created_time": None,
        "modified_time": None,
        "global_picklist": None,
        "external": None,
        "subform": None,
        "filterable": True,
        "searchable": True,
        "sortable": True,
        "mass_update": field.edit,
        "webhook": True,
        "separator": False,
        "profiles": [],
    }


def _is_money(field: Field) -> bool:
    return field.data_type == "currency"


def _lookup(module: str, field: Field, module_ids: dict[str, str]) -> dict[str, Any]:
    if field.lookup is None:
        return {}
    target = {"api_name": field.lookup, "id": module_ids[field.lookup], "crypt": False}
    return {"api_name": module, "display_label": module, "id": module_ids[field.lookup], "module": target}


def _picklist_value(number: int, value: str, field_id: str) -> dict[str, Any]:
    return {
        "id": f"{field_id}{number:02d}"[-19:],
        "display_value": value,
        "actual_value": value,
        "reference_value": value,
        "sequence_number": number,
        "colour_code": None,
        "type": "used",
    }
