"""Each switch is shown by a test, and its default is the answer with the best evidence."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from bigin_frames.sandbox import Behaviour


def test_each_switch_is_shown_by_a_test() -> None:
    tests = Path(__file__).parents[1]
    text = "".join(path.read_text() for path in tests.rglob("test_*.py"))

    assert [field.name for field in fields(Behaviour) if f"{field.name}=" not in text and field.name not in text] == []
