"""The journal loses nothing that it has acknowledged."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bigin_frames import checkpoints
from bigin_frames.errors import JournalError, RunBusy
from bigin_frames.journal import journal as journal_module
from bigin_frames.journal.database import NAME
from bigin_frames.journal.journal import Journal
from tests.support.journals import DIGESTS, KEPT, KEY, VERDICTS, batch_of, run_of

# -- what was written is read


def test_run_and_batches_are_read_as_they_were_written(folder: Path) -> None:
    written = [batch_of(0), batch_of(1, digests=None)]
    Journal(folder).begin(run_of(), written)

    again = Journal(folder)
    found = again.run("a1")
    assert found == run_of(created_at=found.created_at)
    assert again.batches("a1") == written
    assert again.states() == {"a1": {"prepared": 2}}
    assert [event["state"] for event in again.events("a1")] == ["begun"]


def test_unknown_run_is_none_and_reading_creates_no_file(folder: Path) -> None:
    asked = Journal(folder)

    assert asked.run("a1") is None
    assert asked.latest(KEY) is None
    assert asked.runs() == []
    assert asked.handed_over("7", "Contacts") == {}
    assert not folder.exists()


def test_move_changes_what_it_names_and_adds_an_event(folder: Path) -> None:
    made = Journal(folder)
    made.begin(run_of(), [batch_of()])
    made.move("a1", 0, "prepared", "uploaded", {"file_id": "5", "name": "bf-x.csv"})
    made.move("a1", 0, "uploaded", "submitting", {"attempts": 1, "evidence": {"pid": 4}})
    made.move("a1", 0, "submitting", "merged", {"job_id": "11", "verdicts": KEPT, "digests": DIGESTS[:16]})

    (batch,) = Journal(folder).batches("a1")
    assert (batch.state, batch.file_id, batch.name, batch.attempts) == ("merged", "5", "bf-x.csv", 1)
    assert (batch.job_id, batch.verdicts, batch.digests) == ("11", VERDICTS, DIGESTS[:16])
    assert (made.digests("a1", 0), made.digests("a1", 1)) == (DIGESTS[:16], None)
    states = [(event["state"], event["batch"]) for event in made.events("a1")]
    assert states == [("begun", None), ("uploaded", 0), ("submitting", 0), ("merged", 0)]
    assert made.events("a1")[2]["pid"] == 4
    assert "verdicts" not in made.events("a1")[3]


def test_verdicts_are_written_without_the_large_digests_beside_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a commit changes is copied into SQLite's own journal first: its size is what the commit costs."""
    made, digests = Journal(folder), os.urandom(400_000)
    large: list[int] = []

    def at(name: str) -> None:
        if name == "before commit of merged":
            large.append((folder / f"{NAME}-journal").stat().st_size)

    monkeypatch.setattr(checkpoints, "at", at)
    made.begin(run_of(), [batch_of(digests=digests)])
    made.move("a1", 0, "prepared", "merged", {"verdicts": KEPT, "digests": digests})
    made.move("a1", 0, "merged", "merged", {"verdicts": KEPT, "digests": digests[:16]})

    assert made.batches("a1")[0].digests == digests[:16]
    assert [size > 400_000 for size in large] == [False, True]


def test_move_from_another_state_changes_nothing(folder: Path) -> None:
    made = Journal(folder)
    made.begin(run_of(), [batch_of()])
    Journal(folder).move("a1", 0, "prepared", "uploaded", {"file_id": "5"})

    with pytest.raises(RunBusy, match="Batch 0 of run a1 is not prepared any more") as busy:
        made.move("a1", 0, "prepared", "uploaded", {"file_id": "6"})
    assert busy.value.run_id == "a1"
    assert made.batches("a1")[0].file_id == "5"
    assert len(made.events("a1")) == 2


def test_latest_run_of_a_key_is_the_last_one_begun_whatever_the_clock_says(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Journal(folder)
    for name, now in (("a1", "2026-05-02"), ("b2", "2026-05-01"), ("c3", "1970-01-01")):
        monkeypatch.setattr(journal_module, "_now", lambda now=now: f"{now}T00:00:00.000+00:00")
        made.begin(run_of(name), [batch_of()], after={"b2": "a1", "c3": "b2"}.get(name))

    assert made.latest(KEY).id == "c3"
    assert [run.id for run in made.runs()] == ["c3", "b2", "a1"]


def test_same_rows_cannot_be_begun_twice_at_once(folder: Path) -> None:
    Journal(folder).begin(run_of("a1"), [batch_of()])

    with pytest.raises(RunBusy, match="Run a1 has just begun with the same rows") as busy:
        Journal(folder).begin(run_of("b2"), [batch_of()])
    assert busy.value.run_id == "a1"
    assert Journal(folder).run("b2") is None


def test_digests_count_as_sent_from_the_moment_a_job_may_have_them(folder: Path) -> None:
    made = Journal(folder)
    states = ("prepared", "uploaded", "rejected", "submitting", "submitted", "unknown", "merged")
    for state in states:
        made.begin(run_of(state, key=state), [batch_of(state=state)])

    assert set(made.handed_over("7", "Contacts")) == {"submitting", "submitted", "unknown", "merged"}
    assert set(made.handed_over("7", "Contacts", except_run="merged")) == {"submitting", "submitted", "unknown"}
    assert made.handed_over("8", "Contacts") == made.handed_over("7", "Accounts") == {}


def test_each_journal_has_its_own_lasting_salt(folder: Path, tmp_path: Path) -> None:
    salt = Journal(folder).salt

    assert len(salt) == 32
    assert Journal(folder).salt == salt
    assert Journal(tmp_path / "other").salt != salt


def test_error_in_the_middle_of_a_write_leaves_nothing_of_it(folder: Path) -> None:
    made = Journal(folder)
    with pytest.raises(JournalError, match="IntegrityError"):
        made.begin(run_of(), [batch_of(0), batch_of(0)])

    assert made.run("a1") is None
    made.begin(run_of(), [batch_of()])
    assert len(made.batches("a1")) == 1


def test_threads_of_one_journal_lose_no_event(folder: Path) -> None:
    made = Journal(folder)
    made.begin(run_of(), [batch_of(number) for number in range(8)])

    def work(number: int) -> None:
        for old, new in (("prepared", "uploaded"), ("uploaded", "submitting"), ("submitting", "submitted")):
            made.move("a1", number, old, new, {})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made.states() == {"a1": {"submitted": 8}}
    assert len(made.events("a1")) == 25


# -- deleting


def test_deleted_run_leaves_no_byte_behind(folder: Path) -> None:
    made = Journal(folder)
    for name in ("f0f0f0f0", "a1a1a1a1"):
        made.begin(run_of(name, key=name * 4), [batch_of(digests=name.encode() * 2)])
        with made.driving(name):
            made.move(name, 0, "prepared", "merged", {"job_id": f"99{name}", "verdicts": KEPT})
    made.forget(["f0f0f0f0"])

    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    names = " ".join(path.name for path in folder.rglob("*"))
    assert b"f0f0f0f0" not in kept
    assert "f0f0f0f0" not in names
    assert b"a1a1a1a1" in kept
    assert [run.id for run in made.runs()] == ["a1a1a1a1"]
    assert made.events("f0f0f0f0") == []
