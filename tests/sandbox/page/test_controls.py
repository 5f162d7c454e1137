"""The form field of each switch means the value that it shows."""

from __future__ import annotations

import re
from html import unescape

import pytest

from bigin_frames.sandbox import Behaviour
from bigin_frames.sandbox.page.controls import HINTS, control, read
from tests.sandbox.page.browser import words


@pytest.mark.parametrize("name", list(HINTS))
def test_what_the_page_shows_of_a_switch_means_the_value_it_has(name: str) -> None:
    usual = getattr(Behaviour(), name)
    shown = str(control(name, usual, usual))
    if found := re.search(r'<option value="([^"]*)" selected>', shown):
        text = unescape(found[1])
    elif "<textarea" in shown:
        text = words(shown).replace("\n", "\r\n")
    else:
        text = unescape(re.findall(r' value="([^"]*)"', shown)[0])

    assert read(name, text) == usual
    assert type(read(name, text)) in (type(usual), float)
