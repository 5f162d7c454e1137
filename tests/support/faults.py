"""What a client is to do about each fault of each call, and how the faults are made."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bigin_frames.client.transport import Transport
from bigin_frames.sandbox import Fault
from bigin_frames.wire.message import Request, Response
from tests.support.honesty import Clock

ROUTES = ("token", "org", "fields", "upload", "create", "details", "download", "records")
CALLS = {"details": "job"}  # if the client has another name for a route


# The codes of the delivery model. R, W: retried. A1: once more with a new token. ST: stop, resume later. RJ: rejected.
# UNK: unknown. Ours: GONE, the result's address has expired; LOST, the job cannot be found; OK, no fault here.
# For a poll R means ST, too: it is repeated until `wait` is over.
# fmt: off
CELLS = {
    # fault                      token  org   fields upload create details download records
    "reset_before":              ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "reset_before mid-body":     ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "reset_after":               ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "closed_after":              ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "raw":                       ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "invalid_token":             ("ST", "A1", "A1", "A1", "A1",  "A1",   "A1",   "A1"),
    "expired_tokens":            ("OK", "A1", "A1", "A1", "A1",  "A1",   "A1",   "A1"),
    "gateway 401":               ("ST", "A1", "A1", "A1", "A1",  "A1",   "A1",   "A1"),
    "scope_mismatch":            ("ST", "ST", "ST", "ST", "RJ",  "ST",   "ST",   "ST"),
    "refused NO_PERMISSION":     ("ST", "ST", "ST", "ST", "RJ",  "ST",   "R",    "ST"),
    "refused INVALID_DATA":      ("ST", "ST", "ST", "ST", "RJ",  "R",    "R",    "ST"),
    "not_found":                 ("ST", "ST", "ST", "ST", "RJ",  "LOST", "GONE", "ST"),
    "gateway 403":               ("ST", "ST", "ST", "ST", "RJ",  "ST",   "GONE", "ST"),
    "rate_limited":              ("W",  "W",  "W",  "W",  "W",   "W",    "W",    "W"),
    "rate_limited 3 s":          ("W",  "W",  "W",  "W",  "W",   "W",    "W",    "W"),
    "rate_limited an hour":      ("ST", "ST", "ST", "ST", "RJ",  "R",    "ST",   "ST"),
    "access_denied":             ("W",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "internal_error":            ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "internal_error applied":    ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "html 502":                  ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "html 504 applied":          ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "html 200":                  ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "malformed_json":            ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "body":                      ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "json":                      ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "edited":                    ("R",  "R",  "R",  "R",  "UNK", "R",    "-",    "R"),
    "truncated":                 ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "truncated chunked":         ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "slow_drip":                 ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "silent":                    ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "held":                      ("R",  "R",  "R",  "R",  "UNK", "R",    "R",    "R"),
    "redirect":                  ("ST", "ST", "ST", "ST", "UNK", "R",    "ST",   "ST"),
    "redirect applied":          ("ST", "ST", "ST", "ST", "UNK", "R",    "ST",   "ST"),
    "huge":                      ("ST", "ST", "ST", "ST", "UNK", "R",    "ST",   "ST"),
    "huge chunked":              ("ST", "ST", "ST", "ST", "UNK", "R",    "ST",   "ST"),
    "zipped_bomb":               ("ST", "ST", "ST", "ST", "UNK", "R",    "ST",   "ST"),
}
# fmt: on


@dataclass(frozen=True)
class Scene:
    """What some faults need."""

    route: str
    stranger: str
    late: threading.Event

    @property
    def megabytes(self) -> int:
        return 68 if self.route == "download" else 5  # just more than the client reads


def _without_ids(answer: Any) -> Any:
    """Remove every id, token and list from an answer."""
    kept = {key: value for key, value in answer.items() if not isinstance(value, list) and "token" not in key}
    return kept | {"details": {}, "id": "1"} if "org" not in answer and "fields" not in answer else kept


FAULTS: dict[str, Callable[[Scene], Fault]] = {
    "reset_before": lambda scene: Fault.reset_before(),
    "reset_before mid-body": lambda scene: Fault.reset_before(20),
    "reset_after": lambda scene: Fault.reset_after(),
    "closed_after": lambda scene: Fault.closed_after(),
    "raw": lambda scene: Fault.raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "invalid_token": lambda scene: Fault.invalid_token(),
    "expired_tokens": lambda scene: Fault.expired_tokens(),
    "gateway 401": lambda scene: Fault.gateway(401),
    "gateway 403": lambda scene: Fault.gateway(403),
    "scope_mismatch": lambda scene: Fault.scope_mismatch(),
    "refused NO_PERMISSION": lambda scene: Fault.refused("NO_PERMISSION"),
    "refused INVALID_DATA": lambda scene: Fault.refused("INVALID_DATA"),
    "not_found": lambda scene: Fault.not_found(),
    "rate_limited": lambda scene: Fault.rate_limited(),
    "rate_limited 3 s": lambda scene: Fault.rate_limited(3),
    "rate_limited an hour": lambda scene: Fault.rate_limited(3600),
    "access_denied": lambda scene: Fault.access_denied(),
    "internal_error": lambda scene: Fault.internal_error(),
    "internal_error applied": lambda scene: Fault.internal_error(applied=True),
    "html 502": lambda scene: Fault.html(502),
    "html 504 applied": lambda scene: Fault.html(504, applied=True),
    "html 200": lambda scene: Fault.html(200),
    "malformed_json": lambda scene: Fault.malformed_json(),
    "body": lambda scene: Fault.body(b"\xff\xfe\x00"),
    "json": lambda scene: Fault.json([None, {"id": 4.876876e18}]),
    "edited": lambda scene: Fault.edited(_without_ids),
    "truncated": lambda scene: Fault.truncated(),
    "truncated chunked": lambda scene: Fault.truncated(chunked=True),
    "slow_drip": lambda scene: Fault.slow_drip(0.02),
    "silent": lambda scene: Fault.silent(),
    "held": lambda scene: Fault.held(scene.late),
    "redirect": lambda scene: Fault.redirect(f"{scene.stranger}/next"),
    "redirect applied": lambda scene: Fault.redirect(f"{scene.stranger}/next", 302, applied=True),
    "huge": lambda scene: Fault.huge(megabytes=1),
    "huge chunked": lambda scene: Fault.huge(megabytes=scene.megabytes, chunked=True),
    "zipped_bomb": lambda scene: Fault.zipped_bomb(megabytes=scene.megabytes),
}
SLOW = ("slow_drip", "silent", "held")


class Hasty:
    """A transport with short time-outs for one kind of call."""

    def __init__(self, clock: Clock, call: str) -> None:
        self._call, self._calm = call, clock.transport()
        self._quick = Transport(read_timeout_s=0.1, total_timeout_s=0.1)
        self.sleep, self.now = clock.sleep, clock.now

    def send(self, request: Request, **how: Any) -> Response:
        way = self._quick if request.call == self._call else self._calm
        return way.send(request, **how)


# What a reconcile does about each fault, of rows whose create-job answer was lost.
# fmt: off
RECONCILE = {
    "reset_before": "R", "reset_before mid-body": "R", "reset_after": "R", "closed_after": "R", "raw": "R",
    "invalid_token": "A1", "expired_tokens": "A1", "gateway 401": "A1",
    "scope_mismatch": "ST", "refused NO_PERMISSION": "ST", "refused INVALID_DATA": "ST", "not_found": "ST",
    "gateway 403": "ST",
    "rate_limited": "W", "rate_limited 3 s": "W", "rate_limited an hour": "ST", "access_denied": "R",
    "internal_error": "R", "internal_error applied": "R", "html 502": "R", "html 504 applied": "R", "html 200": "R",
    "malformed_json": "R", "body": "R", "json": "R", "edited": "R", "truncated": "R", "truncated chunked": "R",
    "slow_drip": "R", "silent": "R", "held": "R",
    "redirect": "ST", "redirect applied": "ST", "huge": "ST", "huge chunked": "ST", "zipped_bomb": "ST",
}
# fmt: on
