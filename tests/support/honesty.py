"""Writes that the checker watches: what the sandbox saw is compared with the returned frame."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sqlite3
import threading
import time
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.errors import BiginWarning, UndecidedRowsWarning
from bigin_frames.model import UNDECIDED
from bigin_frames.sandbox import LedgerJob, Sandbox
from tests.support.checker import MARK, Entry, Truth, Written, WrittenBatch, violations

__all__ = ["MARK", "Clock", "finish", "read_journal", "so_far", "truth_of", "violations", "write"]


def so_far(box: Sandbox) -> tuple[int, int]:
    """Return how many jobs and requests there were, for `truth_of` to begin after."""
    return len(box.ledger()), len(box.requests)


def truth_of(box: Sandbox, since: tuple[int, int] = (0, 0), *, mark: str = MARK) -> Truth:
    """Return the truth; ``mark`` is the API name under which the marking column was sent."""
    jobs = box.ledger()[since[0] :]
    requests = box.requests[since[1] :]
    return Truth(
        jobs,
        [entry for job in jobs for entry in _entries(box, job, mark)],
        [request.status for request in requests if request.route == "create"],
        sum(request.secret_in_url for request in requests),
    )


def _entries(box: Sandbox, job: LedgerJob, mark: str) -> Iterator[Entry]:
    # The ledger keeps no cells, so the file itself is opened; the sandbox has no public access to it.
    with zipfile.ZipFile(io.BytesIO(box._org.store.file_body(job.file_id))) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    judged = {row.ordinal: row for row in job.rows}
    for ordinal, row in enumerate(rows):
        one = judged.get(ordinal)
        known = (one.status, one.record_id, one.errors, one.holder) if one else (None,)
        yield Entry(row[mark], job.id, *known)


def read_journal(file: Path) -> Written:
    """Read a journal without the package's own code."""
    db = sqlite3.connect(file)
    try:
        runs = [run for (run,) in db.execute("select id from run order by rowid")]
        moves: dict[tuple[str, int], list[tuple[str, Any]]] = {}
        for run, number, state, facts in db.execute("select run, batch, state, facts from event order by seq"):
            moves.setdefault((run, number), []).append((state, json.loads(facts)))
        batches = [
            WrittenBatch(
                run, number, np.frombuffer(zlib.decompress(rows), np.int64).tolist(), state, name, job_id,
                verdicts and json.loads(zlib.decompress(verdicts)), moves.get((run, number), []),
            )
            for run, number, rows, state, name, job_id, verdicts in db.execute(
                "select run, number, rows, state, name, job_id, verdicts from batch order by run, number"
            )
        ]  # fmt: skip
        tables = [db.execute(f"select * from {table}") for table in ("run", "batch", "event")]  # noqa: S608
        cells = [cell for lines in tables for line in lines for cell in line]
    finally:
        db.close()
    texts = [_unpacked(cell) if isinstance(cell, bytes) else str(cell) for cell in cells]
    return Written(runs, batches, "\n".join([*texts, file.read_bytes().decode("latin-1")]))


def _unpacked(blob: bytes) -> str:
    with contextlib.suppress(zlib.error):
        blob = zlib.decompress(blob)
    return blob.decode("latin-1")


class Over(BaseException):
    """The end of threads that a test leaves behind."""


class Clock:
    """The clock of a client and of a sandbox: sleeping only advances it."""

    def __init__(self) -> None:
        self._skipped_s = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._skipped_s += seconds
        if self._over.wait(min(seconds, 0.001)):  # some time for the server's threads
            raise Over

    def now(self) -> float:
        return time.monotonic() + self._skipped_s

    def time(self) -> float:
        return time.time() + self._skipped_s

    def stop(self) -> None:
        self._over.set()

    def transport(self, **options: Any) -> Transport:
        return Transport(sleep=self.sleep, now=self.now, **options)


def write(
    box: Sandbox,
    frame: pd.DataFrame,
    operation: str = "insert",
    module: str = "Contacts",
    *,
    clock: Clock,
    mark: tuple[object, str] = (MARK, MARK),
    answers_lost: bool = False,
    **options: Any,
) -> pd.DataFrame:
    """Write a frame with the real client, and return the result if it is honest.

    ``mark`` is the marking column's label and the field it is sent as.
    """
    client = options.pop("client", None) or box.client(transport=clock.transport())
    since = so_far(box)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        out = getattr(frame.bigin, operation)(module, client=client, progress=False, **{"wait": 30, **options})
    found = violations(frame, out, truth_of(box, since, mark=mark[1]), mark=mark[0], answers_lost=answers_lost)
    assert found == []
    kinds = {warning.category for warning in said}
    assert all(issubclass(kind, BiginWarning) for kind in kinds), said
    assert (UndecidedRowsWarning in kinds) is bool(set(out["Status"]) & set(UNDECIDED))
    return out


def finish(run: bf.Run, frame: pd.DataFrame, box: Sandbox, *, mark: tuple[object, str] = (MARK, MARK)) -> pd.DataFrame:
    """Resume a pending run to its end, and return its frame if it is honest."""
    out = run.wait(30, progress=False)
    assert violations(frame, out, truth_of(box, mark=mark[1]), mark=mark[0], answers_lost=True) == []
    return out
