"""An environment has one client, and another environment another."""

from __future__ import annotations

from bigin_frames.client.shared_client import shared_client
from tests.client.test_settings import ENVIRON


def test_one_environment_has_one_client(monkeypatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    first = shared_client()
    assert shared_client() is first
    monkeypatch.setenv("BIGIN_REGION", "eu")
    second = shared_client()
    monkeypatch.delenv("BIGIN_REGION")

    assert (second.region, shared_client() is first) == ("eu", True)


def test_another_secret_has_another_client(monkeypatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    first = shared_client()
    monkeypatch.setenv("BIGIN_REFRESH_TOKEN", "1000.another")

    assert shared_client() is not first
