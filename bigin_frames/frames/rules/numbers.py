"""Rules of numbers: how many digits and decimals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.rules.rule import Mask, Rule, as_mask, longest, none_failing
from bigin_frames.model import INVALID_DATA, Field

# Digits: CRM v7, insert-records (number 9, long integer 18, percent 5); Bigin custom-fields (16 with the decimals).
DEFAULT_DIGITS: Final = {"integer": 9, "bigint": 18, "double": 16, "currency": 16, "percent": 5}
_DEFAULT_DECIMALS: Final = {"double": 9, "currency": 9}
_INT64_DIGITS: Final = 19
_INT64_MAX: Final = "9223372036854775807"
_INT64_MIN: Final = "9223372036854775808"  # without its sign


def whole_rules(digits: int) -> Iterator[Rule]:
    """Return the rules of a whole number of at most ``digits`` digits."""
    words = f"has more than {digits} digits; shorten it"
    yield Rule("max_digits", INVALID_DATA, words, {"max_digits": digits}, lambda text: too_many_digits(text, digits))
    if digits >= _INT64_DIGITS:
        words = "does not fit into a 64-bit integer, the largest that Bigin stores; correct it"
        yield Rule("int64", INVALID_DATA, words, {"min": -(2**63), "max": 2**63 - 1}, beyond_int64)


def too_many_digits(text: pa.Array, limit: int) -> Mask:
    """Mark numbers of more than ``limit`` digits before and after the point, without leading and trailing zeros."""
    if not longest(text) > limit:
        return none_failing(text)
    return as_mask(pc.greater(pc.binary_length(pc.replace_substring(_significant(text), ".", "")), limit))


def beyond_int64(text: pa.Array) -> Mask:
    """Mark whole numbers that a signed 64-bit integer cannot hold."""
    digits = _significant(text)
    size = pc.binary_length(digits)
    bound = pc.if_else(pc.starts_with(text, "-"), _INT64_MIN, _INT64_MAX)
    same_size = pc.and_(pc.equal(size, _INT64_DIGITS), pc.greater(digits, bound))
    return as_mask(pc.or_(pc.greater(size, _INT64_DIGITS), same_size))


def decimal_rules(field: Field) -> Iterator[Rule]:
    """Return the rules of a number with decimals."""
    digits = field.length or DEFAULT_DIGITS[field.data_type]
    words = f"has more than {digits} digits, decimals included; round it"
    yield Rule("max_digits", INVALID_DATA, words, {"max_digits": digits}, lambda text: too_many_digits(text, digits))
    places = field.decimals if field.decimals is not None else _DEFAULT_DECIMALS.get(field.data_type)
    if places is not None:
        words = f"has more than {places} decimal places; round it to {places}"
        stated = {"max_decimals": places}
        yield Rule("max_decimals", INVALID_DATA, words, stated, lambda text: too_many_decimals(text, places))


def too_many_decimals(text: pa.Array, places: int) -> Mask:
    """Mark numbers with a digit other than zero after ``places`` decimals."""
    if not longest(text) > places + 1:  # the point, and one digit more than allowed
        return none_failing(text)
    return as_mask(pc.match_substring_regex(text, rf"\.[0-9]{{{places}}}[0-9]*[1-9]"))


def _significant(text: pa.Array) -> pa.Array:
    unsigned = pc.replace_substring_regex(text, r"^[+-]?0*", "")
    return pc.replace_substring_regex(unsigned, r"(\.[0-9]*?)0+$", r"\1")
