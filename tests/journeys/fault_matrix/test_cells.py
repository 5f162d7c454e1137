"""Cells of the fault matrix that no other test proves: closed ports, reconcile, odd job details, keys in doubt."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.errors import (
    JobPending,
    NotSentError,
)
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.wire.message import Request, Response
from tests.support.faults import FAULTS, RECONCILE, SLOW, Hasty, Scene
from tests.support.honesty import Clock, so_far, truth_of, violations, write
from tests.support.matrix import guests, lost, reconciled


@pytest.mark.parametrize("name", list(FAULTS))
def test_reconcile_that_meets_a_fault(name: str, box: Sandbox, clock: Clock, stranger: Sandbox) -> None:
    scene, frame, since = Scene("coql", stranger.url, threading.Event()), guests(name), so_far(box)
    wire = Hasty(clock, "find") if name in SLOW else clock.transport()
    run = lost(box, clock, frame, box.client(transport=wire))
    try:
        box.faults.add("coql", FAULTS[name](scene), times=None)
        assert reconciled(run) == "error"
        box.faults.clear()
        box.faults.add("coql", FAULTS[name](scene))
        if RECONCILE[name] == "ST":
            assert reconciled(run) == "error"
        assert reconciled(run) == "ADDED"
    finally:
        scene.late.set()

    assert violations(frame, run.frame(), truth_of(box, since), answers_lost=True) == []
    assert len(box.ledger()) == since[0] + 1


class Closed:
    """A transport that sends one kind of call to a closed port, a given number of times."""

    def __init__(self, clock: Clock, call: str, times: float) -> None:
        self._wire, self._call, self.left = clock.transport(), call, times
        self.sleep, self.now = clock.sleep, clock.now

    def send(self, request: Request, **how: Any) -> Response:
        if request.call == self._call and self.left > 0:
            self.left -= 1
            request = replace(request, url=request.url.replace(urlsplit(request.url).netloc, "127.0.0.1:1", 1))
        return self._wire.send(request, **how)


CLOSED = {"T": "token", "U": "upload", "C": "create", "P": "job", "D": "download", "Q": "find"}


@pytest.mark.parametrize("lasts", [False, True], ids=["once", "lasts"])
@pytest.mark.parametrize("step", CLOSED)
def test_call_that_finds_a_closed_port(step: str, lasts: bool, box: Sandbox, clock: Clock) -> None:
    wire = Closed(clock, CLOSED[step], float("inf") if lasts else 2)
    client, frame, since = box.client(transport=wire), guests(f"port {step} {lasts}"), so_far(box)
    if step == "Q":
        run = lost(box, clock, frame, client)
        assert reconciled(run) == ("error" if lasts else "ADDED")
    else:
        wait = 0.1 if step == "P" and lasts else 30
        assert first(box, clock, client, frame, wait) == (SHUT[step] if lasts else "ADDED")
    wire.left = 0
    if lasts and step != "Q":
        assert set(frame.bigin.insert("Contacts", client=client, progress=False)["Status"]) == {"ADDED"}
    elif lasts:
        assert reconciled(run) == "ADDED"

    assert len(box.ledger()) == since[0] + 1
    (run_id,) = bf.runs()["run"]
    assert violations(frame, bf.resume(run_id, frame).frame(), truth_of(box, since), answers_lost=True) == []


SHUT = {"T": "NotSentError", "U": "NotSentError", "C": "NotSentError", "P": "JobPending", "D": "JobPending"}


def first(box: Sandbox, clock: Clock, client: bf.Client, frame: pd.DataFrame, wait: float) -> str:
    try:
        (word,) = set(write(box, frame, clock=clock, client=client, answers_lost=True, wait=wait)["Status"])
    except JobPending as pending:
        pending.run.leave()  # so that the same call can resume it
        return "JobPending"
    except NotSentError:
        return "NotSentError"
    return str(word)


def test_job_that_goes_back_to_running_is_still_fetched(box: Sandbox, clock: Clock) -> None:
    def back(answer: Any) -> Any:
        return {**answer, "status": "INPROGRESS", "resource": [{**one, "file": {}} for one in answer["resource"]]}

    frame = guests("back")
    box.faults.add("download", Fault.not_found())
    box.faults.add("details", Fault.edited(back), nth=3, times=2)

    assert set(write(box, frame, clock=clock)["Status"]) == {"ADDED"}


@pytest.mark.parametrize(("lines", "word"), [(4, "ADDED"), (1, "UNREPORTED")], ids=["file", "empty file"])
def test_resource_that_is_called_skipped_is_judged_by_its_file(
    lines: int, word: str, box: Sandbox, clock: Clock
) -> None:
    def skipped(answer: Any) -> Any:
        return {**answer, "resource": [{**one, "status": "SKIPPED", "code": "SKIPPED"} for one in answer["resource"]]}

    box.faults.add("details", Fault.edited(skipped), times=None)
    box.faults.add("download", Fault.edited_rows(lambda rows: rows[:lines]), times=None)

    assert set(write(box, guests(f"skipped {lines}"), clock=clock)["Status"]) == {word}


@pytest.mark.parametrize("trouble", ["refused", "late"])
def test_row_whose_key_is_there_is_undecided_until_its_record_is_found(
    trouble: str, box: Sandbox, clock: Clock
) -> None:
    frame, since, client = guests(f"key {trouble}"), so_far(box), box.client(transport=clock.transport())
    sent = frame.drop(columns="Email")
    before = box.behaviour
    box.behaviour = replace(before, coql_lag=9 if trouble == "late" else 0)
    box.faults.add("create", Fault.reset_after())
    if trouble == "refused":
        box.faults.add("coql", Fault.scope_mismatch())
    out = write(box, sent, clock=clock, client=client, row_key="Row_Key", answers_lost=True)
    assert set(out["Status"]) == {"UNREPORTED"}
    assert set(out["Error"]) == {"DUPLICATE_DATA-Row_Key"}

    box.behaviour = before
    out = bf.resume(bf.runs()["run"][0], sent, client=client).reconcile()
    assert set(out["Status"]) == {"ADDED"}
    assert violations(sent, out, truth_of(box, since), answers_lost=True) == []


def test_row_whose_key_was_there_before_is_skipped_though_an_answer_was_lost(
    box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = guests("key before").drop(columns="Email").assign(Row_Key=["before.1", "before.2", "before.3"])
    with monkeypatch.context() as long_ago:
        long_ago.setattr(box._org, "clock", lambda: 1_600_000_000.0)
        box.add_record("Contacts", {"Last_Name": "Elder", "Row_Key": "before.2"})
    box.faults.add("create", Fault.reset_after())
    client = box.client(transport=clock.transport())
    out = frame.bigin.insert("Contacts", client=client, row_key="Row_Key", on_error="ignore")

    assert out["Status"].tolist() == ["ADDED", "SKIPPED", "ADDED"]
