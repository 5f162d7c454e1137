"""Rows and runs for the cells of the fault matrix."""

from __future__ import annotations

import pandas as pd

import bigin_frames as bf
from bigin_frames.errors import (
    BiginError,
    BrokenRunError,
)
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.honesty import MARK, Clock, write


def guests(name: str) -> pd.DataFrame:
    """Return rows that no other test writes, each with a key of its own."""
    word = "".join(sign for sign in name.replace("-", "minus") if sign.isalnum())
    made = {"Last_Name": [f"{word} {one}" for one in "abc"], "Email": [f"{word}.{one}@x.example" for one in "abc"]}
    return pd.DataFrame(made).assign(**{MARK: [f"{name} {one}" for one in "abc"]})


def lost(box: Sandbox, clock: Clock, frame: pd.DataFrame, client: bf.Client) -> bf.Run:
    """Return the run of an insert whose create-job answer was lost, though Bigin has written the rows."""
    box.faults.add("create", Fault.reset_after())
    out = write(box, frame, clock=clock, client=client, answers_lost=True)
    assert set(out["Status"]) == {"UNKNOWN"}
    box.settle()
    return bf.resume(bf.runs()["run"][0], frame, client=client)


def reconciled(run: bf.Run) -> str:
    """Reconcile; a typed error leaves the rows as they were."""
    try:
        (word,) = set(run.reconcile()["Status"])
    except BrokenRunError:
        raise
    except BiginError:
        return "error" if set(run.frame()["Status"]) == {"UNKNOWN"} else "changed"
    return str(word)


def routes(box: Sandbox) -> list[str | None]:
    return [request.route for request in box.requests]
