"""The local Bigin says in one line what it lacks, and hides no other problem."""

from __future__ import annotations

import argparse

import pytest

from bigin_frames.cli.local import _served


def raising(problem: Exception) -> int:
    def command(_: argparse.Namespace) -> None:
        raise problem

    return _served(command, argparse.Namespace())


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ModuleNotFoundError(name="werkzeug.serving"), "needs Werkzeug: pip install 'bigin_frames[sandbox]'"),
        (OSError(98, "Address already in use"), "Address already in use; another --port may be free"),
    ],
)
def test_what_the_local_bigin_lacks_is_one_line(
    problem: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert raising(problem) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(words)


@pytest.mark.parametrize("problem", [ModuleNotFoundError(name="csv"), BrokenPipeError(), ZeroDivisionError()])
def test_other_problems_are_not_hidden(problem: Exception) -> None:
    with pytest.raises(type(problem)):
        raising(problem)
