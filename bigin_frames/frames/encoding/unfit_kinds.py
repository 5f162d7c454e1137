"""The words of why a kind of value does not fit a field, and how to fix it."""

from __future__ import annotations

from typing import Final

from bigin_frames.frames.field_types import LOOKUP_TYPES
from bigin_frames.limits import MAX_ID_DIGITS
from bigin_frames.model import Field


def refusal(kind: str, family: str, field: Field) -> str:
    """Return the rule that a kind of value breaks in a field of this family; it names kinds, never a value."""
    fix = _KIND_FIXES.get(kind) or _PAIR_FIXES.get((family, kind)) or _FAMILY_FIXES[family]
    return f"{_KIND_NAMES.get(kind, kind)} in a field of type {field.data_type}: {fix}"


def not_an_id(field: Field) -> str:
    """Return the rule that a value breaks which is not a record id; a name or an e-mail address may be meant."""
    fix = "use the id as Bigin shows it"
    if field.data_type in LOOKUP_TYPES:
        things, by = "records", _FOUND_BY.get(field.lookup_module or "")
        if field.data_type == "ownerlookup":
            things, by = "users", "email"
        fix += f", or look {things} up with bf.Lookup({field.api_name!r}, by={repr(by) if by else '...'})"
    return f"a value that is not a record id (1 to {MAX_ID_DIGITS} digits): {fix}"


# The field that most likely finds a record, by the module looked up.
_FOUND_BY: Final = {"Accounts": "Account_Name", "Contacts": "Email", "Products": "Product_Name"}
_KIND_NAMES = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a float",
    "decimal": "a decimal number",
    "date": "a date",
    "datetime": "a datetime",
    "zoned datetime": "a datetime",
    "list": "a list",
    "list of other things": "a list with elements that are not text",
    "set": "a set, which has no order",
    "duration": "a duration",
    "period": "a period",
    "other": "an object that is not text, a number or a date",
}
_KIND_FIXES = {
    "text with a lone surrogate": "it cannot be encoded as UTF-8, so read the source with its real encoding",
    "list of other things": "convert every element to text first",
    "bytes": "convert them to text with .str.decode('utf-8')",
    "period": "choose a point in time with .dt.to_timestamp()",
}
_PAIR_FIXES = {
    **dict.fromkeys(
        (("text", "float"), ("id", "float"), ("choices", "float")),
        "a float does not keep how the number was written (leading zeros, digits after the 15th); "
        "read the column as text with dtype='str'",
    ),
    ("text", "bool"): "choose the words with .map({True: 'yes', False: 'no'})",
    ("choices", "set"): "convert it to a list in the order you want",
    **dict.fromkeys(
        (("text", kind) for kind in ("date", "datetime", "zoned datetime")),
        "choose its format with .dt.strftime('%Y-%m-%d')",
    ),
    ("datetime", "date"): "add the time of day with pd.to_datetime(...)",
    **dict.fromkeys(
        (("boolean", kind) for kind in ("int", "float", "decimal")), "convert it with .map({1: True, 0: False})"
    ),
    **dict.fromkeys((("whole", "bool"), ("number", "bool")), "convert it with .map({True: 1, False: 0})"),
}
_FAMILY_FIXES = {
    "text": "convert it to text first",
    "id": "use the record id as text or as a whole number",
    "whole": "use whole numbers",
    "number": "use numbers",
    "boolean": "use True or False",
    "date": "parse it with pd.to_datetime(..., format=...)",
    "datetime": "parse it with pd.to_datetime(..., format=...)",
    "choices": "use lists of text, or text joined with ';'",
}
