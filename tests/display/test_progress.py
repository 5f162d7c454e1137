"""The progress bar: shown in terminals and notebooks with the state of the jobs, and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.display.progress import progress_bar
from bigin_frames.model import Job
from tests.support.batches import batch, running
from tests.support.fake_run import Echo, started


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Return what was printed; the bar is shown without delay."""
    monkeypatch.setattr("bigin_frames.display.progress._BAR_DELAY_S", 0)
    return lambda: capsys.readouterr().err


def let_time_pass(bar: Any) -> None:
    """Make the bar believe that it was drawn long ago."""
    bar.last_print_t -= 10


def test_text_that_changes_is_shown_even_if_no_row_is_done(screen: Callable[[], str]) -> None:
    with progress_bar(50_000, True) as bar:
        for words in ("2 jobs: 2 uploading", "2 jobs: 1 running, 1 starting"):
            bar.set_postfix_str(words, refresh=False)
            let_time_pass(bar)
            bar.update(0)

    said = screen()
    assert "2 jobs: 2 uploading" in said
    assert "2 jobs: 1 running, 1 starting" in said


def test_bar_has_rows_that_are_done_or_counted_and_the_jobs_words(screen: Callable[[], str]) -> None:
    run = started(Echo(), rows=3)
    run.wait(progress=False)
    batches: list[Batch] = [batch(State.MERGED, 0), running(1, added=12_000), batch(State.SUBMITTED, 2)]
    run._batches = batches
    with progress_bar(75_000, True) as bar:
        let_time_pass(bar)
        run._show(bar)

    said = screen()
    assert "37000/75000" in said
    assert "3 jobs: 1 done, 2 running (12,000 of 50,000)" in said


def test_run_with_a_bar_ends_with_all_jobs_done(screen: Callable[[], str]) -> None:
    out = started(Echo(), rows=3).wait(progress=True)

    assert set(out["Status"]) == {"ADDED"}
    assert "Bigin: " in screen()


@pytest.mark.parametrize("progress", [None, False])
def test_nothing_is_shown_without_a_terminal(progress: bool | None, screen: Callable[[], str]) -> None:
    started(Echo(), rows=3).wait(progress=progress)

    assert screen() == ""


class Unasked(Batch):
    """A batch that must not be asked for its state."""

    @property
    def details(self) -> Job | None:  # type: ignore[override]
        raise AssertionError

    @details.setter
    def details(self, job: Job | None) -> None:
        pass


def test_hidden_bar_does_not_count_rows() -> None:
    run = started(Echo(), rows=1)
    run.wait(progress=False)
    run._batches = [Unasked(0, run._batches[0].rows, "0123abcd", state=State.SUBMITTED)]
    with progress_bar(1, False) as bar:
        run._show(bar)

    assert bar.n == 0


def test_terminal_is_interactive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with progress_bar(1, None) as bar:
        assert not bar.disable
