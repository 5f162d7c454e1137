"""The same content finds the run that began with it, and is written twice only on request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.delivery.begin import content_key
from bigin_frames.errors import AlreadyDelivered, JobPending, RunBusy
from bigin_frames.frames.encoding.digests import row_digests
from bigin_frames.journal.database import NAME
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.small_runs import Interrupt, creates, people, stored

SALT = bytes(32)


# -- what identifies a delivery


def key_of(frame: pd.DataFrame, client: bf.Client, operation: Any = "insert", org: str = "1", **options: Any) -> str:
    plan = frame.bigin.plan(options.pop("module", "Contacts"), operation, client=client, **options)
    task = plan._task
    rows = np.concatenate([batch.rows for batch in plan._batches])
    return content_key(org, task, rows, row_digests(task.frame, rows, task.columns, task.zone, SALT), SALT)


def records() -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": ["Lee", "Roe"], "Email": ["a@x.org", "b@x.org"], "City": ["Rome", None]})


COLUMNS = {"Last_Name": "Last_Name", "Email": "Email", "City": "Mailing_City"}
OTHERS: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], dict[str, Any]]] = {
    "org": (lambda f: f, {"org": "2"}),
    "module": (lambda f: f, {"module": "Accounts", "columns": {"Last_Name": "Account_Name"}}),
    "operation": (lambda f: f, {"operation": "upsert", "find_by": "Email"}),
    "find_by": (lambda f: f, {"find_by": "Email"}),
    "empty": (lambda f: f, {"empty": "clear"}),
    "defaults for empty cells": (lambda f: f, {"defaults": {"Mailing_City": "Bonn"}}),
    "defaults without a column": (lambda f: f, {"defaults": {"Title": "Dr"}}),
    "a column left out": (lambda f: f, {"columns": {"Last_Name": "Last_Name", "Email": "Email"}}),
    "another field": (lambda f: f, {"columns": {**COLUMNS, "City": "Title"}}),
    "a cell": (lambda f: f.replace("Rome", "Oslo"), {}),
    "an empty cell filled": (lambda f: f.fillna("Oslo"), {}),
    "order": (lambda f: f.iloc[::-1], {}),
    "a row less": (lambda f: f.head(1), {}),
    "a row twice": (lambda f: pd.concat([f, f.head(1)], ignore_index=True), {}),
}
SAME: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], dict[str, Any]]] = {
    "column order": (lambda f: f[["City", "Email", "Last_Name"]], {}),
    "order of the mapping": (lambda f: f, {"columns": dict(reversed(COLUMNS.items()))}),
    "object": (lambda f: f.astype(object), {}),
    "categories": (lambda f: f.astype({"City": "category"}), {}),
    "string": (lambda f: f.astype("string"), {}),
    "index": (lambda f: f.set_index(pd.Index([7, 7])), {}),
    "a column that is not sent": (lambda f: f.assign(note=1), {}),
    "the column's label": (
        lambda f: f.rename(columns={"City": "town"}),
        {"columns": {"Last_Name": "Last_Name", "Email": "Email", "town": "Mailing_City"}},
    ),
    "rows in a job": (lambda f: f, {"max_rows_per_job": 1}),
    "result columns": (lambda f: f, {"result_columns": ("a", "b", "c")}),
    "what is said of refusals": (lambda f: f, {"on_error": "ignore"}),
}


@pytest.mark.parametrize("name", OTHERS)
def test_delivery_differs_with_another(name: str, bigin_client: bf.Client) -> None:
    change, options = OTHERS[name]
    frame = records()
    if "org" not in options:
        options = {"columns": COLUMNS, **options}
    plain = key_of(frame, bigin_client, columns=COLUMNS)

    assert key_of(change(frame), bigin_client, **{"columns": COLUMNS, **options}) != plain


@pytest.mark.parametrize("name", SAME)
def test_delivery_is_the_same_with_any(name: str, bigin_client: bf.Client) -> None:
    change, options = SAME[name]
    frame = records()

    assert key_of(change(frame), bigin_client, **{"columns": COLUMNS, **options}) == key_of(
        frame, bigin_client, columns=COLUMNS
    )


def test_two_stores_know_the_same_delivery_by_other_keys(
    bigin_client: bf.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = []
    for name in ("one", "two"):
        monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / name))
        people().bigin.insert("Contacts", client=bigin_client)
        keys.append(Journal(home()).runs()[0].key)

    assert keys[0] != keys[1]


def test_finished_insert_is_not_repeated_and_the_error_says_how_to(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = people()
    frame.bigin.insert("Contacts", client=bigin_client)
    known = bf.runs().iloc[0]
    asked = len(bigin_sandbox.requests)

    with pytest.raises(AlreadyDelivered) as raised:
        frame.bigin.insert("Contacts", client=bigin_client)
    assert raised.value.run_id == known["run"]
    assert pd.Timestamp(raised.value.when) == known["begun_at"]
    assert known["run"] in str(raised.value)
    assert raised.value.when in str(raised.value)
    assert "repeat=True inserts the rows again" in str(raised.value)
    assert len(bigin_sandbox.requests) == asked


def test_repeat_inserts_the_rows_again(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = people()
    for repeat in (False, True, True):
        assert set(frame.bigin.insert("Contacts", client=bigin_client, repeat=repeat)["Status"]) == {"ADDED"}

    assert len(stored(bigin_sandbox)) == 3 * len(frame)


def test_repeat_resumes_an_unfinished_repetition_first(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    frame.bigin.insert("Contacts", client=bigin_client)
    killed_at("after commit of submitted", lambda: frame.bigin.insert("Contacts", client=bigin_client, repeat=True))
    out = frame.bigin.insert("Contacts", client=bigin_client, repeat=True)

    assert set(out["Status"]) == {"ADDED"}
    assert len(stored(bigin_sandbox)) == 2 * len(frame)


def test_insert_that_bigin_rejected_as_a_whole_can_be_repeated(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Fay", "Email": "fay@x.org"})
    frame = pd.DataFrame({"Last_Name": ["Fay"], "Email": ["fay@x.org"]})
    for _ in range(2):
        assert frame.bigin.insert("Contacts", client=bigin_client, on_error="ignore")["Status"].tolist() == ["SKIPPED"]


def test_updates_can_be_repeated_at_once(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    record = bigin_sandbox.add_record("Contacts", {"Last_Name": "Lee"})
    frame = pd.DataFrame({"id": [record], "Last_Name": ["Leigh"]})
    for _ in range(2):
        out = frame.bigin.update("Contacts", find_by="id", client=bigin_client)
        assert out["Status"].tolist() == ["UPDATED"]

    assert creates(bigin_sandbox) == 2


def test_same_call_in_many_threads_at_once_writes_once(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame, together = people(), threading.Barrier(6)
    ends: list[str] = []

    def call() -> None:
        together.wait()
        try:
            ends.append(
                "".join(set(frame.bigin.insert("Contacts", client=bigin_client, on_overlap="ignore")["Status"]))
            )
        except (RunBusy, AlreadyDelivered) as raised:
            ends.append(type(raised).__name__)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ends.count("ADDED") == 1
    assert stored(bigin_sandbox) == sorted(frame["Last_Name"])


def test_run_in_progress_keeps_the_same_call_out(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.faults.add("job", Fault.job_stuck())
    frame = people()
    with pytest.raises(JobPending) as pending:
        frame.bigin.insert("Contacts", client=bigin_client, wait=0)

    with pytest.raises(RunBusy, match="is already running in process"):
        frame.bigin.insert("Contacts", client=bigin_client)
    assert creates(bigin_sandbox) <= 1
    pending.value.run.leave()  # or it polls a stuck job for ever


def test_journal_and_its_words_hold_no_cell(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    people("Quokka").bigin.insert("Contacts", client=bigin_client, defaults={"Title": "Wombat"})
    kept = (home() / NAME).read_bytes()

    assert b"uokka" not in kept
    assert b"ombat" not in kept
    assert "uokka" not in repr(Journal(home()).runs()) + bf.runs().to_string()
