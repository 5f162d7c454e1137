"""Values are shown in the words that a person uses."""

from __future__ import annotations

from bigin_frames.sandbox.page.words import plain


def test_the_words_for_values_are_those_a_person_uses() -> None:
    assert [plain(value) for value in (True, None, "\r\n", 1000, ("a", "b"), "x")] == [
        *("yes", "none", "\\r\\n", "1,000", "a, b", "x")
    ]
