"""Test wire text against what Bigin documents of a field: one rule a function, a whole column at a time.

A rule sees the encoded text of a column, null for an empty cell, and answers which rows break it. Limits come from the
field's own metadata; where that is silent, from the page named beside the number. Where two pages differ, only what
both refuse is refused.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.octets import among, beyond, edges
from bigin_frames.limits import MAX_ID_DIGITS
from bigin_frames.model import INVALID_DATA, MANDATORY_NOT_FOUND, Field, MappedColumn, Operation

Mask = npt.NDArray[np.bool_]

TEXT_TYPES: Final = frozenset({"text", "textarea", "email", "phone", "website"})
WHOLE_TYPES: Final = frozenset({"integer", "bigint"})
DECIMAL_TYPES: Final = frozenset({"double", "currency", "percent"})
LOOKUP_TYPES: Final = frozenset({"lookup", "ownerlookup"})
CHOICE_TYPES: Final = frozenset({"picklist", "multiselectpicklist"})

NO_CHOICE: Final = "-None-"  # how a picklist shows that nothing is chosen

# Characters, where the metadata names no length: CRM v7, insert-records; Bigin custom-fields for phone and website.
_DEFAULT_LENGTH: Final = {"text": 255, "textarea": 32_000, "email": 100, "phone": 50, "website": 255}
# Digits: CRM v7, insert-records (number 9, long integer 18, percent 5); Bigin custom-fields (16 with the decimals).
_DEFAULT_DIGITS: Final = {"integer": 9, "bigint": 18, "double": 16, "currency": 16, "percent": 5}
_DEFAULT_DECIMALS: Final = {"double": 9, "currency": 9}
_INT64_DIGITS: Final = 19
_INT64_MAX: Final = "9223372036854775807"
_INT64_MIN: Final = "9223372036854775808"  # without its sign

# Letters beyond ASCII, without the blanks and invisible signs among them.
_BEYOND = (
    "\u00a1-\u167f\u1681-\u1fff\u200c-\u200d\u2010-\u2027\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff\uf900-\ufefe\uff00-\uffef"
    "\U00010000-\U0010fffd"
)
_DOT = "[.\u3002\uff0e\uff61]"  # the dots that internationalised names may use
_EDGE = f"[0-9A-Za-z{_BEYOND}]"
_LABEL = f"{_EDGE}(?:[0-9A-Za-z_{_BEYOND}-]*{_EDGE})?"
_TOP = f"(?:[A-Za-z](?:[0-9A-Za-z{_BEYOND}-]*{_EDGE})|[{_BEYOND}](?:[0-9A-Za-z{_BEYOND}-]*{_EDGE})?)"
_LOCAL = f'(?:[0-9A-Za-z!#$%&\'*+/=?^_`{{|}}~.{_BEYOND}-]+|"(?:[^"\\\\\\r\\n]|\\\\.)+")'
# CRM v7, insert-records gives a pattern for each of the three; RFC 5321 and RFC 3986 allow more, and so do these.
EMAIL: Final = f"^{_LOCAL}@(?:(?:{_LABEL}{_DOT})+{_TOP}|\\[[0-9A-Za-z:.]+\\])$"
PHONE: Final = r"^[ +(]*[0-9A-Za-z](?:[0-9A-Za-z +().-]*[0-9A-Za-z )])?(?:[,;]+[0-9A-Za-z#]*)*[#;]?$"
_PHONE_CORE = (string.digits + string.ascii_letters).encode()
_PHONE_SIGNS = _PHONE_CORE + b" +().-"
_HOST_LABEL = '[^ \t\r\n/?#@:"<>.\\[\\]]+'
_DOTTED = f"{_HOST_LABEL}(?:\\.{_HOST_LABEL})+\\.?"
_HOST = f"(?:{_HOST_LABEL}(?:\\.{_HOST_LABEL})*\\.?|\\[[0-9A-Fa-f:.]+\\])"
WEBSITE: Final = (
    f'^(?:[A-Za-z][0-9A-Za-z+.-]*://(?:[^ \t\r\n/?#@"<>]+@)?{_HOST}|{_DOTTED})(?::[0-9]{{1,5}})?(?:[/?#][^\r\n]*)?$'
)
ID: Final = f"^[0-9]{{1,{MAX_ID_DIGITS}}}$"
# What a spreadsheet runs (OWASP, CSV injection), blanks before it left out, as Bigin stores it; but no number, no sum
# of money and no telephone number, whose first sign is + or - as well.
FORMULA_LIKE: Final = r"^(?:[\t\r]\s*\S|\s*[=@]|\s*[+-](?s:.*)[^0-9\s.,()/%+\p{Sc}-])"
_FORMULA_SIGNS = b"=+-@ \t\r\n"


@dataclass(frozen=True, slots=True)
class Rule:
    """State one rule of one column.

    ``words`` complete "the cell ..." and name the mend; they never hold a cell's value. ``failing`` takes the column's
    wire text and returns a mask, True where the rule is broken.
    """

    name: str
    code: str
    words: str
    statistics: Mapping[str, object]
    failing: Callable[[pa.Array], Mask]


def rules_for(
    column: MappedColumn, operation: Operation, *, key: bool = False, clearing: bool = False
) -> tuple[Rule, ...]:
    """List the rules that a column's cells must keep.

    Parameters
    ----------
    column : MappedColumn
    operation : {"insert", "update", "upsert"}
        A mandatory field may be left empty on an update, which then leaves the stored value alone.
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
        yield _length_rule(field.length or _DEFAULT_LENGTH[kind])
    if kind in _PATTERNS:
        yield _PATTERNS[kind]
    elif kind in WHOLE_TYPES:
        yield from _whole_rules(field.length or _DEFAULT_DIGITS[kind])
    elif kind in DECIMAL_TYPES:
        yield from _decimal_rules(field)
    elif kind in CHOICE_TYPES:
        yield from _choice_rules(field)
    elif kind in LOOKUP_TYPES and by in ("id", None):
        yield _PATTERNS["id"]
    elif kind == "ownerlookup" and by == "email":
        yield _PATTERNS["email"]


def empty(text: pa.Array) -> Mask:
    """Mark cells that are missing or hold nothing but blanks."""
    blank = pc.or_(pc.utf8_is_space(text), pc.equal(pc.binary_length(text), 0))
    return _mask(pc.fill_null(blank, True))


MANDATORY: Final = Rule("mandatory", MANDATORY_NOT_FOUND, "is empty, and Bigin requires a value; fill it", {}, empty)


def _length_rule(limit: int) -> Rule:
    words = f"is longer than {limit} characters; shorten it"
    return Rule("max_length", INVALID_DATA, words, {"max_length": limit}, lambda text: too_long(text, limit))


def too_long(text: pa.Array, limit: int) -> Mask:
    """Mark texts of more than ``limit`` characters (code points, not bytes)."""
    if not _longest(text) > limit:  # no text has more characters than bytes
        return _none(text)
    return _mask(pc.greater(pc.utf8_length(text), limit))


def _pattern_rule(name: str, words: str, pattern: str, failing: Callable[[pa.Array], Mask] | None = None) -> Rule:
    failing = failing or (lambda text: not_like(text, pattern))
    return Rule(name, INVALID_DATA, words, {"pattern": pattern}, failing)


def not_like(text: pa.Array, pattern: str) -> Mask:
    """Mark texts that an anchored RE2 ``pattern`` does not match."""
    return _mask(pc.invert(pc.match_substring_regex(text, pattern)))


def not_a_phone(text: pa.Array) -> Mask:
    """Mark texts that `PHONE` does not match; only the few that one look at their bytes leaves open are searched."""
    first, last = (among(edge, _PHONE_CORE) for edge in edges(text))
    certain = ~beyond(text, _PHONE_SIGNS) & first & last & _mask(pc.greater(pc.binary_length(text), 0))
    failing = _mask(pc.is_valid(text)) & ~certain
    if failing.any():
        failing[failing] = not_like(text.filter(pa.array(failing)), PHONE)
    return failing


_NO_PHONE = "is not a phone number; keep digits, letters, blanks and + - . ( ) between them, an extension as ,123"
_PATTERNS: Final = {
    "email": _pattern_rule("email", "is not a mail address; write it as name@host.domain", EMAIL),
    "phone": _pattern_rule("phone", _NO_PHONE, PHONE, not_a_phone),
    "website": _pattern_rule("website", "is not a web address; write it as https://host.domain/path", WEBSITE),
    "id": _pattern_rule("id", f"is not a record id; it must be 1 to {MAX_ID_DIGITS} digits, kept as text", ID),
}


def like_a_formula(text: pa.Array) -> Mask:
    """Mark texts that match `FORMULA_LIKE`; only those whose first byte lets them are searched."""
    suspect = among(edges(text)[0], _FORMULA_SIGNS) & _mask(pc.is_valid(text))
    if suspect.any():
        suspect[suspect] = _mask(pc.match_substring_regex(text.filter(pa.array(suspect)), FORMULA_LIKE))
    return suspect


FORMULA: Final = Rule(
    "formula",
    INVALID_DATA,
    "begins as a spreadsheet's formula does (= + - @); put a word before it, or send it with formulas='warn'",
    {"pattern": FORMULA_LIKE},
    like_a_formula,
)


def _whole_rules(digits: int) -> Iterator[Rule]:
    words = f"has more than {digits} digits; the field takes {digits}"
    yield Rule("max_digits", INVALID_DATA, words, {"max_digits": digits}, lambda text: too_many_digits(text, digits))
    if digits >= _INT64_DIGITS:
        words = "does not fit a 64-bit integer; Bigin stores no larger one"
        yield Rule("int64", INVALID_DATA, words, {"min": -(2**63), "max": 2**63 - 1}, beyond_int64)


def too_many_digits(text: pa.Array, limit: int) -> Mask:
    """Mark numbers of more than ``limit`` digits, before and after the point, without zeros that say nothing."""
    if not _longest(text) > limit:
        return _none(text)
    return _mask(pc.greater(pc.binary_length(pc.replace_substring(_significant(text), ".", "")), limit))


def beyond_int64(text: pa.Array) -> Mask:
    """Mark whole numbers that a signed 64-bit integer cannot hold."""
    digits = _significant(text)
    size = pc.binary_length(digits)
    bound = pc.if_else(pc.starts_with(text, "-"), _INT64_MIN, _INT64_MAX)
    same_size = pc.and_(pc.equal(size, _INT64_DIGITS), pc.greater(digits, bound))
    return _mask(pc.or_(pc.greater(size, _INT64_DIGITS), same_size))


def _decimal_rules(field: Field) -> Iterator[Rule]:
    digits = field.length or _DEFAULT_DIGITS[field.data_type]
    words = f"has more than {digits} digits, decimals included; round it"
    yield Rule("max_digits", INVALID_DATA, words, {"max_digits": digits}, lambda text: too_many_digits(text, digits))
    places = field.decimals if field.decimals is not None else _DEFAULT_DECIMALS.get(field.data_type)
    if places is not None:
        words = f"has more than {places} decimal places; round it to {places}"
        stated = {"max_decimals": places}
        yield Rule("max_decimals", INVALID_DATA, words, stated, lambda text: too_many_decimals(text, places))


def too_many_decimals(text: pa.Array, places: int) -> Mask:
    """Mark numbers with a digit other than zero after ``places`` decimals."""
    if not _longest(text) > places + 1:  # the point and one digit too many
        return _none(text)
    return _mask(pc.match_substring_regex(text, rf"\.[0-9]{{{places}}}[0-9]*[1-9]"))


def _significant(text: pa.Array) -> pa.Array:
    unsigned = pc.replace_substring_regex(text, r"^[+-]?0*", "")
    return pc.replace_substring_regex(unsigned, r"(\.[0-9]*?)0+$", r"\1")


def _choice_rules(field: Field) -> Iterator[Rule]:
    several = field.data_type == "multiselectpicklist"
    words = f"is {NO_CHOICE}, which only shows that nothing is chosen; leave the cell empty"
    if several:
        words = f"holds {NO_CHOICE}, which only shows that nothing is chosen; take it out"
    yield Rule("no_choice", INVALID_DATA, words, {}, partial(no_choice, several=several))
    if field.picklist:
        options = pa.array((*field.picklist, NO_CHOICE), pa.string())
        failing = not_all_among if several else not_among
        what = "holds a value that is" if several else "is"
        words = f"{what} not among the {len(field.picklist)} values of the picklist; use one of them, letter for letter"
        stated = {"values": field.picklist}
        yield Rule("picklist", INVALID_DATA, words, stated, lambda text: failing(text, options))


def no_choice(text: pa.Array, several: bool = False) -> Mask:
    """Mark texts that are the sign for nothing, or of which an element, split at ``;``, is (``several``)."""
    if several:
        return _mask(pc.match_substring_regex(text, f"(?:^|;){NO_CHOICE}(?:;|$)"))
    return _mask(pc.equal(text, NO_CHOICE))


def not_among(text: pa.Array, options: pa.Array) -> Mask:
    """Mark texts that are none of ``options``; Bigin would add them to the picklist (bulk write, Kaizen 13)."""
    known = pc.is_in(text, value_set=options.cast(text.type))
    return _mask(pc.invert(pc.or_(known, pc.is_null(text))))


def not_all_among(text: pa.Array, options: pa.Array) -> Mask:
    """Mark texts of which an element, split at ``;``, is none of ``options``."""
    coded = text.dictionary_encode()  # a multi-select column has few different cells
    parts = pc.split_pattern(coded.dictionary, ";")
    unknown = pc.invert(pc.is_in(pc.list_flatten(parts), value_set=options.cast(text.type)))
    wrong = np.unique(pc.filter(pc.list_parent_indices(parts), unknown).to_numpy())
    return _mask(pc.is_in(coded.indices, value_set=pa.array(wrong, coded.indices.type)))


def _longest(text: pa.Array) -> int:
    return pc.max(pc.binary_length(text)).as_py() or 0


def _none(text: pa.Array) -> Mask:
    return np.zeros(len(text), dtype=np.bool_)


def _mask(flags: Any) -> Mask:
    mask: Mask = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return mask
