"""A run can be opened again, with its frame or without, and resumed, but never with another frame."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.errors import FrameChangedError, InputError, JobPending, OptionError
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.honesty import Clock
from tests.support.small_runs import Interrupt, people, stored
from tests.support.unknown_runs import last


def test_finished_run_is_shown_without_a_request(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = people().set_axis([4, 4, 1, 0]).assign(note=[1, None, "x", 2.5])
    how: dict[str, Any] = {"columns": {"Last_Name": "Last_Name"}, "max_rows_per_job": 3}
    out = frame.bigin.insert("Contacts", client=bigin_client, **how)
    asked = len(bigin_sandbox.requests)
    run = bf.resume(last(), frame)  # and it needs no client

    pd.testing.assert_frame_equal(run.frame(), out)
    pd.testing.assert_frame_equal(run.wait(), out)
    assert run.status == "done"
    assert len(bigin_sandbox.requests) == asked


def test_run_is_shown_without_its_frame_by_position(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = people().set_axis(list("wxyz"))
    out = frame.bigin.insert("Contacts", client=bigin_client)
    asked = len(bigin_sandbox.requests)

    pd.testing.assert_frame_equal(bf.resume(last()).frame(), out[["ID", "Status", "Error"]].reset_index(drop=True))
    assert len(bigin_sandbox.requests) == asked


def test_refused_rows_are_among_those_shown(bigin_client: bf.Client) -> None:
    frame = people("Lee", None, "Roe")
    out = frame.bigin.insert("Contacts", client=bigin_client, on_invalid="skip", on_error="ignore")

    assert out["Status"].tolist() == ["ADDED", "INVALID", "ADDED"]
    pd.testing.assert_frame_equal(bf.resume(last(), frame).frame(), out)


def test_run_with_row_keys_or_defaults_is_shown_when_it_has_ended(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    bigin_sandbox.add_field("Contacts", "Row_Key", length=40, unique=True)
    frame = people().assign(Email=["lee@x.org", None, None, None])
    for options in ({"row_key": "Row_Key"}, {"defaults": {"Title": "Dr"}}):
        if "row_key" not in options:
            frame = people("W", "X", "Y", "Z")
        out = frame.bigin.insert("Contacts", client=bigin_client, **options)
        pd.testing.assert_frame_equal(bf.resume(last(), frame).frame(), out)


@pytest.mark.parametrize(
    "point",
    ["after commit of begin", "after commit of uploaded", "after commit of submitted", "after commit of fetched"],
)
def test_resume_completes_the_run(
    point: str, bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    killed_at(point, lambda: frame.bigin.insert("Contacts", client=bigin_client))
    out = bf.resume(last(), frame, client=bigin_client).wait()

    assert set(out["Status"]) == {"ADDED"}
    assert out["ID"].tolist() == [record["id"] for record in bigin_sandbox.records("Contacts")]
    assert bf.runs()["state"].tolist() == ["done"]
    assert stored(bigin_sandbox) == sorted(frame["Last_Name"])


OTHERS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a cell": lambda f: f.replace("Roe", "Row"),
    "order": lambda f: f.iloc[::-1],
    "a row less": lambda f: f.head(3),
    "a row more": lambda f: pd.concat([f, f.tail(1)]),
    "kind": lambda f: f.assign(Last_Name=range(4)),
    "no column": lambda f: f[[]],
}


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("name", OTHERS)
def test_another_frame_is_refused(
    name: str, finished: bool, bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    if finished:
        frame.bigin.insert("Contacts", client=bigin_client)
    else:
        killed_at("after commit of uploaded", lambda: frame.bigin.insert("Contacts", client=bigin_client))
    before = [run.batches(last()) for run in [Journal(home())]]

    with pytest.raises(FrameChangedError) as refused:
        bf.resume(last(), OTHERS[name](frame), client=bigin_client)
    assert last() in str(refused.value)
    assert "Roe" not in str(refused.value)
    assert [run.batches(last()) for run in [Journal(home())]] == before
    assert len(bigin_sandbox.ledger()) == int(finished)
    bf.resume(last(), frame, client=bigin_client).wait()  # and it is not locked


def test_client_of_another_organisation_is_refused(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    killed_at("after commit of uploaded", lambda: frame.bigin.insert("Contacts", client=bigin_client))
    with Sandbox() as other, pytest.raises(OptionError, match=f"belongs to organisation {bigin_client.zgid()}"):
        bf.resume(last(), frame, client=other.client())

    assert bigin_sandbox.ledger() == []


def test_unknown_run_id_is_refused_with_the_path_of_the_journal() -> None:
    with pytest.raises(OptionError, match=r"has no run 'nope'; bf.runs\(\) lists them") as refused:
        bf.resume("nope")
    assert os.environ["BIGIN_FRAMES_HOME"] in str(refused.value)
    assert refused.value.option == "run_id"


def test_unfinished_run_with_defaults_is_resumed_only_by_the_same_call(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    how: dict[str, Any] = {"client": bigin_client, "defaults": {"Title": "Dr"}}
    killed_at("after commit of uploaded", lambda: frame.bigin.insert("Contacts", **how))
    with pytest.raises(InputError, match="make the same call again with the same frame"):
        bf.resume(last(), frame, client=bigin_client)
    out = frame.bigin.insert("Contacts", **how)

    assert set(out["Status"]) == {"ADDED"}
    assert len(bigin_sandbox.ledger()) == 1


def test_pending_run_is_resumed_by_another_handle_once_the_first_has_released_it(
    bigin_sandbox: Sandbox, clock: Clock
) -> None:
    bigin_sandbox.faults.add("details", Fault.refused("INVALID_TOKEN"), times=2)
    frame, client = people(), bigin_sandbox.client(transport=clock.transport())
    with pytest.raises(JobPending):
        frame.bigin.insert("Contacts", client=client)
    out = bf.resume(last(), frame, client=bigin_sandbox.client(transport=clock.transport())).wait()

    assert set(out["Status"]) == {"ADDED"}
    assert len(bigin_sandbox.ledger()) == 1
