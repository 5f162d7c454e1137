"""A run continues in the background, answers at any moment, and neither loses a batch nor hides a failure."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import pandas as pd
import pytest

from bigin_frames.errors import ApiError, AuthError, BrokenRunError, JobPending, UnansweredError
from bigin_frames.frames.merging.attach import refused_rows
from tests.support.fake_batch import refusal
from tests.support.fake_client import FakeClient, done, result_of
from tests.support.fake_run import NAMES, Echo, started


def test_run_returns_every_row_in_order_with_its_own_id() -> None:
    out = started(Echo(), rows=9).wait()

    assert out["ID"].tolist() == [str(100 + i) for i in range(9)]
    assert out.index.tolist() == [5] * 9


def test_invalid_rows_are_returned_in_their_places() -> None:
    refused = refused_rows(pd.Series({1: "INVALID_DATA-Phone"}))
    client = Echo()
    client.read_result = lambda body, mappings: result_of("N0,ADDED,1,", "N2,ADDED,3,")
    out = started(client, rows=3, per_job=5, refused=refused).wait()

    assert out[list(NAMES)].fillna("").values.tolist() == [
        ["1", "ADDED", ""], ["", "INVALID", "INVALID_DATA-Phone"], ["3", "ADDED", ""]
    ]  # fmt: skip


def test_create_job_is_asked_one_at_a_time() -> None:
    inside, most = 0, 0
    client = Echo()
    create = client.create_job

    def create_job(request: Any, file_id: str, **how: Any) -> str:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        answer = create(request, file_id, **how)
        inside -= 1
        return answer

    client.create_job = create_job
    started(client, rows=40).wait()

    assert most == 1
    assert len(client.calls["create"]) == 40


def test_jobs_are_in_flight_together() -> None:
    together = threading.Barrier(3, timeout=20)
    client = Echo()
    client.job = lambda job_id: together.wait() is not None and done(job_id)

    assert set(started(client, rows=3).wait()["Status"]) == {"ADDED"}


def test_wait_that_times_out_is_pending_and_can_continue() -> None:
    release = threading.Event()
    client = Echo()
    client.job = lambda job_id: release.wait(20) and done(job_id)
    run = started(client, rows=1)

    with pytest.raises(JobPending, match="1 rows of run 0123abcd are still in progress") as pending:
        run.wait(0.01)
    assert pending.value.run is run
    assert run.status == "running"
    assert run.frame()["Status"].tolist() == ["PENDING"]

    release.set()
    assert run.wait()["Status"].tolist() == ["ADDED"]
    assert run.status == "done"


def test_job_that_cannot_be_polled_is_pending_with_the_reason_and_can_continue() -> None:
    client = FakeClient(
        upload=["5"], create=["11"], job=[*[refusal("INVALID_TOKEN", 401, AuthError)] * 2, done()],
        result=[result_of("N0,ADDED,7,")],
    )  # fmt: skip
    run = started(client, rows=1)

    with pytest.raises(JobPending, match="INVALID_TOKEN"):
        run.wait()

    with suppress(JobPending):  # raised again if both refusals came during a wait
        run.wait()
    assert run.wait()["ID"].tolist() == ["7"]
    assert len(client.calls["create"]) == 1


def test_one_refused_batch_leaves_the_others_verdicts_in_place() -> None:
    client = Echo(create=["11", refusal("INVALID_FIELD"), "13"])
    out = started(client, rows=3).wait()

    assert sorted(out["Status"]) == ["ADDED", "ADDED", "UNSENT"]
    assert out.loc[out["Status"] == "UNSENT", "Error"].tolist() == ["INVALID_FIELD"]


def test_lost_answer_of_one_batch_leaves_the_others_verdicts_in_place() -> None:
    client = Echo(create=["11", UnansweredError("x", call="create"), "13"])
    out = started(client, rows=3).wait()

    assert sorted(out["Status"]) == ["ADDED", "ADDED", "UNKNOWN"]


def test_nothing_uploaded_raises_the_refusal() -> None:
    client = FakeClient(upload=[refusal("OAUTH_SCOPE_MISMATCH", 401, AuthError)], create=["11"])

    with pytest.raises(AuthError, match="OAUTH_SCOPE_MISMATCH"):
        started(client, rows=3).wait()
    assert not client.calls["create"]


def test_refused_upload_after_an_accepted_job_is_a_verdict() -> None:
    client = Echo()
    upload, tickets = (
        client.upload,
        iter([None, ApiError("no", call="upload", status=413, code="FILE_TOO_LARGE"), None]),
    )

    def refusing(file_name: str, zip_bytes: bytes) -> str:
        failure = next(tickets)
        if failure:
            raise failure
        return upload(file_name, zip_bytes)

    client.upload = refusing
    out = started(client, rows=3).wait()

    assert sorted(out["Status"]) == ["ADDED", "ADDED", "UNSENT"]
    assert out.loc[out["Status"] == "UNSENT", "Error"].tolist() == ["FILE_TOO_LARGE"]


def test_bug_in_the_background_reaches_the_caller() -> None:
    client = FakeClient(upload=[ZeroDivisionError("a defect")], create=["11"])

    with pytest.raises(BrokenRunError, match="ZeroDivisionError") as broken:
        started(client, rows=1).wait()
    assert isinstance(broken.value.__cause__, ZeroDivisionError)
    assert broken.value.run.frame()["Status"].tolist() == ["UNSENT"]


def test_stop_button_starts_no_further_job_and_says_what_continues() -> None:
    release = threading.Event()
    client = Echo()
    client.job = lambda job_id: release.wait(20) and done(job_id)
    run = started(client, rows=30)
    with _stop_button(), pytest.raises(KeyboardInterrupt) as interrupt:
        run.wait()
    assert "stopped; jobs already accepted by Bigin keep running there" in interrupt.value.__notes__[0]

    asked = len(client.calls["create"])
    release.set()
    assert len(client.calls["create"]) == asked < 30

    assert set(run.wait()["Status"]) == {"ADDED"}
    assert len(client.calls["create"]) == 30


def test_run_that_was_stopped_starts_no_further_job_when_it_is_waited_for() -> None:
    release = threading.Event()
    client = Echo()
    client.job = lambda job_id: release.wait(20) and done(job_id)
    run = started(client, rows=30)
    run.stop()
    release.set()
    out = run.wait()

    assert (out["Status"] == "ADDED").sum() == len(client.calls["create"])
    assert set(out["Status"]) <= {"ADDED", "UNSENT"}


@contextmanager
def _stop_button() -> Iterator[None]:
    """Press Ctrl-C as soon as the main thread waits for a run."""

    def press(number: int, frame: FrameType | None) -> None:
        while frame is not None and frame.f_code.co_name != "_watch":
            frame = frame.f_back
        if frame is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_progress_bar_leaves_stdout_alone_and_repr_names_states(capsys: pytest.CaptureFixture[str]) -> None:
    run = started(Echo(), rows=3)
    run.wait(progress=True)

    assert repr(run) == "<Run 0123abcd: insert Contacts, 3 rows, jobs: 3 merged>"
    assert capsys.readouterr().out == ""
