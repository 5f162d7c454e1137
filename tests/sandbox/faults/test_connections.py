"""Every fault of the connection does what its name says, and is applied exactly when it says so."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import Any

import pytest
import requests

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import Caller
from tests.sandbox.rows import HEADER, ROWS


def _create(caller: Caller, body: Any) -> bytes:
    """Post a create-job over a bare socket and return every byte of the answer."""
    content = json.dumps(body).encode()
    host = caller.box.url.removeprefix("http://")
    head = (
        f"POST /bigin/bulk/v2/write HTTP/1.1\r\nHost: {host}\r\nAuthorization: Zoho-oauthtoken {caller.token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode()
    name, port = host.split(":")
    got = b""
    with socket.create_connection((name, int(port)), timeout=10) as connection:
        connection.sendall(head + content)
        while piece := connection.recv(65536):
            got += piece
    return got


@pytest.fixture
def body(caller: Caller) -> dict[str, Any]:
    return caller.body(HEADER, ROWS)


@pytest.mark.parametrize("after", [0, 10])
def test_a_reset_before_leaves_no_job(box: Sandbox, caller: Caller, body: dict[str, Any], after: int) -> None:
    box.faults.add("create", Fault.reset_before(after))

    with pytest.raises(ConnectionResetError):
        _create(caller, body)
    assert box.ledger() == []


def test_a_reset_after_leaves_a_job(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.reset_after())

    with pytest.raises(ConnectionResetError):
        _create(caller, body)
    assert len(box.ledger()) == 1


def test_a_close_after_leaves_a_job_and_no_byte(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.closed_after())

    assert _create(caller, body) == b""
    assert len(box.ledger()) == 1


def test_garbage_may_come_instead_of_http(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.raw(b"\x15\x03\x03\x00\x02\x02\x28"))

    assert _create(caller, body) == b"\x15\x03\x03\x00\x02\x02\x28"
    assert len(box.ledger()) == 1


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_cut(box: Sandbox, caller: Caller, body: dict[str, Any], chunked: bool) -> None:
    box.faults.add("create", Fault.truncated(chunked=chunked))

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        caller.create(body)
    assert len(box.ledger()) == 1


def test_a_cut_can_keep_nothing(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.truncated(keep=0))

    assert _create(caller, body).endswith(b"\r\n\r\n")


def test_a_slow_drip_arrives_piece_by_piece(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.slow_drip(0.0001, 7))
    answer = _create(caller, body)

    assert answer.startswith(b"HTTP/1.1 201")
    assert b"FILE_UPLOAD" not in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == "success"


def test_a_drip_ends_when_the_client_leaves(box: Sandbox, caller: Caller) -> None:
    box.faults.add("org", Fault.slow_drip(0.005))
    connection = http.client.HTTPConnection(box.url.removeprefix("http://"), timeout=0.02)
    connection.request("GET", "/bigin/v2/org", headers={"Authorization": f"Zoho-oauthtoken {caller.token}"})
    connection.close()

    assert caller.get("/bigin/v2/org").status_code == 200


def test_silence_lasts_until_the_client_leaves(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    box.faults.add("create", Fault.silent())

    with pytest.raises(requests.ReadTimeout):
        caller.call("POST", "/bigin/bulk/v2/write", json=body, timeout=0.2)
    assert len(box.ledger()) == 1


def test_silence_ends_with_the_sandbox() -> None:
    with Sandbox() as box:
        caller = Caller(box)
        box.faults.add("org", Fault.silent())
        got: list[object] = []

        def wait() -> None:
            try:
                caller.get("/bigin/v2/org")
            except requests.RequestException as error:
                got.append(error)

        thread = threading.Thread(target=wait)
        caller.ask_token()
        thread.start()
        while not any(request.route == "org" for request in box.requests):
            pass
    thread.join(5)

    assert len(got) == 1


def test_an_answer_can_be_delayed_until_a_test_releases_it(box: Sandbox, caller: Caller, body: dict[str, Any]) -> None:
    let_go = threading.Event()
    box.faults.add("create", Fault.held(let_go))
    answers: list[requests.Response] = []
    thread = threading.Thread(target=lambda: answers.append(caller.create(body)))
    thread.start()
    while not box.ledger():
        pass
    held_back = list(answers)
    let_go.set()
    thread.join(5)

    assert held_back == []
    assert answers[0].status_code == 201


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_huge(box: Sandbox, caller: Caller, chunked: bool) -> None:
    box.faults.add("org", Fault.huge(megabytes=3, chunked=chunked))
    answer = caller.get("/bigin/v2/org", stream=True)
    first = next(answer.iter_content(1_000_000))
    answer.close()

    assert len(first) > 0
    assert answer.headers.get("Content-Length") == (None if chunked else "10000000000")
