"""A run with a callback: only Bigin's own job details decide, and nothing depends on a callback."""

from __future__ import annotations

import http.server
import json
import logging
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.callback import Callback
from bigin_frames.client.settings import home
from bigin_frames.client.transport import Transport
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.bulk import poll
from bigin_frames.journal.journal import Journal
from bigin_frames.model import Job
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.canaries import until
from tests.support.fake_batch import run as run_batch
from tests.support.fake_batch import smooth
from tests.support.fake_client import FakeClient, done
from tests.support.hooks import listening_here, path_of, post, send

PEOPLE = pd.DataFrame({"Last_Name": ["Ada", "Ben", "Cai"]})


@pytest.fixture
def hooks() -> Iterator[Callback]:
    with listening_here() as made:
        yield made


def test_lost_answer_is_recovered_by_its_callback(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.faults.add("create", Fault.reset_after())
    out = bf.insert(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks)

    assert out["Status"].tolist() == ["ADDED"] * 3
    assert out["ID"].tolist() == [record["id"] for record in bigin_sandbox.records("Contacts")]
    assert len(bigin_sandbox.ledger()) == 1
    assert hooks._hints == {}


@pytest.mark.parametrize(
    ("when", "lost"),
    [("on time", "ADDED"), ("before", "ADDED"), ("twice", "ADDED"), ("after", "UNKNOWN"), ("never", "UNKNOWN")],
)
def test_callback_may_come_at_any_time(when: Any, lost: str, hooks: Callback, bigin_sandbox: Sandbox) -> None:
    """With an answer, polling needs no callback; a lost answer needs one that comes in time."""
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, callback=when)
    hooks.patience_s = 5 if lost == "ADDED" else 0.3
    client = bigin_sandbox.client()
    known = bf.insert(PEOPLE, "Contacts", client=client, callback=hooks)
    bigin_sandbox.faults.add("create", Fault.reset_after())
    doubtful = bf.submit(PEOPLE + "2", "Contacts", client=client, callback=hooks).wait()

    assert set(known["Status"]) == {"ADDED"}
    assert set(doubtful["Status"]) == {lost}
    assert len(bigin_sandbox.ledger()) == 2
    assert hooks._hints == {}


def test_result_of_a_job_that_failed_is_found_by_its_callback(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.faults.add("job", Fault.job_failed(rows=2, with_result=True))
    bigin_sandbox.faults.add("create", Fault.reset_after())
    run = bf.submit(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks)

    assert run.wait()["Status"].tolist() == ["ADDED", "ADDED", "UNPROCESSED"]


@pytest.mark.parametrize("wrapped", [True, False])
def test_body_may_be_wrapped(wrapped: bool, hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, details_wrapped=wrapped)
    bigin_sandbox.faults.add("create", Fault.reset_after())

    assert set(bf.insert(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks)["Status"]) == {"ADDED"}


def forged(
    box: Sandbox, hooks: Callback, job_id: str, caplog: pytest.LogCaptureFixture, frame: pd.DataFrame = PEOPLE
) -> pd.DataFrame:
    """Send our own callback with a job id, for a batch whose answer is lost and that gets no callback from Bigin."""
    box.behaviour = replace(box.behaviour, callback="never")
    box.faults.add("create", Fault.reset_after())
    with caplog.at_level(logging.INFO):
        run = bf.submit(frame, "Contacts", client=box.client(), callback=hooks)
        until(lambda: bool(hooks._hints))
        send(hooks, post(f"/{next(iter(hooks._hints))}", json.dumps({"id": job_id}).encode()))
        return run.wait()


def test_callback_that_names_another_job_is_refused(
    hooks: Callback, bigin_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """The other job is as similar as possible: its file name is one of ours, its module and operation are the same."""
    bf.insert(PEOPLE + "2", "Contacts", client=bigin_sandbox.client())
    out = forged(bigin_sandbox, hooks, bigin_sandbox.ledger()[0].id, caplog)

    assert set(out["Status"]) == {"UNKNOWN"}
    assert "not proven to belong to it" in caplog.text
    assert hooks.refused == 1


def test_callback_that_names_no_job_at_all_is_refused(
    hooks: Callback, bigin_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.patience_s = 0.3
    out = forged(bigin_sandbox, hooks, "666", caplog)

    assert set(out["Status"]) == {"UNKNOWN"}
    assert "666" not in caplog.text
    assert "cannot be looked up: ApiError" in caplog.text


def test_job_is_proven_by_its_callback_after_a_restart_though_it_names_no_file_yet(
    hooks: Callback, bigin_sandbox: Sandbox
) -> None:
    """The attempt's address is in the journal, and Bigin's details echo the one a job was created with."""
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, callback="never")
    hooks.patience_s = 0
    client = bigin_sandbox.client()
    for frame in (PEOPLE + "2", PEOPLE):
        bigin_sandbox.faults.add("create", Fault.reset_after())
        assert set(bf.submit(frame, "Contacts", client=client, callback=hooks).wait()["Status"]) == {"UNKNOWN"}
    theirs, ours = (job.id for job in bigin_sandbox.ledger())
    run = bf.resume(bf.runs()["run"][0], PEOPLE, client=client)  # without a receiver
    (begun,) = [one for one in Journal(home()).events(run.id) if one["state"] == State.SUBMITTING]
    assert client.job(ours).file_name is None
    with pytest.raises(bf.InputError, match="does not say yet which file"):
        run.adopt(0, theirs)
    run.adopt(0, ours)

    assert client.job(ours).callback_url == f"{hooks._public_url}/{begun['callback']}"
    assert begun["callback"] not in run.unknown.to_string()
    assert run.wait()["ID"].tolist() == [one["id"] for one in bigin_sandbox.records("Contacts")][3:]


def test_callback_that_comes_before_the_answer_is_kept(hooks: Callback) -> None:
    """The job is only requested when the answer is lost."""
    calls: list[str] = []

    class Early(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            how["before_first_byte"]()
            send(hooks, post(path_of(request.callback_url), b'{"id":"11"}'))
            calls.append(request.file_name)
            raise bf.UnansweredError("lost", call="create")

        def job(self, job_id: str) -> Job:
            return done(job_id, file_name=calls[0])

    client = smooth()
    client.__class__ = Early
    batch = run_batch(client, callback=hooks)

    assert batch.state is State.MERGED
    assert batch.job_id == "11"
    assert (batch.address, hooks._hints) == (None, {})


@pytest.mark.parametrize(
    ("changed", "state"),
    [
        ({}, State.MERGED),
        ({"file_name": None}, State.UNKNOWN),
        ({"file_name": "bf-0123abcd-0001-00000000.csv"}, State.UNKNOWN),
        ({"file_name": "theirs.csv"}, State.UNKNOWN),
        ({"module": "Accounts"}, State.UNKNOWN),
        ({"operation": "update"}, State.UNKNOWN),
    ],
    ids=str,
)
def test_job_of_a_callback_is_accepted_only_if_its_details_agree(
    changed: dict[str, Any], state: State, hooks: Callback
) -> None:
    names: list[str] = []

    class Named(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            names.append(request.file_name)
            send(hooks, post(path_of(request.callback_url), b'{"id":"11"}'))
            return super().create_job(request, file_id, **how)

        def job(self, job_id: str) -> Job:
            return done(job_id, **{"module": "Contacts", "operation": "insert", "file_name": names[0], **changed})

    client = smooth(create=[bf.UnansweredError("lost", call="create")])
    client.__class__ = Named

    batch = run_batch(client, callback=hooks)

    assert batch.state is state
    assert (State.SUBMITTED in [passed for passed, _ in batch.events]) is (state is State.MERGED)


def test_callback_of_a_batch_that_may_be_sent_again_is_not_waited_for(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.add_field("Contacts", "Key", unique=True)
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, callback="never")
    bigin_sandbox.faults.add("create", Fault.reset_after())
    impatient = Transport(sleep=lambda seconds: time.sleep(min(seconds, 0.02)))
    client = bigin_sandbox.client(transport=impatient)
    out = bf.insert(PEOPLE, "Contacts", row_key="Key", client=client, callback=hooks)

    assert set(out["Status"]) == {"ADDED"}
    assert hooks._hints == {}


def test_callback_ends_a_pause_early(hooks: Callback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll, "POLL_S", (60.0, 60.0))
    addresses: list[str] = []

    class Slow(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            addresses.append(request.callback_url)
            return super().create_job(request, file_id, **how)

        def job(self, job_id: str) -> Job:
            if addresses:
                called = post(path_of(addresses.pop()), b'{"id":"11"}')
                threading.Timer(0.05, send, (hooks, called)).start()
            return super().job(job_id)

    client = smooth(job=[Job(id="11", status="INPROGRESS"), done()])
    client.__class__ = Slow
    begun = time.monotonic()

    assert run_batch(client, callback=hooks).state is State.MERGED
    assert time.monotonic() - begun < 20
    assert client.calls["sleep"] == []


def test_polls_after_a_callback_keep_their_pauses(hooks: Callback) -> None:
    """A callback that comes too early, or is forged, does not shorten later pauses."""

    class Early(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            send(hooks, post(path_of(request.callback_url), b'{"id":"666"}'))
            return super().create_job(request, file_id, **how)

    client = smooth(job=[Job(id="11", status="INPROGRESS")] * 5 + [done()])
    client.__class__ = Early
    batch = run_batch(client, callback=hooks)

    assert (batch.state, batch.job_id) == (State.MERGED, "11")
    assert len(client.pauses) == 5
    assert min(client.pauses) >= 0.75


def test_polling_continues_when_the_receiver_is_closed(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.faults.add("job", Fault.job_slow(3))
    hooks.close()
    out = bf.insert(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks)

    assert set(out["Status"]) == {"ADDED"}


def test_two_runs_share_a_receiver(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.faults.add("create", Fault.reset_after(), times=2)
    client = bigin_sandbox.client()
    frames = [PEOPLE + str(i) for i in range(3)]
    runs = [bf.submit(frame, "Contacts", client=client, callback=hooks) for frame in frames]
    outs = [run.wait() for run in runs]
    stored = {record["id"]: record["Last_Name"] for record in bigin_sandbox.records("Contacts")}

    assert len(stored) == 9
    for frame, out in zip(frames, outs, strict=True):
        assert [stored[found] for found in out["ID"]] == frame["Last_Name"].tolist()
    assert hooks._hints == {}


def test_each_batch_of_a_run_has_its_own_address(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.faults.add("create", Fault.reset_after(), times=2)
    out = bf.insert(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks, max_rows_per_job=1)

    assert set(out["Status"]) == {"ADDED"}
    assert len({posted.url for posted in bigin_sandbox.callbacks}) == 3
    assert hooks._hints == {}


@pytest.mark.parametrize("trouble", [Fault.refused("INVALID_DATA"), Fault.refused("NO_PERMISSION")])
def test_address_of_a_refused_batch_is_forgotten(trouble: Fault, hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.faults.add("create", trouble)
    run = bf.submit(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks)
    out = run.wait()

    assert set(out["Status"]) == {"UNSENT"}
    assert hooks._hints == {}


def test_lost_answer_does_not_block_other_batches(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    """Others are created and completed while one still waits for its callback."""
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, callback="never")
    bigin_sandbox.faults.add("create", Fault.reset_after())
    hooks.patience_s = 30
    run = bf.submit(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks, max_rows_per_job=1)
    until(lambda: sorted(run.frame()["Status"]) == ["ADDED", "ADDED", "UNKNOWN"])
    (token,) = hooks._hints
    lost = next(job for job in bigin_sandbox.ledger() if job.file_name not in _known(run))
    send(hooks, post(f"/{token}", json.dumps({"id": lost.id}).encode()))

    assert set(run.wait()["Status"]) == {"ADDED"}


def _known(run: Any) -> set[str]:
    return {batch.name for batch in run._batches if batch.job_id is not None}


def test_interrupt_does_not_wait_for_a_callback(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, callback="never")
    bigin_sandbox.faults.add("create", Fault.reset_after())
    hooks.patience_s = 5
    run = bf.submit(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks)
    until(lambda: set(run.frame()["Status"]) == {"UNKNOWN"})
    begun = time.monotonic()
    run.leave()

    assert time.monotonic() - begun < 2
    hooks.patience_s = 0
    send(hooks, post(f"/{next(iter(hooks._hints))}", b'{"id":"666"}'))
    run.wait()


class Prefixing(http.server.BaseHTTPRequestHandler):
    """A reverse proxy that adds its own path in front of the requested one."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        inner = f"http://127.0.0.1:{self.server.inner}/internal/v1{self.path}"  # type: ignore[attr-defined]
        headers = {"Content-Type": self.headers["Content-Type"]}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(inner, body, headers)) as answer:
            self.send_response(answer.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_receiver_works_behind_a_proxy_that_adds_to_the_path(bigin_sandbox: Sandbox) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Prefixing) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        with Callback(f"http://127.0.0.1:{proxy.server_port}/hooks", patience_s=5) as hooks:
            proxy.inner = hooks.port  # type: ignore[attr-defined]
            bigin_sandbox.faults.add("create", Fault.reset_after())
            out = bf.insert(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks)
        proxy.shutdown()

    assert set(out["Status"]) == {"ADDED"}
    assert [posted.answer for posted in bigin_sandbox.callbacks] == ["200"]


def test_gates_are_free_while_a_callback_is_waited_for() -> None:
    gates = Gates()

    class Waiting(Callback):
        def wait(self, address: str, seconds: float) -> str | None:
            assert gates.creating.acquire(blocking=False)
            gates.creating.release()
            return None

    with Waiting("https://hooks.example.org") as made:
        batch = run_batch(smooth(create=[bf.UnansweredError("lost", call="create")]), gates=gates, callback=made)
    assert batch.state is State.UNKNOWN


def test_callback_of_an_attempt_that_was_refused_is_not_waited_for() -> None:
    """An earlier attempt is in doubt; the last one was refused, so no callback will come."""

    class Deaf(Callback):
        def wait(self, address: str, seconds: float) -> str | None:
            raise AssertionError("waited")

    lost = bf.UnansweredError("lost", call="create")
    refused = bf.ApiError("no", call="create", status=400, code="INVALID_DATA")
    with Deaf("https://hooks.example.org") as made:
        batch = run_batch(smooth(create=[lost, refused]), row_key=True, callback=made)

    assert (batch.state, batch.attempts, batch.doubts) == (State.UNKNOWN, 2, 1)
    assert made._hints == {}
