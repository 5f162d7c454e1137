"""Phone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.frames.rules.phone import PHONE, not_a_phone
from bigin_frames.frames.rules.rule import not_like
from tests.support.rule_cells import matches, text

GOOD_PHONE = [
    "+1 (415) 555-0100", "91(987)654321", "9900000000", "1-800-FLOWERS", "123,45;6#", "0049.30.1", "(+49) 30", "1",
]  # fmt: skip
BAD_PHONE = ["", "--", "+", " ", "a/b", "\u260e 1", "1\n", "\uff11\uff12", "a@b.co", "1_2"]  # fmt: skip


PHONES = st.none() | st.text(st.sampled_from("09aZ +().,;#-/\u00e9\n"), max_size=6)


@pytest.mark.parametrize(
    ("cell", "good"), [*((cell, True) for cell in GOOD_PHONE), *((cell, False) for cell in BAD_PHONE)]
)
def test_a_phone_number_has_digits_or_letters_and_signs_between_them(cell, good):
    assert matches(PHONE, cell) is good


@given(st.lists(PHONES))
def test_a_phone_is_checked_by_its_bytes_as_by_the_pattern(cells):
    for kept in (text(*cells), text("?", *cells)[1:]):
        assert not_a_phone(kept).tolist() == not_like(kept, PHONE).tolist()
