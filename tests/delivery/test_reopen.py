"""The same call resumes a run that was killed, wherever it stopped."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.small_runs import Interrupt, creates, people, stored

POINTS = [
    "after commit of begin", "after commit of uploaded", "before commit of submitting", "before commit of submitted",
    "after commit of submitted", "before commit of completed", "after commit of completed", "after commit of fetched",
    "result unpacked", "verdicts half made", "before commit of merged",
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_same_call_resumes_a_run_that_was_killed(
    point: str, bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    killed_at(point, lambda: frame.bigin.insert("Contacts", client=bigin_client))
    (begun,) = bf.runs()["run"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.errors.UndecidedRowsWarning)
        out = frame.bigin.insert("Contacts", client=bigin_client)

    assert list(bf.runs()["run"]) == [begun]
    assert creates(bigin_sandbox) == 1
    assert stored(bigin_sandbox) == sorted(frame["Last_Name"])
    if point == "before commit of submitted":  # its job is in Bigin, its id is lost
        assert set(out["Status"]) == {"UNKNOWN"}
    else:
        assert out["ID"].tolist() == [record["id"] for record in bigin_sandbox.records("Contacts")]
        assert set(out["Status"]) == {"ADDED"}


def test_frame_of_a_resumed_run_equals_that_of_an_undisturbed_one(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Fay", "Email": "fay@x.org"})
    frame = pd.DataFrame(
        {"Last_Name": ["Lee", "Fay", "Roe"], "Email": ["lee@x.org", "fay@x.org", None], "note": [1.5, None, 3]},
        index=[5, 5, 1],
    )
    how: dict[str, Any] = {
        "columns": {"Last_Name": "Last_Name", "Email": "Email"}, "on_error": "ignore", "client": bigin_client,
    }  # fmt: skip
    killed_at("after commit of completed", lambda: frame.bigin.insert("Contacts", **how))
    out = frame.bigin.insert("Contacts", **how)
    (run,) = bf.runs()["run"]
    undisturbed = frame.iloc[[0, 1, 2]].copy().assign(Last_Name=["Lee", "Fay", "Roe"])
    undisturbed = undisturbed.assign(Email=["lee2@x.org", "fay@x.org", None]).bigin.insert(
        "Contacts", **{**how, "on_overlap": "ignore"}
    )

    assert out["Status"].tolist() == ["ADDED", "SKIPPED", "ADDED"]
    assert out.dtypes.tolist() == undisturbed.dtypes.tolist()
    assert out[["Status", "Error"]].equals(undisturbed[["Status", "Error"]])
    pd.testing.assert_frame_equal(bf.resume(run, frame, client=bigin_client).frame(), out)


def test_jobs_that_bigin_rejected_are_sent_by_the_same_call(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.faults.add("create", Fault.refused("INVALID_MODULE", 400), nth=2)
    frame = people()
    how: dict[str, Any] = {"client": bigin_client, "max_rows_per_job": 2, "on_error": "ignore"}
    first = frame.bigin.insert("Contacts", **how)
    assert sorted(first["Status"]) == ["ADDED", "ADDED", "UNSENT", "UNSENT"]
    assert bf.runs()["state"].tolist() == ["unfinished"]
    second = frame.bigin.insert("Contacts", **how)

    assert set(second["Status"]) == {"ADDED"}
    assert stored(bigin_sandbox) == sorted(frame["Last_Name"])
    kept = first["Status"] == "ADDED"
    assert second.loc[kept, "ID"].tolist() == first.loc[kept, "ID"].tolist()


def test_interrupted_update_is_sent_again_if_other_values_were_written_since(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    record = bigin_sandbox.add_record("Contacts", {"Last_Name": "Lee"})
    ash, birch = (pd.DataFrame({"id": [record], "Last_Name": [name]}) for name in ("Ash", "Birch"))
    killed_at("after commit of submitted", lambda: ash.bigin.update("Contacts", find_by="id", client=bigin_client))
    birch.bigin.update("Contacts", find_by="id", client=bigin_client)
    out = ash.bigin.update("Contacts", find_by="id", client=bigin_client)

    assert out["Status"].tolist() == ["UPDATED"]
    assert stored(bigin_sandbox) == ["Ash"]
    assert creates(bigin_sandbox) == 3


def test_interrupted_update_is_resumed_if_nothing_was_written_since(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    record = bigin_sandbox.add_record("Contacts", {"Last_Name": "Lee"})
    ash = pd.DataFrame({"id": [record], "Last_Name": ["Ash"]})
    killed_at("after commit of submitted", lambda: ash.bigin.update("Contacts", find_by="id", client=bigin_client))
    out = ash.bigin.update("Contacts", find_by="id", client=bigin_client)

    assert out["Status"].tolist() == ["UPDATED"]
    assert creates(bigin_sandbox) == 1
