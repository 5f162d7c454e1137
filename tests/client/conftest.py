"""Fixtures of the client's tests."""

from __future__ import annotations

import pytest

from tests.support.raw_server import Server


@pytest.fixture
def serve():
    servers = []

    def start(*scripts, **options):
        servers.append(Server(*scripts, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
