"""A callback is a hint that proves nothing: whoever calls, whatever is said, only Bigin's own details decide."""

from __future__ import annotations

import hmac
import http.server
import json
import logging
import pickle
import re
import socket
import struct
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client import callback as receiver
from bigin_frames.client.callback import MAX_BODY_BYTES, Callback
from bigin_frames.client.settings import home
from bigin_frames.client.transport import Transport
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.bulk import follow
from bigin_frames.journal.journal import Journal
from bigin_frames.model import Job
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.canaries import Needles, Net, listening, until
from tests.support.fake_batch import run as run_batch
from tests.support.fake_batch import smooth
from tests.support.fake_client import FakeClient, done

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"
DETAILS = b'{"status":"COMPLETED","resource":[{"module":{"id":"7"}}],"id":"4150868000005350003","operation":"insert"}'
JOB = "4150868000005350003"
PEOPLE = pd.DataFrame({"Last_Name": ["Ada", "Ben", "Cai"]})


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def hooks() -> Iterator[Callback]:
    port = free_port()
    with Callback(f"http://127.0.0.1:{port}/bigin", port, patience_s=5) as made:
        yield made


def say(callback: Callback, *pieces: bytes) -> bytes:
    """Send bytes and return all that comes back; an answer may be cut off by what was not read of the bytes."""
    with socket.create_connection(("127.0.0.1", callback.port), 5) as connection:
        for piece in pieces:
            connection.sendall(piece)
        heard = b""
        while piece := connection.recv(65_536):
            heard += piece
        return heard


def post(path: str, body: bytes, method: str = "POST", length: object = None) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: hooks.example.org\r\nContent-Length: "
    return head.encode() + str(len(body) if length is None else length).encode() + b"\r\n\r\n" + body


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


# -- what is listened to


def test_address_cannot_be_guessed_and_is_new_for_each_attempt(hooks: Callback) -> None:
    addresses = [hooks.expect() for _ in range(100)]

    assert len(set(addresses)) == 100
    assert all(re.fullmatch(rf"http://127\.0\.0\.1:{hooks.port}/bigin/[\w-]{{43}}", one, re.ASCII) for one in addresses)


@pytest.mark.parametrize(
    "body",
    [
        DETAILS,
        b'{"data":[' + DETAILS + b"]}",
        b'[{"data":' + DETAILS + b"}]",
        b'{"id":4150868000005350003}',
        b'{"status":"success","data":{"job_id":4150868000005350003,"project_details":{"id":4}}}',
        b'{"data":[null,5,"x",{"id":"4150868000005350003"}]}',
    ],
)
def test_body_that_names_a_job_is_heard(hooks: Callback, body: bytes) -> None:
    address = hooks.expect()
    say(hooks, post(path_of(address), body))

    assert hooks.wait(address, 5) == JOB
    assert hooks.came(address)


NAMELESS = {
    "nothing": b"",
    "null": b"null",
    "no json": b"<html>4150868000005350003</html>",
    "a form": b"id=4150868000005350003",
    "cut short": DETAILS[:-5],
    "a number": b"4150868000005350003",
    "a fraction": b'{"id":4.150868e18}',
    "true": b'{"id":true}',
    "below zero": b'{"id":-4150868}',
    "other digits": '{"id":"\N{ARABIC-INDIC DIGIT FOUR}"}'.encode(),
    "an address": b'{"id":"../../../org"}',
    "too long an id": b'{"id":"' + b"1" * 33 + b'"}',
    "an endless number": b'{"id":' + b"1" * 60_000 + b"}",
    "an id of another thing": b'{"id":null,"created_by":{"id":"5"}}',
    "an id too deep": b'{"a":' * 9 + b'{"id":"5"}' + b"}" * 9,
    "deep enough to break a parser": b"[" * 65_000,
    "not utf-8": b'{"id":"4\xff"}',
    "nan": b'{"id":NaN}',
}


@pytest.mark.parametrize("body", NAMELESS.values(), ids=NAMELESS)
def test_body_that_names_no_job_does_nothing_and_leaves_the_address_open(hooks: Callback, body: bytes) -> None:
    address = hooks.expect()
    answer = say(hooks, post(path_of(address), body))

    assert answer == ANSWER
    assert not hooks.came(address)
    say(hooks, post(path_of(address), DETAILS))
    assert hooks.wait(address, 5) == JOB


def test_address_is_used_up_by_the_first_job_named_there(hooks: Callback) -> None:
    address = hooks.expect()
    for body in (DETAILS, DETAILS, b'{"id":"666"}', b""):
        say(hooks, post(path_of(address), body))

    assert hooks.wait(address, 0) == JOB


def test_address_of_one_attempt_says_nothing_of_another(hooks: Callback) -> None:
    stale, mine, other = (hooks.expect() for _ in range(3))
    hooks.forget(stale)
    for address in (stale, other):
        say(hooks, post(path_of(address), DETAILS))

    assert (hooks.wait(stale, 0), hooks.came(stale)) == (None, False)
    assert (hooks.wait(mine, 0), hooks.came(mine)) == (None, False)


@pytest.mark.parametrize(
    ("around", "heard"),
    [
        ("/bigin/{}", True),
        ("/{}", True),
        ("/inner/of/a/proxy/{}", True),
        ("http://hooks.example.org/bigin/{}", True),
        ("//[/{}", True),
        ("/bigin/{}?attempt=1/2", True),
        ("/bigin/?{}", False),
        ("/bigin/x{}", False),
        ("/bigin/{}x", False),
        ("/bigin/{}/", False),
        ("/bigin/", False),
        ("/bigin/{}%00", False),
    ],
)
def test_last_part_of_the_path_alone_counts_whatever_a_proxy_adds(hooks: Callback, around: str, heard: bool) -> None:
    address = hooks.expect()
    say(hooks, post(around.format(address.rpartition("/")[2]), DETAILS))

    assert hooks.came(address) is heard


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "post", "P"])
def test_no_other_method_is_listened_to(hooks: Callback, method: str) -> None:
    address = hooks.expect()

    assert say(hooks, post(path_of(address), DETAILS, method)) == ANSWER
    assert not hooks.came(address)


@pytest.mark.parametrize(
    ("said", "extra"),
    [(len(DETAILS) - 1, 0), (-1, 0), ("x", 0), ("", 0), ("1e3", 0), (10**12, 0), (MAX_BODY_BYTES + 1, MAX_BODY_BYTES)],
)
def test_body_of_another_length_than_it_says_or_over_the_cap_is_not_listened_to(
    hooks: Callback, said: object, extra: int
) -> None:
    address = hooks.expect()
    body = DETAILS + b" " * (MAX_BODY_BYTES + 1 - len(DETAILS) if extra else 0)

    assert say(hooks, post(path_of(address), body, length=said)) == ANSWER
    assert not hooks.came(address)


def test_body_of_just_the_cap_is_listened_to(hooks: Callback) -> None:
    address = hooks.expect()
    say(hooks, post(path_of(address), DETAILS.ljust(MAX_BODY_BYTES)))

    assert hooks.wait(address, 5) == JOB


def test_body_that_ends_before_its_length_is_not_listened_to(hooks: Callback) -> None:
    address = hooks.expect()
    with socket.create_connection(("127.0.0.1", hooks.port), 5) as connection:
        connection.sendall(post(path_of(address), DETAILS, length=len(DETAILS) + 1))
        connection.shutdown(socket.SHUT_WR)

        assert connection.recv(1000) == ANSWER
    assert not hooks.came(address)


def test_second_request_on_a_connection_is_not_heard(hooks: Callback) -> None:
    first, second = hooks.expect(), hooks.expect()
    answer = say(hooks, post(path_of(first), DETAILS) + post(path_of(second), DETAILS))

    assert answer == ANSWER
    assert (hooks.came(first), hooks.came(second)) == (True, False)


def test_calls_that_nobody_expects_are_counted_and_said_once(hooks: Callback, caplog: pytest.LogCaptureFixture) -> None:
    address = hooks.expect()
    with caplog.at_level(logging.DEBUG):
        say(hooks, post(path_of(address), DETAILS))
        assert (hooks.refused, caplog.text) == (0, "")
        for path in ("/bigin/wombat", "/", path_of(address)[:-1], "/bigin/wombat"):
            say(hooks, post(path, DETAILS))
        say(hooks, post("/bigin/wombat", DETAILS, "GET"))  # which asks for nothing
        hooks.forget(address)
        say(hooks, post(path_of(address), DETAILS))

    assert hooks.refused == 5
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["a callback was refused"]
    assert not [word for word in ("wombat", JOB, address.rpartition("/")[2]) if word in caplog.text]


# -- what is answered


@pytest.mark.parametrize(
    "request_",
    [
        b"POST\r\n\r\n",
        b"GET /\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / SMTP\r\n\r\n",
        b"POST / HTTP/1.1 x y\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"GET /" + b"x" * 65_531 + b"\r",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101,
        b"GET / HTTP/1.1\r\nA: " + b"x" * 65_534,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=range(10),
)
def test_answer_is_the_same_whatever_is_asked(hooks: Callback, request_: bytes) -> None:
    assert say(hooks, request_) == ANSWER


def test_answer_is_the_same_for_the_right_path_and_a_wrong_one(hooks: Callback) -> None:
    path = path_of(hooks.expect())

    assert say(hooks, post(path, DETAILS)) == say(hooks, post(path + "x", DETAILS)) == ANSWER


def test_every_address_is_compared_in_constant_time_and_to_the_end(
    hooks: Callback, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = [hooks.expect().rpartition("/")[2].encode() for _ in range(3)]
    compared: list[tuple[bytes, bytes]] = []

    def spy(a: bytes, b: bytes, real: Callable[[bytes, bytes], bool] = hmac.compare_digest) -> bool:
        compared.append((a, b))
        return real(a, b)

    monkeypatch.setattr(receiver.hmac, "compare_digest", spy)
    say(hooks, post(f"/{tokens[0].decode()}", DETAILS))
    say(hooks, post("/x", DETAILS))

    assert compared == [(token, given) for given in (tokens[0], b"x") for token in tokens]


@pytest.mark.parametrize(
    "start", [b"", b"POST /x HTTP/1.1\r\nContent-Le", b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n"]
)
def test_request_that_drips_or_stops_is_left_after_its_time(
    hooks: Callback, start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver, "REQUEST_S", 0.3)
    begun = time.monotonic()
    for drip in (b"", b"x"):
        with socket.create_connection(("127.0.0.1", hooks.port), 5) as connection:
            connection.settimeout(0.05)
            connection.sendall(start)
            while True:
                try:
                    heard = connection.recv(1000)
                except TimeoutError:
                    connection.sendall(drip)
                except ConnectionError:
                    break
                else:
                    assert heard in (b"", ANSWER)  # nine bytes may have dripped in time
                    break

    assert time.monotonic() - begun < 5


def test_half_open_connections_keep_nobody_out(hooks: Callback) -> None:
    address = hooks.expect()
    halves = [socket.create_connection(("127.0.0.1", hooks.port), 5) for _ in range(50)]
    for half in halves[:25]:
        half.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
    say(hooks, post(path_of(address), DETAILS))
    for half in halves:
        half.close()

    assert hooks.wait(address, 5) == JOB


def test_nothing_of_a_call_is_logged(
    hooks: Callback, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that are whole, senseless, cut short, reset and too slow."""
    net = Net()
    address = hooks.expect()
    token = address.rpartition("/")[2]
    with listening(net, capfd):
        for request in (post(path_of(address), DETAILS), post(f"/wombat/{token}", b"wombat"), b"wombat\r\n\r\n"):
            say(hooks, request)
        cut = post(path_of(address), b"wombat", length=10)
        with socket.create_connection(("127.0.0.1", hooks.port)) as half:
            half.sendall(cut)
        with socket.create_connection(("127.0.0.1", hooks.port)) as half:
            half.sendall(cut)
            half.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        monkeypatch.setattr(receiver, "REQUEST_S", 0.05)
        assert say(hooks, cut) == b""
        until(lambda: not [one for one in threading.enumerate() if "process_request" in one.name])
    net.look(repr(hooks))

    assert net.found(Needles({"path": token, "body": "wombat", "job": JOB})) == []
    assert {text for (channel, text) in net.texts if channel in ("stdout", "stderr")} == {""}
    assert not [channel for channel, _ in net.texts if channel.startswith("log")]


# -- the receiver itself


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/bigin",
        "https://user:pass@hooks.example.org/",
        "https://hooks.example.org/?a=1",
        "https://hooks.example.org/#a",
        "https://hooks.example.org/a b",
        "https://hooks.example.org\n",
        "https://",
        "https:///bigin",
        "https://h\u00f6oks.example.org",
        "ftp://127.0.0.1/",
        "http://127.0.0.1.evil.example/",
        "hooks.example.org",
        "",
        None,
        b"https://hooks.example.org",
    ],
)
def test_public_url_of_another_shape_is_refused(url: Any) -> None:
    with pytest.raises(bf.OptionError, match="https address") as refused:
        Callback(url)

    assert refused.value.option == "callback"
    assert "pass" not in str(refused.value)


@pytest.mark.parametrize("url", ["https://hooks.example.org", "https://h.example:8443/a/", "http://[::1]:9/x"])
def test_public_url_may_have_a_port_and_a_path(url: str) -> None:
    with Callback(url) as made:
        assert made.expect().startswith(url.rstrip("/") + "/")


@pytest.mark.parametrize("port", [None, 70_000])
def test_port_that_cannot_be_had_is_refused(port: int | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(bf.OptionError, match="cannot be listened on"):
        Callback("https://hooks.example.org", port or taken.getsockname()[1])


def test_receiver_listens_on_loopback_until_it_is_closed_twice() -> None:
    made = Callback("https://hooks.example.org")
    assert made._server.server_address[0] == "127.0.0.1"
    address = made.expect()
    made.close()
    made.close()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", made.port))
    assert made.wait(address, 0) is None


def test_receiver_shows_no_path_and_is_not_pickled(hooks: Callback) -> None:
    token = hooks.expect().rpartition("/")[2]

    assert token not in repr(hooks)
    assert repr(Callback.__new__(Callback)) == "<Callback, not built>"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(hooks)


def test_address_is_seen_in_no_repr_on_its_way() -> None:
    request = bf.model.JobRequest(
        module="Contacts", operation="insert", mappings=(), file_name="x", callback_url="https://h.example/wombat"
    )

    assert "wombat" not in repr(request)
    assert "wombat" not in repr(Batch(0, None, "0123abcd", address="https://h.example/wombat"))


# -- runs


def test_lost_answer_is_made_good_by_its_callback(hooks: Callback, bigin_sandbox: Sandbox) -> None:
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
def test_callbacks_may_come_when_they_will(when: Any, lost: str, hooks: Callback, bigin_sandbox: Sandbox) -> None:
    """With an answer, polling goes on without them; of a lost answer, only one that comes by itself helps."""
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
    """Name a job in a callback of ours, for a batch whose answer is lost and which Bigin calls back for never."""
    box.behaviour = replace(box.behaviour, callback="never")
    box.faults.add("create", Fault.reset_after())
    with caplog.at_level(logging.INFO):
        run = bf.submit(frame, "Contacts", client=box.client(), callback=hooks)
        until(lambda: bool(hooks._hints))
        say(hooks, post(f"/{next(iter(hooks._hints))}", json.dumps({"id": job_id}).encode()))
        return run.wait()


def test_callback_that_names_another_job_is_refused(
    hooks: Callback, bigin_sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """The other job is as like as can be: its file has a name of ours, its module and operation are the same."""
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
    """The job is asked for once the answer is lost, and not before."""
    calls: list[str] = []

    class Early(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            how["before_first_byte"]()
            say(hooks, post(path_of(request.callback_url), b'{"id":"11"}'))
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
    ("told", "state"),
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
def test_job_of_a_callback_is_taken_only_if_nothing_speaks_against_it(
    told: dict[str, Any], state: State, hooks: Callback
) -> None:
    names: list[str] = []

    class Named(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            names.append(request.file_name)
            say(hooks, post(path_of(request.callback_url), b'{"id":"11"}'))
            return super().create_job(request, file_id, **how)

        def job(self, job_id: str) -> Job:
            return done(job_id, **{"module": "Contacts", "operation": "insert", "file_name": names[0], **told})

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


def test_callback_cuts_a_pause_short(hooks: Callback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_S", (60.0, 60.0))
    addresses: list[str] = []

    class Slow(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            addresses.append(request.callback_url)
            return super().create_job(request, file_id, **how)

        def job(self, job_id: str) -> Job:
            if addresses:
                called = post(path_of(addresses.pop()), b'{"id":"11"}')
                threading.Timer(0.05, say, (hooks, called)).start()
            return super().job(job_id)

    client = smooth(job=[Job(id="11", status="INPROGRESS"), done()])
    client.__class__ = Slow
    begun = time.monotonic()

    assert run_batch(client, callback=hooks).state is State.MERGED
    assert time.monotonic() - begun < 20
    assert client.calls["sleep"] == []


def test_polls_after_a_callback_keep_their_pauses(hooks: Callback) -> None:
    """A callback that comes too early, or is forged, does not turn waiting into hammering."""

    class Early(FakeClient):
        def create_job(self, request: Any, file_id: str, **how: Any) -> str:
            say(hooks, post(path_of(request.callback_url), b'{"id":"666"}'))
            return super().create_job(request, file_id, **how)

    client = smooth(job=[Job(id="11", status="INPROGRESS")] * 5 + [done()])
    client.__class__ = Early
    batch = run_batch(client, callback=hooks)

    assert (batch.state, batch.job_id) == (State.MERGED, "11")
    assert len(client.pauses) == 5
    assert min(client.pauses) >= 0.75


def test_polling_goes_on_when_the_receiver_is_closed(hooks: Callback, bigin_sandbox: Sandbox) -> None:
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


def test_batches_of_a_run_have_an_address_each(hooks: Callback, bigin_sandbox: Sandbox) -> None:
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


def test_lost_answer_waits_without_keeping_other_batches(hooks: Callback, bigin_sandbox: Sandbox) -> None:
    """Others are created and ended while one still waits to be called back."""
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, callback="never")
    bigin_sandbox.faults.add("create", Fault.reset_after())
    hooks.patience_s = 30
    run = bf.submit(PEOPLE, "Contacts", client=bigin_sandbox.client(), callback=hooks, max_rows_per_job=1)
    until(lambda: sorted(run.frame()["Status"]) == ["ADDED", "ADDED", "UNKNOWN"])
    (token,) = hooks._hints
    lost = next(job for job in bigin_sandbox.ledger() if job.file_name not in _known(run))
    say(hooks, post(f"/{token}", json.dumps({"id": lost.id}).encode()))

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
    say(hooks, post(f"/{next(iter(hooks._hints))}", b'{"id":"666"}'))
    run.wait()


class Prefixing(http.server.BaseHTTPRequestHandler):
    """Be a reverse proxy that puts its own path before what it was asked for."""

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
    """An earlier attempt leaves the doubt; the last one was told no, so nobody will call."""

    class Deaf(Callback):
        def wait(self, address: str, seconds: float) -> str | None:
            raise AssertionError("waited")

    lost = bf.UnansweredError("lost", call="create")
    refused = bf.ApiError("no", call="create", status=400, code="INVALID_DATA")
    with Deaf("https://hooks.example.org") as made:
        batch = run_batch(smooth(create=[lost, refused]), row_key=True, callback=made)

    assert (batch.state, batch.attempts, batch.doubts) == (State.UNKNOWN, 2, 1)
    assert made._hints == {}
