"""Each switch is a question on the page, with the number that the document gives it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import bigin_frames.sandbox as sandbox
from bigin_frames.sandbox import Behaviour
from bigin_frames.sandbox.behaviour.questions import QUESTIONS

ALL_SWITCHES = {name: question for listed in QUESTIONS.values() for name, question in listed.items()}


def test_each_switch_has_a_question() -> None:
    assert list(ALL_SWITCHES) == [field.name for field in fields(Behaviour)]


def test_the_numbers_of_the_questions_are_those_of_the_document() -> None:
    document = (Path(sandbox.__file__).parents[2] / "docs" / "open-questions.md").read_text("utf-8")
    named = {name: int(number) for number, names in re.findall(r"^\| (\d+) \|.*?\((`[^)]*)\) \|", document, re.M)
             for name in re.findall(r"`(\w+)`", names)}  # fmt: skip

    assert len(named) > 8
    assert {name: ALL_SWITCHES[name][0] for name in named} == named
    assert {number for number, _ in ALL_SWITCHES.values() if number} <= set(range(1, document.count("\n| ") + 1))
