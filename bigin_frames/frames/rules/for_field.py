"""The rules of a field, by its type and metadata.

Limits come from the field's own metadata; where it has none, from the documentation page named beside the number.
Where two pages differ, only what both refuse is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bigin_frames.frames.field_types import CHOICE_TYPES, DECIMAL_TYPES, LOOKUP_TYPES, TEXT_TYPES, WHOLE_TYPES
from bigin_frames.frames.rules.mail_and_web import EMAIL, WEBSITE
from bigin_frames.frames.rules.numbers import DEFAULT_DIGITS, decimal_rules, whole_rules
from bigin_frames.frames.rules.phone import NOT_A_PHONE, PHONE, not_a_phone
from bigin_frames.frames.rules.picklists import choice_rules
from bigin_frames.frames.rules.rule import MANDATORY, Rule, pattern_rule
from bigin_frames.frames.rules.texts import DEFAULT_LENGTH, length_rule
from bigin_frames.job_request import MappedColumn
from bigin_frames.limits import MAX_ID_DIGITS
from bigin_frames.model import Field, Operation

ID: Final = f"^[0-9]{{1,{MAX_ID_DIGITS}}}$"


def rules_for(
    column: MappedColumn, operation: Operation, *, key: bool = False, clearing: bool = False
) -> tuple[Rule, ...]:
    """Return the rules that a column's cells must keep.

    Parameters
    ----------
    column : MappedColumn
    operation : {"insert", "update", "upsert"}
        A mandatory field may be left empty on an update, which then keeps the stored value.
    key : bool
        The column holds the ``find_by`` key: an update or upsert needs it in every row.
    clearing : bool
        Empty cells blank the stored value (``empty="clear"``): then a mandatory one must not be empty on an update.

    Returns
    -------
    tuple of Rule
    """
    field = column.field
    needed = (field.mandatory and (operation != "update" or clearing)) or (key and operation != "insert")
    return ((MANDATORY,) if needed else ()) + tuple(_of_type(field, column.by))


def _of_type(field: Field, by: str | None) -> Iterator[Rule]:
    kind = field.data_type
    if kind in TEXT_TYPES:
        yield length_rule(field.length or DEFAULT_LENGTH[kind])
    if kind in _PATTERNS:
        yield _PATTERNS[kind]
    elif kind in WHOLE_TYPES:
        yield from whole_rules(field.length or DEFAULT_DIGITS[kind])
    elif kind in DECIMAL_TYPES:
        yield from decimal_rules(field)
    elif kind in CHOICE_TYPES:
        yield from choice_rules(field)
    elif kind in LOOKUP_TYPES and by in ("id", None):
        yield _PATTERNS["id"]
    elif kind == "ownerlookup" and by == "email":
        yield _PATTERNS["email"]


_PATTERNS: Final = {
    "email": pattern_rule("email", "is not an e-mail address; write it as name@host.domain", EMAIL),
    "phone": pattern_rule("phone", NOT_A_PHONE, PHONE, not_a_phone),
    "website": pattern_rule("website", "is not a web address; write it as https://host.domain/path", WEBSITE),
    "id": pattern_rule("id", f"is not a record id; it must be 1 to {MAX_ID_DIGITS} digits, stored as text", ID),
}
