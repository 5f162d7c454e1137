"""Text is escaped once, markup is not."""

from __future__ import annotations

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.sandbox.page.markup import Html, tag


@given(text=st.text())
def test_any_text_comes_out_of_an_element_and_an_attribute_as_it_went_in(text: str) -> None:
    made = tag("p", text, title=text)
    found = re.fullmatch(r'<p title="([^"<>]*)">([^<>]*)</p>', made, re.DOTALL)

    assert found is not None
    assert [unescape(part) for part in found.groups()] == [text, text]


def test_markup_is_taken_as_it_is_and_false_attributes_are_left_out() -> None:
    made = tag("p", Html("<b>&amp;</b>"), None, 1, ["<"], hidden=True, title=None, open=False, aria_label="x")

    assert made == '<p hidden aria-label="x"><b>&amp;</b>1&lt;</p>'
    assert tag("input", name="n", value="") == '<input name="n" value="">'
