"""Unexpected errors invent no verdict, and a run cannot be pickled."""

from __future__ import annotations

import io
import pickle
import sys
import warnings
from contextlib import suppress

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import checkpoints
from bigin_frames.errors import (
    AlreadyDelivered,
    BrokenRunError,
    UndecidedRowsWarning,
)
from bigin_frames.sandbox import Sandbox
from tests.support.honesty import Clock, so_far, truth_of, violations, write
from tests.support.matrix import guests


def test_frame_is_pickled_with_its_verdicts_and_a_run_is_not(box: Sandbox, clock: Clock) -> None:
    frame = guests("pickled")
    out = write(box, frame, clock=clock)
    frame.bigin.check("Contacts", client=box.client())  # the accessor has been used
    pickled = pickle.dumps((out, frame))
    back, plain = pickle.loads(pickled)  # noqa: S301 - our own

    pd.testing.assert_frame_equal(back, out)
    pd.testing.assert_frame_equal(plain, frame)
    assert not [secret for secret in box._org.secrets() if secret.encode() in pickled]
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(bf.resume(bf.runs()["run"][0], frame))


@pytest.mark.parametrize("error", [MemoryError, RecursionError, KeyError], ids=lambda error: error.__name__)
@pytest.mark.parametrize("point", ["connected, nothing sent", "after commit of submitted", "verdicts half made"])
def test_unexpected_error_invents_no_verdict(
    point: str, error: type[BaseException], box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(name: str) -> None:
        if name == point:
            raise error

    frame, since, client = guests(f"{error.__name__} {point}"), so_far(box), box.client(transport=clock.transport())
    with monkeypatch.context() as broken:
        broken.setattr(checkpoints, "at", at)
        before = cut_short(frame, client)
    assert violations(frame, before, truth_of(box, since), answers_lost=True) == []
    with suppress(AlreadyDelivered), warnings.catch_warnings():
        warnings.simplefilter("ignore", UndecidedRowsWarning)
        frame.bigin.insert("Contacts", client=client)

    out = bf.resume(bf.runs()["run"][0], frame, client=client).frame()
    assert set(out["Status"]) == ({"UNKNOWN"} if point == "connected, nothing sent" else {"ADDED"})
    assert violations(frame, out, truth_of(box, since), answers_lost=True, before=[before]) == []
    assert len(box.ledger()) == since[0] + (point != "connected, nothing sent")


def cut_short(frame: pd.DataFrame, client: bf.Client) -> pd.DataFrame:
    """Return what is known about the rows after a call that a bug ended or left in doubt."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndecidedRowsWarning)
        try:
            return frame.bigin.insert("Contacts", client=client)
        except BrokenRunError as broken:
            return broken.run.frame()


class Gone(io.StringIO):
    """A terminal that is closed."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_progress_bar_that_cannot_be_shown_stops_nothing(
    box: Sandbox, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    frame, client = guests("bar"), box.client(transport=clock.transport())
    monkeypatch.setattr("bigin_frames.display.progress._BAR_DELAY_S", 0)
    monkeypatch.setattr(sys, "stderr", Gone())
    out = frame.bigin.insert("Contacts", client=client, progress=True)

    assert set(out["Status"]) == {"ADDED"}
    assert "the progress bar cannot be shown any more (BrokenPipeError); the run continues" in caplog.text
