"""Batches in a given state, without a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.model import Job

ROWS = 25_000


def batch(state: State, number: int = 0, rows: int = ROWS, **facts: Any) -> Batch:
    return Batch(number, np.arange(rows), "0123abcd", state=state, **facts)


def running(number: int = 0, rows: int = ROWS, **counts: int) -> Batch:
    return batch(State.SUBMITTED, number, rows, job_id="11", details=Job(id="11", status="INPROGRESS", **counts))


def merged(number: int, *verdicts: str) -> Batch:
    table = pd.DataFrame({"ID": None, "Status": list(verdicts), "Error": None})
    return batch(State.MERGED, number, len(verdicts), table=table)
