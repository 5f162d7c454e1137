"""Settings and fixtures all tests share."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import HealthCheck, settings


@pytest.fixture(autouse=True)
def _own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a journal of its own; the folder is made only where one is kept."""
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path_factory.getbasetemp() / secrets.token_hex(6)))


pytest_plugins = ["bigin_frames.testing"]

# Machines here are noisy: a slow example is no failure.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# pytest --hypothesis-profile=campaign tests/test_round_trip.py draws as many frames as the claim names.
settings.register_profile("campaign", parent=settings.get_profile("house"), max_examples=2000)
settings.load_profile("house")
