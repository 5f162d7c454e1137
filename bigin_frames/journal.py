"""Remember on disk what was handed to Bigin: runs, their batches, each move of a batch, and the verdicts.

One SQLite file in a folder of its own. A write is over when it cannot be lost any more, a crash of the machine included
(rollback journal, ``synchronous=EXTRA``). The file holds ids, digests, sizes, codes and record ids, and no cell of any
frame.

::

    run --< batch      where each stands now
     |
     +----< event      how it came there; lines are only ever added
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import sqlite3
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bigin_frames.checkpoints import checkpoint
from bigin_frames.errors import JournalError, RunBusy

NAME: Final = "journal.sqlite3"
_APPLICATION: Final = 0x42464A31  # in the file's header: this is a journal of ours
_BUSY_S: Final = 30.0

# One script a version; a file is brought forward by those it has not seen. Never change one that was released.
MIGRATIONS: Final = (
    """
    create table store (salt blob not null);
    create table run (
        id text primary key, key text not null, org text not null, module text not null, operation text not null,
        rows integer not null, created_at text not null, spec text not null, decided blob not null
    );
    create index run_by_key on run (key);
    create table batch (
        run text not null references run (id) on delete cascade, number integer not null,
        rows blob not null, csv_bytes integer not null, digests blob, state text not null,
        name text, file_id text, job_id text, code text,
        attempts integer not null default 0, doubts integer not null default 0, verdicts blob,
        primary key (run, number)
    );
    create table event (
        seq integer primary key autoincrement, run text not null references run (id) on delete cascade,
        batch integer, at text not null, state text not null, facts text not null
    );
    create index event_by_run on event (run, batch);
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Hold what does not change of a run.

    ``key`` tells what would be written, to which org; ``spec`` how, for going on without the call; ``decided`` the
    verdicts that stood before anything was sent, as ``rows``, ``Status`` and ``Error``.
    """

    id: str
    key: str
    org: str
    module: str
    operation: str
    rows: int
    spec: dict[str, Any]
    decided: dict[str, list[Any]] = field(repr=False)
    created_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRecord:
    """Hold where a batch stands.

    ``rows`` are positions in the frame (int64), ``digests`` 16 bytes for each row that counts as handed over;
    ``attempts`` counts create-job calls, ``doubts`` those that ended without a clear answer.
    """

    number: int
    rows: bytes = field(repr=False)
    csv_bytes: int
    digests: bytes | None = field(default=None, repr=False)
    state: str
    name: str | None = None
    file_id: str | None = None
    job_id: str | None = None
    code: str | None = None
    attempts: int = 0
    doubts: int = 0
    verdicts: dict[str, list[Any]] | None = field(default=None, repr=False)


class Journal:
    """Open the journal of a folder; the file is made at the first write and read at the first question.

    Parameters
    ----------
    folder : Path
        Made with mode 0700 where it is missing.

    Raises
    ------
    JournalError
        By every method, if the file is missing though it was there, damaged, of a newer library, or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / NAME
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._process = 0

    def __repr__(self) -> str:
        return f"Journal({str(self.folder)!r})"

    @property
    def salt(self) -> bytes:
        """Return the store's own key for digests, made once at random: digests mean nothing in another store."""
        with self._transaction() as db:
            found: bytes = db.execute("select salt from store").fetchone()[0]
            return found

    # -- runs

    def begin(self, run: RunRecord, batches: Sequence[BatchRecord]) -> None:
        """Write a run and all its batches down, in one go."""
        with self._transaction("begin") as db:
            names = "id, key, org, module, operation, rows, created_at, spec, decided"
            facts = (run.id, run.key, run.org, run.module, run.operation, run.rows, _now())
            db.execute(
                f"insert into run ({names}) values ({_marks(9)})",
                (*facts, json.dumps(run.spec), _pressed(run.decided)),
            )
            db.executemany(
                f"insert into batch (run, number, rows, csv_bytes, digests, state) values ({_marks(6)})",
                [(run.id, b.number, zlib.compress(b.rows, 1), b.csv_bytes, b.digests, b.state) for b in batches],
            )
            db.execute(
                f"insert into event (run, at, state, facts) values ({_marks(4)})",
                (run.id, _now(), "begun", json.dumps(here())),
            )

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run, or None if this journal does not know it."""
        return next(iter(self._runs("where id = ?", run_id)), None)

    def latest(self, key: str) -> RunRecord | None:
        """Return the newest run that had this content key."""
        return next(iter(self._runs("where key = ? order by created_at desc, rowid desc", key)), None)

    def runs(self) -> list[RunRecord]:
        """Return all runs, the newest first."""
        return self._runs("order by created_at desc, rowid desc")

    def _runs(self, clause: str, *values: str) -> list[RunRecord]:
        if not self._exists():
            return []
        names = "id, key, org, module, operation, rows, created_at, spec, decided"
        with self._transaction() as db:
            found = db.execute(f"select {names} from run {clause}", values).fetchall()
        plain = ("id", "key", "org", "module", "operation", "rows", "created_at")
        return [
            RunRecord(**dict(zip(plain, line, strict=False)), spec=json.loads(line[7]), decided=_opened(line[8]))
            for line in found
        ]

    def batches(self, run_id: str) -> list[BatchRecord]:
        """Return the batches of a run in their order."""
        names = "number, rows, csv_bytes, digests, state, name, file_id, job_id, code, attempts, doubts, verdicts"
        with self._transaction() as db:
            found = db.execute(f"select {names} from batch where run = ? order by number", (run_id,)).fetchall()
        records = []
        for line in found:
            facts = dict(zip(names.split(", "), line, strict=True))
            facts["rows"] = zlib.decompress(facts["rows"])
            facts["verdicts"] = facts["verdicts"] and _opened(facts["verdicts"])
            records.append(BatchRecord(**facts))
        return records

    def states(self) -> dict[str, dict[str, int]]:
        """Return, by run, how many batches stand in each state."""
        with self._transaction() as db:
            found = db.execute("select run, state, count(*) from batch group by run, state").fetchall()
        counts: dict[str, dict[str, int]] = {}
        for run_id, state, number in found:
            counts.setdefault(run_id, {})[state] = number
        return counts

    def handed_over(self, org: str, module: str, besides: str | None = None) -> dict[str, bytes]:
        """Return, by run, the digests of rows that inserts have handed over or may have, oldest run first."""
        if not self._exists():
            return {}
        with self._transaction() as db:
            found = db.execute(
                "select run.id, batch.digests from batch join run on run.id = batch.run where run.org = ? and "
                "run.module = ? and batch.digests is not null and batch.state not in ('prepared', 'uploaded', "
                "'rejected') and run.id is not ? order by run.created_at, batch.number",
                (org, module, besides),
            ).fetchall()
        digests: dict[str, bytes] = {}
        for run_id, some in found:
            digests[run_id] = digests.get(run_id, b"") + some
        return digests

    # -- batches

    def move(self, run_id: str, number: int, state: str, new: str, facts: dict[str, Any]) -> None:
        """Write down that a batch passes from one state into another; nobody else can have moved it meanwhile.

        Parameters
        ----------
        facts : dict
            Columns of the batch to change, and under ``evidence`` what the event should keep besides.

        Raises
        ------
        RunBusy
            If the batch does not stand in ``state`` any more: another process has it.
        """
        known = {name: facts[name] for name in _MOVED if name in facts}
        if "verdicts" in known:
            known["verdicts"] = _pressed(known["verdicts"])
        told: dict[str, Any] = {name: value for name, value in known.items() if isinstance(value, str | int)}
        changes = "".join(f", {name} = ?" for name in known)
        with self._transaction(new) as db:
            done = db.execute(
                f"update batch set state = ?{changes} where run = ? and number = ? and state = ?",
                (new, *known.values(), run_id, number, state),
            )
            if done.rowcount != 1:
                raise RunBusy(
                    f"Batch {number} of run {run_id} is not {state} any more: another process has gone on with it.",
                    run_id=run_id,
                )
            self._note(db, run_id, number, new, {**told, **facts.get("evidence", {})})

    def _note(self, db: sqlite3.Connection, run_id: str, number: int, state: str, facts: dict[str, Any]) -> None:
        db.execute(
            f"insert into event (run, batch, at, state, facts) values ({_marks(5)})",
            (run_id, number, _now(), state, json.dumps(facts)),
        )

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Return what happened in a run, oldest first: ``batch``, ``at``, ``state`` and the facts of each."""
        with self._transaction() as db:
            found = db.execute(
                "select batch, at, state, facts from event where run = ? order by seq", (run_id,)
            ).fetchall()
        return [{"batch": batch, "at": at, "state": state, **json.loads(facts)} for batch, at, state, facts in found]

    def forget(self, run_ids: Sequence[str]) -> None:
        """Delete runs and all that is known of them; with them goes the guard against handing their rows over again."""
        with self._transaction("purge") as db:
            for run_id in run_ids:
                db.execute("delete from run where id = ?", (run_id,))
                checkpoint("purge half done")
        with self._lock, self._told():
            self._connection().execute("vacuum")

    @contextlib.contextmanager
    def driving(self, run_id: str) -> Iterator[None]:
        """Hold a run for this process; the kernel lets go of it when the process dies, however it dies.

        Raises
        ------
        RunBusy
            If another process, or another handle of this one, drives the run.
        """
        locks = self.folder / "locks"
        with self._told():
            _make_folder(locks)
            held = os.open(locks / f"{run_id}.lock", os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600)
        try:
            if not _locked(held):
                raise RunBusy(_busy(run_id, os.pread(held, 200, 0) if hasattr(os, "pread") else b""), run_id=run_id)
            os.ftruncate(held, 0)
            os.write(held, json.dumps(here()).encode())
            yield
        finally:
            os.close(held)

    # -- the file

    def _exists(self) -> bool:
        return self.path.exists() or (self.folder / ".gitignore").exists()

    @contextlib.contextmanager
    def _transaction(self, name: str | None = None) -> Iterator[sqlite3.Connection]:
        """Give the connection within one transaction, which is durable when the block is left without an error."""
        with self._lock, self._told():
            db = self._connection()
            db.execute("begin immediate" if name else "begin")
            try:
                yield db
                if name:
                    checkpoint(f"before commit of {name}")
                db.execute("commit")
            except BaseException:
                if db.in_transaction:
                    db.execute("rollback")
                raise
        if name:
            checkpoint(f"after commit of {name}")

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the file or the folder refuses into an error of ours."""
        problem = ""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            problem = f"{type(error).__name__}: {error.strerror if isinstance(error, OSError) else error}"
        if problem:
            raise JournalError(f"The journal {self.path} cannot be used ({problem}); {_MEND}", path=str(self.path))

    def _connection(self) -> sqlite3.Connection:
        if self._db is not None and self._process != os.getpid():
            _INHERITED.append(self._db)  # a parent's connection must neither be used nor closed in its child
            self._db = None
        if self._db is None:
            self._db, self._process = self._open(), os.getpid()
        return self._db

    def _open(self) -> sqlite3.Connection:
        _make_folder(self.folder)
        marker = self.folder / ".gitignore"
        if not self.path.exists():
            if marker.exists():
                raise JournalError(
                    f"The journal {self.path} is gone, though this folder has kept one. Restore it from a backup; or, "
                    f"if nothing that was handed over from here may be handed over again, delete {marker.name} there "
                    "and a new one is begun.",
                    path=str(self.path),
                )
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600))
        db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._settle(db)
        except BaseException:
            db.close()
            raise
        if not marker.exists():
            marker.write_text("# bigin_frames keeps its journal here; this file says that there is one.\n*\n")
        return db

    def _settle(self, db: sqlite3.Connection) -> None:
        """Refuse a file that is not ours to use, and bring an older one forward."""
        for setting in ("journal_mode = delete", "synchronous = extra", "secure_delete = on", "foreign_keys = on"):
            db.execute(f"pragma {setting}")
        version, kind = (db.execute(f"pragma {name}").fetchone()[0] for name in ("user_version", "application_id"))
        if version > len(MIGRATIONS):
            raise self._unfit(f"was written by a newer bigin_frames (form {version}, this one knows {len(MIGRATIONS)})")
        if kind not in (0, _APPLICATION) or (kind == 0 and db.execute("select 1 from sqlite_master").fetchone()):
            raise self._unfit("is a database of something else")
        if db.execute("pragma quick_check(1)").fetchone()[0] != "ok":
            raise self._unfit("is damaged")
        if version < len(MIGRATIONS):
            self._migrate(db)

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute("begin immediate")
        version = db.execute("pragma user_version").fetchone()[0]  # another process may have been quicker
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";")):
                db.execute(statement)
            checkpoint("journal half migrated")
        if version == 0:
            db.execute("insert into store (salt) values (?)", (secrets.token_bytes(32),))
        db.execute(f"pragma application_id = {_APPLICATION}")
        db.execute(f"pragma user_version = {len(MIGRATIONS)}")
        db.execute("commit")

    def _unfit(self, what: str) -> JournalError:
        return JournalError(f"The journal {self.path} {what}; {_MEND}", path=str(self.path))


_MEND: Final = (
    "nothing is sent without it. Restore it from a backup, free the disk, or name another folder in BIGIN_FRAMES_HOME "
    "(runs that this journal knows are not known there)."
)
_MOVED: Final = ("name", "file_id", "job_id", "code", "attempts", "doubts", "verdicts", "digests")
_INHERITED: Final[list[sqlite3.Connection]] = []
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def _marks(number: int) -> str:
    return ", ".join("?" * number)


def _pressed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def _opened(value: bytes) -> Any:
    return json.loads(zlib.decompress(value))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def older_than(age: timedelta) -> str:
    """Return the moment so long ago, as the journal writes moments."""
    return (datetime.now(UTC) - age).isoformat(timespec="milliseconds")


def here() -> dict[str, Any]:
    """Tell which process this is, for the messages and the evidence of another one."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": _now(), "monotonic_s": time.monotonic()}


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink():
        raise OSError(0, "the folder is a symbolic link")


def _locked(file: int) -> bool:
    """Take the lock of an open file without waiting."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _busy(run_id: str, content: bytes) -> str:
    try:
        who = json.loads(content)
        where = f"process {who['pid']} on {who['host']} since {who['since']}"
    except (ValueError, KeyError, TypeError):
        where = "another process"
    return f"Run {run_id} is being driven by {where}; it goes on there. Wait for it, or stop it first."
