"""A plan says what would happen, and does exactly that."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.limits import MAX_CSV_BYTES
from bigin_frames.sandbox import Sandbox

FRAME = pd.DataFrame(
    {"name": [f"Row {i // 2}" for i in range(10)], "city": [f"City {i}" for i in range(10)], "own": range(10)}
)
COLUMNS = {"name": "Last_Name", "city": "Mailing_City"}


@pytest.fixture
def plan(bigin_client: bf.Client) -> bf.Plan:
    return FRAME.bigin.plan("Contacts", columns=COLUMNS, max_rows_per_job=4, client=bigin_client)


def sent(box: Sandbox) -> list[str]:
    return [request.route for request in box.requests if request.route not in ("token", "fields", "org")]


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


def test_plan_runs_exactly_the_bytes_it_saved(plan: bf.Plan, bigin_sandbox: Sandbox, tmp_path: Path) -> None:
    saved = plan.save(tmp_path / "plan")
    out = plan.run()

    zips = {path.name: path.read_bytes() for path in saved if path.suffix == ".zip"}
    assert set(zips) == {f"{name}.zip" for name in plan.jobs["file"]}
    assert {job.file_name for job in bigin_sandbox.ledger()} == set(plan.jobs["file"])
    texts = [zipfile.ZipFile(BytesIO(body)).read(name.removesuffix(".zip")).decode() for name, body in zips.items()]
    assert sum(len(text.splitlines()) - 1 for text in texts) == 10
    assert set(out["Status"]) == {"ADDED"}


def test_plan_saves_the_body_of_each_call(plan: bf.Plan, tmp_path: Path) -> None:
    body = json.loads(next(path for path in plan.save(tmp_path) if path.suffix == ".json").read_text())

    assert body["operation"] == "insert"
    assert [m["api_name"] for m in body["resource"][0]["field_mappings"]] == ["Mailing_City", "Last_Name"]


def test_plan_overwrites_nothing(plan: bf.Plan, tmp_path: Path) -> None:
    plan.save(tmp_path)

    with pytest.raises(bf.OptionError, match="in that folder already"):
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


def test_page_of_a_plan_shows_no_cell_and_no_script(bigin_client: bf.Client) -> None:
    frame = FRAME.rename(columns={"name": "<script>"})
    page = frame.bigin.plan("Contacts", columns={"<script>": "Last_Name"}, client=bigin_client)._repr_html_()

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "City 0" not in page
    assert "500 (1 by the Records API)" in page
