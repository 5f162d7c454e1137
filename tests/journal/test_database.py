"""The file is refused unless it is certainly intact, is migrated whole, and a run is locked by one process."""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import checkpoints
from bigin_frames.errors import JournalError, RunBusy
from bigin_frames.journal import database
from bigin_frames.journal.database import MIGRATIONS, NAME
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Sandbox
from tests.support.journals import KEY, batch_of, closed, filled, limited, run_of


def refused(folder: Path) -> str:
    """Return the error that reading and writing both raise; nothing changes on disk."""
    file = folder / NAME
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(JournalError) as asked:
        Journal(folder).latest(KEY)
    with pytest.raises(JournalError) as written:
        Journal(folder).begin(run_of("z9"), [batch_of()])
    assert asked.value.path == written.value.path == str(file)
    assert str(file) in str(asked.value)
    assert (file.read_bytes() if file.is_file() else None) == before
    return str(written.value)


def cut(file: Path, to: int) -> None:
    os.truncate(file, to)


def other_application(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as db:
        db.execute("pragma journal_mode = wal")
        db.execute("create table bookmarks (url)")
        db.commit()


def other_kind(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("pragma application_id = 7")


def newer_format(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"pragma user_version = {len(MIGRATIONS) + 1}")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: file.write_bytes(b""), "is empty"),
        (lambda file: cut(file, 100), "cannot be used"),
        (lambda file: cut(file, 4096), "damaged|malformed"),
        (lambda file: cut(file, file.stat().st_size - 4096), "damaged|malformed"),
        (lambda file: file.write_bytes(b"no database" * 99), "not a database"),
        (other_application, "is a database of another program"),
        (other_kind, "is a database of another program"),
        (newer_format, "was written by a newer bigin_frames"),
        (lambda file: file.unlink(), "is missing, although this folder has had one"),
    ],
)
def test_file_that_is_damaged_missing_or_foreign_is_refused_by_name(
    damage: Callable[[Path], object], words: str, folder: Path
) -> None:
    file = closed(folder)
    damage(file)

    said = refused(folder)
    assert re.search(words, said)
    assert "Restore it from a backup" in said


def test_database_of_another_application_keeps_its_settings(folder: Path) -> None:
    folder.mkdir()
    file = folder / NAME
    file.touch()
    other_application(file)
    refused(folder)

    with closing(sqlite3.connect(file)) as db:
        assert db.execute("pragma journal_mode").fetchone() == ("wal",)


def look(folder: Path) -> tuple[Any, ...]:
    asked = Journal(folder)
    try:
        runs = asked.runs()
        each = [(run, run.decided, asked.latest(run.key), asked.events(run.id)) for run in runs]
        batches = [[(b, b.rows, b.digests, b.verdicts) for b in asked.batches(run.id)] for run in runs]
        return each, batches, asked.states(), asked.salt, asked.handed_over("7", "Contacts")
    finally:
        if asked._file.db is not None:
            asked._file.db.close()


@pytest.mark.parametrize("seed", range(3))
def test_one_flipped_bit_anywhere_is_refused_or_changes_no_answer(seed: int, folder: Path) -> None:
    file = closed(folder, "a1", "b2", "c3")
    sound, draw = file.read_bytes(), random.Random(seed)  # noqa: S311 - where to flip a bit
    before = look(folder)
    refusals = 0
    for _ in range(80):
        at = draw.randrange(len(sound))
        file.write_bytes(sound[:at] + bytes([sound[at] ^ 1 << draw.randrange(8)]) + sound[at + 1 :])
        try:
            assert look(folder) == before, f"a bit of byte {at}"
        except JournalError as refusal:
            refusals += str(file) in str(refusal)

    assert refusals  # most of so small a file is empty


def test_flipped_bit_that_sqlite_does_not_notice_is_noticed(folder: Path) -> None:
    file = closed(folder)
    file.write_bytes(file.read_bytes().replace(b"a1" * 8, b"a3" * 8, 1))

    assert "damaged" in refused(folder)


def test_nothing_is_sent_without_an_intact_journal(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = pd.DataFrame({"Last_Name": ["Lee"]})
    frame.bigin.insert("Contacts", client=bigin_client)
    file = Path(os.environ["BIGIN_FRAMES_HOME"]) / NAME
    cut(file, 5000)
    before = len(bigin_sandbox.ledger())

    with pytest.raises(JournalError, match="nothing is sent without it"):
        pd.DataFrame({"Last_Name": ["Roe"]}).bigin.insert("Contacts", client=bigin_client)
    assert len(bigin_sandbox.ledger()) == before
    assert file.stat().st_size == 5000


def test_symbolic_links_are_refused(tmp_path: Path) -> None:
    kept = closed(tmp_path / "kept")
    linked = tmp_path / "linked"
    linked.symlink_to(tmp_path / "kept")
    with pytest.raises(JournalError, match="symbolic link"):
        Journal(linked).runs()

    (tmp_path / "other").mkdir()
    for target in (kept, tmp_path / "nowhere"):
        file = tmp_path / "other" / NAME
        file.symlink_to(target)
        with pytest.raises(JournalError, match="symbolic link"):
            Journal(tmp_path / "other").begin(run_of("b2"), [batch_of()])
        file.unlink()
    assert not (tmp_path / "nowhere").exists()
    assert [run.id for run in Journal(tmp_path / "kept").runs()] == ["a1"]


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_only_the_user_can_read_it_whatever_the_umask(umask: int, folder: Path) -> None:
    before = os.umask(umask)
    try:
        with filled(folder).driving("a1"):
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    finally:
        os.umask(before)

    assert modes == {
        "home": 0o700, NAME: 0o600, ".gitignore": 0o600, "locks": 0o700, "a1.lock": 0o600
    }  # fmt: skip


def test_gitignore_keeps_it_out_of_repositories(folder: Path) -> None:
    filled(folder)

    assert (folder / ".gitignore").read_text().splitlines()[-1] == "*"


def test_gitignore_of_the_user_does_not_mean_a_lost_journal(folder: Path) -> None:
    folder.mkdir()
    (folder / ".gitignore").write_text("*.pyc\n")
    filled(folder)

    assert (folder / ".gitignore").read_text() == "*.pyc\n"


def test_folder_that_cannot_be_created_is_an_error_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(JournalError, match="set BIGIN_FRAMES_HOME to another folder"):
        Journal(tmp_path / "file" / "home").begin(run_of(), [batch_of()])


# The first format, literally; a released format is never changed, so neither is this.
OLDEST = MIGRATIONS[0]
NEXT = "alter table run add column note text;"


def written_in_the_oldest_format(folder: Path) -> Path:
    return closed(folder)


def test_older_file_is_migrated_with_all_its_content(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written_in_the_oldest_format(folder)
    before = look(folder)
    monkeypatch.setattr(database, "MIGRATIONS", (OLDEST, NEXT))

    assert look(folder) == before
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("pragma user_version").fetchone() == (2,)
        assert "note" in [line[1] for line in db.execute("pragma table_info(run)")]


def test_crash_during_a_migration_leaves_the_old_format_and_the_next_open_migrates(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written_in_the_oldest_format(folder)
    before = look(folder)
    monkeypatch.setattr(database, "MIGRATIONS", (OLDEST, NEXT))
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from bigin_frames import checkpoints\n"
        "from bigin_frames.journal import database\n"
        "from bigin_frames.journal.journal import Journal\n"
        f"database.MIGRATIONS = {(OLDEST, NEXT)!r}\n"
        "checkpoints.at = lambda name: name == 'journal half migrated' and os.kill(os.getpid(), signal.SIGKILL)\n"
        f"Journal(Path({str(folder)!r})).runs()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=False)

    assert ended.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("pragma user_version").fetchone() == (1,)
        assert "note" not in [line[1] for line in db.execute("pragma table_info(run)")]
    assert look(folder) == before


def test_crash_while_the_first_file_is_created_is_repaired(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Death(BaseException):
        pass

    def at(name: str) -> None:
        raise Death

    monkeypatch.setattr(checkpoints, "at", at)
    with pytest.raises(Death):
        Journal(folder).begin(run_of(), [batch_of()])
    monkeypatch.setattr(checkpoints, "at", None)

    assert [run.id for run in filled(folder).runs()] == ["a1"]


def test_processes_that_open_a_new_folder_at_once_share_one_journal(folder: Path) -> None:
    program = "from pathlib import Path; from bigin_frames.journal.journal import Journal; "
    program += f"print(Journal(Path({str(folder)!r})).salt.hex())"
    running = [subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) for _ in range(4)]
    salts = {process.communicate()[0] for process in running}

    assert {process.returncode for process in running} == {0}
    assert len(salts) == 1


@pytest.mark.parametrize("kilobytes", [0, 1, 8, 40, 60])
def test_full_disk_is_a_journal_error_and_keeps_what_was_acknowledged(kilobytes: int, folder: Path) -> None:
    program = f"""
import os
from pathlib import Path
from bigin_frames.errors import JournalError
from bigin_frames.journal.journal import Journal
from tests.support.journals import batch_of, run_of
made = Journal(Path({str(folder)!r}))
try:
    for n in range(60):
        made.begin(run_of(f"r{{n:03}}", key=f"{{n}}"), [batch_of(digests=os.urandom(4800))])
        print(n, flush=True)
except JournalError as error:
    print(error.path)
"""
    ended = limited(program, kilobytes)
    *acknowledged, last = ended.stdout.split()

    assert ended.stderr == ""
    assert last == str(folder / NAME)
    if acknowledged:
        assert len(Journal(folder).runs()) == len(acknowledged)
    else:
        Journal(folder).begin(run_of(), [batch_of()])  # with free space again, it begins


# -- locks


def test_lock_that_is_a_symbolic_link_is_refused(folder: Path, tmp_path: Path) -> None:
    made = filled(folder)
    (folder / "locks").mkdir()
    (folder / "locks" / "a1.lock").symlink_to(tmp_path / "victim")

    with pytest.raises(JournalError), made.driving("a1"):
        pass
    assert not (tmp_path / "victim").exists()


def child(folder: Path, *lines: str) -> subprocess.Popen[str]:
    """Return another process with the journal open; it prints its output and waits for input or a kill."""
    program = "\n".join(
        [
            "import sys, os",
            "from pathlib import Path",
            "from bigin_frames.journal.journal import Journal",
            f"made = Journal(Path({str(folder)!r}))",
            *lines,
        ]
    )
    return subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def test_second_process_is_told_which_one_runs_and_death_releases_the_lock(folder: Path, children: ExitStack) -> None:
    made = filled(folder)
    other = child(folder, "with made.driving('a1'):", "    print('held', flush=True); sys.stdin.read()")
    children.callback(other.communicate)
    children.callback(other.kill)
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"

    with pytest.raises(RunBusy, match=rf"running in process {other.pid} on \S+ since 20") as busy, made.driving("a1"):
        pass
    assert busy.value.run_id == "a1"

    other.kill()
    other.wait()
    with made.driving("a1"):
        pass


def test_lock_keeps_out_other_handles_of_the_same_process(folder: Path) -> None:
    made = filled(folder)

    with made.driving("a1"), pytest.raises(RunBusy), Journal(folder).driving("a1"):
        pass
    with made.driving("a1"), made.driving("b2"):
        pass


def test_lock_without_a_readable_owner_still_holds(folder: Path) -> None:
    made = filled(folder)

    with made.driving("a1"):
        (folder / "locks" / "a1.lock").write_text("?")
        with pytest.raises(RunBusy, match="running in another process\\."), made.driving("a1"):
            pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_forked_child_opens_a_connection_of_its_own_and_leaves_the_parents_open(folder: Path) -> None:
    made = filled(folder)
    mine = made._file.db
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            made.move("a1", 0, "merged", "merged", {"code": "CHILD"})
            same = made._file.db is mine
            os.write(write, json.dumps([same, mine.execute("select count(*) from run").fetchone()]).encode())
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)

    assert json.loads(os.read(read, 100)) == [False, [1]]  # the parent's connection is still open there
    os.close(read)
    assert made._file.db is mine
    assert made.batches("a1")[0].code == "CHILD"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_forked_child_does_not_keep_a_dead_parents_run(folder: Path, children: ExitStack) -> None:
    made = filled(folder)
    parent = child(
        folder,
        "read, write = os.pipe()",
        "with made.driving('a1'):",
        "    pid = os.fork()",
        "    if pid == 0:",
        "        os.write(write, b'.'); sys.stdin.read(); os._exit(0)",
        "    os.read(read, 1)",  # the child is running
        "    print(pid, flush=True); os.kill(os.getpid(), 9)",
    )
    children.callback(parent.communicate)
    parent.wait()

    with made.driving("a1"):
        driven = [run.id for run in made.runs()]
    assert "a1" in driven


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_lock_outlives_the_end_of_a_forked_child(folder: Path) -> None:
    made = filled(folder)
    with made.driving("a1"):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        with pytest.raises(RunBusy), Journal(folder).driving("a1"):
            pass


def test_claims_hold_though_the_lock_file_is_deleted(folder: Path) -> None:
    first, second = filled(folder), Journal(folder)
    first.begin(run_of("b2", key="b"), [batch_of(state="uploaded")])
    with first.driving("b2"):
        (folder / "locks" / "b2.lock").unlink()
        with second.driving("b2"):
            second.move("b2", 0, "uploaded", "submitting", {"attempts": 1})
            with pytest.raises(RunBusy):
                first.move("b2", 0, "uploaded", "submitting", {"attempts": 1})


def test_lock_that_cannot_be_written_on_a_full_disk_is_a_journal_error(folder: Path) -> None:
    program = f"""
from pathlib import Path
from bigin_frames.errors import JournalError
from bigin_frames.journal.journal import Journal
try:
    with Journal(Path({str(folder)!r})).driving("a1"):
        print("driving")
except JournalError as error:
    print(error.path)
"""
    ended = limited(program, 0)

    assert (ended.stdout, ended.stderr) == (f"{folder / NAME}\n", "")
