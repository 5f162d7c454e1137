"""The sandbox listens where it is asked to, and is opened under names that no other web page can have."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox.server.address import Address


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("127.0.0.1:8765", True),
        ("localhost", True),
        ("[::1]:80", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:80", False),
        ("evil@127.0.0.1", False),
        ("127.0.0.1:", False),
        ("", False),
        ("127.0.0.1\n", False),
    ],
)
def test_on_loopback_only_its_own_names_are_accepted(host: str, taken: bool) -> None:
    assert Address().is_own(host) is taken
