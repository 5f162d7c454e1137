"""Where the columns of a frame are."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd


def places_of(labels: pd.Index) -> dict[Hashable, list[int]]:
    """Return the positions of each column label; a label may occur more than once."""
    places: dict[Hashable, list[int]] = {}
    for place, label in enumerate(labels):
        places.setdefault(label, []).append(place)
    return places
