"""A callback is posted when the behaviour says so, with the body of a call, to this machine only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import Caller, Change, csv_text, zipped
from tests.sandbox.rows import MAPPINGS, NAMED_HEADER, NAMED_ROWS


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """A loopback receiver: its url and the bodies it got."""
    got: list[bytes] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/nonce", got
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("when", "posts", "first_poll"),
    [("on time", 1, "COMPLETED"), ("twice", 2, "COMPLETED"), ("before", 1, "ADDED"), ("never", 0, "ADDED")],
)
def test_a_callback_comes_in_its_time(
    box: Sandbox,
    caller: Caller,
    behave: Change,
    receiver: tuple[str, list[bytes]],
    when: str,
    posts: int,
    first_poll: str,
) -> None:
    behave(callback=when)
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})

    assert [callback.answer for callback in box.callbacks] == ["204"] * posts
    assert caller.details(job).json()["status"] == first_poll
    posted = [json.loads(body) for body in receiver[1]]
    assert posted == [caller.finish(job)] * posts
    assert all(body["status"] == "COMPLETED" and body["result"]["download_url"] for body in posted)


def test_a_callback_has_the_body_of_a_call(
    caller: Caller, box: Sandbox, behave: Change, receiver: tuple[str, list[bytes]]
) -> None:
    behave(details_wrapped=True)
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})
    box.settle()

    assert json.loads(receiver[1][0]) == caller.details(job).json()
    assert json.loads(receiver[1][0])["data"][0]["id"] == job


def test_a_job_that_never_ends_has_no_callback(caller: Caller, box: Sandbox, receiver: tuple[str, list[bytes]]) -> None:
    box.faults.add("job", Fault.job_stuck())
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})

    assert box.callbacks == []
    assert caller.details(job).json()["status"] == "ADDED"


def test_a_callback_may_come_after_a_call_saw_the_end(
    box: Sandbox, caller: Caller, behave: Change, receiver: tuple[str, list[bytes]]
) -> None:
    behave(callback="after")
    job = caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS, callback={"url": receiver[0], "method": "post"})
    assert box.callbacks == []
    caller.finish(job)
    caller.details(job)

    assert [callback.job_id for callback in box.callbacks] == [job]


@pytest.mark.parametrize(("posted", "posts"), [(True, 1), (False, 0)])
def test_a_failure_may_be_silent(
    box: Sandbox, caller: Caller, behave: Change, receiver: tuple[str, list[bytes]], posted: bool, posts: int
) -> None:
    behave(callback_on_failure=posted)
    callback = {"url": receiver[0], "method": "post"}
    caller.start(["Cat"], [], auto=True, file=zipped(csv_text(["Cat"], [])), callback=callback)

    assert len(box.callbacks) == posts
    assert [json.loads(body)["status"] for body in receiver[1]] == ["FAILED"] * posts


def test_a_receiver_that_is_gone_does_no_harm(box: Sandbox, caller: Caller) -> None:
    job = caller.start(
        NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS, callback={"url": "http://127.0.0.1:9/x", "method": "post"}
    )

    assert [callback.answer for callback in box.callbacks] == ["URLError"]
    assert caller.finish(job)["status"] == "COMPLETED"


def test_callbacks_never_leave_the_machine(box: Sandbox, caller: Caller) -> None:
    caller.start(
        NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS, callback={"url": "https://example.com/x", "method": "post"}
    )

    assert [callback.answer for callback in box.callbacks] == ["not sent: the sandbox sends to loopback addresses only"]
