"""Numbers instead of texts: equal where the texts are equal."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


def codes(texts: Iterable[pa.Array], length: int) -> np.ndarray:
    """Return a number for each place, equal where all texts are equal; null counts as empty."""
    numbers = np.zeros(length, np.int64)
    for text in texts:
        coded = pc.fill_null(text, "").dictionary_encode()
        values: np.ndarray = coded.indices.to_numpy().astype(np.int64)
        if len(coded.dictionary) == length:
            return values
        numbers, found = pd.factorize(numbers * (length + 1) + values)
        if len(found) == length:  # all places differ already
            break
    return numbers.astype(np.int64)
