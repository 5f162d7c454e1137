"""Texts folded so that those which a service may confuse or convert into one another are equal."""

from __future__ import annotations

import sys
import unicodedata
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

_ASCII_BLANKS = r"[\x00-\x20\x7f]+"


def folded(text: pa.Array) -> pa.Array:
    """Fold everything that a service may change in an echo: case, white space, line ends, controls, Unicode form.

    White space and controls are removed: folding too much leaves rows undecided, folding too little could give one row
    the verdict of another.

    Parameters
    ----------
    text : pa.Array
        Text; null counts as empty.

    Returns
    -------
    pa.Array
        large_string without nulls, as long as ``text``.
    """
    filled = pc.fill_null(text.cast(pa.large_string()), "")
    plain = pc.replace_substring_regex(pc.utf8_lower(filled), _ASCII_BLANKS, "")
    beyond = pc.invert(pc.string_is_ascii(plain))
    if not pc.any(beyond).as_py():
        return plain
    return pc.replace_with_mask(plain, beyond, pa.array(map(_fold, filled.filter(beyond).to_pylist()), plain.type))


def _fold(text: str) -> str:
    visible = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_invisible())
    return unicodedata.normalize("NFKC", visible)  # an accent may be next to its letter only now


@lru_cache(maxsize=1)
def _invisible() -> dict[int, None]:
    """Return every white-space, control and format character, as a table that deletes them."""
    signs = (chr(code) for code in range(sys.maxunicode + 1))
    return {ord(sign): None for sign in signs if sign.isspace() or unicodedata.category(sign) in ("Cc", "Cf")}
