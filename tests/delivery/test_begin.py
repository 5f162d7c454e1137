"""The same call goes on where it stopped, and rows that were handed over are not handed over again unasked."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.delivery.begin import content_key
from bigin_frames.errors import AlreadyDelivered, InputError, JobPending, OptionError, OverlapWarning, RunBusy
from bigin_frames.frames.encoding.digests import row_digests
from bigin_frames.journal.file import NAME
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.honesty import Clock

SALT = bytes(32)
Interrupt = Callable[[str], Any]


def people(*names: str) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": list(names or ("Lee", "Roe", "Poe", "Ng"))})


def stored(box: Sandbox, module: str = "Contacts") -> list[str]:
    return sorted(record["Last_Name"] for record in box.records(module))


def creates(box: Sandbox) -> int:
    return sum(request.route == "create" for request in box.requests)


# -- what a delivery is known by


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
def test_delivery_is_another_with_another(name: str, bigin_client: bf.Client) -> None:
    change, options = OTHERS[name]
    frame = records()
    if "org" not in options:
        options = {"columns": COLUMNS, **options}
    plain = key_of(frame, bigin_client, columns=COLUMNS)

    assert key_of(change(frame), bigin_client, **{"columns": COLUMNS, **options}) != plain


@pytest.mark.parametrize("name", SAME)
def test_delivery_is_the_same_whatever_the(name: str, bigin_client: bf.Client) -> None:
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


# -- again


POINTS = [
    "after commit of begin", "after commit of uploaded", "before commit of submitting", "before commit of submitted",
    "after commit of submitted", "before commit of completed", "after commit of completed", "after commit of fetched",
    "result unpacked", "verdicts half made", "before commit of merged",
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_same_call_goes_on_with_a_run_that_was_killed(
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
    if point == "before commit of submitted":  # its job is in Bigin, its number is lost
        assert set(out["Status"]) == {"UNKNOWN"}
    else:
        assert out["ID"].tolist() == [record["id"] for record in bigin_sandbox.records("Contacts")]
        assert set(out["Status"]) == {"ADDED"}


def test_frame_of_a_run_gone_on_with_is_the_frame_of_an_undisturbed_one(
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


def test_finished_insert_is_not_made_again_and_the_words_say_how(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = people()
    frame.bigin.insert("Contacts", client=bigin_client)
    known = bf.runs().iloc[0]
    asked = len(bigin_sandbox.requests)

    with pytest.raises(AlreadyDelivered) as told:
        frame.bigin.insert("Contacts", client=bigin_client)
    assert told.value.run_id == known["run"]
    assert pd.Timestamp(told.value.when) == known["begun_at"]
    assert known["run"] in str(told.value)
    assert told.value.when in str(told.value)
    assert "repeat=True inserts the rows again" in str(told.value)
    assert len(bigin_sandbox.requests) == asked


def test_repeat_inserts_the_rows_once_more(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = people()
    for repeat in (False, True, True):
        assert set(frame.bigin.insert("Contacts", client=bigin_client, repeat=repeat)["Status"]) == {"ADDED"}

    assert len(stored(bigin_sandbox)) == 3 * len(frame)


def test_repeat_goes_on_with_an_unfinished_repetition_first(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    frame.bigin.insert("Contacts", client=bigin_client)
    killed_at("after commit of submitted", lambda: frame.bigin.insert("Contacts", client=bigin_client, repeat=True))
    out = frame.bigin.insert("Contacts", client=bigin_client, repeat=True)

    assert set(out["Status"]) == {"ADDED"}
    assert len(stored(bigin_sandbox)) == 2 * len(frame)


def test_insert_that_bigin_refused_whole_may_be_made_again(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Fay", "Email": "fay@x.org"})
    frame = pd.DataFrame({"Last_Name": ["Fay"], "Email": ["fay@x.org"]})
    for _ in range(2):
        assert frame.bigin.insert("Contacts", client=bigin_client, on_error="ignore")["Status"].tolist() == ["SKIPPED"]


def test_jobs_that_bigin_refused_are_sent_by_the_same_call(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
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


def test_rows_that_another_run_has_written_in_part_are_spoken_of_when_a_run_goes_on(
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


def test_updates_may_be_made_again_at_once(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    record = bigin_sandbox.add_record("Contacts", {"Last_Name": "Lee"})
    frame = pd.DataFrame({"id": [record], "Last_Name": ["Leigh"]})
    for _ in range(2):
        out = frame.bigin.update("Contacts", find_by="id", client=bigin_client)
        assert out["Status"].tolist() == ["UPDATED"]

    assert creates(bigin_sandbox) == 2


def test_update_that_died_is_sent_anew_once_other_values_were_written(
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


def test_update_that_died_goes_on_where_nothing_was_written_since(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    record = bigin_sandbox.add_record("Contacts", {"Last_Name": "Lee"})
    ash = pd.DataFrame({"id": [record], "Last_Name": ["Ash"]})
    killed_at("after commit of submitted", lambda: ash.bigin.update("Contacts", find_by="id", client=bigin_client))
    out = ash.bigin.update("Contacts", find_by="id", client=bigin_client)

    assert out["Status"].tolist() == ["UPDATED"]
    assert creates(bigin_sandbox) == 1


def test_same_call_in_many_threads_at_once_writes_once(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame, together = people(), threading.Barrier(6)
    ends: list[str] = []

    def call() -> None:
        together.wait()
        try:
            ends.append(
                "".join(set(frame.bigin.insert("Contacts", client=bigin_client, on_overlap="ignore")["Status"]))
            )
        except (RunBusy, AlreadyDelivered) as told:
            ends.append(type(told).__name__)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ends.count("ADDED") == 1
    assert stored(bigin_sandbox) == sorted(frame["Last_Name"])


def test_handle_that_is_under_way_keeps_the_same_call_out(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.faults.add("job", Fault.job_stuck())
    frame = people()
    with pytest.raises(JobPending) as pending:
        frame.bigin.insert("Contacts", client=bigin_client, wait=0)

    with pytest.raises(RunBusy, match="is already running in process"):
        frame.bigin.insert("Contacts", client=bigin_client)
    assert creates(bigin_sandbox) <= 1
    pending.value.run.leave()  # or it asks for ever after a job that is stuck


def test_hold_is_let_go_when_going_on_fails(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, killed_at: Interrupt
) -> None:
    frame = people()
    killed_at("after commit of uploaded", lambda: frame.bigin.insert("Contacts", client=bigin_client))
    people("Lee").bigin.insert("Contacts", client=bigin_client)
    errors = []
    for _ in range(2):  # the first error is kept, and with it all that its traceback holds
        with pytest.raises(InputError) as refused:
            frame.bigin.insert("Contacts", client=bigin_client, on_overlap="raise")
        errors.append(refused)
    out = frame.bigin.insert("Contacts", client=bigin_client, on_overlap="ignore")

    assert set(out["Status"]) == {"ADDED"}


# -- rows in common


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


def test_overlap_ignore_sends_without_a_word(
    yesterdays: pd.DataFrame, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    people("Lee", "New").bigin.insert("Contacts", client=bigin_client, on_overlap="ignore")

    assert len(stored(bigin_sandbox)) == 6


def test_same_rows_of_another_module_or_by_a_key_are_no_overlap(
    yesterdays: pd.DataFrame, bigin_client: bf.Client
) -> None:
    frame = people("Lee", "New").assign(Email=["lee@x.org", "new@x.org"])
    changed = frame.bigin.upsert("Contacts", find_by="Email", client=bigin_client)
    added = people("Lee").bigin.insert("Accounts", columns={"Last_Name": "Account_Name"}, client=bigin_client)

    assert set(changed["Status"]) <= {"ADDED", "UPDATED"}
    assert added["Status"].tolist() == ["ADDED"]


def test_rows_that_were_refused_do_not_count_as_handed_over(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.add_record("Contacts", {"Last_Name": "Fay", "Email": "fay@x.org"})
    first = pd.DataFrame({"Last_Name": ["Fay", "Lee"], "Email": ["fay@x.org", "lee@x.org"]})
    first.bigin.insert("Contacts", client=bigin_client, on_error="ignore")

    second = pd.concat([first, first.assign(Email=["new@x.org", None])[:1]], ignore_index=True)
    with pytest.warns(OverlapWarning, match="1 of 3 rows"):
        second.bigin.insert("Contacts", client=bigin_client, on_error="ignore")


def test_journal_and_its_words_hold_no_cell(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    people("Quokka").bigin.insert("Contacts", client=bigin_client, defaults={"Title": "Wombat"})
    kept = (home() / NAME).read_bytes()

    assert b"uokka" not in kept
    assert b"ombat" not in kept
    assert "uokka" not in repr(Journal(home()).runs()) + bf.runs().to_string()


# -- a key for each row


@pytest.fixture
def keyed_box(bigin_sandbox: Sandbox) -> Sandbox:
    bigin_sandbox.add_field("Contacts", "Row_Key", length=40, unique=True)
    return bigin_sandbox


def keys(box: Sandbox) -> list[str]:
    return [record["Row_Key"] for record in box.records("Contacts")]


def test_made_keys_are_the_same_on_another_machine_and_different_for_identical_rows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = []
    for machine in ("one", "two"):
        monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / machine))
        with Sandbox() as box:
            box.add_field("Contacts", "Row_Key", length=40, unique=True)
            out = people("Lee", "Lee", "Roe", "Lee").bigin.insert("Contacts", row_key="Row_Key", client=box.client())
            assert "Row_Key" not in " ".join(map(str, out.columns))
            made.append(keys(box))

    assert made[0] == made[1]
    assert len(set(made[0])) == 4
    assert all(key == key.lower() and len(key) == 26 for key in made[0])


def test_rows_from_yesterday_are_skipped_by_their_keys_on_any_machine(
    keyed_box: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client = keyed_box.client()
    people("Lee", "Roe").bigin.insert("Contacts", row_key="Row_Key", client=client)
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / "another"))
    out = people("Lee", "New", "Roe").bigin.insert("Contacts", row_key="Row_Key", client=client, on_error="ignore")

    assert out["Status"].tolist() == ["SKIPPED", "ADDED", "SKIPPED"]
    assert stored(keyed_box) == ["Lee", "New", "Roe"]


def test_rows_with_keys_made_here_are_not_inserted_twice_even_when_asked_to(keyed_box: Sandbox) -> None:
    """Fresh keys would be lost in a crash, and the repetition begun anew."""
    frame, client = people(), keyed_box.client()
    frame.bigin.insert("Contacts", row_key="Row_Key", client=client)
    with pytest.raises(AlreadyDelivered):
        frame.bigin.insert("Contacts", row_key="Row_Key", client=client)
    with pytest.raises(OptionError, match="keys of your own"):
        frame.bigin.insert("Contacts", row_key="Row_Key", client=client, repeat=True)

    assert len(set(keys(keyed_box))) == 4


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
def test_lost_answer_is_made_good_by_the_keys(taken: bool, keyed_box: Sandbox, clock: Clock) -> None:
    keyed_box.faults.add("create", Fault.reset_after() if taken else Fault.reset_before(10))
    frame = people("Lee", "Lee", "Roe")
    out = frame.bigin.insert("Contacts", row_key="Row_Key", client=keyed_box.client(transport=clock.transport()))

    assert set(out["Status"]) == {"ADDED"}
    assert sorted(out["ID"]) == sorted(record["id"] for record in keyed_box.records("Contacts"))
    assert out["Last_Name"].tolist() == [
        {record["id"]: record["Last_Name"] for record in keyed_box.records("Contacts")}[one] for one in out["ID"]
    ]
    assert stored(keyed_box) == ["Lee", "Lee", "Roe"]


@pytest.mark.parametrize("point", ["after commit of unknown", "before commit of submitted", "after commit of prepared"])
@pytest.mark.parametrize("by", ["the same call", "resume"])
def test_keyed_run_that_was_killed_in_doubt_goes_on_to_certainty(
    by: str, point: str, keyed_box: Sandbox, clock: Clock, killed_at: Interrupt
) -> None:
    keyed_box.faults.add("create", Fault.reset_after(), times=0 if "submitted" in point else 1)
    frame, client = people(), keyed_box.client(transport=clock.transport())
    how: dict[str, Any] = {"row_key": "Row_Key", "client": client}
    killed_at(point, lambda: frame.bigin.insert("Contacts", **how))
    if by == "resume":
        out = bf.resume(bf.runs()["run"][0], frame, client=client).wait()
    else:
        out = frame.bigin.insert("Contacts", **how)

    assert set(out["Status"]) == {"ADDED"}
    assert sorted(out["ID"]) == sorted(record["id"] for record in keyed_box.records("Contacts"))
    assert stored(keyed_box) == sorted(frame["Last_Name"])
    assert list(out.columns) == ["Last_Name", "ID", "Status", "Error"]


def test_keys_of_the_callers_own_are_used_and_gaps_refused(keyed_box: Sandbox) -> None:
    frame = people("Lee", "Roe").assign(Row_Key=["k1", "k2"])
    frame.bigin.insert("Contacts", row_key="Row_Key", client=keyed_box.client())
    assert keys(keyed_box) == ["k1", "k2"]

    for gap in (None, " "):
        with pytest.raises(InputError, match=r"1 rows have no key in column 'Row_Key' .* first at position 1"):
            frame.assign(Row_Key=["k3", gap]).bigin.insert("Contacts", row_key="Row_Key", client=keyed_box.client())


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Plain", {"length": 40}),
        ("Short", {"length": 25, "unique": True}),
        ("Number", {"data_type": "integer", "unique": True}),
        ("Nowhere", None),
    ],
)
def test_field_that_cannot_hold_keys_is_refused(name: str, facts: Any, keyed_box: Sandbox) -> None:
    if facts is not None:
        keyed_box.add_field("Contacts", name, **facts)

    with pytest.raises(bf.errors.OptionError, match=f"row_key='{name}' must be a unique text field of Contacts"):
        people().bigin.insert("Contacts", row_key=name, client=keyed_box.client())
    assert keyed_box.ledger() == []
