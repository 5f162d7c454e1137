"""A key for each row writes the row once, on whatever machine the call is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bigin_frames as bf
from bigin_frames.errors import AlreadyDelivered, InputError, OptionError
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.honesty import Clock
from tests.support.small_runs import Interrupt, people, stored


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


def test_rows_with_generated_keys_are_not_inserted_twice_even_on_request(keyed_box: Sandbox) -> None:
    """New keys would be lost in a crash, and the repetition would begin again."""
    frame, client = people(), keyed_box.client()
    frame.bigin.insert("Contacts", row_key="Row_Key", client=client)
    with pytest.raises(AlreadyDelivered):
        frame.bigin.insert("Contacts", row_key="Row_Key", client=client)
    with pytest.raises(OptionError, match="keys of your own"):
        frame.bigin.insert("Contacts", row_key="Row_Key", client=client, repeat=True)

    assert len(set(keys(keyed_box))) == 4


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not taken"])
def test_lost_answer_is_recovered_by_the_keys(taken: bool, keyed_box: Sandbox, clock: Clock) -> None:
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
def test_keyed_run_that_was_killed_in_doubt_is_resumed_and_resolved(
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


def test_keys_of_the_caller_are_used_and_missing_ones_refused(keyed_box: Sandbox) -> None:
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
