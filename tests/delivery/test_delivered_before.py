"""Rows that an earlier insert has sent are not sent again unless the caller asks for it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.errors import AlreadyDelivered, InputError, OverlapWarning
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.small_runs import Interrupt, creates, people, stored


def test_rows_that_a_retry_has_written_are_not_sent_again_by_the_first_call(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    bigin_sandbox.faults.add("create", Fault.refused("INVALID_MODULE", 400), nth=2)
    frame = people()
    how: dict[str, Any] = {"client": bigin_client, "max_rows_per_job": 2, "on_error": "ignore"}
    out = frame.bigin.insert("Contacts", **how)
    assert set(out.bigin.retry(client=bigin_client)["Status"]) == {"ADDED"}

    with pytest.raises(AlreadyDelivered):
        frame.bigin.insert("Contacts", **how)
    assert stored(bigin_sandbox) == sorted(frame["Last_Name"])
    shown = bf.resume(bf.runs()["run"].iloc[-1], frame, client=bigin_client).frame()
    assert sorted(shown["Error"].dropna()) == ["ALREADY_DELIVERED"] * 2


def test_rows_that_another_run_has_partly_written_are_reported_when_a_run_is_resumed(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    bigin_sandbox.faults.add("create", Fault.refused("INVALID_MODULE", 400))
    frame = people()
    frame.bigin.insert("Contacts", client=bigin_client, on_error="ignore")
    people("Lee").bigin.insert("Contacts", client=bigin_client)

    for choice in ("raise", "skip"):
        with pytest.raises(
            InputError, match=r"1 waiting rows of run .* have been sent to Contacts by another run; nothing was sent"
        ):
            frame.bigin.insert("Contacts", client=bigin_client, on_overlap=choice)
    assert stored(bigin_sandbox) == ["Lee"]
    with pytest.warns(OverlapWarning, match="1 waiting rows of run .* and will be sent again"):
        out = frame.bigin.insert("Contacts", client=bigin_client)
    assert set(out["Status"]) == {"ADDED"}


def test_lock_is_released_when_resuming_fails(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    killed_at("after commit of uploaded", lambda: frame.bigin.insert("Contacts", client=bigin_client))
    people("Lee").bigin.insert("Contacts", client=bigin_client)
    errors = []
    for _ in range(2):  # the first error is kept, with all objects of its traceback
        with pytest.raises(InputError) as refused:
            frame.bigin.insert("Contacts", client=bigin_client, on_overlap="raise")
        errors.append(refused)
    out = frame.bigin.insert("Contacts", client=bigin_client, on_overlap="ignore")

    assert set(out["Status"]) == {"ADDED"}


@pytest.fixture
def yesterdays(bigin_client: bf.Client) -> pd.DataFrame:
    frame = people()
    frame.bigin.insert("Contacts", client=bigin_client)
    return frame


def test_rows_of_an_earlier_insert_are_warned_of_and_sent(
    yesterdays: pd.DataFrame, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = people("Lee", "Roe", "New")
    with pytest.warns(
        OverlapWarning, match=r"2 of 3 rows were sent to Contacts by an earlier insert, and will be sent again"
    ):
        out = frame.bigin.insert("Contacts", client=bigin_client)

    assert set(out["Status"]) == {"ADDED"}
    assert len(stored(bigin_sandbox)) == 7


def test_overlap_raise_sends_nothing(yesterdays: pd.DataFrame, bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    with pytest.raises(InputError, match=r"2 of 3 rows .* nothing was sent") as refused:
        people("Lee", "Roe", "New").bigin.insert("Contacts", client=bigin_client, on_overlap="raise")

    assert "Lee" not in str(refused.value)
    assert len(stored(bigin_sandbox)) == 4
    assert len(bf.runs()) == 1


def test_overlap_skip_sends_the_others(
    yesterdays: pd.DataFrame, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = people("Lee", "New", "Roe", "Newer")
    out = frame.bigin.insert("Contacts", client=bigin_client, on_overlap="skip", on_error="ignore")

    assert out["Status"].tolist() == ["SKIPPED", "ADDED", "SKIPPED", "ADDED"]
    assert out["Error"].fillna("").tolist() == ["ALREADY_DELIVERED", "", "ALREADY_DELIVERED", ""]
    assert stored(bigin_sandbox) == sorted([*yesterdays["Last_Name"], "New", "Newer"])


def test_overlap_skip_of_every_row_sends_nothing_and_is_a_run_like_others(
    yesterdays: pd.DataFrame, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = people("Lee", "Roe")
    for _ in range(2):
        out = frame.bigin.insert("Contacts", client=bigin_client, on_overlap="skip", on_error="ignore")
        assert out["Error"].tolist() == ["ALREADY_DELIVERED"] * 2

    assert bf.runs()["state"].tolist() == ["done"] * 3
    pd.testing.assert_frame_equal(bf.resume(bf.runs()["run"][0], frame, client=bigin_client).frame(), out)
    assert creates(bigin_sandbox) == 1
    assert bf.purge("0 days") == 3


def test_overlap_ignore_sends_without_a_warning(
    yesterdays: pd.DataFrame, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    people("Lee", "New").bigin.insert("Contacts", client=bigin_client, on_overlap="ignore")

    assert len(stored(bigin_sandbox)) == 6


def test_same_rows_of_another_module_or_with_a_key_are_not_an_overlap(
    yesterdays: pd.DataFrame, bigin_client: bf.Client
) -> None:
    frame = people("Lee", "New").assign(Email=["lee@x.org", "new@x.org"])
    changed = frame.bigin.upsert("Contacts", find_by="Email", client=bigin_client)
    added = people("Lee").bigin.insert("Accounts", columns={"Last_Name": "Account_Name"}, client=bigin_client)

    assert set(changed["Status"]) <= {"ADDED", "UPDATED"}
    assert added["Status"].tolist() == ["ADDED"]


def test_rejected_rows_do_not_count_as_sent(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Fay", "Email": "fay@x.org"})
    first = pd.DataFrame({"Last_Name": ["Fay", "Lee"], "Email": ["fay@x.org", "lee@x.org"]})
    first.bigin.insert("Contacts", client=bigin_client, on_error="ignore")

    second = pd.concat([first, first.assign(Email=["new@x.org", None])[:1]], ignore_index=True)
    with pytest.warns(OverlapWarning, match="1 of 3 rows"):
        second.bigin.insert("Contacts", client=bigin_client, on_error="ignore")
