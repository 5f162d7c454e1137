"""A process that gets a signal waits for the answer of a create-job call, and the end of a script cuts none off."""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Fault, Sandbox

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

NAMES = ["Lee", "Roe"]
INSERT = f"""
import pandas as pd, bigin_frames as bf
frame = pd.DataFrame({{"Last_Name": {NAMES!r}}})
print("ready", flush=True)
"""
WAITING = INSERT + 'frame.bigin.insert("Contacts", progress=False)\n'
SUBMITTING = INSERT + 'run = frame.bigin.submit("Contacts")\nimport sys\nsys.stdin.readline()\n'


@pytest.fixture
def answer() -> Iterator[threading.Event]:
    """An event that releases the answer of the create-job call; until then the call is open."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def box(answer: threading.Event, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as box:
        box.faults.add("create", Fault.held(answer))
        for name, value in box.environment().items():
            monkeypatch.setenv(name, value)
        yield box


def until(condition: object, seconds: float = 20) -> None:
    """Wait until something outside this process has happened."""
    ends = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not happen"
        threading.Event().wait(0.01)


def begun(script: str, box: Sandbox) -> subprocess.Popen[str]:
    """A process whose create-job call has been processed, and whose answer is held back."""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    until(lambda: box._org.store.jobs())
    return process


def finish(process: subprocess.Popen[str]) -> None:
    """Let the script continue to its end."""
    assert process.stdin is not None
    process.stdin.write("\n")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, stderr = process.communicate(timeout=20)
    return process.returncode, stderr


def once_more(box: Sandbox) -> pd.DataFrame:
    """The same call in a new process, here this one."""
    with suppress(bf.errors.AlreadyDelivered), warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.errors.UndecidedRowsWarning)
        pd.DataFrame({"Last_Name": NAMES}).bigin.insert("Contacts", client=box.client())
    (run,) = bf.runs()["run"]
    return bf.resume(run, pd.DataFrame({"Last_Name": NAMES}), client=box.client()).wait()


def posts(box: Sandbox) -> int:
    return sum(request.route == "create" for request in box.requests)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_waits_for_the_answer_and_says_how_to_resume(
    number: signal.Signals, box: Sandbox, answer: threading.Event
) -> None:
    process = begun(WAITING, box)
    process.send_signal(number)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)  # it waits for the answer
    answer.set()
    code, stderr = ended(process)

    assert code == (128 + number if number == signal.SIGTERM else -signal.SIGINT)
    assert "stopped; jobs already accepted by Bigin keep running there. Make the same call again" in stderr
    assert "Lee" not in stderr
    (run,) = bf.runs()["run"]
    (batch,) = Journal(Path(os.environ["BIGIN_FRAMES_HOME"])).batches(run)
    assert batch.job_id == box.ledger()[0].id
    assert set(once_more(box)["Status"]) == {"ADDED"}
    assert posts(box) == 1


def test_second_interrupt_ends_the_process_and_the_rows_are_unknown(box: Sandbox, answer: threading.Event) -> None:
    process = begun(WAITING, box)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    process.send_signal(signal.SIGINT)
    code, _ = ended(process)  # although the answer is still held back

    assert code == -signal.SIGINT
    assert not answer.is_set()
    out = once_more(box)
    assert set(out["Status"]) == {"UNKNOWN"}
    assert set(out["Error"]) == {"CUT_SHORT"}
    assert posts(box) == 1


def test_end_of_a_script_that_does_not_wait_cuts_off_no_create_job(box: Sandbox, answer: threading.Event) -> None:
    process = begun(SUBMITTING, box)
    finish(process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    answer.set()
    code, stderr = ended(process)

    assert (code, stderr) == (0, "")
    assert set(once_more(box)["Status"]) == {"ADDED"}
    assert posts(box) == 1


def test_kill_leaves_rows_that_are_unknown_and_never_sent_again(box: Sandbox) -> None:
    process = begun(WAITING, box)
    process.kill()
    process.communicate()
    out = once_more(box)

    assert set(out["Status"]) == {"UNKNOWN"}
    assert posts(box) == 1


def test_forked_child_ends_though_its_parent_is_creating_a_job(box: Sandbox, answer: threading.Event) -> None:
    fork = "import os\npid = os.fork()\nif not pid: sys.exit(7)\nprint(os.waitpid(pid, 0)[1] >> 8, flush=True)\n"
    process = begun(SUBMITTING + fork, box)
    finish(process)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "7\n"]
    answer.set()

    assert ended(process)[0] == 0
    assert set(once_more(box)["Status"]) == {"ADDED"}
