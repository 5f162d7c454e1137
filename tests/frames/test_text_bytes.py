from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.text_bytes import among, beyond, edges, equally_long, highest, holding, lowest, octets

CELLS = st.lists(st.none() | st.text(st.sampled_from('a,"\n 9\u00e9\u4e2d'), max_size=4))
WIDTHS = st.sampled_from([pa.string(), pa.large_string()])


@st.composite
def columns(draw):
    """Draw a column, sometimes a slice of a longer one, and its cells as bytes (None for a gap)."""
    cells, before, after = draw(CELLS), draw(st.integers(0, 2)), draw(st.integers(0, 2))
    whole = pa.array([*["x,"] * before, *cells, *["\n"] * after], draw(WIDTHS))
    return whole.slice(before, len(cells)), [None if cell is None else cell.encode() for cell in cells]


@given(columns())
def test_bounds_cut_the_bytes_into_the_cells(column):
    text, cells = column

    data, bounds = octets(text)

    assert [bytes(data[start:stop]) for start, stop in pairwise(bounds)] == [cell or b"" for cell in cells]
    assert (len(bounds), bounds[0], bounds[-1]) == (len(cells) + 1, 0, len(data))


@given(columns())
def test_lowest_and_highest_are_those_of_all_cells(column):
    text, cells = column

    together = b"".join(cell or b"" for cell in cells)

    assert (lowest(text), highest(text)) == (min(together, default=255), max(together, default=0))


@pytest.mark.parametrize("signs", [b',"\n', b"a9 "])
@given(columns())
def test_cells_are_identified_by_their_content(signs, column):
    text, cells = column

    assert holding(text, signs).tolist() == [bool(set(cell or b"") & set(signs)) for cell in cells]
    assert beyond(text, signs).tolist() == [bool(set(cell or b"") - set(signs)) for cell in cells]


@given(columns())
def test_edges_are_the_first_and_last_byte_of_filled_cells(column):
    text, cells = column

    first, last = edges(text)

    assert len(first) == len(last) == len(cells)
    for a, z, cell in zip(first, last, cells, strict=True):
        assert not cell or (a, z) == (cell[0], cell[-1])


@pytest.mark.parametrize("text", [pa.nulls(2, pa.large_string()), pa.array([], pa.string()), pa.array(["", None])])
def test_a_column_without_a_byte_holds_nothing(text):
    assert (lowest(text), highest(text)) == (255, 0)
    assert not holding(text, b"a").any()
    assert not beyond(text, b"a").any()


def test_among_marks_bytes():
    assert among(np.frombuffer(b"a,b\xff", np.uint8), b",a").tolist() == [True, True, False, False]


def test_equally_long_texts_are_where_a_cell_is_present_and_null_elsewhere() -> None:
    signs = np.frombuffer(b"abcdef", np.uint8).reshape(2, 3)

    text = equally_long(signs, np.array([False, True, False, True]))

    text.validate(full=True)
    assert text.equals(pa.array([None, "abc", None, "def"], pa.large_string()))
    assert equally_long(signs[:0], np.zeros(0, bool)).equals(pa.array([], pa.large_string()))
