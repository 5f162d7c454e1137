"""Runs of a sandbox whose create-job answer was lost."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.errors import UndecidedRowsWarning
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.small_runs import people


def last() -> str:
    return str(bf.runs()["run"][0])


def unknown(box: Sandbox, client: bf.Client, frame: pd.DataFrame, *, taken: bool = True, **options: Any) -> bf.Run:
    """Return a run whose only job's answer was lost."""
    box.faults.add("create", Fault.reset_after() if taken else Fault.reset_before())
    with pytest.warns(UndecidedRowsWarning):
        out = frame.bigin.insert("Contacts", client=client, **options)
    assert set(out["Status"]) == {"UNKNOWN"}
    return bf.resume(last(), frame, client=client)


def with_emails(*names: str) -> pd.DataFrame:
    return people(*names).assign(Email=[f"{name.lower()}@x.org" for name in names])
