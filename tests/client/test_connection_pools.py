"""A connection records how much of a call was sent, and ends it when its time is over."""

from __future__ import annotations

import itertools

import pytest

from bigin_frames.client.transport import Transport
from bigin_frames.errors import JournalError, NotSentError, UnansweredError
from bigin_frames.model import Secret
from bigin_frames.wire.message import Parts, Request, signed
from tests.support.raw_server import CANARY, OK, answering, endless, failing, get, post, reset


def test_hook_is_called_once_before_the_first_byte(serve):
    server = serve(answering(OK))
    seen = []
    body = Parts(b"x" * 300_000)
    Transport().send(
        post(server.port, body), limit_bytes=100, before_first_byte=lambda: seen.append(server.received[:])
    )

    assert seen == [[]]
    assert len(server.received) == 1


def test_nothing_is_sent_if_the_hook_before_the_first_byte_raises(serve):
    def stop():
        raise JournalError("no space", path="journal")

    server = serve(answering(OK))
    with pytest.raises(JournalError):
        Transport().send(post(server.port, b"private"), limit_bytes=100, before_first_byte=stop)

    assert server.received == []


@pytest.mark.parametrize("answer", [b"HTTP/1.1 502 Bad Gateway\r\n\r\n", b"HTTP/1.1 407 Who\r\n\r\n", b""])
def test_proxy_that_opens_no_tunnel_is_certainly_not_sent(serve, answer):
    def script(server, connection):
        server.read_request(connection)
        connection.sendall(answer)

    server = serve(script)
    request = signed(Request("create", "POST", "https://www.zohoapis.com/x", {}, b"private"), Secret(CANARY))
    error = failing(request, NotSentError, proxy=f"http://user:{CANARY}@127.0.0.1:{server.port}")

    assert "nothing was sent" in str(error)
    assert server.received[0].startswith(b"CONNECT www.zohoapis.com:443 ")
    assert b"private" not in server.received[0]
    assert b"Zoho-oauthtoken" not in server.received[0]


def test_reset_in_the_middle_of_the_body_is_uncertain(serve):
    def script(server, connection):
        connection.recv(1000)
        reset(connection)

    body = Parts(b"x" * 30_000_000)
    error = failing(post(serve(script).port, body, call="upload"), UnansweredError)

    assert 0 < error.bytes_sent < len(body)


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nf4240\r\n", b"x", id="chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 8000 + b"\r\n", id="headers"),
        pytest.param(b"", b"H", id="status line"),
    ],
)
def test_slow_answer_reaches_the_total_time_out(serve, start, piece):
    clock = itertools.count()
    server = serve(endless(start, piece))
    options = {"now": lambda: float(next(clock)), "total_timeout_s": 6.0, "limit_bytes": 10_000_000}
    error = failing(server.port, UnansweredError, **options)

    assert error.timed_out


def test_slow_request_reaches_the_total_time_out(serve):
    clock = itertools.count()

    def script(server, connection):
        while connection.recv(65_536):
            pass

    body = Parts(b"x" * 5_000_000)
    error = failing(
        post(serve(script).port, body), UnansweredError, now=lambda: float(next(clock)), total_timeout_s=20.0
    )

    assert error.timed_out
    assert error.bytes_sent < len(body)


def test_interrupt_is_raised(serve):
    clock = itertools.count()

    def now():
        if next(clock) == 2:
            raise KeyboardInterrupt
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        Transport(now=now).send(get(serve(answering(OK)).port), limit_bytes=100)
