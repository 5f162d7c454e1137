"""Writers of text, ids, numbers, booleans and choices; cells that would lose something are refused."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.cell_kinds import plain_digits
from bigin_frames.frames.encoding.written_cells import Written, mask_of, without_empty, written
from bigin_frames.frames.text_bytes import lowest
from bigin_frames.limits import MAX_ID_DIGITS

_TEXT = pa.large_string()
_ID = f"^[0-9]{{1,{MAX_ID_DIGITS}}}$"
_WHOLE = "^-?[0-9]+$"
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
# Below these every whole number has a float of its own; from there on, two numbers share one.
_EXACT_BELOW = {pa.float16(): 2**11, pa.float32(): 2**24, pa.float64(): 2**53}

_NUL = "text with a NUL character, which can cut the text off: remove it with .str.replace('\\x00', '')"

_NO_WHOLE = "text that is not a plain whole number such as -12: use only digits, with or without a minus"
_NO_NUMBER = (
    "text that is not a plain number such as -1234.5: "
    "remove spaces, symbols and thousands separators, or parse it with pd.to_numeric"
)
_NO_TRUTH = "text other than true or false: convert it with .map({'yes': True, 'no': False})"
_FRACTION = "a number with a fraction in a field of whole numbers: round it with .round() if you want that"
_UNSURE = "a float too large to be an exact whole number: read the column as Int64 or text"
_TOO_LONG = "a whole number of more than 64 bits, too large for any field: correct it"
_ENDLESS = "a number that is infinite: correct it, or leave the cell empty"
_CUT = "a choice that contains ';', the separator: rename it"
_GAP = "a list with a missing or empty element: remove that element"


def exact(values: pa.Array) -> Written:
    """Write text as it is; empty text is an empty cell."""
    text = without_empty(values)
    if lowest(values) > 0:  # one test of all bytes saves the search in each cell
        return written(text)
    return written(text, (mask_of(pc.match_substring(values, "\x00")), _NUL))


def as_text(values: pa.Array) -> Written:
    """Write whole numbers of any width."""
    return written(values.cast(_TEXT))


def bools(values: pa.Array) -> Written:
    """Write ``true`` and ``false``; choosing between two texts takes a quarter of the time of Arrow's cast."""
    return written(pc.if_else(values, pa.scalar("true", _TEXT), pa.scalar("false", _TEXT)))


def ids(values: pa.Array, *, rule: str) -> Written:
    """Write record ids, given as text or whole numbers; ``rule`` is what other cells break, in words."""
    text = without_empty(values.cast(_TEXT))
    return written(text, (_unlike(text, _ID), rule))


def whole_ints(values: pa.Array) -> Written:
    """Write whole numbers that fit into 64 bits."""
    text = values.cast(_TEXT)
    if pa.types.is_signed_integer(values.type):
        return written(text)
    return written(text, (_beyond_64_bits(text), _TOO_LONG))


def whole_texts(values: pa.Array) -> Written:
    """Write text of digits, with or without a minus."""
    text = without_empty(values)
    return written(text, (_unlike(text, _WHOLE), _NO_WHOLE), (_beyond_64_bits(text), _TOO_LONG))


def whole_decimals(values: pa.Array) -> Written:
    """Write decimals without a fraction."""
    text = pc.replace_substring_regex(_positive_zero(values), r"\.0*$", "")
    endless = mask_of(pc.match_substring_regex(values, "[a-zA-Z]"))
    return written(text, (endless, _ENDLESS), (_unlike(text, _WHOLE), _FRACTION), (_beyond_64_bits(text), _TOO_LONG))


def whole_floats(values: pa.Array) -> Written:
    """Write floats that are certainly the whole number they show: ints with gaps are read as floats."""
    number = _floats(values)
    known = ~np.isnan(number)
    large = np.abs(number) >= _EXACT_BELOW[values.type]
    broken = known & ~large & (number != np.floor(number))
    sound = known & ~large & ~broken
    text = pa.array(np.where(sound, number, 0).astype(np.int64), mask=~sound).cast(_TEXT)
    return written(text, (np.isinf(number), _ENDLESS), (broken, _FRACTION), (large, _UNSURE))


def number_texts(values: pa.Array) -> Written:
    """Write text that is a plain decimal number, without trailing zeros after the point."""
    text = _without_trailing_zeros(without_empty(values))
    return written(text, (_unlike(text, _NUMBER), _NO_NUMBER))


def number_floats(values: pa.Array) -> Written:
    """Write floats in the fewest digits that read back the same, without an exponent; NaN is an empty cell."""
    number = _floats(values)
    shortest = (number.astype(np.float32) if values.type == pa.float32() else number) + 0  # which makes -0.0 0.0
    text = pa.array(shortest, mask=np.isnan(number)).cast(_TEXT)
    return written(plain_digits(text), (np.isinf(number), _ENDLESS))


def decimals(values: pa.Array) -> Written:
    """Write decimals (given as text) with all their digits."""
    return written(_positive_zero(values), (_unlike(values, _NUMBER), _ENDLESS))


def number_decimals(values: pa.Array) -> Written:
    """Write decimals (given as text) for a field of numbers, without trailing zeros after the point."""
    return written(_without_trailing_zeros(_positive_zero(values)), (_unlike(values, _NUMBER), _ENDLESS))


def _without_trailing_zeros(text: pa.Array) -> pa.Array:
    """Write 1.50 as 1.5 and 19.00 as 19: a database's NUMERIC(12, 4) is no more exact than its digits."""
    return pc.replace_substring_regex(text, r"^(-?[0-9]+)(?:(\.[0-9]*[1-9])0+|\.0+)$", r"\1\2")


def truths(values: pa.Array) -> Written:
    """Write the words true and false, given in any case."""
    text = pc.utf8_lower(without_empty(values))
    return written(text, (_unlike(text, "^(true|false)$"), _NO_TRUTH))


def choices(values: pa.Array) -> Written:
    """Join lists of text with ``;`` (Bigin's form of a multi-select cell); an empty list is an empty cell."""
    elements = pc.list_flatten(values)
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy(zero_copy_only=False)
    owner = np.repeat(
        np.arange(len(values)), lengths
    )  # list_parent_indices counts the elements that a null list still has
    cut, gap = np.zeros(len(values), bool), np.zeros(len(values), bool)
    cut[owner[mask_of(pc.match_substring(elements, ";"))]] = True
    gap[owner[mask_of(pc.fill_null(pc.equal(elements, ""), True))]] = True
    joined = pc.binary_join(values, pa.scalar(";", _TEXT))
    return written(without_empty(joined), (cut, _CUT), (gap, _GAP), (mask_of(pc.match_substring(joined, "\x00")), _NUL))


def _unlike(text: pa.Array, pattern: str) -> np.ndarray:
    return mask_of(pc.invert(pc.match_substring_regex(text, pattern)))


def _floats(values: pa.Array) -> np.ndarray:
    return np.asarray(values.to_numpy(zero_copy_only=False), np.float64)  # null becomes NaN


def _positive_zero(text: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(text, r"^-(0+(?:\.0*)?)$", r"\1")


def _beyond_64_bits(text: pa.Array) -> np.ndarray:
    digits = pc.replace_substring_regex(text, "^-?0*", "")
    size = pc.binary_length(digits)
    last = pc.and_(pc.equal(size, 19), pc.greater(digits, pa.scalar(str(2**63 - 1), _TEXT)))
    return mask_of(pc.or_(pc.greater(size, 19), last))
