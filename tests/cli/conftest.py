"""Fixtures of the command line's tests."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Behaviour, Sandbox


@pytest.fixture
def box(bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A local Bigin that the environment points to."""
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0)
    for name, value in bigin_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return bigin_sandbox
