"""Settings and fixtures all tests share."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from bigin_frames import checkpoints
from bigin_frames.errors import BrokenRunError
from tests.support.honesty import Clock

# In a script's background Ctrl-C is ignored, and would be by every child that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a journal of its own; the folder is made only where one is kept."""
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path_factory.getbasetemp() / secrets.token_hex(6)))


@pytest.fixture(autouse=True)
def _no_run_outlives_its_test() -> Iterator[None]:
    """Fail a test whose run goes on asking a server that is gone: later tests would wait for it."""
    yield
    left = [thread for thread in threading.enumerate() if thread.name.startswith("bigin-frames-")]
    for thread in left:
        thread.join(5)
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Lend a pause and a clock that only sleeping moves on."""
    clock = Clock()
    yield clock
    clock.stop()


class Killed(BaseException):
    """Stand for the end of the process: nothing of ours catches it and goes on."""


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Call a function in which everything ends at a named point."""

    def call(point: str, function: Callable[[], object]) -> None:
        def at(name: str) -> None:
            if name == point:
                raise Killed

        monkeypatch.setattr(checkpoints, "at", at)
        with pytest.raises((BrokenRunError, Killed)):
            function()
        monkeypatch.setattr(checkpoints, "at", None)

    return call


pytest_plugins = ["bigin_frames.testing"]

# Machines here are noisy: a slow example is no failure.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# pytest --hypothesis-profile=campaign tests/journeys/test_round_trip.py draws as many frames as the claim names.
settings.register_profile("campaign", parent=settings.get_profile("house"), max_examples=2000)
settings.load_profile("house")
