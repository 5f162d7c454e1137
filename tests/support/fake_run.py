"""A run whose client answers from a script, or accepts every row."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pandas as pd

from bigin_frames.delivery.batches.batch import batches_of
from bigin_frames.delivery.run import Run
from bigin_frames.model import Job
from tests.support.fake_batch import sizes_of, task_of
from tests.support.fake_client import FakeClient, done, result_of

NAMES = ("ID", "Status", "Error")


def started(client: Any, rows: int = 2, per_job: int = 1, refused: pd.DataFrame | None = None) -> Run:
    frame = pd.DataFrame({"name": [f"N{i}" for i in range(rows)]}, index=[5] * rows)
    task = task_of(client, frame)
    sent = [i for i in range(rows) if refused is None or i not in refused.index]
    batches = batches_of("0123abcd", task, np.array(sent), sizes_of(task)[sent], per_job)
    return Run("0123abcd", task, batches, frame, refused, NAMES)


class Echo(FakeClient):
    """Adds every row of every job; ids count the jobs."""

    def __init__(self, **scripts: Any) -> None:
        super().__init__(**{"upload": ["5"], "create": [str(n) for n in range(11, 99)], **scripts})
        self.names: dict[str, str] = {}
        self._lock = threading.Lock()

    def upload(self, file_name: str, zip_bytes: bytes) -> str:
        super().upload(file_name, zip_bytes)
        with self._lock:
            number = str(len(self.names) + 1)
            self.names[number] = file_name
        return number

    def create_job(self, request: Any, file_id: str, **how: Any) -> str:
        super().create_job(request, file_id, **how)
        return file_id

    def job(self, job_id: str) -> Job:
        self.calls["job"].append(job_id)
        return done(job_id)

    def read_result(self, body: Job, mappings: Any) -> Any:
        number = int(self.names[body.id].split("-")[2])
        return result_of(f"N{number},ADDED,{number + 100},")
