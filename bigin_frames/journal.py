"""Remember on disk what was handed to Bigin: runs, their batches, each move of a batch, and the verdicts.

One SQLite file in a folder of its own. A write is over when it cannot be lost any more, a crash of the machine included
(rollback journal, ``synchronous=EXTRA``). The file holds ids, digests, sizes, codes and record ids, and no cell of any
frame.

::

    run --< batch      where each stands now (stage), and apart from it what is large and seldom changes (load)
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
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from bigin_frames.checkpoints import checkpoint
from bigin_frames.errors import JournalError, RunBusy
from bigin_frames.model import UNDECIDED

NAME: Final = "journal.sqlite3"
UNPROVEN: Final = "unproven"
_APPLICATION: Final = 0x42464A31  # in the file's header: this is a journal of ours
_BUSY_S: Final = 30.0

# One script a version; a file is brought forward by those it has not seen. Never change one that was released.
MIGRATIONS: Final = (
    """
    create table store (salt blob not null, seal blob);
    create table run (
        id text primary key, key text not null, org text not null, module text not null, operation text not null,
        rows integer not null, created_at text not null, seal blob, spec text not null, decided blob not null
    );
    create index run_by_key on run (key);
    create table stage (
        run text not null references run (id) on delete cascade, number integer not null,
        state text not null, csv_bytes integer not null, name text, file_id text, job_id text, code text,
        attempts integer not null default 0, doubts integer not null default 0,
        undecided integer not null default 0, seal blob,
        primary key (run, number)
    );
    create table load (
        run text not null, number integer not null, rows blob not null, digests blob, verdicts blob,
        primary key (run, number), foreign key (run, number) references stage (run, number) on delete cascade
    );
    create view batch as select * from stage join load using (run, number);
    create table event (
        seq integer primary key autoincrement, run text not null references run (id) on delete cascade,
        batch integer, at text not null, state text not null, facts text not null, seal blob
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

    def begin(self, run: RunRecord, batches: Sequence[BatchRecord], *, after: str | None = None) -> None:
        """Write a run and all its batches down, in one go.

        Parameters
        ----------
        run : RunRecord
        batches : sequence of BatchRecord
        after : str, optional
            The run that was the latest with this content key when it was decided to begin another.

        Raises
        ------
        RunBusy
            If another run with this key has been begun meanwhile: the same call was made twice at once.
        """
        with self._transaction("begin") as db:
            newest = db.execute("select id from run where key = ? order by rowid desc limit 1", (run.key,)).fetchone()
            if newest is not None and newest[0] != after:
                raise RunBusy(
                    f"Run {newest[0]} has begun with the very same rows a moment ago; it goes on there. Wait for it.",
                    run_id=newest[0],
                )
            names = "id, key, org, module, operation, rows, created_at, spec, decided"
            facts = (run.id, run.key, run.org, run.module, run.operation, run.rows, _now())
            db.execute(
                f"insert into run ({names}) values ({_marks(9)})",
                (*facts, json.dumps(run.spec), _pressed(run.decided)),
            )
            db.executemany(
                f"insert into stage (run, number, csv_bytes, state) values ({_marks(4)})",
                [(run.id, batch.number, batch.csv_bytes, batch.state) for batch in batches],
            )
            db.executemany(
                f"insert into load (run, number, rows, digests) values ({_marks(4)})",
                [(run.id, batch.number, zlib.compress(batch.rows, 1), _packed(batch.digests)) for batch in batches],
            )
            _seal(db, "run", "id = ?", run.id)
            _seal(db, "stage", "run = ?", run.id)
            self._note(db, run.id, None, "begun", here())

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run, or None if this journal does not know it."""
        return next(iter(self._runs("where id = ?", run_id)), None)

    def latest(self, key: str) -> RunRecord | None:
        """Return the newest run that had this content key."""
        return next(iter(self._runs("where key = ? order by rowid desc", key)), None)

    def runs(self) -> list[RunRecord]:
        """Return all runs, the newest first."""
        return self._runs("order by rowid desc")  # not by a clock, which may have been set back

    def _runs(self, clause: str, *values: str) -> list[RunRecord]:
        if not self._exists():
            return []
        names = "id, key, org, module, operation, rows, created_at, spec, decided"
        plain = ("id", "key", "org", "module", "operation", "rows", "created_at")
        with self._transaction() as db:
            found = db.execute(f"select {names} from run {clause}", values).fetchall()
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
                facts["digests"] = facts["digests"] and zlib.decompress(facts["digests"])
                facts["verdicts"] = facts["verdicts"] and _opened(facts["verdicts"])
                records.append(BatchRecord(**facts))
            return records

    def states(self) -> dict[str, dict[str, int]]:
        """Return, by run, how many batches stand in each state; `UNPROVEN` are merged ones with rows that are open."""
        stands = f"case when undecided > 0 then '{UNPROVEN}' else state end"
        with self._transaction() as db:
            found = db.execute(f"select run, {stands}, count(*) from stage group by 1, 2").fetchall()
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
                "'rejected') and run.id is not ? order by run.rowid, batch.number",
                (org, module, besides),
            )
            digests: dict[str, list[bytes]] = {}
            for run_id, some in found:
                digests.setdefault(run_id, []).append(zlib.decompress(some))
        return {run_id: b"".join(some) for run_id, some in digests.items()}

    # -- batches

    def move(
        self, run_id: str, number: int, state: str, new: str, facts: dict[str, Any], *, attempts: int | None = None
    ) -> None:
        """Write down that a batch passes from one state into another; nobody else can have moved it meanwhile.

        Parameters
        ----------
        facts : dict
            Columns of the batch to change, and under ``evidence`` what the event should keep besides.
        attempts : int, optional
            How many create-job calls were begun as far as the mover knows.

        Raises
        ------
        RunBusy
            If the batch does not stand in ``state`` any more, or stands there anew, after further ``attempts``:
            another process has it.
        """
        known: dict[str, Any] = {name: facts[name] for name in _MOVED if name in facts}
        load: dict[str, bytes | None] = {}
        if "verdicts" in facts:
            known["undecided"] = sum(status in UNDECIDED for status in facts["verdicts"]["Status"])
            load["verdicts"] = _pressed(facts["verdicts"])
        if "digests" in facts:
            load["digests"] = _packed(facts["digests"])
        told: dict[str, Any] = {name: value for name, value in known.items() if isinstance(value, str | int)}
        changes = "".join(f", {name} = ?" for name in known)
        with self._transaction(new) as db:
            done = db.execute(
                f"update stage set state = ?{changes} where run = ? and number = ? and state = ? "
                "and attempts = coalesce(?, attempts)",
                (new, *known.values(), run_id, number, state, attempts),
            )
            if done.rowcount != 1:
                raise RunBusy(
                    f"Batch {number} of run {run_id} is not {state} any more: another process has gone on with it.",
                    run_id=run_id,
                )
            _seal(db, "stage", "run = ? and number = ?", run_id, number)
            for name, value in load.items():
                db.execute(f"update load set {name} = ? where run = ? and number = ?", (value, run_id, number))
            self._note(db, run_id, number, new, {**told, **facts.get("evidence", {})})

    def _note(self, db: sqlite3.Connection, run_id: str, number: int | None, state: str, facts: dict[str, Any]) -> None:
        made = db.execute(
            f"insert into event (run, batch, at, state, facts) values ({_marks(5)})",
            (run_id, number, _now(), state, json.dumps(facts)),
        )
        _seal(db, "event", "seq = ?", int(made.lastrowid or 0))

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Return what happened in a run, oldest first: ``batch``, ``at``, ``state`` and the facts of each."""
        with self._transaction() as db:
            found = db.execute("select batch, at, state, facts from event where run = ? order by seq", (run_id,))
            return [{"batch": number, "at": at, "state": new, **json.loads(facts)} for number, at, new, facts in found]

    def forget(self, run_ids: Sequence[str]) -> None:
        """Delete runs and all that is known of them; with them goes the guard against handing their rows over again."""
        with self._transaction("purge") as db:
            for run_id in run_ids:
                db.execute("delete from run where id = ?", (run_id,))
                (self.folder / "locks" / f"{run_id}.lock").unlink(missing_ok=True)
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
            held, process = os.open(locks / f"{run_id}.lock", os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600), os.getpid()
        _HELD.add(held)
        try:
            if not _locked(held):
                raise RunBusy(_busy(run_id, os.pread(held, 200, 0) if hasattr(os, "pread") else b""), run_id=run_id)
            os.ftruncate(held, 0)
            os.write(held, json.dumps(here()).encode())
            yield
        finally:
            if process == os.getpid():
                _HELD.discard(held)
                os.close(held)

    # -- the file

    def _exists(self) -> bool:
        return self.path.exists() or self._was_here()

    def _was_here(self) -> bool:
        """Tell whether this folder has kept a journal; another's .gitignore says nothing of it."""
        marker = self.folder / ".gitignore"
        return marker.is_file() and marker.read_bytes() == _MARK

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
        except (zlib.error, ValueError):  # of what was read
            problem = "it is damaged"
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
        kept = self._was_here()  # asked first: another process may be making the file
        if self.path.is_symlink():
            raise self._unfit("is a symbolic link")
        if not self.path.exists():
            if kept:
                raise JournalError(
                    f"The journal {self.path} is gone, though this folder has kept one. Restore it from a backup; or, "
                    "if no harm is done when rows that were handed over from here are so again, delete .gitignore "
                    "there and a new one is begun.",
                    path=str(self.path),
                )
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600))
        db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._settle(db, kept)
            _mark(self.folder / ".gitignore")
        except BaseException:
            db.close()
            raise
        return db

    def _settle(self, db: sqlite3.Connection, kept: bool) -> None:
        """Refuse a file that is not ours to use, and bring an older one forward."""
        db.execute("begin")  # of one moment: another process may be making the file
        version, kind = (db.execute(f"pragma {name}").fetchone()[0] for name in ("user_version", "application_id"))
        tables = db.execute("select 1 from sqlite_master").fetchone()
        db.execute("commit")
        if version > len(MIGRATIONS):
            raise self._unfit(f"was written by a newer bigin_frames (form {version}, this one knows {len(MIGRATIONS)})")
        if kind not in (0, _APPLICATION) or (kind == 0 and tables):
            raise self._unfit("is a database of something else")
        for setting in ("journal_mode = delete", "synchronous = extra", "secure_delete = on", "foreign_keys = on"):
            db.execute(f"pragma {setting}")
        if db.execute("pragma integrity_check(1)").fetchone()[0] != "ok":
            raise self._unfit("is damaged")
        if version == 0 and kept:
            raise self._unfit("is empty, though this folder has kept one")
        if version < len(MIGRATIONS):
            self._migrate(db)
        if not all(_is_sealed(db, table) for table in _SEALED):
            raise self._unfit("is damaged")

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute("begin immediate")
        version = db.execute("pragma user_version").fetchone()[0]  # another process may have been quicker
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";")):
                db.execute(statement)
            checkpoint("journal half migrated")
        if version == 0:
            db.execute("insert into store (salt) values (?)", (secrets.token_bytes(32),))
            _seal(db, "store", "true")
        db.execute(f"pragma application_id = {_APPLICATION}")
        db.execute(f"pragma user_version = {len(MIGRATIONS)}")
        db.execute("commit")

    def _unfit(self, what: str) -> JournalError:
        return JournalError(f"The journal {self.path} {what}; {_MEND}", path=str(self.path))


_MEND: Final = (
    "nothing is sent without it. Restore it from a backup, free the disk, or name another folder in BIGIN_FRAMES_HOME "
    "(runs that this journal knows are not known there)."
)
_MARK: Final = b"# bigin_frames keeps its journal here; this file says that there is one.\n*\n"
_MOVED: Final = ("name", "file_id", "job_id", "code", "attempts", "doubts")
_INHERITED: Final[list[sqlite3.Connection]] = []
_HELD: Final[set[int]] = set()
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


def _let_go() -> None:
    """Close the parent's locks in a forked child, which would keep them when the parent dies."""
    while _HELD:
        os.close(_HELD.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def _marks(number: int) -> str:
    return ", ".join("?" * number)


# Digests of what decides whether a row is sent, and how: SQLite does not notice a bit that has flipped in a cell. The
# blobs besides are zlib's, which has a checksum of its own.
_SEALED: Final = {
    "store": "salt",
    "run": "id, key, org, module, operation, rows, created_at, spec",
    "stage": "run, number, state, csv_bytes, name, file_id, job_id, code, attempts, doubts, undecided",
    "event": "seq, run, batch, at, state, facts",
}


def _seal(db: sqlite3.Connection, table: str, which: str, *values: str | int) -> None:
    """Write the seals of some lines of a table anew."""
    found = db.execute(f"select rowid, {_SEALED[table]} from {table} where {which}", values).fetchall()
    db.executemany(f"update {table} set seal = ? where rowid = ?", [(_digest(line[1:]), line[0]) for line in found])


def _is_sealed(db: sqlite3.Connection, table: str) -> bool:
    lines = db.execute(f"select seal, {_SEALED[table]} from {table}")
    return all(line[0] == _digest(line[1:]) for line in lines)


def _digest(facts: tuple[Any, ...]) -> bytes:
    return blake2b(repr(facts).encode(), digest_size=8).digest()


def _packed(digests: bytes | None) -> bytes | None:
    return None if digests is None else zlib.compress(digests, 0)


def _pressed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def _opened(value: bytes) -> Any:
    return json.loads(zlib.decompress(value))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def here() -> dict[str, Any]:
    """Tell which process this is, for the messages and the evidence of another one."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": _now(), "monotonic_s": time.monotonic()}


def _mark(marker: Path) -> None:
    """Leave a sign that this folder keeps a journal, unless something of that name is there."""
    with contextlib.suppress(FileExistsError):
        file = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "wb") as written:
            written.write(_MARK)


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
