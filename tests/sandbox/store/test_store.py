"""The store keeps everything in a file, and a write that fails leaves nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.store.store import Store
from bigin_frames.sandbox.verdicts.verdict import Verdict
from tests.sandbox.caller import Caller
from tests.sandbox.rows import HEADER, ROWS


def test_ids_are_text_of_19_digits_that_grow(box: Sandbox) -> None:
    ids = [box.add_record("Contacts", {"Last_Name": "A"}) for _ in range(3)]

    assert ids == sorted(set(ids))
    assert all(re.fullmatch(r"\d{19}", record_id) for record_id in ids)


def test_a_file_keeps_organisation_records_and_jobs(tmp_path: Path) -> None:
    data = str(tmp_path / "box.sqlite")
    with Sandbox(data=data) as box:
        caller = Caller(box)
        job = caller.start(HEADER, ROWS)
        box.add_field("Contacts", "Birthday", "date")
        before = (box.records("Contacts"), box.ledger(), box.environment()["BIGIN_REFRESH_TOKEN"])
    with Sandbox(data=data) as again:
        assert (again.records("Contacts"), again.ledger(), again.environment()["BIGIN_REFRESH_TOKEN"]) == before
        assert Caller(again).finish(job)["status"] == "COMPLETED"


def test_a_write_that_fails_leaves_nothing() -> None:
    store = Store()
    good = Verdict("ADDED", "1", "", {"Last_Name": "A"}, {})
    bad = Verdict("ADDED", "2", "", {"Last_Name": object()}, {})  # type: ignore[dict-item]

    with pytest.raises(TypeError):
        store.write("Contacts", [good, bad], 0)
    assert store.records("Contacts") == []
    store.write("Contacts", [good], 0)
    assert len(store.records("Contacts")) == 1
    store.close()
