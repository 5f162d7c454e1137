"""An organisation for all tests of a module, whose time passes only when a client sleeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bigin_frames.sandbox import Sandbox
from tests.support.honesty import Clock


@pytest.fixture(scope="module")
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.stop()


@pytest.fixture(scope="module")
def organisation(clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock.time) as box:
        box.behaviour = replace(
            box.behaviour, polls_added=0, polls_in_progress=0, tokens_per_10_minutes=None, live_tokens=None
        )
        box.add_field("Contacts", "Row_Key", length=40, unique=True)
        yield box


@pytest.fixture
def box(organisation: Sandbox) -> Iterator[Sandbox]:
    """Serve the module's organisation without the faults of the test before."""
    organisation.faults.clear()
    yield organisation
    organisation.faults.clear()


@pytest.fixture(scope="module")
def stranger() -> Iterator[Sandbox]:
    with Sandbox() as box:
        yield box
        assert box.requests == []
