"""The calls of the prober, made by the library's client; answers are kept as they came.

The client's own methods hide what is asked about here: status lines, words, keys. Its wire is used all the same, with
the token, the list of hosts that may see it and the rules of second tries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from bigin_frames import Client, limits
from bigin_frames.errors import AnswerError, ApiError
from bigin_frames.wire import answer, build, hosts, parse
from bigin_frames.wire.message import Request, Response

T = TypeVar("T")

MOST_JOBS = 4
MOST_REFUSED = 5  # nine creations at most: 4,500 credits if a refused one costs as much as a job, of a Free org's 5,000
LONGEST_JOB_S = 900.0
POLL_S = 5.0


class LimitReachedError(Exception):
    """The prober was about to ask for more jobs than docs/live.md says."""


class Bigin:
    """One organisation, with counts of what is asked of it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.jobs: list[str] = []
        self.refused = 0
        self.in_doubt = False  # a creation without an answer: a job may exist of which the id is not known

    def call(self, request: Request, read: Callable[[Response], T], **how: Any) -> T:
        """Make one call as the client makes its own."""
        return self.client._calls.make(request, read, **how)

    @property
    def where(self) -> hosts.Region:
        return self.client._where

    # -- questions that cost a call

    def code_without_token(self) -> str | None:
        return self.call(replace(build.org(self.where), authorized=False), _code)

    def status_of_no_zip(self) -> tuple[int, str | None]:
        return self.call(build.upload(self.where, self.client.zgid(), "probe.zip", b"no zip"), _status_and_code)

    def answer_without_feature(self) -> tuple[int, str | None]:
        """Return status and code of an upload that lacks a header; the gateway's own errors are HTTP_nnn."""
        asked = build.upload(self.where, self.client.zgid(), "probe.zip", b"no zip")
        headers = {name: value for name, value in asked.headers.items() if name != "feature"}
        return self.call(replace(asked, headers=headers), _status_and_code)

    def status_of_no_job(self) -> tuple[int, str | None]:
        return self.call(build.job(self.where, "1"), _status_and_code)

    def layouts_body(self) -> Any:
        return self.call(build.layouts(self.where, "Pipelines"), lambda response: answer.success("layouts", response))

    def found(self, module: str, field: str, text: str) -> list[str | None]:
        """Return the ids that one query finds; the text may contain a backslash, which the client would not ask for."""
        query = f"select id from {module} where {field} in ('{text}') limit 200"  # noqa: S608 - our own text
        body = json.dumps({"select_query": query}).encode()
        asked = build.find(self.where, module, field, ["x"], ["id"])
        return [one["id"] for one in self.call(replace(asked, body=body), lambda r: parse.records(r, "find"))]

    # -- jobs

    def create(self, body: Mapping[str, Any]) -> tuple[str, int]:
        """Create a job and return its id and the HTTP status; `ApiError` for a refusal, after which none exists."""
        if len(self.jobs) >= MOST_JOBS or self.refused >= MOST_REFUSED:
            raise LimitReachedError(f"{len(self.jobs)} jobs were made and {self.refused} refused: that is the limit")
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        text = json.dumps(body).encode("ascii")
        request = Request("create", "POST", f"{self.where.api}/bigin/bulk/v2/write", headers, text)
        before, self.in_doubt = self.in_doubt, True
        try:
            made = self.call(request, lambda r: (parse.job_id(r), r.status), fresh_connection=True)
        except ApiError as refusal:
            self.in_doubt = before or not answer.was_not_applied(refusal)
            self.refused += 1
            raise
        self.jobs.append(made[0])
        self.in_doubt = before
        return made

    def details(self, job_id: str) -> Mapping[str, Any]:
        """Return job details as they came, whatever they are wrapped in."""
        return self.call(build.job(self.where, job_id), lambda response: answer.success("job", response))

    def polls(self, job_id: str) -> list[Mapping[str, Any]]:
        """Ask for a job's details until it has ended and its result is shown, and return every answer."""
        seen: list[Mapping[str, Any]] = []
        ends_at, late = self.client.now() + LONGEST_JOB_S, 0
        while self.client.now() < ends_at and late < 5:
            seen.append(self.details(job_id))
            now = answer.unwrapped(answer.Json(seen[-1]))
            if now.get("status") == "FAILED" or now.get("result"):
                break
            late += now.get("status") == "COMPLETED"
            self.client.sleep(POLL_S)
        return seen

    def download(self, url: str) -> bytes:
        """Return the content of a result's address; `UntrustedHostError` if its host may not see the token."""
        request = build.download(hosts.download_url(url, self.where))
        return self.call(request, parse.result_zip, limit_bytes=limits.MAX_RESULT_ZIP_BYTES)

    # -- records

    def delete(self, module: str, ids: Sequence[str]) -> None:
        """Ask for the deletion of records (Bigin v2, delete-records); whether they are gone is checked by reading."""
        for start in range(0, len(ids), limits.MAX_IDS_PER_CALL):
            listed = ",".join(ids[start : start + limits.MAX_IDS_PER_CALL])
            query = urlencode({"ids": listed, "wf_trigger": "false"}, safe=",")
            # Under the rule of "records": deleting twice does no harm.
            request = Request("records", "DELETE", f"{self.where.api}/bigin/v2/{module}?{query}", {})
            self.call(request, _deleted)


def _code(response: Response) -> str | None:
    return _status_and_code(response)[1]


def _status_and_code(response: Response) -> tuple[int, str | None]:
    try:
        answer.success("probe", response)
    except ApiError as refusal:
        return response.status, refusal.code
    except AnswerError:
        return response.status, None
    return response.status, None


def _deleted(response: Response) -> None:
    """Raise if the call as a whole was refused; the refusal of one record is not an error here."""
    found = answer.read_json(response.body)
    if not isinstance(found, answer.Json) or not isinstance(found.get("data"), list):
        answer.success("records", response)
