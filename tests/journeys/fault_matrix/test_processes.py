"""Many processes, few files, few threads, no lock: each job is created once."""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.errors import (
    AlreadyDelivered,
    BrokenRunError,
    RunBusy,
)
from bigin_frames.sandbox import Fault, Sandbox
from tests.journeys.test_signals import until
from tests.support.honesty import Clock, so_far, truth_of, violations, write
from tests.support.matrix import guests, routes

SIX = """
import json, os, resource, sys
import pandas as pd, bigin_frames as bf, pandera.pandas, pyarrow.compute
from bigin_frames import checkpoints
from bigin_frames.delivery import begin, history, reconcile, resume
from bigin_frames.errors import BiginError
from bigin_frames.frames.checking import caller_schema, check, module_schema
from bigin_frames.plans import plan, prepare

def frame(name):
    return pd.DataFrame({"Last_Name": [f"{name} {i}" for i in range(6)]})

def call(name):
    out = frame(name).bigin.insert("Contacts", max_rows_per_job=2, progress=False, on_overlap="ignore")
    return "".join(sorted(set(out["Status"]))) + " " + ",".join(out["ID"])

def outcome(act, *given):
    try:
        return act(*given)
    except BiginError as error:
        return type(error).__name__

def child(act, *given):
    pid = os.fork()
    if not pid:
        try:
            said = outcome(act, *given)
        except BaseException as error:
            said = f"foreign {error!r}"
        os.write(1, (said + "\\n").encode())
        os._exit(0)
    return pid

def dies(name):
    checkpoints.at = lambda point: os._exit(1) if point == "after commit of uploaded" else None
    call(name)

def poor(name, more):
    open_files = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files + more, open_files + more))
    return call(name)

acts = {"call": call, "dies": dies, "poor": poor}
for line in sys.stdin:
    act, times, *given = json.loads(line)
    for pid in [child(acts[act], *given) for _ in range(times)]:
        os.waitpid(pid, 0)
    print("over", flush=True)
"""


class Six:
    """A process that forks several children, each of which makes one call."""

    def __init__(self, box: Sandbox) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SIX], env={**os.environ, **box.environment()},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def begin(self, act: str, times: int, *given: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([act, times, *given]) + "\n")

    def line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def lines(self) -> list[str]:
        return list(iter(self.line, "over"))

    def close(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture(scope="module")
def forked(organisation: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Six]:
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIGIN_FRAMES_HOME", str(tmp_path_factory.mktemp("six")))
        six = Six(organisation)
    yield six
    six.close()


@pytest.mark.parametrize("start", ["new", "begun by a process that died"])
def test_same_call_in_six_processes_at_once_creates_each_job_once(start: str, box: Sandbox, forked: Six) -> None:
    name, jobs, answer = f"six {start}", len(box.ledger()), threading.Event()
    if start != "new":
        forked.begin("dies", 1, name)
        assert forked.lines() == []
    box.faults.add("create", Fault.held(answer))
    forked.begin("call", 6, name)
    assert [forked.line() for _ in range(5)] == ["RunBusy"] * 5  # while the sixth waits for its answer
    answer.set()
    (sixth,) = forked.lines()
    forked.begin("call", 6, name)

    stored = {record["Last_Name"]: record["id"] for record in box.records("Contacts") if name in record["Last_Name"]}
    assert sixth == "ADDED " + ",".join(stored[f"{name} {i}"] for i in range(6))
    assert forked.lines() == ["AlreadyDelivered"] * 6
    assert len(stored) == 6
    assert len(box.ledger()) == jobs + 3


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files in /proc")
def test_process_that_can_open_no_more_files_sends_nothing_twice(box: Sandbox, forked: Six) -> None:
    jobs, ends = len(box.ledger()), []
    for more in (0, 3, 6, 9):
        forked.begin("poor", 1, "poor", more)
        ends += forked.lines()
    forked.begin("call", 1, "poor")
    (last,) = forked.lines()

    assert not [end for end in ends if end.startswith("foreign")]
    assert "JournalError" in ends
    assert last == "AlreadyDelivered" or last.startswith("ADDED")
    assert len([one for one in box.records("Contacts") if one["Last_Name"].startswith("poor")]) == 6
    assert len(box.ledger()) == jobs + 3


@pytest.mark.parametrize("given", [0, 1])
def test_threads_that_cannot_be_started(
    given: int, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread does the work of all; without any, the call says so and releases the run."""
    start, left = threading.Thread.start, [given]

    def rare(thread: threading.Thread) -> None:
        if thread.name.startswith("bigin-frames-"):
            if not left[0]:
                raise RuntimeError("can't start new thread")
            left[0] -= 1
        start(thread)

    frame, since, client = guests(f"threads {given}"), so_far(box), box.client(transport=clock.transport())
    with monkeypatch.context() as poor:
        poor.setattr(threading.Thread, "start", rare)
        if given:
            assert set(write(box, frame, clock=clock, client=client, max_rows_per_job=1)["Status"]) == {"ADDED"}
        else:
            with pytest.raises(BrokenRunError, match="is blocked: can't start new thread") as broken:
                frame.bigin.insert("Contacts", client=client, max_rows_per_job=1)
            with pytest.raises(BrokenRunError, match="is blocked"):
                broken.value.run.wait()
            assert len(box.ledger()) == since[0]
            left[0] = 3
            assert set(broken.value.run.wait(30, progress=False)["Status"]) == {"ADDED"}

    assert len(box.ledger()) == since[0] + 3
    with pytest.raises(AlreadyDelivered):
        frame.bigin.insert("Contacts", client=client, max_rows_per_job=1)


def test_run_whose_lock_file_is_deleted_creates_its_job_once(box: Sandbox, clock: Clock) -> None:
    frame, since, gate = guests("unlocked"), so_far(box), threading.Event()
    box.faults.add("upload", Fault.held(gate))
    first_run = bf.submit(frame, "Contacts", client=box.client(transport=clock.transport()))
    until(lambda: routes(box)[since[1] :].count("upload") == 1)
    for lock in (home() / "locks").iterdir():
        lock.unlink()
    out = write(box, frame, clock=clock)
    gate.set()
    with pytest.raises(RunBusy, match="another process has continued it"):
        first_run.wait(30, progress=False)

    assert set(out["Status"]) == {"ADDED"}
    assert routes(box)[since[1] :].count("create") == 1
    assert violations(frame, bf.resume(first_run.id, frame).frame(), truth_of(box, since)) == []
