"""Fixtures of the command line's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from bigin_frames.demo import broken, legislators
from bigin_frames.sandbox import Behaviour, Sandbox

MAPPED = [part for pair in (
    "last_name=Last_Name", "first_name=First_Name", "phone=Phone", "address=Mailing_Street",
) for part in ("--map", pair)]  # fmt: skip


@pytest.fixture
def box(bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A local Bigin that the environment points to."""
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0)
    for name, value in bigin_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return bigin_sandbox


@pytest.fixture
def members(tmp_path: Path) -> Path:
    """The members of Congress, with mistakes in four rows."""
    broken(legislators()).to_csv(tmp_path / "members.csv", index=False)
    return tmp_path / "members.csv"
