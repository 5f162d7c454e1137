"""The journal's file: open it, reject foreign and damaged files, migrate older formats, write durably.

SQLite does not notice a flipped bit in a cell: each row of the tables in `SEALED` has a checksum of itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import threading
import weakref
import zlib
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from bigin_frames import filelock
from bigin_frames.checkpoints import checkpoint
from bigin_frames.deflate import fastest
from bigin_frames.errors import JournalError, RunBusy

NAME: Final = "journal.sqlite3"
_APPLICATION: Final = 0x42464A31  # in the file's header: marks a journal of this package
_BUSY_S: Final = 30.0

# One script per version; a file is migrated by those it has not seen. Never change one that was released.
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
        run text not null, number integer not null, rows blob not null, digests blob,
        primary key (run, number), foreign key (run, number) references stage (run, number) on delete cascade
    );
    create table answer (
        run text not null, number integer not null, verdicts blob not null,
        primary key (run, number), foreign key (run, number) references stage (run, number) on delete cascade
    );
    create view batch as select * from stage join load using (run, number) left join answer using (run, number);
    create table event (
        seq integer primary key autoincrement, run text not null references run (id) on delete cascade,
        batch integer, at text not null, state text not null, facts text not null, seal blob
    );
    create index event_by_run on event (run, batch);
    """,
)

# What the checksums cover: what decides whether a row is sent, and how. The other blobs are zlib's, which has
# checksums of its own.
SEALED: Final = {
    "store": "salt",
    "run": "id, key, org, module, operation, rows, created_at, spec",
    "stage": "run, number, state, csv_bytes, name, file_id, job_id, code, attempts, doubts, undecided",
    "event": "seq, run, batch, at, state, facts",
}


def _close(db: sqlite3.Connection, process: int) -> None:
    """Close a connection that is no longer used; a parent's connection is never closed in its child."""
    if process == os.getpid():
        db.close()
    else:
        _INHERITED.append(db)


class JournalFile:
    """The journal file of a folder, and this process's connection to it; failures raise `JournalError`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path, self.locks = folder, folder / NAME, folder / "locks"
        self.db: sqlite3.Connection | None = None
        self._lock = threading.RLock()
        self._process = 0

    def exists(self) -> bool:
        """Return whether there is, or was, a journal here."""
        return self.path.exists() or self._was_here()

    def _was_here(self) -> bool:
        """Return whether this folder has had a journal; only our own .gitignore says so."""
        marker = self.folder / ".gitignore"
        return marker.is_file() and marker.read_bytes() == _MARK

    @contextlib.contextmanager
    def transaction(self, name: str | None = None) -> Iterator[sqlite3.Connection]:
        """Yield the connection within one transaction, which is durable when the block ends without an error."""
        with self._lock, self._typed_errors():
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

    def shrink(self) -> None:
        """Free and wipe the space of what was deleted."""
        with self._lock, self._typed_errors():
            self._connection().execute("vacuum")

    @contextlib.contextmanager
    def _typed_errors(self) -> Iterator[None]:
        """Turn errors of SQLite, of the file and of the folder into `JournalError`."""
        problem = ""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            problem = f"{type(error).__name__}: {error.strerror if isinstance(error, OSError) else error}"
        except (zlib.error, ValueError):  # from what was read
            problem = "it is damaged"
        if problem:
            raise JournalError(f"The journal {self.path} cannot be used ({problem}); {_FIX}", path=str(self.path))

    def _connection(self) -> sqlite3.Connection:
        if self.db is not None and self._process != os.getpid():
            _INHERITED.append(self.db)  # a parent's connection must neither be used nor closed in its child
            self.db = None
        if self.db is None:
            self.db, self._process = self._open(), os.getpid()
            weakref.finalize(self, _close, self.db, self._process).atexit = False
        return self.db

    def _open(self) -> sqlite3.Connection:
        _make_folder(self.folder)
        kept = self._was_here()  # checked first: another process may be creating the file
        if self.path.is_symlink():
            raise self._unfit("is a symbolic link")
        if not self.path.exists():
            if kept:
                raise JournalError(
                    f"The journal {self.path} is missing, although this folder has had one. Restore it from a backup; "
                    "or, if it does no harm to send rows again that were sent from here, delete the .gitignore there "
                    "to start a new journal.",
                    path=str(self.path),
                )
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | filelock.NO_LINK, 0o600))
        db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            self._settle(db, kept)
            _mark(self.folder / ".gitignore")
        except BaseException:
            db.close()
            raise
        return db

    def _settle(self, db: sqlite3.Connection, kept: bool) -> None:
        """Reject a file that is not a valid journal, and migrate an older one."""
        db.create_function("sealed", -1, _sealed)
        db.execute("begin")  # one consistent read: another process may be creating the file
        version, kind = (db.execute(f"pragma {name}").fetchone()[0] for name in ("user_version", "application_id"))
        tables = db.execute("select 1 from sqlite_master").fetchone()
        db.execute("commit")
        if version > len(MIGRATIONS):
            raise self._unfit(f"was written by a newer bigin_frames (format {version}, this one has {len(MIGRATIONS)})")
        if kind not in (0, _APPLICATION) or (kind == 0 and tables):
            raise self._unfit("is a database of another program")
        for setting in ("journal_mode = delete", "synchronous = extra", "secure_delete = on", "foreign_keys = on"):
            db.execute(f"pragma {setting}")
        if db.execute("pragma integrity_check(1)").fetchone()[0] != "ok":
            raise self._unfit("is damaged")
        if version == 0 and kept:
            raise self._unfit("is empty, although this folder has had a journal")
        if version < len(MIGRATIONS):
            self._migrate(db)
        if not all(_is_sealed(db, table) for table in SEALED):
            raise self._unfit("is damaged")

    def _migrate(self, db: sqlite3.Connection) -> None:
        db.execute("begin immediate")
        version = db.execute("pragma user_version").fetchone()[0]  # another process may have migrated it meanwhile
        for script in MIGRATIONS[version:]:
            for statement in filter(str.strip, script.split(";")):
                db.execute(statement)
            checkpoint("journal half migrated")
        if version == 0:
            db.execute("insert into store (salt) values (?)", (secrets.token_bytes(32),))
            seal(db, "store", "true")
        db.execute(f"pragma application_id = {_APPLICATION}")
        db.execute(f"pragma user_version = {len(MIGRATIONS)}")
        db.execute("commit")

    def _unfit(self, what: str) -> JournalError:
        return JournalError(f"The journal {self.path} {what}; {_FIX}", path=str(self.path))

    @contextlib.contextmanager
    def driving(self, run_id: str, who: dict[str, Any]) -> Iterator[None]:
        """Hold the lock of a run; ``who`` describes this process to others."""
        with contextlib.ExitStack() as held:
            with self._typed_errors():
                _make_folder(self.locks)
                lock = held.enter_context(filelock.opened(self.locks / f"{run_id}.lock"))
            if not filelock.taken(lock):
                raise RunBusy(_busy(run_id, os.pread(lock, 200, 0) if hasattr(os, "pread") else b""), run_id=run_id)
            with self._typed_errors():
                os.ftruncate(lock, 0)
                os.write(lock, json.dumps(who).encode())
            yield


_FIX: Final = (
    "nothing is sent without it. Restore it from a backup, free disk space, or set BIGIN_FRAMES_HOME to another folder "
    "(the runs in this journal are not known there)."
)
_MARK: Final = b"# bigin_frames keeps its journal here; this file says that there is one.\n*\n"
_INHERITED: Final[list[sqlite3.Connection]] = []


def seal(db: sqlite3.Connection, table: str, which: str, *values: str | int) -> None:
    """Update the checksums of some rows of a table."""
    db.execute(f"update {table} set seal = sealed({SEALED[table]}) where {which}", values)


def _is_sealed(db: sqlite3.Connection, table: str) -> bool:
    broken = db.execute(f"select 1 from {table} where seal is not sealed({SEALED[table]})")
    return broken.fetchone() is None


def _sealed(*facts: object) -> bytes:
    return blake2b(repr(facts).encode(), digest_size=8).digest()


def pressed(content: bytes) -> bytes:
    """Return content compressed in zlib's format, by the fastest deflate there is; damage raises zlib's error."""
    blob: bytes = _FASTEST.compress(content, 1)
    return blob


_FASTEST: Final = fastest()


def _mark(marker: Path) -> None:
    """Mark the folder as having a journal, unless a file of that name is there."""
    with contextlib.suppress(FileExistsError):
        file = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(file, "wb") as written:
            written.write(_MARK)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink():
        raise OSError(0, "the folder is a symbolic link")


def _busy(run_id: str, content: bytes) -> str:
    try:
        who = json.loads(content)
        where = f"process {who['pid']} on {who['host']} since {who['since']}"
    except (ValueError, KeyError, TypeError):
        where = "another process"
    return f"Run {run_id} is already running in {where}. Wait for it to finish, or stop it first."
