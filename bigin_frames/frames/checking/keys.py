"""Rows that share a key, as Bigin compares keys: without case and without white space around them."""

from __future__ import annotations

import unicodedata
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.cell_kinds import whole
from bigin_frames.frames.checking.findings import Positions
from bigin_frames.frames.field_types import DECIMAL_TYPES, WHOLE_TYPES
from bigin_frames.frames.text_bytes import highest
from bigin_frames.model import Field


def twins(text: pa.Array | pa.ChunkedArray, field: Field) -> tuple[Positions, Positions]:
    """Return the rows whose key another row has too.

    Unique fields ignore case (Bigin help, "What are unique reference fields"). Different Unicode forms of one text and
    different spellings of one number count as one key as well: Bigin may find one record for both.

    Parameters
    ----------
    text : pa.Array or pa.ChunkedArray
        Wire text of the whole column; null is not a key.
    field : Field

    Returns
    -------
    positions, twins : np.ndarray
        int64. Every row that shares its key, ascending, and for each another row with that key: the first one, or for
        the first one the second.
    """
    codes, distinct = _codes(text, field)
    common = np.bincount(codes[codes >= 0], minlength=1)[codes] > 1
    positions = np.flatnonzero(common & (codes >= 0)).astype(np.int64)
    own = codes[positions]
    first = _first_of(own, positions, distinct)
    is_first = first[own] == positions
    second = _first_of(own[~is_first], positions[~is_first], distinct)
    return positions, np.where(is_first, second[own], first[own])


def surplus(text: pa.Array | pa.ChunkedArray, field: Field, keep: Literal["first", "last"]) -> Positions:
    """Return the rows, ascending, whose key another row has too, without the one to keep for each key."""
    codes, _ = _codes(text, field)
    again = pd.Series(codes).duplicated(keep=keep).to_numpy()
    return np.flatnonzero(again & (codes >= 0)).astype(np.int64)


def _codes(text: pa.Array | pa.ChunkedArray, field: Field) -> tuple[Positions, int]:
    """Return a number for each row's key, -1 where there is none, and how many keys there are."""
    numeric = field.data_type in WHOLE_TYPES | DECIMAL_TYPES
    keys = (_plain if numeric else _folded)(whole(text)).dictionary_encode()
    return np.asarray(pc.fill_null(keys.indices, -1)).astype(np.int64), len(keys.dictionary)


def _first_of(codes: Positions, positions: Positions, size: int) -> Positions:
    first = np.full(size, -1, np.int64)
    first[codes[::-1]] = positions[::-1]  # the last one written stays: the first in order
    return first


def _folded(text: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(text)
    trimmed = pc.if_else(
        pc.equal(trimmed, ""), pa.scalar(None, trimmed.type), trimmed
    )  # white space alone is not a key
    if highest(trimmed) < 128:
        return pc.ascii_lower(trimmed)
    beyond = pc.fill_null(pc.invert(pc.string_is_ascii(trimmed)), False)
    folded = [unicodedata.normalize("NFC", key).casefold() for key in trimmed.filter(beyond).to_pylist()]
    return pc.replace_with_mask(pc.utf8_lower(trimmed), beyond, pa.array(folded, trimmed.type))


def _plain(text: pa.Array) -> pa.Array:
    text = pc.replace_substring_regex(text, r"^(-?)0+([0-9])", r"\1\2")
    return pc.replace_substring_regex(text, r"(\.[0-9]*[1-9])0+$|\.0*$", r"\1")
