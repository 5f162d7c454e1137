"""Output fits the terminal, is one line per row elsewhere, and has colours only where they are wanted."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO

import pandas as pd
import pytest

from bigin_frames.cli.output import plain_warnings, records, say, show_facts, show_table

LONG = "word " * 30


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def in_terminal(*speak: Callable[[], object]) -> list[str]:
    """Return the lines that a terminal of 60 columns is given."""
    stream = Terminal()
    with redirect_stdout(stream), redirect_stderr(stream):
        for one in speak:
            one()
    return stream.getvalue().splitlines()


def shown() -> None:
    show_table(("Status", "Rows", "Why"), [("ADDED", 12_000, None), ("INVALID", 3, LONG), ("PENDING", 0, "x\ny")])


def test_table_fits_the_terminal_and_statuses_have_their_colours() -> None:
    lines = in_terminal(shown)

    assert lines[1].startswith("\033[32mADDED")
    assert lines[2].startswith("\033[31mINVALID")
    assert lines[-1].startswith("\033[33mPENDING")
    assert lines[-1].endswith("x y")
    assert max(len(line.replace("\033[31m", "").replace("\033[0m", "")) for line in lines) <= 60


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_switched_off(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)

    assert not any("\033" in line for line in in_terminal(shown))


def test_table_elsewhere_is_one_line_per_row_without_colours(capsys: pytest.CaptureFixture[str]) -> None:
    shown()
    lines = capsys.readouterr().out.splitlines()

    assert lines == [
        "Status     Rows  Why",
        "ADDED    12,000",
        f"INVALID       3  {LONG.strip()}",
        "PENDING       0  x y",
    ]


def test_table_without_rows_shows_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("A", "B"), [])

    assert capsys.readouterr().out == "A  B\n"


def test_facts_and_problems_fit_the_terminal() -> None:
    lines = in_terminal(lambda: show_facts([("name", LONG), ("other", 1)]), lambda: say(f"{LONG}\n\n  kept as it is"))

    assert max(map(len, lines)) <= 60
    assert lines[0].startswith("name   word")
    assert lines[1].startswith("       word")
    assert lines[-1] == "  kept as it is"


@pytest.mark.parametrize(
    "speak", [say, lambda text: show_facts([("a", text)]), lambda text: show_table(("A",), [(text,)])]
)
def test_control_characters_are_left_out(speak: Callable[[str], None]) -> None:
    assert not any("\x1b" in line or "\x9b" in line for line in in_terminal(lambda: speak("a\x1b[2Jb\x9bc")))


def test_command_to_be_copied_stays_one_line() -> None:
    assert in_terminal(lambda: say(f"do\n  --map '{LONG}'"))[1] == f"  --map '{LONG}'"


def test_records_can_be_written_as_json() -> None:
    frame = pd.DataFrame({"A": pd.array(["x", None], "string"), 1: [1.5, None]})

    assert records(frame) == [{"A": "x", "1": 1.5}, {"A": None, "1": None}]


def test_log_records_are_one_line_and_the_handlers_are_restored(capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger("bigin_frames")
    before = list(log.handlers)
    with plain_warnings():
        log.warning("run %s continues", "ab")

    assert capsys.readouterr().err == "bigin-frames: run ab continues\n"
    assert log.handlers == before
