"""A bare caller of the sandbox: `requests` and nothing of the package's own client."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from bigin_frames.sandbox import Sandbox

TIMEOUT_S = 20
Change = Callable[..., None]  # what the fixture `behave` is


def zipped(text: str | bytes, name: str = "people.csv") -> bytes:
    return zipped_all({name: text})


def zipped_all(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def csv_text(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([header, *rows])  # its own line end: with another one a lone CR would not be quoted
    return out.getvalue()


@dataclass
class Result:
    """A finished job's result: name of the member, header and lines."""

    name: str
    text: bytes
    header: list[str]
    lines: list[list[str]]

    def column(self, name: str) -> list[str]:
        at = self.header.index(name)
        return [line[at] for line in self.lines]


class Caller:
    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.env = box.environment()
        self.session = requests.Session()
        self.session.trust_env = False
        self.bearer = ""

    # -- calls

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}"} | options.pop("headers", {})
        url = path if path.startswith("http") else self.box.url + path
        options.setdefault("timeout", TIMEOUT_S)
        options.setdefault("allow_redirects", False)
        return self.session.request(method, url, headers=headers, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.call("GET", path, **options)

    def ask_token(self, **changes: str) -> requests.Response:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.env["BIGIN_CLIENT_ID"],
            "client_secret": self.env["BIGIN_CLIENT_SECRET"],
            "refresh_token": self.env["BIGIN_REFRESH_TOKEN"],
        } | changes
        return self.session.post(f"{self.box.url}/oauth/v2/token", data=form, timeout=TIMEOUT_S)

    @property
    def token(self) -> str:
        if not self.bearer:
            self.bearer = self.ask_token().json()["access_token"]
        return self.bearer

    def upload(self, body: bytes, headers: Mapping[str, str | None] | None = None) -> requests.Response:
        given = {"feature": "bulk-write", "X-CRM-ORG": self.env["BIGIN_ORG_ID"]} | dict(headers or {})
        return self.call("POST", "/bigin/v2/upload", headers=given, files={"file": ("people.zip", body)})

    def file_id(self, body: bytes) -> str:
        return str(self.upload(body).json()["details"]["file_id"])

    def create(self, body: Any) -> requests.Response:
        return self.call("POST", "/bigin/bulk/v2/write", json=body)

    def details(self, job_id: str) -> requests.Response:
        return self.get(f"/bigin/bulk/v2/write/{job_id}")

    # -- a job from end to end

    def body(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        operation: str = "insert",
        *,
        module: str = "Contacts",
        find_by: str | None = None,
        mappings: Sequence[Mapping[str, Any]] | None = None,
        auto: bool = False,
        file: bytes | None = None,
        resource: Mapping[str, Any] | None = None,
        **top: Any,
    ) -> dict[str, Any]:
        """The create-job body of an upload; by default each header is mapped to the field of its name."""
        listed = mappings if mappings is not None else [{"api_name": n, "index": i} for i, n in enumerate(header)]
        entry: dict[str, Any] = {
            "type": "data",
            "module": {"api_name": module},
            "file_id": self.file_id(zipped(csv_text(header, rows)) if file is None else file),
        }
        if find_by:
            entry["find_by"] = find_by
        if not auto:
            entry["field_mappings"] = listed
        return {"operation": operation, "resource": [entry | dict(resource or {})]} | top

    def start(self, *arguments: Any, **options: Any) -> str:
        answer = self.create(self.body(*arguments, **options))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["details"]["id"])

    def finish(self, job_id: str) -> dict[str, Any]:
        for _ in range(10):
            seen: dict[str, Any] = self.details(job_id).json()
            if seen["status"] in ("COMPLETED", "FAILED"):
                return seen
        raise AssertionError(seen)

    def download(self, url: str) -> requests.Response:
        return self.get(url)

    def run(self, *arguments: Any, **options: Any) -> Result:
        """Start a job, wait for its end and return its result."""
        return self.result(self.finish(self.start(*arguments, **options))["result"]["download_url"])

    def result(self, url: str, delimiter: str = ",") -> Result:
        with zipfile.ZipFile(io.BytesIO(self.download(url).content)) as archive:
            name = archive.namelist()[0]
            content = archive.read(name)
        header, *lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
        return Result(name, content, header, lines)


def caller_with(box: Sandbox, *scopes: str) -> Caller:
    """A caller whose token has these scopes and no others."""
    box.scopes = scopes
    made = Caller(box)
    made.bearer = made.ask_token().json()["access_token"]
    return made


def code_of(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal in Bigin's usual envelope."""
    body = answer.json()
    assert body["status"] == "error"
    assert set(body) == {"code", "details", "message", "status"}
    return answer.status_code, body["code"]
