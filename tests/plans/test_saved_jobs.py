"""The files of a plan are, byte for byte, what it sends."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.sandbox import Sandbox
from bigin_frames.wire.message import Request, Response
from tests.support.plan_frame import COLUMNS, FRAME


class Recorder(Transport):
    """The real transport, which records the bodies of its requests."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[tuple[str, bytes]] = []

    def send(self, request: Request, **options: Any) -> Response:
        if request.call in ("upload", "create"):
            body = request.wire_body()
            self.bodies.append((request.call, body if isinstance(body, bytes) else b"".join(body or ())))
        return super().send(request, **options)


@pytest.mark.parametrize("options", [{"columns": COLUMNS}, {"columns": COLUMNS | {"own": "Email"}, "find_by": "Email"}])
def test_plan_runs_exactly_the_bytes_it_saved(options: dict[str, Any], bigin_sandbox: Sandbox, tmp_path: Path) -> None:
    wire = Recorder()
    frame = FRAME.assign(own=[f"{i}@x.org" for i in range(10)])
    operation = "upsert" if "find_by" in options else "insert"
    client = bigin_sandbox.client(transport=wire)
    plan = frame.bigin.plan(
        "Contacts", operation, defaults={"Title": "Dr é"}, max_rows_per_job=4, client=client, **options
    )
    saved = {path.name: path.read_bytes() for path in plan.save(tmp_path / "plan")}
    out = plan.run()
    ledger = {job.file_name: job.file_id for job in bigin_sandbox.ledger()}

    assert set(out["Status"]) == {"ADDED"}
    assert set(ledger) == set(plan.jobs["file"])
    uploads = {multipart(body) for call, body in wire.bodies if call == "upload"}
    assert uploads == {(name, body) for name, body in saved.items() if name.endswith(".zip")}
    creates = {body for call, body in wire.bodies if call == "create"}
    assert creates == {
        saved[f"{name}.json"].replace(b'"file_id":"0"', f'"file_id":"{file_id}"'.encode())
        for name, file_id in ledger.items()
    }


def multipart(body: bytes) -> tuple[str, bytes]:
    """Return the name and the content of the only part of a multipart body."""
    boundary, _, rest = body.partition(b"\r\n")
    head, _, rest = rest.partition(b"\r\n\r\n")
    assert rest.endswith(b"\r\n" + boundary + b"--\r\n")
    return head.decode().split('filename="')[1].split('"')[0], rest[: -len(boundary) - 6]


def test_plan_saves_zips_of_one_csv_with_all_rows(plan: bf.Plan, tmp_path: Path) -> None:
    saved = [path for path in plan.save(tmp_path) if path.suffix == ".zip"]
    texts = [zipfile.ZipFile(path).read(path.stem).decode() for path in saved]

    assert [path.stat().st_size for path in saved] == plan.jobs["zip_bytes"].tolist()
    assert [len(text.encode()) for text in texts] == plan.jobs["csv_bytes"].tolist()
    assert sum(len(text.splitlines()) - 1 for text in texts) == 10


def test_plan_saves_the_body_of_each_call(plan: bf.Plan, tmp_path: Path) -> None:
    body = json.loads(next(path for path in plan.save(tmp_path) if path.suffix == ".json").read_text())

    assert body["operation"] == "insert"
    assert [m["api_name"] for m in body["resource"][0]["field_mappings"]] == ["Mailing_City", "Last_Name"]


def test_plan_overwrites_nothing(plan: bf.Plan, tmp_path: Path) -> None:
    plan.save(tmp_path)

    with pytest.raises(bf.OptionError, match="already in that folder"):
        plan.save(tmp_path)
