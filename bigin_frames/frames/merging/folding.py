"""Fold texts that a service may take for, or turn into, one another."""

from __future__ import annotations

import sys
import unicodedata
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

_ASCII_BLANKS = r"[\x00-\x20\x7f]+"


def folded(text: pa.Array) -> pa.Array:
    """Fold everything a service may do to an echo: case, blanks, line ends, controls, Unicode form.

    Blanks and controls are left out altogether: folding too much leaves rows undecided, folding too little could give
    one the other's verdict.

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
    told = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).translate(_invisible())
    return unicodedata.normalize("NFKC", told)  # an accent may stand beside its letter only now


@lru_cache(maxsize=1)
def _invisible() -> dict[int, None]:
    """Return every character that is blank, a control or a format sign, as a table that deletes them."""
    signs = (chr(code) for code in range(sys.maxunicode + 1))
    return {ord(sign): None for sign in signs if sign.isspace() or unicodedata.category(sign) in ("Cc", "Cf")}
