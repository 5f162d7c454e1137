"""A receiver of callbacks on this machine, and calls to it over a socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from bigin_frames.client.callback import Callback

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"
DETAILS = b'{"status":"COMPLETED","resource":[{"module":{"id":"7"}}],"id":"4150868000005350003","operation":"insert"}'
JOB = "4150868000005350003"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def send(callback: Callback, *pieces: bytes) -> bytes:
    """Send bytes and return the whole answer; it may be cut off if not all bytes were read."""
    with socket.create_connection(("127.0.0.1", callback.port), 5) as connection:
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
        return answer


def post(path: str, body: bytes, method: str = "POST", length: object = None) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: hooks.example.org\r\nContent-Length: "
    return head.encode() + str(len(body) if length is None else length).encode() + b"\r\n\r\n" + body


def path_of(address: str) -> str:
    return "/" + address.split("/", 3)[3]


@contextmanager
def listening_here() -> Iterator[Callback]:
    """Listen on a free port, with that port on this machine as the public address."""
    port = free_port()
    with Callback(f"http://127.0.0.1:{port}/bigin", port, patience_s=5) as made:
        yield made
