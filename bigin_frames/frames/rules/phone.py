"""The rule of phone numbers."""

from __future__ import annotations

import string
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.rules.rule import Mask, as_mask, not_like
from bigin_frames.frames.text_bytes import among, beyond, edges

PHONE: Final = r"^[ +(]*[0-9A-Za-z](?:[0-9A-Za-z +().-]*[0-9A-Za-z )])?(?:[,;]+[0-9A-Za-z#]*)*[#;]?$"
_PHONE_CORE = (string.digits + string.ascii_letters).encode()
_PHONE_SIGNS = _PHONE_CORE + b" +().-"


def not_a_phone(text: pa.Array) -> Mask:
    """Mark texts that `PHONE` does not match; only the few that a look at their bytes does not decide are searched."""
    first, last = (among(edge, _PHONE_CORE) for edge in edges(text))
    certain = ~beyond(text, _PHONE_SIGNS) & first & last & as_mask(pc.greater(pc.binary_length(text), 0))
    failing = as_mask(pc.is_valid(text)) & ~certain
    if failing.any():
        failing[failing] = not_like(text.filter(pa.array(failing)), PHONE)
    return failing


NOT_A_PHONE = "is not a phone number; allowed: digits, letters, spaces and + - . ( ), with an extension written as ,123"
