"""A server on this machine that sends scripted bytes and keeps what it receives, and calls to it."""

from __future__ import annotations

import contextlib
import pickle
import socket
import struct
import threading

import pytest

from bigin_frames.client.transport import Transport
from bigin_frames.model import Secret
from bigin_frames.wire.message import Request, signed

CANARY = "1000.canary-token"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: Fine\r\n\r\n{}"


class Server:
    """A server on loopback with one script per connection, which keeps what it receives."""

    def __init__(self, *scripts, tls=None):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.port = self.listener.getsockname()[1]
        self.scripts, self.tls = scripts, tls
        self.received: list[bytes] = []
        self.callers: list[tuple[str, int]] = []
        self.connections = 0
        self.stopping = False
        self.players: list[threading.Thread] = []
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        with self.listener:
            for script in self.scripts:
                connection, _ = self.listener.accept()
                if self.stopping:
                    connection.close()
                    return
                self.connections += 1
                connection.settimeout(10)
                player = threading.Thread(target=self._play, args=(script, connection))
                player.start()
                self.players.append(player)

    def stop(self):
        self.stopping = True
        with contextlib.suppress(OSError):  # all scripts have been played
            socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in (self.thread, *self.players):
            thread.join(15)
            assert not thread.is_alive()

    def _play(self, script, connection):
        try:
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            script(self, connection)
        except OSError:  # the client closed the connection, which some scripts expect
            pass
        finally:
            connection.close()

    def read_request(self, connection) -> bytes:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65_536)
            if not piece:
                raise ConnectionError
            head += piece
        head, _, body = head.partition(b"\r\n\r\n")
        length = next(
            (
                int(v)
                for k, _, v in (line.partition(b":") for line in head.split(b"\r\n"))
                if k.lower() == b"content-length"
            ),
            0,
        )
        while len(body) < length:
            body += connection.recv(65_536)
        self.callers.append(connection.getpeername())
        self.received.append(head + b"\r\n\r\n" + body)
        return body


def answering(*answers: bytes):
    def script(server, connection):
        for answer in answers:
            server.read_request(connection)
            connection.sendall(answer)

    return script


def raw(piece: bytes):
    """Send bytes whatever is received, and close the connection."""

    def script(server, connection):
        connection.recv(65_536)
        connection.sendall(piece)

    return script


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def endless(start: bytes, piece: bytes):
    def script(server, connection):
        server.read_request(connection)
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return script


def get(port, path="/bigin/v2/org", call="org", scheme="http"):
    return signed(
        Request(call, "GET", f"{scheme}://127.0.0.1:{port}{path}", {"Accept": "application/json"}), Secret(CANARY)
    )


def post(port, body, call="create"):
    return signed(
        Request(call, "POST", f"http://127.0.0.1:{port}/x", {"Content-Type": "text/plain"}, body), Secret(CANARY)
    )


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def leaks(error):
    shown, frame = [str(error), repr(error.args), repr(vars(error))], error.__traceback__
    while frame is not None:
        if (
            frame.tb_frame.f_code.co_filename.endswith("transport.py")
            and "tests" not in frame.tb_frame.f_code.co_filename
        ):
            shown.append(repr(frame.tb_frame.f_locals))
        frame = frame.tb_next
    assert error.__cause__ is None
    assert error.__context__ is None
    return [text for text in shown if CANARY in text]


def failing(port_or_request, kind, **options):
    request = get(port_or_request) if isinstance(port_or_request, int) else port_or_request
    limit_bytes = options.pop("limit_bytes", 1000)
    with pytest.raises(kind) as caught:
        Transport(**options).send(request, limit_bytes=limit_bytes)
    assert type(caught.value) is kind
    assert leaks(caught.value) == []
    assert pickle.loads(pickle.dumps(caught.value)).call == request.call  # noqa: S301 - our own bytes
    return caught.value
