"""Verdicts are added to the rows that they belong to, and nothing else in the frame changes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.errors import OptionError
from bigin_frames.frames.merging.attach import attach, free_names, refused_rows


@given(st.permutations(range(6)), st.integers(0, 6))
def test_attach_puts_each_part_where_its_positions_say(order: list[int], cut: int) -> None:
    frame = pd.DataFrame({"x": range(6)}, index=[1, 1, 2, 2, 3, 3])
    table = pd.DataFrame({"ID": [str(i) for i in order], "Status": "ADDED", "Error": None})
    parts = [(np.array(order[:cut], int), table.iloc[:cut]), (np.array(order[cut:], int), table.iloc[cut:])]
    out = attach(frame, parts, ("a", "b", "c"))

    assert out["a"].tolist() == [str(i) for i in range(6)]
    assert out.index.tolist() == [1, 1, 2, 2, 3, 3]
    assert "a" not in frame


def test_refused_rows_keep_their_positions() -> None:
    table = refused_rows(pd.Series({4: "INVALID_DATA-Phone"}))

    assert table.index.tolist() == [4]
    assert table.loc[4].tolist() == [None, "INVALID", "INVALID_DATA-Phone"]


@pytest.mark.parametrize("names", [("a",), ("a", "b", "b"), ("a", "b", "c", "d")])
def test_result_names_must_be_three(names: tuple[str, ...]) -> None:
    with pytest.raises(OptionError, match="three different names"):
        free_names(pd.DataFrame(), names)
