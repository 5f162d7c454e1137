"""Whatever a call, a connection, a job or a result meets: the frame is honest and no job is created twice."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.errors import BiginError, JobPending
from bigin_frames.model import Status
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.damage import DAMAGES
from bigin_frames.transport import Transport
from bigin_frames.wire.message import Request, Response
from tests.honesty import MARK, Clock, finish, so_far, truth_of, violations, write

CANARY = "Quokka"  # in every cell; it must not be seen outside of the frame
TAKEN = 5  # this row's Email stands in another record, so Bigin skips it
TWINS = (1, 2)  # they differ in a column only that is not echoed, so their records must be read back
N = 8


def guests() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "Last_Name": [f"{CANARY} {name}" for name in ("Lee", "Roe", "Roe", "ROE", "Poe", "Fay", "Orr", "Ng")],
            "First_Name": ["Ada", "Ben", "Ben", "Ben", "Cy", "Di", "Ed", "Flo"],
            "Mailing_City": ["Rome", "Oslo", "Oslo", "Oslo", "Bonn", "Lyon", "Cork", "Graz"],
            "Email": ["ada@quokka.example", None, None, None, "cy@quokka.example", "taken@quokka.example", None, None],
            MARK: [f"{CANARY} note {i}" for i in range(N)],
        }
    )
    return frame.set_index(pd.Index([3, 3, 1, 1, 0, 9, 8, 7], name="number"))


@pytest.fixture(scope="module")
def stranger() -> Iterator[Sandbox]:
    """Be a host that no client of ours may speak with."""
    with Sandbox() as box:
        yield box
        assert box.requests == []


@pytest.fixture
def clock() -> Iterator[Clock]:
    clock = Clock()
    yield clock
    clock.stop()


@pytest.fixture
def box(clock: Clock, caplog: pytest.LogCaptureFixture) -> Iterator[Sandbox]:
    """Serve an organisation that holds one of the e-mail addresses; look through all logs at the end."""
    caplog.set_level("DEBUG")
    with Sandbox() as box:
        box.manners = replace(box.manners, polls_added=0, polls_in_progress=1)
        box.add_record("Contacts", {"Last_Name": "Fay", "Email": "taken@quokka.example"})
        yield box
        clock.stop()
        unspoken = {CANARY.lower(), *(secret.lower() for secret in box._org.secrets())}
        assert not {word for word in unspoken if word in caplog.text.lower()}


def told(out: pd.DataFrame) -> str:
    """Name what a user sees."""
    status = list(out["Status"])
    if status == ["SKIPPED" if i == TAKEN else "ADDED" for i in range(N)]:
        return "normal"
    if status == ["SKIPPED" if i == TAKEN else "UNREPORTED" if i in TWINS else "ADDED" for i in range(N)]:
        return "open"
    return status[0].lower() if len(set(status)) == 1 else ", ".join(status)


def meet(box: Sandbox, clock: Clock, client: bf.Client, wait: float) -> str:
    """Write the guests and name what comes of it; what is pending is gone on with once the faults are over."""
    frame = guests()
    try:
        return told(write(box, frame, clock=clock, client=client, answers_lost=True, wait=wait))
    except JobPending as pending:
        check_error(box, pending)
        assert len(box.ledger()) == 1
        assert violations(frame, pending.run.frame(), truth_of(box), answers_lost=True) == []
        box.faults.clear()
        assert told(finish(pending.run, frame, box)) == "normal"
        return "pending"
    except BiginError as error:
        check_error(box, error)
        assert not [request for request in box.requests if request.route == "create"]
        return "error"


def check_error(box: Sandbox, error: BaseException) -> None:
    text = f"{error!r} {error} {vars(error)}".lower()
    assert CANARY.lower() not in text
    assert not [secret for secret in box._org.secrets() if secret in text]


# -- one call, one fault

ROUTES = ("token", "org", "fields", "upload", "create", "details", "download", "records")
CALLS = {"details": "job"}  # where the client's name for a route is another

# The codes of the delivery model. R, W: asked again. A1: once more with a new token. ST: stop, go on later. RJ: a plain
# no. UNK: nobody knows. Ours besides: GONE, the result's address has expired; LOST, the job is nowhere to be found;
# OK, no fault for this route. Where a poll is concerned R stands for ST too: it is asked again until `wait` is over.
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
    "refused NO_PERMISSION":     ("ST", "ST", "ST", "ST", "RJ",  "ST",   "GONE", "ST"),
    "refused INVALID_DATA":      ("ST", "ST", "ST", "ST", "RJ",  "R",    "ST",   "ST"),
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
STOPPED = {
    **dict.fromkeys(("token", "org", "fields", "upload"), "error"),
    "create": "unsent",
    "details": "pending",
    "download": "pending",
    "records": "open",
}
ONCE = {"R": "normal", "W": "normal", "A1": "normal", "OK": "normal", "GONE": "normal", "LOST": "normal"}
LASTING = {"OK": "normal", "GONE": "unreported", "LOST": "unknown"}


def expected(route: str, code: str, *, lasts: bool) -> str:
    """Return what a user is to see where a fault happens once, or each time until it is taken away."""
    certain = {"UNK": "unknown", "RJ": "unsent"}
    return {**certain, **(LASTING if lasts else ONCE)}.get(code, STOPPED[route])


@dataclass(frozen=True)
class Scene:
    """Hold what some faults need."""

    route: str
    stranger: str
    late: threading.Event

    @property
    def megabytes(self) -> int:
        return 66 if self.route == "download" else 5  # just over what the client reads


def _without_ids(answer: Any) -> Any:
    """Take every id, token and list out of an answer."""
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
OTHER_CONSTRUCTORS = {"damaged_zip", "edited_rows", "job_failed", "job_stuck", "job_slow"}  # tested further down
SLOW = ("slow_drip", "silent", "held")


def constructors() -> set[str]:
    """Return the names of everything that makes a fault."""
    return {name for name, made in vars(Fault).items() if isinstance(made, classmethod) and not name.startswith("_")}


class Hasty:
    """Send one kind of call over a transport with short time-outs and the others over a patient one."""

    def __init__(self, clock: Clock, call: str) -> None:
        self._call, self._calm = call, clock.transport()
        self._quick = Transport(read_timeout_s=0.15, total_timeout_s=0.15)
        self.sleep, self.now = clock.sleep, clock.now

    def send(self, request: Request, *, limit_bytes: int, fresh_connection: bool = False) -> Response:
        way = self._quick if request.call == self._call else self._calm
        return way.send(request, limit_bytes=limit_bytes, fresh_connection=fresh_connection)


def cells() -> Iterator[Any]:
    for name, codes in CELLS.items():
        for route, code in zip(ROUTES, codes, strict=True):
            for lasts in (False, True):
                if code != "-":
                    yield pytest.param(name, route, code, lasts, id=f"{route}-{name}-{'lasts' if lasts else 'once'}")


def test_every_fault_has_its_cells() -> None:
    assert {name.split()[0] for name in FAULTS} | OTHER_CONSTRUCTORS == constructors()
    assert set(FAULTS) == set(CELLS)
    assert all(len(codes) == len(ROUTES) for codes in CELLS.values())


@pytest.mark.parametrize(("name", "route", "code", "lasts"), list(cells()))
def test_call_that_meets_a_fault(
    name: str, route: str, code: str, lasts: bool, box: Sandbox, clock: Clock, stranger: Sandbox
) -> None:
    scene = Scene(route, stranger.url, threading.Event())
    hasty = Hasty(clock, CALLS.get(route, route)) if name in SLOW else clock.transport()
    box.faults.add(route, FAULTS[name](scene), times=None if lasts else 1)
    word = expected(route, code, lasts=lasts)
    try:
        assert meet(box, clock, box.client(transport=hasty), 0.3 if word == "pending" else 30) == word
    finally:
        scene.late.set()
    assert len(box.ledger()) <= 1
