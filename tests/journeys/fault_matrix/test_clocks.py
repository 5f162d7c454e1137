"""A clock that is wrong, or set while a run is in progress, loses and duplicates nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import checkpoints
from bigin_frames.errors import (
    AlreadyDelivered,
)
from bigin_frames.journal.journal import _now
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.wire.message import Request, Response
from tests.support.honesty import Clock, so_far, write
from tests.support.matrix import guests, lost, reconciled, routes

STEPS_OF_THE_CLOCK = {
    "an hour back": timedelta(hours=-1),
    "an hour on": timedelta(hours=1),
    "a day back": timedelta(days=-1),
    "a day on": timedelta(days=1),
    "1970": datetime(1970, 1, 1, tzinfo=UTC) - datetime.now(UTC),
}


@pytest.mark.parametrize("step", STEPS_OF_THE_CLOCK)
@pytest.mark.parametrize("at", ["uploaded", "submitted"])
def test_clock_that_is_set_loses_and_duplicates_nothing(
    at: str, step: str, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    stepped = timedelta()

    def at_point(name: str) -> None:
        nonlocal stepped
        if name == f"after commit of {at}":
            stepped = STEPS_OF_THE_CLOCK[step]

    monkeypatch.setattr(sys.modules[_now.__module__], "datetime", off_by(lambda: stepped))
    monkeypatch.setattr(checkpoints, "at", at_point)
    frame, since, client = guests(f"clock {at} {step}"), so_far(box), box.client(transport=clock.transport())
    out = write(box, frame, clock=clock, client=client)
    assert set(out["Status"]) == {"ADDED"}
    with pytest.raises(AlreadyDelivered):
        frame.bigin.insert("Contacts", client=client)
    other = guests(f"clock after {at} {step}")
    write(box, other, clock=clock, client=client)

    (newest, oldest) = bf.runs()["run"]
    pd.testing.assert_frame_equal(bf.resume(oldest, frame).frame(), out)
    assert set(bf.resume(newest, other).frame()["Status"]) == {"ADDED"}
    assert len(box.ledger()) == since[0] + 2


class Dateless:
    """A transport that removes the servers' dates."""

    def __init__(self, clock: Clock) -> None:
        self._wire = clock.transport()
        self.sleep, self.now = clock.sleep, clock.now

    def send(self, request: Request, **how: Any) -> Response:
        heard = self._wire.send(request, **how)
        return replace(heard, headers={name: value for name, value in heard.headers.items() if name.lower() != "date"})


@pytest.mark.parametrize(
    ("dated", "error", "word"),
    [
        (True, timedelta(days=40), "ADDED"),
        (True, timedelta(days=-40), "ADDED"),
        (False, timedelta(days=40), "UNKNOWN"),
        (False, timedelta(days=-40), "ADDED"),
    ],
    ids=str,
)
def test_record_is_proven_by_the_servers_clock_whatever_the_local_clock_says(
    dated: bool, error: timedelta, word: str, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the server's date, a clock that is ahead proves nothing: all stays unknown, and safe."""
    frame, since = guests(f"clock {dated} {error}"), so_far(box)
    client = box.client(transport=clock.transport() if dated else Dateless(clock))
    with monkeypatch.context() as wrong:
        wrong.setattr(sys.modules[_now.__module__], "datetime", off_by(lambda: error))
        run = lost(box, clock, frame, client)
    begun = pd.Timestamp(run.unknown["begun_at"][0]) - pd.Timestamp.now("UTC")
    assert abs(begun - error) < timedelta(days=1)

    assert reconciled(run) == word
    assert len(box.ledger()) == since[0] + 1


@pytest.mark.parametrize("made_s", [10, 60, 600])
@pytest.mark.parametrize("error", [timedelta(0), timedelta(minutes=-30)], ids=["right", "slow"])
def test_equal_record_from_before_the_job_is_not_taken_for_the_jobs_own(
    made_s: int, error: timedelta, box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same cells, seconds before: neither five minutes of difference between clocks nor a slow one may prove it."""
    frame, client = guests(f"twin {made_s} {error}"), box.client(transport=clock.transport())
    with monkeypatch.context() as before:
        before.setattr(box._org, "clock", lambda: time.time() - made_s)
        for cells in frame[["Last_Name", "Email"]].to_dict("records"):
            box.add_record("Contacts", cells)
    box.faults.add("create", Fault.reset_before())
    with monkeypatch.context() as wrong:
        wrong.setattr(sys.modules[_now.__module__], "datetime", off_by(lambda: error))
        write(box, frame, clock=clock, client=client, answers_lost=True)
    run = bf.resume(bf.runs()["run"][0], frame, client=client)

    assert reconciled(run) == "UNKNOWN"


def off_by(error: Callable[[], timedelta]) -> type[datetime]:
    """Return a datetime class that gives the journal a wrong time."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + error()

        @classmethod
        def fromtimestamp(cls, seconds: float, tz: Any = None) -> datetime:
            return datetime.fromtimestamp(seconds, tz) + error()

    return Wrong


def test_token_that_expired_while_the_machine_slept_is_renewed(box: Sandbox, clock: Clock) -> None:
    client, frame, tokens = box.client(transport=clock.transport()), guests("asleep"), routes(box).count("token")
    client.modules()
    clock.sleep(7200)
    out = write(box, frame, clock=clock, client=client)

    assert set(out["Status"]) == {"ADDED"}
    assert routes(box).count("token") == tokens + 2
    assert 401 not in [request.status for request in box.requests[-10:]]
