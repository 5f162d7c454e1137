"""The checks of cells: one for each data type of a field.

A check takes the text of a filled cell and returns the value's normal form, or raises `Refused` with the code that goes
into the ERRORS column. Checks are made once per column and job, so that there is little to do per cell.
Limits: Bigin toppings docs, custom-fields; CRM v7 docs, insert-records; Kaizen 13.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.metadata.fields import Field
from bigin_frames.sandbox.verdicts.dates import date_reader, datetime_reader

Check = Callable[[str], str]

TEXT_KINDS = {"text", "textarea", "email", "phone", "website", "picklist", "multiselectpicklist"}
# The forms of CRM v7 docs, insert-records, of which an e-mail's is for Latin letters only, see `_plain`.
EMAIL = re.compile(r"[\w+-][\w!#$%&'*+/=?^`{|}~.-]*@([A-Za-z0-9]+([-_]+[A-Za-z0-9]+)*\.)+[A-Za-z]{2,22}", re.ASCII)
_RUN = "[0-9A-Za-z]++"
PHONE_WIDE = re.compile(
    rf"\+?(?![.-])([.-]?[ ]?{_RUN}|[ ]?\((?![.-])([ .-]?{_RUN})+\)(?!\.))++((,*;?{_RUN})+(#{_RUN})*)?[#;]?", re.ASCII
)
PHONE_DIGITS = re.compile(r"\+?[0-9]+")
# Two differences: no space in the host, which the page's pattern lets through, and HTTP:// is http:// (RFC 3986).
WEBSITE = re.compile(
    r"""((?i:https?|ftp)://)?[^\s\x00-\x1f"-'*-,./:-?\[-^`{}~\x7f]+(\.[^\s\x00-\x1f"$-,./<>@\[-^`{}~\x7f]+)+([/?].*)?"""
)
NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]+))?", re.ASCII)
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", re.ASCII)
WORDS = {"true": "true", "false": "false", "yes": "true", "no": "false", "1": "true", "0": "false"}
MOST_PLACES = 9  # digits after the point of any number, Bigin toppings docs, custom-fields


class Refused(Exception):
    """The refusal of a cell, with a code of the ERRORS column."""

    def __init__(self, code: str = "INVALID_DATA") -> None:
        self.code = code
        super().__init__(code)


def make_check(field: Field, behaviour: Behaviour, *, pattern: str | None = None, find: Check | None = None) -> Check:
    """Return the check for a field; `pattern` is the mapping's format, `find` finds a lookup's id by its text."""
    if find is not None:
        return find
    if field.data_type in ("date", "datetime"):
        return _dates(field, behaviour, pattern)
    if field.data_type in ("picklist", "multiselectpicklist"):
        return _picklist(field, behaviour)
    if field.data_type in _NUMBERS:
        return _number(field, behaviour)
    if field.data_type == "boolean":
        return _boolean(behaviour)
    return _text(field, behaviour)


def _text(field: Field, behaviour: Behaviour) -> Check:
    form = _FORMS.get(field.data_type)
    if field.data_type == "phone":
        form = PHONE_WIDE if behaviour.phone_form == "wide" else PHONE_DIGITS
    longest = field.length
    cut = behaviour.over_length == "truncated"

    def check(text: str) -> str:
        if len(text) > longest:
            if not cut:
                raise Refused
            text = text[:longest]
        if form is not None and not form.fullmatch(_plain(text) if form is EMAIL else text):
            raise Refused
        return text

    return check


def _plain(text: str) -> str:
    """Return the text with one letter for each letter or mark of any script, and one digit for each number."""
    if text.isascii():
        return text
    return "".join({"L": "a", "M": "a", "N": "0"}.get(unicodedata.category(letter)[0], letter) for letter in text)


def _dates(field: Field, behaviour: Behaviour, pattern: str | None) -> Check:
    if field.data_type == "date":
        read = date_reader((pattern,) if pattern else behaviour.date_default)
    else:
        read = datetime_reader((pattern,) if pattern else behaviour.datetime_default)

    def check(text: str) -> str:
        try:
            return read(text)
        except (ValueError, OverflowError):
            raise Refused from None

    return check


def _picklist(field: Field, behaviour: Behaviour) -> Check:
    allowed = set(field.values)
    open_list = behaviour.picklist_unknown == "added"
    longest = field.length
    several = field.data_type == "multiselectpicklist"

    def check(text: str) -> str:
        for value in text.split(";") if several else (text,):
            if value not in allowed and (not open_list or not value or len(value) > longest):
                raise Refused
        return text

    return check


def _boolean(behaviour: Behaviour) -> Check:
    def check(text: str) -> str:
        word = text if behaviour.boolean_words == "lower" else text.lower()
        if word not in WORDS or (behaviour.boolean_words != "words" and word not in ("true", "false")):
            raise Refused
        return WORDS[word]

    return check


def _number(field: Field, behaviour: Behaviour) -> Check:
    whole, together, places = _NUMBERS[field.data_type]
    digits = min(field.length, whole) if field.custom else whole
    places = places if field.decimal_place is None else min(places, field.decimal_place)
    rounds = behaviour.long_numbers == "rounded"

    def check(text: str) -> str:
        if behaviour.thousands == "accepted" and GROUPED.fullmatch(text):
            text = text.replace(",", "")
        found = NUMBER.fullmatch(text)
        if found is None or not (found[2] or found[3]):
            raise Refused
        after = found[3] or ""
        if len(after) > places:
            if not rounds:
                raise Refused
            text = _rounded(text, places)
            after = after[:places]
        before = found[2].lstrip("0")
        if len(before) + (len(after) if together else 0) > digits:
            raise Refused
        return text

    return check


def _rounded(text: str, places: int) -> str:
    return str(Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


_FORMS = {"email": EMAIL, "website": WEBSITE}
# data type -> (most digits, digits after the point count among them, most digits after the point)
_NUMBERS = {
    "integer": (9, False, 0),
    "bigint": (18, False, 0),
    "double": (16, True, MOST_PLACES),
    "currency": (16, True, MOST_PLACES),
    "percent": (5, True, MOST_PLACES),
}
