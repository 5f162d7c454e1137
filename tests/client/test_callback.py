"""A receiver accepts the id of a job on an unguessable address, and nothing else that anybody sends to it."""

from __future__ import annotations

import hmac
import logging
import pickle
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import bigin_frames as bf
from bigin_frames.client import callback as receiver
from bigin_frames.client.callback import MAX_BODY_BYTES, Callback
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.job_request import JobRequest
from tests.support.canaries import Needles, Net, listening, until
from tests.support.hooks import ANSWER, DETAILS, JOB, listening_here, path_of, post, send


@pytest.fixture
def hooks() -> Iterator[Callback]:
    with listening_here() as made:
        yield made


# -- what is accepted


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
def test_body_that_names_a_job_is_accepted(hooks: Callback, body: bytes) -> None:
    address = hooks.expect()
    send(hooks, post(path_of(address), body))

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
    answer = send(hooks, post(path_of(address), body))

    assert answer == ANSWER
    assert not hooks.came(address)
    send(hooks, post(path_of(address), DETAILS))
    assert hooks.wait(address, 5) == JOB


def test_address_is_used_up_by_the_first_job_named_there(hooks: Callback) -> None:
    address = hooks.expect()
    for body in (DETAILS, DETAILS, b'{"id":"666"}', b""):
        send(hooks, post(path_of(address), body))

    assert hooks.wait(address, 0) == JOB


def test_addresses_of_two_attempts_are_independent(hooks: Callback) -> None:
    stale, mine, other = (hooks.expect() for _ in range(3))
    hooks.forget(stale)
    for address in (stale, other):
        send(hooks, post(path_of(address), DETAILS))

    assert (hooks.wait(stale, 0), hooks.came(stale)) == (None, False)
    assert (hooks.wait(mine, 0), hooks.came(mine)) == (None, False)


@pytest.mark.parametrize(
    ("path", "accepted"),
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
def test_only_the_last_part_of_the_path_counts(hooks: Callback, path: str, accepted: bool) -> None:
    address = hooks.expect()
    send(hooks, post(path.format(address.rpartition("/")[2]), DETAILS))

    assert hooks.came(address) is accepted


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW", "post", "P"])
def test_other_methods_are_ignored(hooks: Callback, method: str) -> None:
    address = hooks.expect()

    assert send(hooks, post(path_of(address), DETAILS, method)) == ANSWER
    assert not hooks.came(address)


@pytest.mark.parametrize(
    ("length", "extra"),
    [(len(DETAILS) - 1, 0), (-1, 0), ("x", 0), ("", 0), ("1e3", 0), (10**12, 0), (MAX_BODY_BYTES + 1, MAX_BODY_BYTES)],
)
def test_body_of_a_wrong_length_or_over_the_limit_is_ignored(hooks: Callback, length: object, extra: int) -> None:
    address = hooks.expect()
    body = DETAILS + b" " * (MAX_BODY_BYTES + 1 - len(DETAILS) if extra else 0)

    assert send(hooks, post(path_of(address), body, length=length)) == ANSWER
    assert not hooks.came(address)


def test_body_of_exactly_the_limit_is_accepted(hooks: Callback) -> None:
    address = hooks.expect()
    send(hooks, post(path_of(address), DETAILS.ljust(MAX_BODY_BYTES)))

    assert hooks.wait(address, 5) == JOB


def test_body_shorter_than_its_length_is_ignored(hooks: Callback) -> None:
    address = hooks.expect()
    with socket.create_connection(("127.0.0.1", hooks.port), 5) as connection:
        connection.sendall(post(path_of(address), DETAILS, length=len(DETAILS) + 1))
        connection.shutdown(socket.SHUT_WR)

        assert connection.recv(1000) == ANSWER
    assert not hooks.came(address)


def test_second_request_on_a_connection_is_ignored(hooks: Callback) -> None:
    first, second = hooks.expect(), hooks.expect()
    answer = send(hooks, post(path_of(first), DETAILS) + post(path_of(second), DETAILS))

    assert answer == ANSWER
    assert (hooks.came(first), hooks.came(second)) == (True, False)


def test_unexpected_calls_are_counted_and_logged_once(hooks: Callback, caplog: pytest.LogCaptureFixture) -> None:
    address = hooks.expect()
    with caplog.at_level(logging.DEBUG):
        send(hooks, post(path_of(address), DETAILS))
        assert (hooks.refused, caplog.text) == (0, "")
        for path in ("/bigin/wombat", "/", path_of(address)[:-1], "/bigin/wombat"):
            send(hooks, post(path, DETAILS))
        send(hooks, post("/bigin/wombat", DETAILS, "GET"))  # which asks for nothing
        hooks.forget(address)
        send(hooks, post(path_of(address), DETAILS))

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
    assert send(hooks, request_) == ANSWER


def test_answer_is_the_same_for_the_right_path_and_a_wrong_one(hooks: Callback) -> None:
    path = path_of(hooks.expect())

    assert send(hooks, post(path, DETAILS)) == send(hooks, post(path + "x", DETAILS)) == ANSWER


def test_every_address_is_compared_in_constant_time_and_to_the_end(
    hooks: Callback, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = [hooks.expect().rpartition("/")[2].encode() for _ in range(3)]
    compared: list[tuple[bytes, bytes]] = []

    def spy(a: bytes, b: bytes, real: Callable[[bytes, bytes], bool] = hmac.compare_digest) -> bool:
        compared.append((a, b))
        return real(a, b)

    monkeypatch.setattr(receiver.hmac, "compare_digest", spy)
    send(hooks, post(f"/{tokens[0].decode()}", DETAILS))
    send(hooks, post("/x", DETAILS))

    assert compared == [(token, given) for given in (tokens[0], b"x") for token in tokens]


@pytest.mark.parametrize(
    "start", [b"", b"POST /x HTTP/1.1\r\nContent-Le", b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n"]
)
def test_request_that_is_slow_or_stops_is_ended_after_its_time(
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
                    answer = connection.recv(1000)
                except TimeoutError:
                    connection.sendall(drip)
                except ConnectionError:
                    break
                else:
                    assert answer in (b"", ANSWER)  # nine bytes may have arrived in time
                    break

    assert time.monotonic() - begun < 5


def test_half_open_connections_do_not_block_a_callback(hooks: Callback) -> None:
    address = hooks.expect()
    halves = [socket.create_connection(("127.0.0.1", hooks.port), 5) for _ in range(50)]
    for half in halves[:25]:
        half.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
    send(hooks, post(path_of(address), DETAILS))
    for half in halves:
        half.close()

    assert hooks.wait(address, 5) == JOB


def test_nothing_of_a_call_is_logged(
    hooks: Callback, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls that are complete, nonsense, cut short, reset and too slow."""
    net = Net()
    address = hooks.expect()
    token = address.rpartition("/")[2]
    with listening(net, capfd):
        for request in (post(path_of(address), DETAILS), post(f"/wombat/{token}", b"wombat"), b"wombat\r\n\r\n"):
            send(hooks, request)
        cut = post(path_of(address), b"wombat", length=10)
        with socket.create_connection(("127.0.0.1", hooks.port)) as half:
            half.sendall(cut)
        with socket.create_connection(("127.0.0.1", hooks.port)) as half:
            half.sendall(cut)
            half.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        monkeypatch.setattr(receiver, "REQUEST_S", 0.05)
        assert send(hooks, cut) == b""
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
def test_port_that_cannot_be_used_is_refused(port: int | None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(bf.OptionError, match="Cannot listen on"):
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


def test_receiver_shows_no_path_and_cannot_be_pickled(hooks: Callback) -> None:
    token = hooks.expect().rpartition("/")[2]

    assert token not in repr(hooks)
    assert repr(Callback.__new__(Callback)) == "<Callback, not built>"
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(hooks)


def test_address_is_in_no_repr() -> None:
    request = JobRequest(
        module="Contacts", operation="insert", mappings=(), file_name="x", callback_url="https://h.example/wombat"
    )

    assert "wombat" not in repr(request)
    assert "wombat" not in repr(Batch(0, None, "0123abcd", address="https://h.example/wombat"))
