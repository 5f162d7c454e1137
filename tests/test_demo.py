"""The demonstration fits a screen and ends with every row written once."""

from __future__ import annotations

import pytest

from bigin_frames.cli import main
from bigin_frames.demo import demo


def test_demo_shows_the_whole_job_in_a_screenful(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0

    text = capsys.readouterr().out
    assert len(text.splitlines()) <= 44
    assert "MANDATORY_NOT_FOUND-Last_Name" in text
    assert "DUPLICATE_DATA-Bioguide_ID" in text
    assert "In Bigin now: 537 records for 537 rows; each row written: True; duplicates: 0." in text


def test_demo_gives_its_lines_to_a_function() -> None:
    said: list[str] = []
    demo(said.append)

    assert said[0].startswith("537 members of Congress")
