"""The ways in which a connection can fail: each takes the socket of a call and the answer that it should get."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from bigin_frames.sandbox.server.connection import Wire, head, head_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

Act: TypeAlias = "Callable[[Wire, Response], Response]"


def reset(wire: Wire, real: Response) -> NoReturn:
    """Reset the connection."""
    wire.reset()


def close(wire: Wire, real: Response) -> NoReturn:
    """Close the connection."""
    wire.close()


def reset_before(after_bytes: int) -> Act:
    """Return the act that resets the connection after reading that many bytes of the request's body."""

    def act(wire: Wire, real: Response) -> NoReturn:
        wire.read(after_bytes)
        wire.reset()

    return act


def raw(data: bytes) -> Act:
    """Return the act that sends any bytes instead of an HTTP answer, and closes."""

    def act(wire: Wire, real: Response) -> NoReturn:
        wire.send(data)
        wire.close()

    return act


def truncated(keep: int | None, chunked: bool) -> Act:
    """Return the act that sends a part of the answer's body (half of it), and closes; its head promises all of it."""

    def act(wire: Wire, real: Response) -> NoReturn:
        content = real.get_data()
        part = content[: len(content) // 2 if keep is None else keep]
        if chunked:
            del real.headers["Content-Length"]
            wire.send(head_of(real, Transfer_Encoding="chunked") + f"{len(content):x}\r\n".encode() + part)
        else:
            wire.send(head_of(real, Content_Length=str(len(content))) + part)
        wire.close()

    return act


def slow_drip(interval_s: float, size: int) -> Act:
    """Return the act that sends the answer in small pieces with a pause before each."""

    def act(wire: Wire, real: Response) -> NoReturn:
        content = head_of(real, Content_Length=str(len(real.get_data()))) + real.get_data()
        for at in range(0, len(content), size):
            if wire.stopping.wait(interval_s) or not wire.send(content[at : at + size]):
                break
        wire.close()

    return act


def silent(wire: Wire, real: Response) -> NoReturn:
    """Wait until the client leaves or the sandbox stops."""
    while not wire.client_left() and not wire.stopping.wait(0.01):
        pass
    wire.reset()


def held(until: threading.Event) -> Act:
    """Return the act that answers once an event is set."""

    def act(wire: Wire, real: Response) -> Response:
        while not until.wait(0.01) and not wire.stopping.is_set():
            pass
        return real

    return act


def huge(megabytes: int, chunked: bool) -> Act:
    """Return the act that sends so many megabytes of a body that is declared as 10 GB, or in chunks."""

    def act(wire: Wire, real: Response) -> NoReturn:
        block = b" " * 1_000_000
        length = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": "10000000000"}
        wire.send(head(200, {"Content-Type": "application/json"} | length))
        piece = b"f4240\r\n" + block + b"\r\n" if chunked else block
        for _ in range(megabytes):
            if wire.stopping.is_set() or not wire.send(piece):
                break
        wire.close()

    return act
