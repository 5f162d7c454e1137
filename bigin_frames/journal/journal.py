"""The journal: what was sent to Bigin, on disk.

One SQLite file in a folder of its own. A write returns when it cannot be lost any more, even if the machine crashes
(rollback journal, ``synchronous=EXTRA``). The file contains ids, digests, sizes, codes and record ids, and no cell of
any frame.

::

    run --< batch      its present state (stage); what is large is kept apart: its rows (load), verdicts (answer)
     |
     +----< event      how it got there; events are only ever added
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
import zlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bigin_frames.checkpoints import checkpoint
from bigin_frames.errors import RunBusy
from bigin_frames.journal.database import JournalFile, pressed, seal
from bigin_frames.journal.entries import BatchRecord, Move, RunRecord

UNPROVEN: Final = "unproven"
_PLAIN: Final = ("id", "key", "org", "module", "operation", "rows", "created_at")
_RUN: Final = ", ".join((*_PLAIN, "spec", "decided"))
_BATCH: Final = "number, rows, csv_bytes, digests, state, name, file_id, job_id, code, attempts, doubts, verdicts"
_MOVED: Final = ("name", "file_id", "job_id", "code", "attempts", "doubts", "undecided")


class Journal:
    """The journal of a folder; the file is created at the first write.

    Parameters
    ----------
    folder : Path
        Created with mode 0700 if it is missing.

    Raises
    ------
    JournalError
        By every method, if the file has disappeared, is damaged, comes from a newer version, or cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self._file = JournalFile(folder)
        self.path = self._file.path

    def __repr__(self) -> str:
        return f"Journal({str(self._file.folder)!r})"

    @property
    def salt(self) -> bytes:
        """Return this journal's random key for digests: they cannot be compared with those of another journal."""
        with self._file.transaction() as db:
            found: bytes = db.execute("select salt from store").fetchone()[0]
            return found

    # -- runs

    def begin(self, run: RunRecord, batches: Iterable[BatchRecord], *, after: str | None = None) -> None:
        """Record a run and all its batches, in one transaction.

        Parameters
        ----------
        run : RunRecord
        batches : iterable of BatchRecord
            Consumed one by one: together they are as large as the digests of all rows.
        after : str, optional
            The latest run with this content key at the time of the decision to begin a new one.

        Raises
        ------
        RunBusy
            If another run with this key has begun since: the same call was made twice at once.
        """
        with self._file.transaction("begin") as db:
            newest = db.execute("select id from run where key = ? order by rowid desc limit 1", (run.key,)).fetchone()
            if newest is not None and newest[0] != after:
                raise RunBusy(
                    f"Run {newest[0]} has just begun with the same rows in another process. Wait for it to finish.",
                    run_id=newest[0],
                )
            plain = (run.id, run.key, run.org, run.module, run.operation, run.rows, _now())
            facts = (*plain, json.dumps(run.spec), pressed(json.dumps(run.decided, separators=(",", ":")).encode()))
            db.execute(f"insert into run ({_RUN}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
            for batch in batches:
                db.execute(
                    "insert into stage (run, number, csv_bytes, state) values (?, ?, ?, ?)",
                    (run.id, batch.number, batch.csv_bytes, batch.state),
                )
                db.execute(
                    "insert into load (run, number, rows, digests) values (?, ?, ?, ?)",
                    (run.id, batch.number, pressed(batch.rows), _packed(batch.digests)),
                )
            seal(db, "run", "id = ?", run.id)
            seal(db, "stage", "run = ?", run.id)
            self._note(db, run.id, None, "begun", here())

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run, or None if it is not in this journal."""
        return next(iter(self._runs("where id = ?", run_id)), None)

    def latest(self, key: str) -> RunRecord | None:
        """Return the newest run that had this content key."""
        return next(iter(self._runs("where key = ? order by rowid desc", key)), None)

    def runs(self) -> list[RunRecord]:
        """Return all runs, the newest first."""
        return self._runs("order by rowid desc")  # not by time: the clock may have been set back

    def _runs(self, clause: str, *values: str) -> list[RunRecord]:
        if not self._file.exists():
            return []
        with self._file.transaction() as db:
            found = db.execute(f"select {_RUN} from run {clause}", values).fetchall()
            return [
                RunRecord(**dict(zip(_PLAIN, line, strict=False)), spec=json.loads(line[7]), decided=_read(line[8]))
                for line in found
            ]

    def batches(self, run_id: str) -> list[BatchRecord]:
        """Return the batches of a run in their order."""
        with self._file.transaction() as db:
            found = db.execute(f"select {_BATCH} from batch where run = ? order by number", (run_id,)).fetchall()
            records = []
            for line in found:
                facts = dict(zip(_BATCH.split(", "), line, strict=True))
                facts["rows"] = zlib.decompress(facts["rows"])
                facts["digests"] = facts["digests"] and zlib.decompress(facts["digests"])
                facts["verdicts"] = facts["verdicts"] and _read(facts["verdicts"])
                records.append(BatchRecord(**facts))
            return records

    def digests(self, run_id: str, number: int) -> bytes | None:
        """Return the digests of a batch, 16 bytes for each row that counts as sent, None if rows are not counted."""
        with self._file.transaction() as db:
            found = db.execute("select digests from load where run = ? and number = ?", (run_id, number)).fetchone()
            return None if found is None or found[0] is None else zlib.decompress(found[0])

    def states(self) -> dict[str, dict[str, int]]:
        """Return, by run, how many batches are in each state; `UNPROVEN` are merged ones with undecided rows."""
        now = f"case when undecided > 0 then '{UNPROVEN}' else state end"
        with self._file.transaction() as db:
            found = db.execute(f"select run, {now}, count(*) from stage group by 1, 2").fetchall()
        counts: dict[str, dict[str, int]] = {}
        for run_id, state, number in found:
            counts.setdefault(run_id, {})[state] = number
        return counts

    def handed_over(self, org: str, module: str, except_run: str | None = None) -> dict[str, bytes]:
        """Return, by run, the digests of rows that inserts have sent or may have sent, oldest run first."""
        if not self._file.exists():
            return {}
        with self._file.transaction() as db:
            found = db.execute(
                "select run.id, batch.digests from batch join run on run.id = batch.run where run.org = ? and "
                "run.module = ? and batch.digests is not null and batch.state not in ('prepared', 'uploaded', "
                "'rejected') and run.id is not ? order by run.rowid, batch.number",
                (org, module, except_run),
            )
            digests: dict[str, list[bytes]] = {}
            for run_id, some in found:
                digests.setdefault(run_id, []).append(zlib.decompress(some))
        return {run_id: b"".join(some) for run_id, some in digests.items()}

    # -- batches

    def move(
        self, run_id: str, number: int, state: str, new: str, facts: dict[str, Any], *, attempts: int | None = None
    ) -> None:
        """Record that a batch moves from one state to another, unless another process has moved it since.

        Parameters
        ----------
        facts : dict
            Columns of the batch to change; ``verdicts`` as JSON in UTF-8, and how many of them are ``undecided``; and
            under ``evidence`` further facts of the event.
        attempts : int, optional
            How many create-job calls were begun, as far as the caller knows.

        Raises
        ------
        RunBusy
            If the batch is no longer in ``state``, or is in it again after further ``attempts``: another process has
            it.
        """
        known: dict[str, Any] = {name: facts[name] for name in _MOVED if name in facts}
        verdicts = pressed(facts["verdicts"]) if "verdicts" in facts else None
        facts_of_event = {name: value for name, value in known.items() if isinstance(value, str | int)}
        changes = "".join(f", {name} = ?" for name in known)
        with self._file.transaction(new) as db:
            done = db.execute(
                f"update stage set state = ?{changes} where run = ? and number = ? and state = ? "
                "and attempts = coalesce(?, attempts)",
                (new, *known.values(), run_id, number, state, attempts),
            )
            if done.rowcount != 1:
                raise RunBusy(
                    f"Batch {number} of run {run_id} is not {state} any more: another process has continued it.",
                    run_id=run_id,
                )
            seal(db, "stage", "run = ? and number = ?", run_id, number)
            if verdicts is not None:
                db.execute("replace into answer (run, number, verdicts) values (?, ?, ?)", (run_id, number, verdicts))
            if "digests" in facts:
                digests = _packed(facts["digests"])  # usually unchanged: then 16 bytes per row are not written again
                which = "run = ? and number = ? and digests is not ?"
                db.execute(f"update load set digests = ? where {which}", (digests, run_id, number, digests))
            self._note(db, run_id, number, new, {**facts_of_event, **facts.get("evidence", {})})

    def _note(self, db: sqlite3.Connection, run_id: str, number: int | None, state: str, facts: dict[str, Any]) -> None:
        made = db.execute(
            "insert into event (run, batch, at, state, facts) values (?, ?, ?, ?, ?)",
            (run_id, number, _now(), state, json.dumps(facts)),
        )
        seal(db, "event", "seq = ?", int(made.lastrowid or 0))

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Return what happened in a run, oldest first: ``batch``, ``at``, ``state`` and the facts of each."""
        with self._file.transaction() as db:
            found = db.execute("select batch, at, state, facts from event where run = ? order by seq", (run_id,))
            return [{"batch": number, "at": at, "state": new, **json.loads(facts)} for number, at, new, facts in found]

    def moves(self, run_id: str, since: datetime) -> list[Move]:
        """Return the moves of batches around create-job, oldest first, of all runs to the org of ``run_id``."""
        near = "event.state in ('uploaded', 'submitting', 'submitted', 'rejected', 'unknown')"
        with self._file.transaction() as db:
            found = db.execute(
                "select run, batch, at, event.state, json_extract(facts, '$.code') from event join run on run.id = run "
                f"where org = (select org from run where id = ?) and at > ? and {near} order by seq",
                (run_id, _text(since)),
            )
            return [
                Move(run, batch, datetime.fromisoformat(at).timestamp(), new, code)
                for run, batch, at, new, code in found
            ]

    def forget(self, run_ids: Sequence[str]) -> None:
        """Delete runs and all their data, including the protection against sending their rows again."""
        with self._file.transaction("purge") as db:
            for run_id in run_ids:
                db.execute("delete from run where id = ?", (run_id,))
                (self._file.locks / f"{run_id}.lock").unlink(missing_ok=True)
                checkpoint("purge half done")
        self._file.shrink()

    def driving(self, run_id: str) -> AbstractContextManager[None]:
        """Hold the lock of a run for this process; the kernel releases it when the process dies, however it dies.

        Raises
        ------
        RunBusy
            If another process, or another handle of this one, drives the run.
        """
        return self._file.driving(run_id, here())


def _read(blob: bytes) -> Any:
    return json.loads(zlib.decompress(blob))


def _packed(digests: bytes | None) -> bytes | None:
    return None if digests is None else zlib.compress(digests, 0)


def _now() -> str:
    return _text(datetime.fromtimestamp(time.time(), UTC))


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def here() -> dict[str, Any]:
    """Return which process this is, for messages and evidence in other processes."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": _now(), "monotonic_s": time.monotonic()}
