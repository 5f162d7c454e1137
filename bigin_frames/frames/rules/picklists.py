"""Rules of picklists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.display.words import visible
from bigin_frames.frames.rules.rule import Mask, Rule, as_mask
from bigin_frames.model import INVALID_DATA, Field

NO_CHOICE: Final = "-None-"  # how a picklist shows that nothing is chosen
_MOST_LISTED: Final = 8  # values that a message lists
_LONGEST_LIST: Final = 160  # characters of that list


def choice_rules(field: Field) -> Iterator[Rule]:
    """Return the rules of a picklist, for one choice or several."""
    several = field.data_type == "multiselectpicklist"
    words = f"is {NO_CHOICE}, the placeholder for nothing chosen; leave the cell empty"
    if several:
        words = f"contains {NO_CHOICE}, the placeholder for nothing chosen; remove it"
    yield Rule("no_choice", INVALID_DATA, words, {}, partial(no_choice, several=several))
    if field.picklist:
        options = pa.array((*field.picklist, NO_CHOICE), pa.string())
        failing = not_all_among if several else not_among
        what = "contains a value that is" if several else "is"
        words = f"{what} not in the picklist; use {_usable(field.picklist)} (spelling must match exactly)"
        stated = {"values": field.picklist}
        yield Rule("picklist", INVALID_DATA, words, stated, lambda text: failing(text, options))


def _usable(values: Sequence[str]) -> str:
    """Return the values that may be used, as words: all of them if they are few and short, else their number."""
    listed = ", ".join(f"'{visible(value)}'" for value in values)
    # A semicolon would separate the fix from the problem.
    if len(values) > _MOST_LISTED or len(listed) > _LONGEST_LIST or ";" in listed:
        return f"one of its {len(values)} values"
    return listed if len(values) == 1 else f"one of {listed}"


def no_choice(text: pa.Array, several: bool = False) -> Mask:
    """Mark texts that are the placeholder for nothing, or that contain it between ``;`` (``several``)."""
    if several:
        return as_mask(pc.match_substring_regex(text, f"(?:^|;){NO_CHOICE}(?:;|$)"))
    return as_mask(pc.equal(text, NO_CHOICE))


def not_among(text: pa.Array, options: pa.Array) -> Mask:
    """Mark texts that are not among ``options``; Bigin would add them to the picklist (bulk write, Kaizen 13)."""
    known = pc.is_in(text, value_set=options.cast(text.type))
    return as_mask(pc.invert(pc.or_(known, pc.is_null(text))))


def not_all_among(text: pa.Array, options: pa.Array) -> Mask:
    """Mark texts of which an element, split at ``;``, is not among ``options``."""
    coded = text.dictionary_encode()  # a multi-select column has few different cells
    parts = pc.split_pattern(coded.dictionary, ";")
    unknown = pc.invert(pc.is_in(pc.list_flatten(parts), value_set=options.cast(text.type)))
    wrong = np.unique(pc.filter(pc.list_parent_indices(parts), unknown).to_numpy())
    return as_mask(pc.is_in(coded.indices, value_set=pa.array(wrong, coded.indices.type)))
