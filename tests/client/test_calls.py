"""Of one client no more calls are under way at once than Bigin grants, whatever runs in the process."""

from __future__ import annotations

import multiprocessing
import os
import threading
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import limits
from bigin_frames.client.calls import Slots
from bigin_frames.sandbox import Fault, Sandbox

CALLS = ("upload", "create", "details", "download")
RUNS, JOBS = 3, 3  # of which nine uploads may go at once
LINGER_S = 0.2  # that others come meanwhile, if they may


class Crowd:
    """Count the calls that are in the local Bigin at once; uploads linger there, until there are too many."""

    def __init__(self) -> None:
        self.most = self.now = 0
        self._changed = threading.Condition()

    def act(self, linger_s: float, _: Any, real: Any) -> Any:
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most > limits.CALLS_AT_ONCE_FREE, linger_s)
            self.now -= 1
        return real


@pytest.fixture
def crowd(bigin_sandbox: Sandbox) -> Crowd:
    found = Crowd()
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, polls_added=0)
    for route in CALLS:
        act = partial(found.act, LINGER_S if route == "upload" else 0.0)
        bigin_sandbox.faults.add(route, Fault("crowd", act, applied=True), times=None)
    return found


def in_many_runs(client: bf.Client) -> None:
    frames = [pd.DataFrame({"Last_Name": [f"N{run} {row}" for row in range(JOBS)]}) for run in range(RUNS)]
    for run in [bf.submit(frame, "Contacts", max_rows_per_job=1, client=client) for frame in frames]:
        assert set(run.wait()["Status"]) == {"ADDED"}


def test_many_runs_at_once_make_no_more_calls_at_once_than_are_granted(
    crowd: Crowd, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    in_many_runs(bigin_client)

    assert 1 < crowd.most <= limits.CALLS_AT_ONCE_FREE
    assert len(bigin_sandbox.ledger()) == RUNS * JOBS


def test_count_sees_a_client_that_takes_more(
    crowd: Crowd, bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as fault:
        fault.setattr(limits, "CALLS_AT_ONCE_FREE", 99)
        client = bigin_sandbox.client()
    in_many_runs(client)

    assert crowd.most > limits.CALLS_AT_ONCE_FREE


def test_files_leave_a_slot_to_calls_that_carry_none() -> None:
    slots = Slots(2)
    more = threading.Thread(target=lambda: held(slots, "download"), daemon=True)
    with slots.taken("upload"):
        more.start()
        with slots.taken("create"):
            assert more.is_alive()
    more.join(60)

    assert not more.is_alive()


def held(slots: Slots, call: str, times: int = 1) -> None:
    """Hold as many slots at once."""
    with ExitStack() as all_of_them:
        for _ in range(times):
            all_of_them.enter_context(slots.taken(call))


def test_slot_of_a_call_that_fails_is_free_again() -> None:
    slots = Slots(2)
    for _ in range(3):
        with pytest.raises(OSError, match="the line is cut"), slots.taken("upload"):
            raise OSError("the line is cut")

    held(slots, "create", 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_forked_child_finds_all_slots_free() -> None:
    slots = Slots(3)
    with slots.taken("create"), slots.taken("create"), slots.taken("create"):
        child = multiprocessing.get_context("fork").Process(target=held, args=(slots, "create", 3))
        child.start()
        child.join(60)
        assert child.exitcode == 0
