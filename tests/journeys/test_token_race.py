"""Many threads with an expired token refresh it once, and no call fails.

Once in each process that keeps its token in memory; once in all for processes with a token cache.
"""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox

THREADS, PROCESSES = 32, 4
PROGRAM = f"""
import sys
import bigin_frames as bf
from tests.journeys.test_token_race import burst
client = bf.Client.from_env()
client.modules()
print("ready", flush=True)
sys.stdin.readline()
print(*burst(client, {THREADS}), flush=True)
"""


def burst(client: bf.Client, threads: int) -> list[str]:
    """Return how that many concurrent calls ended."""
    together, ends = threading.Barrier(threads), []

    def call() -> None:
        together.wait()
        try:
            ends.append("ok" if client.modules() else "nothing")
        except Exception as error:
            ends.append(type(error).__name__)

    running = [threading.Thread(target=call) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return ends


def refreshes(box: Sandbox) -> int:
    return sum(request.route == "token" for request in box.requests)


def test_threads_with_an_expired_token_refresh_it_once(bigin_sandbox: Sandbox) -> None:
    client = bigin_sandbox.client()
    client.modules()
    for burst_number in range(1, 4):
        bigin_sandbox.expire_tokens()
        assert burst(client, THREADS) == ["ok"] * THREADS
        assert refreshes(bigin_sandbox) == 1 + burst_number


@pytest.mark.parametrize(("cache", "refreshed"), [("", PROCESSES), ("token", 1)], ids=["in memory", "in a file"])
def test_processes_with_an_expired_token_refresh_it_as_rarely_as_possible_and_no_call_fails(
    bigin_sandbox: Sandbox, tmp_path: Path, cache: str, refreshed: int
) -> None:
    named = {"BIGIN_TOKEN_CACHE": cache and str(tmp_path / cache)}
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env={**os.environ, **bigin_sandbox.environment(), **named},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    before = refreshes(bigin_sandbox)
    bigin_sandbox.expire_tokens()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    ends = [process.communicate()[0].split() for process in running]

    assert ends == [["ok"] * THREADS] * PROCESSES
    assert before == refreshed
    assert refreshes(bigin_sandbox) == 2 * refreshed
