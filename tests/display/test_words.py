"""Numbers and names as people read them."""

from __future__ import annotations

import pytest

from bigin_frames.display.words import counted, listed, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Städte 東京", "Städte 東京"),
        ("\x1b[31m\r\n", "\\x1b[31m\\r\\n"),
        ("a\u202eb\u2066", "a\\u202eb\\u2066"),
        ("\ud800", "\\ud800"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_invisible_characters_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_counts_and_lists_are_written_for_people() -> None:
    assert [counted(n, "row") for n in (0, 1, 2000)] == ["0 rows", "1 row", "2,000 rows"]
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
