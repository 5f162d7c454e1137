"""What was seen of an organisation, as the probes read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bigin_frames.wire import answer
from tests.live.files import Places, Plan
from tests.live.result import Line, ResultFile


@dataclass
class JobSeen:
    """What was seen of one job."""

    plan: Plan
    job_id: str
    created_status: int
    polls: list[Mapping[str, Any]] = field(default_factory=list)
    file: ResultFile | None = None
    problem: str | None = None  # why there is no result, in words without data

    @property
    def details(self) -> Mapping[str, Any]:
        """Return the last details, unwrapped."""
        return answer.unwrapped(answer.Json(self.polls[-1])) if self.polls else {}

    @property
    def url(self) -> str | None:
        found = self.details.get("result")
        return found.get("download_url") if isinstance(found, Mapping) else None

    def lines(self, mark: str) -> list[Line]:
        return self.file.by_mark().get(mark, []) if self.file is not None else []

    def line(self, mark: str) -> Line | None:
        """Return the one line of a row, None if there is none, or several with different verdicts."""
        found = self.lines(mark)
        return found[0] if len({(line.status, line.record_id, line.errors) for line in found}) == 1 else None

    def status(self, mark: str) -> str | None:
        line = self.line(mark)
        return line.status.upper() if line is not None else None

    def code(self, mark: str) -> str | None:
        line = self.line(mark)
        return line.errors.split(":")[0].split("-")[0] if line is not None and line.errors else None


Record = Mapping[str, str | None]


@dataclass
class Seen:
    """Everything that was seen; what was not reached is absent."""

    calls: dict[str, Any] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # what was tried first -> code of the refusal
    jobs: dict[str, JobSeen] = field(default_factory=dict)  # by the letter of the marks
    people: dict[str, Record] = field(default_factory=dict)  # by mark, after the insert
    updated: dict[str, Record] = field(default_factory=dict)  # by mark, after the update
    deals: dict[str, Record] = field(default_factory=dict)  # by id
    places: Places | None = None
    stopped: str | None = None  # why the course ended early
    left: dict[str, list[str]] = field(default_factory=dict)  # records that could not be deleted

    def reported(self) -> dict[str, set[str]]:
        """Return, by module, the ids that results named."""
        found: dict[str, set[str]] = {}
        for job in self.jobs.values():
            lines = job.file.lines if job.file is not None else ()
            found.setdefault(job.plan.module, set()).update(line.record_id for line in lines if line.record_id)
        return found
