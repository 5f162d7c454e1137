"""A plan says what would happen, and does exactly that."""

from __future__ import annotations

import copy
import json
import pickle
import threading
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.limits import MAX_CSV_BYTES
from bigin_frames.sandbox import Sandbox
from bigin_frames.wire.message import Request, Response

FRAME = pd.DataFrame(
    {"name": [f"Row {i // 2}" for i in range(10)], "city": [f"City {i}" for i in range(10)], "own": range(10)}
)
COLUMNS = {"name": "Last_Name", "city": "Mailing_City"}


@pytest.fixture
def plan(bigin_client: bf.Client) -> bf.Plan:
    return FRAME.bigin.plan("Contacts", columns=COLUMNS, max_rows_per_job=4, client=bigin_client)


def sent(box: Sandbox) -> list[str]:
    return [request.route for request in box.requests if request.route not in ("token", "fields", "org")]


class Recorder(Transport):
    """The real wire, which keeps the bodies of what it carried."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[tuple[str, bytes]] = []

    def send(self, request: Request, **options: Any) -> Response:
        if request.call in ("upload", "create"):
            body = request.wire_body()
            self.bodies.append((request.call, body if isinstance(body, bytes) else b"".join(body or ())))
        return super().send(request, **options)


def test_plan_counts_rows_jobs_bytes_and_credits(plan: bf.Plan, bigin_sandbox: Sandbox) -> None:
    jobs = plan.jobs

    assert jobs["rows"].tolist() == [4, 4, 2]
    assert plan.rows == 10
    assert plan.credits == 1500
    assert plan.credits_by_records == 1
    assert (jobs["csv_bytes"] < MAX_CSV_BYTES).all()
    assert repr(plan) == "<Plan: insert Contacts, 10 rows in 3 jobs, 1,500 credits>"
    assert sent(bigin_sandbox) == []


def test_plan_names_the_mapping_and_what_stays_empty(bigin_client: bf.Client) -> None:
    plan = FRAME.bigin.plan("Contacts", columns=COLUMNS, defaults={"Title": "Dr"}, client=bigin_client)

    shown = plan.mapping[["column", "field", "default", "echoed"]].astype(object)
    assert shown.where(shown.notna(), None).values.tolist() == [
        ["city", "Mailing_City", None, True], ["name", "Last_Name", None, True], [None, "Title", "Dr", False],
    ]  # fmt: skip
    assert "Email" in plan.unmapped
    assert not {"Title", "Last_Name", "Full_Name"} & set(plan.unmapped)


def test_plan_counts_rows_that_the_echo_cannot_tell_apart(bigin_client: bf.Client) -> None:
    alone = FRAME.bigin.plan("Contacts", columns={"name": "Last_Name"}, client=bigin_client)
    both = FRAME.bigin.plan("Contacts", columns=COLUMNS, client=bigin_client)

    assert alone.undistinguished == 10
    assert both.undistinguished == 0


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
    """The name and the content of the only part of a multipart body."""
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


def test_plan_shows_invalid_rows_and_runs_without_none_of_them(bigin_client: bf.Client) -> None:
    frame = FRAME.assign(name=["", *FRAME["name"][1:]])
    strict = frame.bigin.plan("Contacts", columns=COLUMNS, client=bigin_client)
    loose = frame.bigin.plan("Contacts", columns=COLUMNS, on_invalid="skip", on_error="ignore", client=bigin_client)

    assert strict.rows == 9
    assert "1 invalid" in repr(strict)
    with pytest.raises(bf.InvalidRowsError):
        strict.run()
    assert loose.run()["Status"].value_counts().to_dict() == {"ADDED": 9, "INVALID": 1}


def test_plan_of_an_empty_frame_is_empty(bigin_client: bf.Client, tmp_path: Path) -> None:
    plan = FRAME.iloc[:0].bigin.plan("Contacts", client=bigin_client)

    assert (plan.rows, plan.credits, plan.sample(), plan.undistinguished, plan.save(tmp_path)) == (0, 0, "", 0, [])
    assert plan.mapping.empty
    assert plan.unmapped == []
    assert len(plan.run()) == 0


def test_sample_is_the_csv_as_it_would_go(plan: bf.Plan) -> None:
    assert plan.sample(2) == "Mailing_City,Last_Name\nCity 0,Row 0\nCity 1,Row 0\n"


def test_plan_names_the_columns_that_come_back_and_the_duplicates(bigin_client: bf.Client) -> None:
    frame = pd.DataFrame(
        {"Last_Name": list("abcdef"), "Email": ["a@x.org", "B@x.org", "b@x.org", "b@x.org", "d@x.org", "no"]}
    )
    refused = frame.bigin.plan("Contacts", "upsert", find_by="Email", client=bigin_client)
    kept = frame.bigin.plan("Contacts", "upsert", find_by="Email", on_duplicate="last", client=bigin_client)
    unkeyed = frame.bigin.plan("Contacts", client=bigin_client)

    assert refused.echoed == ["Email", "Last_Name"]
    assert refused.duplicates.tolist() == [1, 2, 3]
    assert kept.duplicates.tolist() == [1, 2]
    assert unkeyed.duplicates.tolist() == []
    assert (refused.rows, kept.rows, unkeyed.rows) == (2, 3, 5)


def test_mapping_keeps_labels_that_are_numbers(bigin_client: bf.Client) -> None:
    frame = pd.DataFrame({0: ["Ada"]})
    plan = frame.bigin.plan("Contacts", columns={0: "Last_Name"}, defaults={"Title": "Dr"}, client=bigin_client)

    assert plan.mapping["column"].tolist() == [0, None]
    assert plan.mapping["echoed"].tolist() == [True, False]


def test_plan_is_sent_once_however_often_it_is_run(plan: bf.Plan, bigin_sandbox: Sandbox) -> None:
    runs: list[bf.Run] = []
    threads = [threading.Thread(target=lambda: runs.append(plan.submit())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(map(id, runs))) == 1
    pd.testing.assert_frame_equal(plan.run(), plan.run())
    assert len(bigin_sandbox.ledger()) == 3


@pytest.mark.parametrize("keep", [pickle.dumps, copy.copy, copy.deepcopy])
def test_plan_is_not_pickled_since_it_holds_the_rows(keep: Any, plan: bf.Plan) -> None:
    with pytest.raises(TypeError, match="has the rows and cannot be pickled"):
        keep(plan)


def test_plan_from_saved_metadata_needs_nothing_until_it_runs(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = bf.save_metadata(tmp_path / "bigin.json", bigin_client, modules=["Contacts"])
    for name in bigin_sandbox.environment():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path))
    before = len(bigin_sandbox.requests)
    plan = FRAME.bigin.plan("Contacts", columns=COLUMNS, metadata=metadata, max_rows_per_job=4)

    assert (plan.rows, len(plan.jobs), len(plan.mapping), plan.undistinguished) == (10, 3, 2, 0)
    assert str(plan)
    assert plan._repr_html_()
    assert plan.sample(1) == "Mailing_City,Last_Name\nCity 0,Row 0\n"
    assert len(plan.save(tmp_path / "plan")) == 6
    assert len(bigin_sandbox.requests) == before
    with pytest.raises(bf.SettingsError, match="BIGIN_CLIENT_ID"):
        plan.run()
