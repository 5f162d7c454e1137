"""Lend pytest fixtures: a local Bigin and a client for it.

Put ``pytest_plugins = ["bigin_frames.testing"]`` into your ``conftest.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bigin_frames.client import Client
from bigin_frames.sandbox import Sandbox


@pytest.fixture
def bigin_sandbox() -> Iterator[Sandbox]:
    """Serve a fresh local Bigin for one test; errors inside it fail the test."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def bigin_client(bigin_sandbox: Sandbox) -> Client:
    """Return a client of the test's local Bigin."""
    client: Client = bigin_sandbox.client()
    return client
