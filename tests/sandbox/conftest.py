from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller


@pytest.fixture
def box() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def caller(box: Sandbox) -> Iterator[Caller]:
    made = Caller(box)
    yield made
    made.session.close()


@pytest.fixture
def behave(box: Sandbox) -> Callable[..., None]:
    """Change the behaviour of the running sandbox."""

    def change(**choices: Any) -> None:
        box.behaviour = replace(box.behaviour, **choices)

    return change
