"""Rules of text: its length, and text that a spreadsheet would run as a formula."""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.rules.rule import Mask, Rule, as_mask, longest, none_failing
from bigin_frames.frames.text_bytes import among, edges
from bigin_frames.model import INVALID_DATA

# Characters, where the metadata gives no length: CRM v7, insert-records; Bigin custom-fields for phone and website.
DEFAULT_LENGTH: Final = {"text": 255, "textarea": 32_000, "email": 100, "phone": 50, "website": 255}
# What a spreadsheet runs (OWASP, CSV injection), without the white space before it, which Bigin does not store; but
# not a number, an amount of money or a phone number, which may begin with + or - as well.
FORMULA_LIKE: Final = r"^(?:[\t\r]\s*\S|\s*[=@]|\s*[+-](?s:.*)[^0-9\s.,()/%+\p{Sc}-])"
_FORMULA_SIGNS = b"=+-@ \t\r\n"


def length_rule(limit: int) -> Rule:
    """Return the rule that a text has at most ``limit`` characters."""
    words = f"is longer than {limit} characters; shorten it"
    return Rule("max_length", INVALID_DATA, words, {"max_length": limit}, lambda text: too_long(text, limit))


def too_long(text: pa.Array, limit: int) -> Mask:
    """Mark texts of more than ``limit`` characters (code points, not bytes)."""
    if not longest(text) > limit:  # a text never has more characters than bytes
        return none_failing(text)
    return as_mask(pc.greater(pc.utf8_length(text), limit))


def like_a_formula(text: pa.Array) -> Mask:
    """Mark texts that match `FORMULA_LIKE`; only those whose first byte allows it are searched."""
    suspect = among(edges(text)[0], _FORMULA_SIGNS) & as_mask(pc.is_valid(text))
    if suspect.any():
        suspect[suspect] = as_mask(pc.match_substring_regex(text.filter(pa.array(suspect)), FORMULA_LIKE))
    return suspect


FORMULA: Final = Rule(
    "formula",
    INVALID_DATA,
    "begins like a spreadsheet formula (= + - @); put a word before it, or send it with formulas='warn'",
    {"pattern": FORMULA_LIKE},
    like_a_formula,
)
