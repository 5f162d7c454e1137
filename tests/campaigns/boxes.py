"""Fresh sandboxes for the trials, in a process that is not killed with the others."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from bigin_frames.sandbox import Behaviour, Sandbox, SandboxError
from tests.support.checker import Truth
from tests.support.honesty import truth_of

KEY = "Load_Key"
_ANSWERED_S = 5.0


@dataclass(frozen=True)
class Opened:
    """What a trial needs of its sandbox: how to reach it, the ids of the records in it, its secrets."""

    environment: dict[str, str]
    ids: list[str]
    secrets: list[str]


def serve(pipe: Connection) -> None:
    """Answer ``(behaviour, records, keyed)`` with an `Opened`, and ``None`` with the truth and the sandbox's errors."""
    box = None
    lane = os.getppid()
    while os.getppid() == lane:
        if not pipe.poll(1.0):
            continue
        asked = pipe.recv()
        if asked is not None:
            box, opened = _open(*asked)
            pipe.send(opened)
        elif box is not None:
            pipe.send(_close(box))


def _open(behaviour: dict[str, Any], records: list[dict[str, str]], keyed: bool) -> tuple[Sandbox, Opened]:
    ago = [3600.0]  # records from before are older: a record as young as the run may be the run's
    box = Sandbox(behaviour=Behaviour(**behaviour), clock=lambda: time.time() - ago[0]).__enter__()
    if keyed:
        box.add_field("Contacts", KEY, length=100, unique=True)
    ids = [box.add_record("Contacts", cells) for cells in records]
    ago[0] = 0.0
    environment = box.environment()
    secrets = [environment[name] for name in ("BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")]
    return box, Opened(environment, ids, secrets)


def _close(box: Sandbox) -> tuple[Truth, list[str]]:
    """Return the truth once every call that has begun is answered, including those of dead callers."""
    ends = time.monotonic() + _ANSWERED_S
    while any(request.status is None for request in box.requests) and time.monotonic() < ends:
        time.sleep(0.002)
    truth = truth_of(box)
    try:
        box.__exit__(None, None, None)
    except SandboxError as error:
        return truth, [repr(error.__cause__)]
    return truth, []
