"""Unknown rows are resolved by proof, or by a person who has looked, and by nothing else."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.errors import InputError, OptionError, UndecidedRowsWarning
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Behaviour, Sandbox
from tests.support.small_runs import people, stored
from tests.support.unknown_runs import last, unknown, with_emails


def test_unknown_rows_come_with_the_evidence(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    run = unknown(bigin_sandbox, bigin_client, people("Lee", "Roe"))
    rows = run.unknown

    assert rows["row"].tolist() == [0, 1]
    assert set(rows["Status"]) == {"UNKNOWN"}
    assert set(rows["Error"]) == {"ANSWER_LOST"}
    assert set(rows["attempts"]) == {1}
    assert rows["file"][0] == bigin_sandbox.ledger()[0].file_name
    assert rows["file_id"][0] == bigin_sandbox.ledger()[0].file_id
    assert pd.Timestamp(rows["begun_at"][0]).tzinfo is not None
    assert "failure UnansweredError" in rows["evidence"][0]
    assert "Lee" not in rows.to_string()
    assert bigin_client._calls._credentials.refresh_token.reveal() not in rows.to_string()


def test_unknown_run_is_not_sent_again_and_the_error_names_it(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
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
def test_resolve_refuses_invalid_arguments(
    job: int, outcome: Any, reason: str, words: str, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    run = unknown(bigin_sandbox, bigin_client, people())
    with pytest.raises(OptionError, match=words):
        run.resolve(job, outcome, reason=reason)

    assert bf.runs()["state"].tolist() == ["unknown"]


def test_known_rows_are_neither_resolved_nor_adopted(bigin_client: bf.Client) -> None:
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
        run.adopt(0, bigin_sandbox.ledger()[0].id)  # at the first poll it is waiting
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
def test_undecided_rows_among_rejected_ones_are_resolved_and_each_row_keeps_its_own_protection(outcome: Any) -> None:
    """The journal has no digest of a rejected row any more, and must not use another row's instead."""
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
