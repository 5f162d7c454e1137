"""Pytest fixtures: a local Bigin and a client for it.

Put ``pytest_plugins = ["bigin_frames.testing"]`` into your ``conftest.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bigin_frames.client.client import Client
from bigin_frames.sandbox import Sandbox


@pytest.fixture
def bigin_sandbox() -> Iterator[Sandbox]:
    """Start a new local Bigin for one test; an error inside it fails the test."""
    with Sandbox() as box:
        yield box


@pytest.fixture
def bigin_client(
    bigin_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Client:
    """Return a client of the test's local Bigin; the test has its own run journal."""
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path_factory.mktemp("bigin_frames")))
    client: Client = bigin_sandbox.client()
    return client
