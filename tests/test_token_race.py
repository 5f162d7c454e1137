"""Many threads that meet an expired token at once ask for one new token in each process, and none of them fails.

A cache that processes share does not exist: each process keeps its own token, in memory.
"""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import os
import subprocess
import sys
import threading

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox

THREADS, PROCESSES = 32, 4
PROGRAM = f"""
import sys
import bigin_frames as bf
from tests.test_token_race import burst
client = bf.Client.from_env()
client.modules()
print("ready", flush=True)
sys.stdin.readline()
print(*burst(client, {THREADS}), flush=True)
"""


def burst(client: bf.Client, threads: int) -> list[str]:
    """What became of as many calls at once."""
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


def test_processes_refresh_at_most_once_each_and_no_call_fails(bigin_sandbox: Sandbox) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env={**os.environ, **bigin_sandbox.environment()},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    before = refreshes(bigin_sandbox)
    bigin_sandbox.expire_tokens()
    ends = [process.communicate("\n")[0].split() for process in running]

    assert ends == [["ok"] * THREADS] * PROCESSES
    assert before == PROCESSES
    assert refreshes(bigin_sandbox) == 2 * PROCESSES
