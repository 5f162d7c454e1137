from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.checking.keys import twins
from tests.support.contacts import BY_NAME, field


def found(*cells, described=BY_NAME["Email"]):
    positions, others = twins(pa.array(cells, pa.large_string()), described)
    return dict(zip(positions.tolist(), others.tolist(), strict=True))


def test_every_row_with_a_shared_key_names_another():
    assert found("a", "b", "a", "c", "a", "b") == {0: 2, 2: 0, 4: 0, 1: 5, 5: 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [("A@B.co", "a@b.CO"), (" a ", "a"), ("É", "é"), ("straße", "STRASSE"), ("e\u0301", "\u00e9"), ("a\u00a0", "A")],
)
def test_case_white_space_and_unicode_form_do_not_distinguish_keys(one, other):
    assert found(one, "zzz", other) == {0: 2, 2: 0}


def test_missing_and_blank_keys_are_not_keys():
    assert found(None, None, "  ", " ", "", "é", None) == {}


@pytest.mark.parametrize(("one", "other"), [("7", "007"), ("-7", "-07"), ("1.50", "1.5"), ("2.0", "2"), ("0", "0.00")])
def test_spellings_of_one_number_are_one_key(one, other):
    assert found(one, "99", other, described=field("X", "double")) == {0: 2, 2: 0}


def test_a_minus_distinguishes_numbers():
    assert found("7", "-7", "70", "700", "0.7", "0.07", described=field("X", "double")) == {}


def test_without_rows_there_are_no_twins():
    assert found() == {}


@given(st.lists(st.none() | st.sampled_from(["a", "A", "b", " b", "c", "é", "É"]), max_size=12), st.integers(0, 12))
def test_twins_are_those_a_slow_search_finds(cells, cut):
    keys = [None if cell is None else cell.strip().casefold() for cell in cells]
    common = {at for at, key in enumerate(keys) if key is not None and keys.count(key) > 1}
    parts = pa.chunked_array([pa.array(cells[:cut], pa.string()), pa.array(cells[cut:], pa.string())])

    positions, others = twins(parts, BY_NAME["Email"])

    assert set(positions.tolist()) == common
    assert all(keys[at] == keys[other] and at != other for at, other in zip(positions, others, strict=True))
