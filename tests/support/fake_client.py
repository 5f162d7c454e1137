"""A client with scripted answers, whose clock only moves when it sleeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from bigin_frames.errors import NotSentError
from bigin_frames.job_request import FieldMapping, JobRequest
from bigin_frames.model import Job
from bigin_frames.wire.result import Result, ResultLayout


class FakeClient:
    """A client that answers each call from its script, the last answer for ever; exceptions are raised."""

    is_local = False

    def __init__(self, **scripts: Iterable[Any]) -> None:
        self.scripts = {name: list(answers) for name, answers in scripts.items()}
        self.calls: dict[str, list[Any]] = defaultdict(list)
        self.clock = 0.0

    def _answer(self, name: str, call: Any) -> Any:
        self.calls[name].append(call)
        script = self.scripts[name]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def upload(self, file_name: str, zip_bytes: bytes) -> str:
        return self._answer("upload", (file_name, zip_bytes))

    def zgid(self) -> str:
        return "1"

    def create_job(
        self, request: JobRequest, file_id: str, *, before_first_byte: Callable[[], None] | None = None
    ) -> str:
        if before_first_byte is not None and not isinstance(self.scripts["create"][0], NotSentError):
            before_first_byte()
        return self._answer("create", (request, file_id))

    @property
    def pauses(self) -> list[float]:
        """Return the pauses between polls."""
        polled = self.calls["polled at"]
        return [later - earlier for earlier, later in pairwise(polled)]

    def job(self, job_id: str) -> Job:
        self.calls["polled at"].append(self.clock)
        return self._answer("job", job_id)

    def download(self, job: Job) -> Job:
        """Return the job in place of the zip: `read_result` answers from the script."""
        return job

    def read_result(self, body: Job, mappings: Sequence[FieldMapping]) -> Result:
        return self._answer("result", body)

    def records(self, module: str, ids: Sequence[str], fields: Sequence[str]) -> pd.DataFrame:
        return self._answer("records", (module, list(ids), list(fields)))

    def sleep(self, seconds: float) -> None:
        self.calls["sleep"].append(seconds)
        self.clock += seconds

    def now(self) -> float:
        return self.clock

    def server_time(self) -> None:
        """Return None: its answers have no date."""


def result_of(*lines: str, echo: str = "Last_Name") -> Result:
    """Return a result file that echoes one field."""
    text = "\n".join([f"{echo},STATUS,RECORD_ID,ERRORS", *lines]) + "\n"
    return Result(text.encode(), ResultLayout(1, 2, 3, {0: echo}), ",")


def done(job_id: str = "11", **facts: Any) -> Job:
    """Return the details of a job that is done and has a result."""
    return Job(id=job_id, status="COMPLETED", **{"result_url": "/result", **facts})
