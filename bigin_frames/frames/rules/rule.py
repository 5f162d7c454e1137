"""A rule: one test of a whole column of wire text, null for an empty cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.model import INVALID_DATA, MANDATORY_NOT_FOUND

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one column.

    ``words`` complete "the cell ..." and name the fix; they never contain a cell's value. ``failing`` takes the
    column's wire text and returns a mask, True where the rule is broken.
    """

    name: str
    code: str
    words: str
    statistics: Mapping[str, object]
    failing: Callable[[pa.Array], Mask]


def empty(text: pa.Array) -> Mask:
    """Mark cells that are missing or contain only white space."""
    blank = pc.or_(pc.utf8_is_space(text), pc.equal(pc.binary_length(text), 0))
    return as_mask(pc.fill_null(blank, True))


MANDATORY: Final = Rule("mandatory", MANDATORY_NOT_FOUND, "is empty, and Bigin requires a value; fill it in", {}, empty)


def pattern_rule(name: str, words: str, pattern: str, failing: Callable[[pa.Array], Mask] | None = None) -> Rule:
    """Return the rule that a text must match a pattern; ``failing`` replaces the plain search."""
    failing = failing or (lambda text: not_like(text, pattern))
    return Rule(name, INVALID_DATA, words, {"pattern": pattern}, failing)


def not_like(text: pa.Array, pattern: str) -> Mask:
    """Mark texts that an anchored RE2 ``pattern`` does not match."""
    return as_mask(pc.invert(pc.match_substring_regex(text, pattern)))


def longest(text: pa.Array) -> int:
    """Return the bytes of the longest text, 0 where there is none."""
    return pc.max(pc.binary_length(text)).as_py() or 0


def none_failing(text: pa.Array) -> Mask:
    """Return a mask in which no row fails."""
    return np.zeros(len(text), dtype=np.bool_)


def as_mask(flags: Any) -> Mask:
    """Return Arrow's flags as a mask, False where they are null."""
    mask: Mask = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return mask
