"""What a writer returns for cells of one kind: their wire text, and the refused cells with the rule they break."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Written:
    """Wire text (large_string, null for empty and refused cells), and the refusals as (flags, rule), disjoint."""

    text: pa.Array
    refused: tuple[tuple[np.ndarray, str], ...]


def written(text: pa.Array, *refused: tuple[np.ndarray, str]) -> Written:
    """Return the text without the refused cells; each of those counts under the first rule that marks it."""
    seen = np.zeros(len(text), bool)
    kept = []
    for flags, rule in refused:
        fresh = flags & ~seen
        if fresh.any():
            kept.append((fresh, rule))
            seen |= fresh
    if kept:
        text = pc.if_else(pa.array(seen), pa.scalar(None, text.type), text)
    return Written(text, tuple(kept))


def mask_of(flags: pa.Array) -> np.ndarray:
    """Return Arrow's flags as a numpy array, null as False."""
    return np.asarray(pc.fill_null(flags, False).to_numpy(zero_copy_only=False))


def without_empty(text: pa.Array) -> pa.Array:
    """Return text with null for every empty cell; without empty cells, the array itself."""
    empty = pc.equal(pc.binary_length(text), 0)
    return pc.if_else(empty, pa.scalar(None, text.type), text) if pc.any(empty).as_py() else text
