"""Hold a returned frame against the sandbox's ledger: a pure checker, and a way to write under it.

The ledger knows rows by their place in the uploaded file; the checker reads that file and knows them by a column whose
values the frame does not repeat (the mark). It shares nothing with the merge it judges.
"""

from __future__ import annotations

import csv
import io
import re
import threading
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import bigin_frames as bf
from bigin_frames.errors import BiginWarning, UndecidedRowsWarning
from bigin_frames.model import UNDECIDED, WRITTEN, Status
from bigin_frames.sandbox import LedgerJob, Sandbox
from bigin_frames.transport import Transport

NAMES = ("ID", "Status", "Error")
MARK = "Description"
LOCAL = (Status.INVALID, Status.UNSENT)  # verdicts that say no job holds the row
REASONED = (Status.SKIPPED, Status.INVALID, Status.UNSENT, Status.UNKNOWN, Status.UNREPORTED)
_CODE = re.compile(r"(?:^|:)([A-Z][A-Z0-9_]+)")


@dataclass(frozen=True)
class Entry:
    """Hold what became of one row of an accepted job; ``status`` is None where the job judged no row."""

    mark: str
    job: str
    status: str | None
    record_id: str | None = None
    errors: str = ""
    holder: str | None = None


@dataclass(frozen=True)
class Truth:
    """Hold what the sandbox saw: its jobs, their rows, the status lines of the create-job calls, and leaks."""

    jobs: Sequence[LedgerJob]
    entries: Sequence[Entry]
    creates: Sequence[int | None]
    secrets_in_addresses: int = 0

    @property
    def is_keyless_insert(self) -> bool:
        return all(job.operation == "insert" and job.find_by is None for job in self.jobs)


def so_far(box: Sandbox) -> tuple[int, int]:
    """Return how many jobs and requests there were, for `truth_of` to begin after."""
    return len(box.ledger()), len(box.requests)


def truth_of(box: Sandbox, since: tuple[int, int] = (0, 0), *, mark: str = MARK) -> Truth:
    """Read the truth; ``mark`` is the API name under which the marking column was sent."""
    jobs = box.ledger()[since[0] :]
    requests = box.requests[since[1] :]
    return Truth(
        jobs,
        [entry for job in jobs for entry in _entries(box, job, mark)],
        [request.status for request in requests if request.route == "create"],
        sum(request.secret_in_url for request in requests),
    )


def _entries(box: Sandbox, job: LedgerJob, mark: str) -> Iterator[Entry]:
    # The ledger keeps no cells, so the file itself is opened; the sandbox has no public door to it.
    with zipfile.ZipFile(io.BytesIO(box._org.store.file_body(job.file_id))) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    judged = {row.ordinal: row for row in job.rows}
    for ordinal, row in enumerate(rows):
        one = judged.get(ordinal)
        known = (one.status, one.record_id, one.errors, one.holder) if one else (None,)
        yield Entry(row[mark], job.id, *known)


def violations(
    frame: pd.DataFrame,
    out: pd.DataFrame,
    truth: Truth,
    *,
    mark: object = MARK,
    names: tuple[str, str, str] = NAMES,
    answers_lost: bool = False,
) -> list[str]:
    """Return every way in which a returned frame is not honest.

    Parameters
    ----------
    frame, out : DataFrame
        As given to a verb, and as it came back.
    truth : Truth
    mark : label
        The frame's marking column; rows that repeat a mark must be equal in all they send.
    names : tuple of str
        The result columns.
    answers_lost : bool
        True where create-job met a fault, so that its status lines do not tell how many jobs were accepted.
    """
    found = [*_shape(frame, out, names), *_sending(truth, answers_lost)]
    if found:
        return found
    marks = frame[mark].astype(object).where(frame[mark].notna(), "").astype(str)
    rows = [
        (m, *(None if pd.isna(value) else value for value in verdict))
        for m, verdict in zip(marks, out[list(names)].itertuples(index=False), strict=True)
    ]
    return [*_words(rows), *_claims(rows, truth), *_counts(rows, truth)]


Row = tuple[str, str | None, str | None, str | None]  # mark, id, status, error


def _shape(frame: pd.DataFrame, out: pd.DataFrame, names: tuple[str, str, str]) -> Iterator[str]:
    if list(out.columns) != [*frame.columns, *names]:
        yield f"columns are {list(out.columns)}"
        return
    try:
        pd.testing.assert_frame_equal(out[list(frame.columns)], frame)
    except AssertionError as difference:
        yield f"the caller's own columns changed: {difference}"


def _sending(truth: Truth, answers_lost: bool) -> Iterator[str]:
    if truth.secrets_in_addresses:
        yield "a secret stood in an address"
    if len(truth.jobs) > len(truth.creates):
        yield f"{len(truth.jobs)} jobs of {len(truth.creates)} create-job calls"
    accepted = sum(status in (200, 201, 202) for status in truth.creates)
    if not answers_lost and accepted != len(truth.jobs):
        yield f"{accepted} create-job calls were accepted, the ledger has {len(truth.jobs)} jobs"
    for what in ("file_id", "file_name"):
        if len({getattr(job, what) for job in truth.jobs}) != len(truth.jobs):
            yield f"two jobs share one {what}"


def _words(rows: Sequence[Row]) -> Iterator[str]:
    for at, (_, record_id, status, error) in enumerate(rows):
        if status not in set(Status):
            yield f"row {at}: {status!r} is no verdict"
        elif status in {*UNDECIDED, *LOCAL} and record_id is not None:
            yield f"row {at}: {status} with an id"
        elif status in WRITTEN and record_id is None and error is None:
            yield f"row {at}: {status} without an id or a reason"
        elif status in REASONED and error is None:
            yield f"row {at}: {status} without a reason"


def _claims(rows: Sequence[Row], truth: Truth) -> Iterator[str]:
    """Find for each verdict a line of the ledger, of this very mark, that bears it out; no line serves twice."""
    left: dict[str, list[Entry]] = {}
    for entry in truth.entries:
        left.setdefault(entry.mark, []).append(entry)
    definite = [(at, row) for at, row in enumerate(rows) if row[2] not in {*UNDECIDED, *LOCAL}]
    for at, row in sorted(definite, key=lambda item: item[1][1] is None):  # the claims that say most come first
        witness = next((entry for entry in left.get(row[0], []) if _bears_out(row, entry)), None)
        if witness is None:
            yield f"row {at}: the ledger does not say {row[2]} {row[1] or ''} {row[3] or ''}".rstrip()
        else:
            left[row[0]].remove(witness)


def _bears_out(row: Row, entry: Entry) -> bool:
    _, record_id, status, error = row
    if status != entry.status:
        return False
    if status in WRITTEN:
        return record_id in (None, entry.record_id)
    return record_id in (None, entry.holder) and set(_CODE.findall(error or "")) == set(_CODE.findall(entry.errors))


def _counts(rows: Sequence[Row], truth: Truth) -> Iterator[str]:
    held = Counter(entry.mark for entry in truth.entries)
    local = Counter(row[0] for row in rows if row[2] in LOCAL)
    places: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        places.setdefault(row[0], []).append(at)
    for mark, number in held.items():
        at_rows = places.get(mark, [])
        if local[mark] == len(at_rows):
            yield f"rows {at_rows}: no job should hold them, {number} line(s) do"
        elif truth.is_keyless_insert and number > len(at_rows) - local[mark]:
            yield f"rows {at_rows}: sent {number} times"


class Over(BaseException):
    """End the threads of a run that a test leaves behind."""


class Clock:
    """Be the pause and the clock of a client, and of a sandbox: sleeping only moves it on."""

    def __init__(self) -> None:
        self._skipped_s = 0.0
        self._lock = threading.Lock()
        self._over = threading.Event()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._skipped_s += seconds
        if self._over.wait(min(seconds, 0.001)):  # a breath for the server's threads
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
    """Write a frame with the real client, and return what came back if it is honest.

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
    """Go on with a pending run to its end, and return its frame if it is honest."""
    out = run.wait(30, progress=False)
    assert violations(frame, out, truth_of(box, mark=mark[1]), mark=mark[0], answers_lost=True) == []
    return out
