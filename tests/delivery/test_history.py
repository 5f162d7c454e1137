"""A run can be listed, looked at, gone on with and forgotten, with its frame or without, and never with another."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.errors import FrameChangedError, InputError, JobPending, OptionError, UndecidedRowsWarning
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from tests.delivery.test_begin import people, stored
from tests.support.honesty import Clock

Interrupt = Callable[[str, Callable[[], object]], None]


def last() -> str:
    return str(bf.runs()["run"][0])


def unknown(box: Sandbox, client: bf.Client, frame: pd.DataFrame, *, taken: bool = True, **options: Any) -> bf.Run:
    """A run whose one job's answer was lost."""
    box.faults.add("create", Fault.reset_after() if taken else Fault.reset_before())
    with pytest.warns(UndecidedRowsWarning):
        out = frame.bigin.insert("Contacts", client=client, **options)
    assert set(out["Status"]) == {"UNKNOWN"}
    return bf.resume(last(), frame, client=client)


# -- the list


def test_runs_of_an_empty_journal_is_an_empty_frame_with_its_columns() -> None:
    known = bf.runs()

    assert list(known.columns) == ["run", "begun_at", "org", "module", "operation", "rows", "jobs", "state"]
    assert known.empty
    assert not home().exists()


def test_runs_tell_what_each_was_and_where_it_stands(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    people("A", "B", "C").bigin.insert("Contacts", client=bigin_client, max_rows_per_job=2)
    killed_at("after commit of submitted", lambda: people("D").bigin.insert("Contacts", client=bigin_client))
    unknown(bigin_sandbox, bigin_client, people("E"))
    known = bf.runs()

    assert known["state"].tolist() == ["unknown", "unfinished", "done"]
    assert known["rows"].tolist() == [1, 1, 3]
    assert known["jobs"].tolist() == [1, 1, 2]
    assert set(known["org"]) == {bigin_client.zgid()}
    assert set(zip(known["module"], known["operation"], strict=True)) == {("Contacts", "insert")}
    assert str(known["begun_at"].dt.tz) == "UTC"
    assert known["begun_at"].is_monotonic_decreasing


# -- looked at again


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


# -- gone on with


@pytest.mark.parametrize(
    "point",
    ["after commit of begin", "after commit of uploaded", "after commit of submitted", "after commit of fetched"],
)
def test_resume_goes_on_to_the_end(
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
    bf.resume(last(), frame, client=bigin_client).wait()  # and nobody holds it


def test_client_of_another_organisation_is_refused(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    killed_at("after commit of uploaded", lambda: frame.bigin.insert("Contacts", client=bigin_client))
    with Sandbox() as other, pytest.raises(OptionError, match=f"belongs to organisation {bigin_client.zgid()}"):
        bf.resume(last(), frame, client=other.client())

    assert bigin_sandbox.ledger() == []


def test_run_nobody_knows_is_refused_with_the_place_of_the_journal() -> None:
    with pytest.raises(OptionError, match=r"has no run 'nope'; bf.runs\(\) lists them") as refused:
        bf.resume("nope")
    assert os.environ["BIGIN_FRAMES_HOME"] in str(refused.value)
    assert refused.value.option == "run_id"


def test_unfinished_run_with_defaults_goes_on_by_the_same_call_alone(
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


# -- unknown


def test_unknown_rows_come_with_the_evidence(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    run = unknown(bigin_sandbox, bigin_client, people("Lee", "Roe"))
    told = run.unknown

    assert told["row"].tolist() == [0, 1]
    assert set(told["Status"]) == {"UNKNOWN"}
    assert set(told["Error"]) == {"ANSWER_LOST"}
    assert set(told["attempts"]) == {1}
    assert told["file"][0] == bigin_sandbox.ledger()[0].file_name
    assert told["file_id"][0] == bigin_sandbox.ledger()[0].file_id
    assert pd.Timestamp(told["begun_at"][0]).tzinfo is not None
    assert "failure UnansweredError" in told["evidence"][0]
    assert "Lee" not in told.to_string()
    assert bigin_client._calls._credentials.refresh_token.reveal() not in told.to_string()


def test_unknown_run_is_not_sent_again_and_the_words_lead_to_it(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = people()
    unknown(bigin_sandbox, bigin_client, frame)
    with pytest.raises(bf.errors.AlreadyDelivered, match=r"1 of its jobs have rows of unknown status.*unknown"):
        frame.bigin.insert("Contacts", client=bigin_client)

    assert len(bigin_sandbox.ledger()) == 1


def test_resolved_as_applied_the_rows_are_added_without_ids(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = people()
    run = unknown(bigin_sandbox, bigin_client, frame)
    run.resolve(0, "applied", reason="seen in the import list")

    assert set(run.frame()["Status"]) == {"ADDED"}
    assert run.frame()["ID"].isna().all()
    assert run.unknown.empty
    assert bf.runs()["state"].tolist() == ["done"]
    assert Journal(home()).events(last())[-1]["reason"] == "seen in the import list"
    with pytest.raises(bf.errors.AlreadyDelivered):
        frame.bigin.insert("Contacts", client=bigin_client)


def test_resolved_as_not_applied_the_same_call_sends_the_rows(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = people()
    run = unknown(bigin_sandbox, bigin_client, frame, taken=False)
    run.resolve(0, "not_applied", reason="looked, there is none")
    assert set(run.frame()["Status"]) == {"UNSENT"}
    out = frame.bigin.insert("Contacts", client=bigin_client)

    assert set(out["Status"]) == {"ADDED"}
    assert stored(bigin_sandbox) == sorted(frame["Last_Name"])


@pytest.mark.parametrize(
    ("job", "outcome", "reason", "words"),
    [
        (0, "perhaps", "x", "'applied' or 'not_applied'"),
        (0, "applied", "  ", "Give in reason="),
        (7, "applied", "x", "has no job 7"),
    ],
)
def test_resolve_refuses_what_it_cannot_take(
    job: int, outcome: Any, reason: str, words: str, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    run = unknown(bigin_sandbox, bigin_client, people())
    with pytest.raises(OptionError, match=words):
        run.resolve(job, outcome, reason=reason)

    assert bf.runs()["state"].tolist() == ["unknown"]


def test_what_is_known_is_neither_resolved_nor_adopted(bigin_client: bf.Client) -> None:
    frame = people()
    frame.bigin.insert("Contacts", client=bigin_client)
    run = bf.resume(last(), frame, client=bigin_client)

    with pytest.raises(InputError, match="Job 0 is merged and none of its rows is unknown"):
        run.resolve(0, "applied", reason="x")
    with pytest.raises(InputError, match="no job can be assigned to it"):
        run.adopt(0, "1")


def test_adopted_job_gives_every_row_its_id(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = people()
    run = unknown(bigin_sandbox, bigin_client, frame)
    with pytest.raises(InputError, match="does not say yet which file"):
        run.adopt(0, bigin_sandbox.ledger()[0].id)  # the first look sees it waiting
    for _ in range(3):
        bigin_client.job(bigin_sandbox.ledger()[0].id)
    run.adopt(0, bigin_sandbox.ledger()[0].id)
    out = run.wait()

    assert out["ID"].tolist() == [record["id"] for record in bigin_sandbox.records("Contacts")]
    assert set(out["Status"]) == {"ADDED"}
    assert len(bigin_sandbox.ledger()) == 1


def test_job_that_is_not_ours_is_not_adopted(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    people("Other").bigin.insert("Contacts", client=bigin_client)
    theirs = bigin_sandbox.ledger()[0].id
    bigin_client.job(theirs)
    run = unknown(bigin_sandbox, bigin_client, people())

    with pytest.raises(InputError, match=f"job {theirs} cannot be proven to be job 0 of this run"):
        run.adopt(0, theirs)
    assert bf.runs()["state"].tolist()[0] == "unknown"


@pytest.mark.parametrize("outcome", ["applied", "not_applied"])
def test_rows_left_open_beside_refused_ones_are_resolved_and_each_row_guarded_as_it_stands(outcome: Any) -> None:
    """The journal has no digest of a refused row any more, and must not take another row's for it."""
    frame = with_emails("Lee", "Roe", "Ann", "Poe", "Kim", "Moe")
    frame.loc[[2, 4], "Email"] = "lee@x.org"  # unique in Bigin
    with Sandbox(behaviour=Behaviour(result_rows="drop some")) as box:
        client = box.client()
        with pytest.warns(UndecidedRowsWarning):
            out = frame.bigin.insert("Contacts", client=client, on_error="ignore")
        run = bf.resume(last(), frame, client=client)
        run.resolve(0, outcome, reason="seen in Bigin")
        settled = run.frame()["Status"]
        seen = [_is_guarded(frame.iloc[[i]], client) for i in range(len(frame))]

    assert out["Status"].tolist() == ["ADDED", "UNREPORTED", "SKIPPED", "UNREPORTED", "SKIPPED", "UNREPORTED"]
    assert set(settled[out["Status"] == "UNREPORTED"]) == {"ADDED" if outcome == "applied" else "UNSENT"}
    assert seen == (settled == "ADDED").tolist()


def _is_guarded(row: pd.DataFrame, client: bf.Client) -> bool:
    try:
        row.bigin.insert("Contacts", client=client, on_overlap="raise", on_error="ignore")
    except InputError:
        return True
    return False


# -- read from Bigin


def with_emails(*names: str) -> pd.DataFrame:
    return people(*names).assign(Email=[f"{name.lower()}@x.org" for name in names])


def test_records_that_are_there_prove_their_rows(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = with_emails("Lee", "Roe", "Poe")
    run = unknown(bigin_sandbox, bigin_client, frame)
    bigin_sandbox.settle()
    out = run.reconcile()

    assert set(out["Status"]) == {"ADDED"}
    assert out["ID"].tolist() == [record["id"] for record in bigin_sandbox.records("Contacts")]
    assert bf.runs()["state"].tolist() == ["done"]
    pd.testing.assert_frame_equal(bf.resume(last(), frame).frame(), out)


def test_records_that_are_not_there_prove_nothing(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    run = unknown(bigin_sandbox, bigin_client, with_emails("Lee", "Roe"), taken=False)
    out = run.reconcile()

    assert set(out["Status"]) == {"UNKNOWN"}
    assert bigin_sandbox.ledger() == []


def test_record_made_before_or_with_other_cells_is_not_taken(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as long_ago:
        long_ago.setattr(bigin_sandbox._org, "clock", lambda: 1_600_000_000.0)
        bigin_sandbox.add_record("Contacts", {"Last_Name": "Lee", "Email": "lee@x.org"})
    run = unknown(bigin_sandbox, bigin_client, with_emails("Lee", "Roe", "Poe"), taken=False)
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Another", "Email": "roe@x.org"})
    poe = bigin_sandbox.add_record("Contacts", {"Last_Name": "Poe", "Email": "poe@x.org"})
    out = run.reconcile()

    assert out["Status"].tolist() == ["UNKNOWN", "UNKNOWN", "ADDED"]
    assert out["ID"].tolist()[2] == poe
    assert bf.runs()["state"].tolist() == ["unknown"]


def test_rows_without_a_unique_field_stay_unknown(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    run = unknown(bigin_sandbox, bigin_client, people())

    assert set(run.reconcile()["Status"]) == {"UNKNOWN"}


def test_run_opened_without_rows_cannot_be_reconciled(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    unknown(bigin_sandbox, bigin_client, people())
    run = bf.resume(last())

    for act in (run.reconcile, lambda: run.adopt(0, "1")):
        with pytest.raises(InputError, match="was opened without its rows; give the frame"):
            act()
    run.resolve(0, "not_applied", reason="nobody saw it")


# -- forgotten


def test_purge_forgets_what_ended_long_ago_and_nothing_else(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    done = people("A")
    done.bigin.insert("Contacts", client=bigin_client)
    killed_at("after commit of submitted", lambda: people("B").bigin.insert("Contacts", client=bigin_client))
    unknown(bigin_sandbox, bigin_client, people("C"))

    assert bf.purge("1 day") == bf.purge() == 0
    assert bf.purge(timedelta(0)) == 1
    assert bf.runs()["state"].tolist() == ["unknown", "unfinished"]
    done.bigin.insert("Contacts", client=bigin_client)  # the guard has gone with it
    assert stored(bigin_sandbox).count("A") == 2


@pytest.mark.parametrize("age", [30, "30", "soon", None, "-1 day", 2.5, pd.NaT, timedelta(days=-1), ""])
def test_purge_takes_a_time_with_its_unit_alone(age: Any, bigin_client: bf.Client) -> None:
    people().bigin.insert("Contacts", client=bigin_client)

    with pytest.raises(OptionError, match="a time with its unit, such as '90 days'"):
        bf.purge(age)
    assert len(bf.runs()) == 1


def test_purge_of_nothing_makes_no_journal() -> None:
    assert bf.purge() == 0
    assert not home().exists()


def test_pending_run_is_gone_on_with_by_another_handle_once_the_first_has_let_go(
    bigin_sandbox: Sandbox, clock: Clock
) -> None:
    bigin_sandbox.faults.add("details", Fault.refused("INVALID_TOKEN"), times=2)
    frame, client = people(), bigin_sandbox.client(transport=clock.transport())
    with pytest.raises(JobPending):
        frame.bigin.insert("Contacts", client=client)
    out = bf.resume(last(), frame, client=bigin_sandbox.client(transport=clock.transport())).wait()

    assert set(out["Status"]) == {"ADDED"}
    assert len(bigin_sandbox.ledger()) == 1
