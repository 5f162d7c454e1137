"""Where the columns of a frame are."""

from __future__ import annotations

import pandas as pd

from bigin_frames.frames.column_places import places_of


def test_places_of_returns_the_positions_of_each_label():
    assert places_of(pd.Index(["a", "b", "a"])) == {"a": [0, 2], "b": [1]}
