"""Say in words why a kind of value cannot fill a field, and what mends it."""

from __future__ import annotations

from bigin_frames.model import Field


def refusal(kind: str, family: str, field: Field) -> str:
    """Return the rule a kind of value breaks in a field of this family; it names kinds, never a value."""
    mend = _KIND_MENDS.get(kind) or _PAIR_MENDS.get((family, kind)) or _FAMILY_MENDS[family]
    return f"{_KIND_NAMES.get(kind, kind)} in a field of type {field.data_type}: {mend}"


_KIND_NAMES = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a float",
    "decimal": "a decimal number",
    "date": "a date",
    "datetime": "a datetime",
    "zoned datetime": "a datetime",
    "list": "a list",
    "list of other things": "a list that holds more than text",
    "set": "a set, which has no order",
    "duration": "a duration",
    "period": "a period",
    "other": "an object of a kind that has no text of its own",
}
_KIND_MENDS = {
    "text with a lone surrogate": "it has no UTF-8 form; read the source with its true encoding",
    "list of other things": "turn every element into text first",
    "bytes": "turn them into text with .str.decode('utf-8')",
    "period": "say which moment is meant with .dt.to_timestamp()",
}
_PAIR_MENDS = {
    **dict.fromkeys(
        (("text", "float"), ("id", "float"), ("choices", "float")),
        "a float does not keep how the number was written (leading zeros, digits after the 15th); "
        "read the column as text with dtype='str'",
    ),
    ("text", "bool"): "say which words are meant with .map({True: 'yes', False: 'no'})",
    ("choices", "set"): "turn it into a list in the order that is meant",
    **dict.fromkeys(
        (("text", kind) for kind in ("date", "datetime", "zoned datetime")),
        "say how it is to be written with .dt.strftime('%Y-%m-%d')",
    ),
    ("datetime", "date"): "say which time of the day is meant with pd.to_datetime(...)",
    **dict.fromkeys(
        (("boolean", kind) for kind in ("int", "float", "decimal")), "say which is which with .map({1: True, 0: False})"
    ),
    **dict.fromkeys(
        (("whole", "bool"), ("number", "bool")), "say which numbers are meant with .map({True: 1, False: 0})"
    ),
}
_FAMILY_MENDS = {
    "text": "turn it into text first",
    "id": "give the record id as text or as a whole number",
    "whole": "give whole numbers",
    "number": "give numbers",
    "boolean": "give True or False",
    "date": "parse it with pd.to_datetime(..., format=...)",
    "datetime": "parse it with pd.to_datetime(..., format=...)",
    "choices": "give lists of text, or text joined with ';'",
}
