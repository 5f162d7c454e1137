"""A plan says what would happen, and does exactly that."""

from __future__ import annotations

import copy
import pickle
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.limits import MAX_CSV_BYTES
from bigin_frames.sandbox import Sandbox
from tests.support.plan_frame import COLUMNS, FRAME


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


def test_plan_shows_the_mapping_and_the_fields_not_written(bigin_client: bf.Client) -> None:
    plan = FRAME.bigin.plan("Contacts", columns=COLUMNS, defaults={"Title": "Dr"}, client=bigin_client)

    shown = plan.mapping[["column", "field", "default", "echoed"]].astype(object)
    assert shown.where(shown.notna(), None).values.tolist() == [
        ["city", "Mailing_City", None, True], ["name", "Last_Name", None, True], [None, "Title", "Dr", False],
    ]  # fmt: skip
    assert "Email" in plan.unmapped
    assert not {"Title", "Last_Name", "Full_Name"} & set(plan.unmapped)


def test_plan_counts_rows_that_the_echo_cannot_distinguish(bigin_client: bf.Client) -> None:
    alone = FRAME.bigin.plan("Contacts", columns={"name": "Last_Name"}, client=bigin_client)
    both = FRAME.bigin.plan("Contacts", columns=COLUMNS, client=bigin_client)

    assert alone.undistinguished == 10
    assert both.undistinguished == 0


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


def test_plan_names_the_returned_columns_and_the_duplicates(bigin_client: bf.Client) -> None:
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
def test_plan_cannot_be_pickled_because_it_has_the_rows(keep: Any, plan: bf.Plan) -> None:
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
