"""The checker of a delivery: the returned frame, compared with the ledger, the journal and earlier frames. Pure.

The ledger identifies rows by their position in the uploaded file; the checker identifies them by a column of unique
values (the mark). It shares no code with the merge, the journal or the state machine that it checks. Each violation
names its rule:

====  ================================================================================================
N1    total: the caller's rows, index and columns, and one verdict of the closed set on each
N2    sound: a definite verdict is that of the ledger for this row; what was not sent is in no job
N3    at most once: an insert sends a row once, by whatever processes; a unique key has one record
N4    honest: an unknown row has an ambiguous attempt, with evidence, in the journal
N5    durable: a definite verdict never changes, and the journal has it
N6    conserved: a job's rows are its batch's rows
N7    no orphan: each line of the ledger, and each job, belongs to a row and a batch
N8    quiet: no secret and no cell value where it does not belong
====  ================================================================================================
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bigin_frames.model import UNDECIDED, WRITTEN, Status
from bigin_frames.sandbox import LedgerJob

NAMES = ("ID", "Status", "Error")
MARK = "Description"
LOCAL = (Status.INVALID, Status.UNSENT)  # verdicts that say that no job has the row
REASONED = (Status.SKIPPED, Status.INVALID, Status.UNSENT, Status.UNKNOWN, Status.UNREPORTED)
OPEN = (*UNDECIDED, Status.UNSENT)  # verdicts that may still become another one
_CODE = re.compile(r"(?:^|:)([A-Z][A-Z0-9_]+)")


@dataclass(frozen=True)
class Entry:
    """The outcome of one row of an accepted job; ``status`` is None if the job did not process the row."""

    mark: str
    job: str
    status: str | None
    record_id: str | None = None
    errors: str = ""
    holder: str | None = None


@dataclass(frozen=True)
class Truth:
    """What the sandbox saw: its jobs, their rows, the status lines of the create-job calls, and leaks."""

    jobs: Sequence[LedgerJob]
    entries: Sequence[Entry]
    creates: Sequence[int | None]
    secrets_in_addresses: int = 0

    @property
    def is_keyless_insert(self) -> bool:
        return all(job.operation == "insert" and job.find_by is None for job in self.jobs)

    @property
    def finds_by_key(self) -> bool:
        return all(job.operation in ("insert", "upsert") and job.find_by not in (None, "id") for job in self.jobs)


@dataclass(frozen=True)
class WrittenBatch:
    """A batch in the journal: the positions of its rows, and its verdicts by column if it is merged."""

    run: str
    number: int
    rows: Sequence[int]
    state: str
    name: str | None
    job_id: str | None
    verdicts: Mapping[str, Sequence[str | None]] | None
    events: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Written:
    """A journal: its runs, oldest first, their batches, and all of its bytes as text, decompressed."""

    runs: Sequence[str]
    batches: Sequence[WrittenBatch]
    text: str = ""

    def newest(self) -> dict[int, WrittenBatch]:
        """Return, by row, the batch of the newest run that has it."""
        order = {run: place for place, run in enumerate(self.runs)}
        batches = sorted(self.batches, key=lambda batch: order[batch.run])
        return {row: batch for batch in batches for row in batch.rows}


def violations(
    frame: pd.DataFrame,
    out: pd.DataFrame,
    truth: Truth,
    *,
    mark: object = MARK,
    names: tuple[str, str, str] = NAMES,
    answers_lost: bool = False,
    written: Written | None = None,
    before: Sequence[pd.DataFrame] = (),
    said: Mapping[str, str] | None = None,
    unspeakable: Iterable[str] = (),
) -> list[str]:
    """Return every way in which a delivery breaks its promises.

    Parameters
    ----------
    frame, out : DataFrame
        As given to a verb, and as returned in the end.
    truth : Truth
        Of all calls, processes and attempts for this frame.
    mark : label
        The frame's marking column; rows that repeat a mark must be equal in all they send.
    names : tuple of str
        The result columns.
    answers_lost : bool
        True where create-job met a fault or a caller died, so that its status lines do not show how many jobs there
        are.
    written : Written, optional
        The journal at the end; without it the rules that need one are left out.
    before : sequence of DataFrame
        Frames that were returned or shown earlier, oldest first.
    said : mapping of str to str, optional
        What was logged, printed or stored, by channel; the journal is always checked.
    unspeakable : iterable of str
        Secrets and cell values.
    """
    found = [*_shape(frame, out, names), *_sending(truth, answers_lost)]
    texts = {**(said or {}), **({"the journal": written.text} if written else {})}
    found += _quiet(texts, unspeakable)
    if any(violation.startswith("N1") for violation in found):
        return found
    marks = frame[mark].astype(object).where(frame[mark].notna(), "").astype(str)
    rows = [
        (m, *(None if pd.isna(value) else value for value in verdict))
        for m, verdict in zip(marks, out[list(names)].itertuples(index=False), strict=True)
    ]
    found += [*_words(rows), *_claims(rows, truth), *_counts(rows, truth)]
    if before:
        found += _over_time([*(shown[list(names)] for shown in before), out[list(names)]])
    if written is not None:
        found += [*_evidence(rows, written), *_kept(rows, written), *_jobs(truth, written), *_moves(truth, written)]
    return found


Row = tuple[str, str | None, str | None, str | None]  # mark, id, status, error


def _shape(frame: pd.DataFrame, out: pd.DataFrame, names: tuple[str, str, str]) -> Iterator[str]:
    if list(out.columns) != [*frame.columns, *names]:
        yield f"N1 columns are {list(out.columns)}"
        return
    try:
        pd.testing.assert_frame_equal(out[list(frame.columns)], frame)
    except AssertionError as difference:
        yield f"N1 the caller's own columns changed: {difference}"


def _sending(truth: Truth, answers_lost: bool) -> Iterator[str]:
    if truth.secrets_in_addresses:
        yield "N8 a secret was in an address"
    if len(truth.jobs) > len(truth.creates):
        yield f"N3 {len(truth.jobs)} jobs of {len(truth.creates)} create-job calls"
    accepted = sum(status in (200, 201, 202) for status in truth.creates)
    if not answers_lost and accepted != len(truth.jobs):
        yield f"N3 {accepted} create-job calls were accepted, the ledger has {len(truth.jobs)} jobs"
    for what in ("file_id", *(("file_name",) if truth.is_keyless_insert or not answers_lost else ())):
        if len({getattr(job, what) for job in truth.jobs}) != len(truth.jobs):
            yield f"N3 two jobs share one {what}"


def _quiet(texts: Mapping[str, str], unspeakable: Iterable[str]) -> Iterator[str]:
    needles = list(dict.fromkeys(text.casefold() for text in unspeakable))
    for channel, text in texts.items():
        folded = text.casefold()
        for number, needle in enumerate(needles):
            if needle in folded:
                yield f"N8 {channel} holds secret or cell value {number}"


def _words(rows: Sequence[Row]) -> Iterator[str]:
    for at, (_, record_id, status, error) in enumerate(rows):
        if status not in set(Status):
            yield f"N1 row {at}: {status!r} is not a verdict"
        elif status in {*UNDECIDED, *LOCAL} and record_id is not None:
            yield f"N2 row {at}: {status} with an id"
        elif status in WRITTEN and record_id is None and error is None:
            yield f"N2 row {at}: {status} without an id or a reason"
        elif status in REASONED and error is None:
            yield f"N2 row {at}: {status} without a reason"


def _claims(rows: Sequence[Row], truth: Truth) -> Iterator[str]:
    """Find for each verdict a line of the ledger with this mark that supports it; no line is used twice."""
    left: dict[str, list[Entry]] = {}
    for entry in truth.entries:
        left.setdefault(entry.mark, []).append(entry)
    ours = ("SKIPPED", "ALREADY_DELIVERED")  # said here, about a row that another run has sent
    definite = [(at, r) for at, r in enumerate(rows) if r[2] not in {*UNDECIDED, *LOCAL} and (r[2], r[3]) != ours]
    for at, row in sorted(definite, key=lambda item: item[1][1] is None):  # the most specific claims come first
        witness = next((entry for entry in left.get(row[0], []) if _supports(row, entry)), None)
        if witness is None:
            yield f"N2 row {at}: the ledger does not say {row[2]} {row[1] or ''} {row[3] or ''}".rstrip()
        else:
            left[row[0]].remove(witness)


def _supports(row: Row, entry: Entry) -> bool:
    _, record_id, status, error = row
    if status != entry.status:
        return False
    if status in WRITTEN:
        return record_id in (None, entry.record_id)
    return record_id in (None, entry.holder) and set(_CODE.findall(error or "")) == set(_CODE.findall(entry.errors))


def _counts(rows: Sequence[Row], truth: Truth) -> Iterator[str]:
    held = Counter(entry.mark for entry in truth.entries)
    added = Counter(entry.mark for entry in truth.entries if entry.status == Status.ADDED)
    local = Counter(row[0] for row in rows if row[2] in LOCAL)
    places: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        places.setdefault(row[0], []).append(at)
    for mark, number in held.items():
        at_rows = places.get(mark, [])
        if not at_rows:
            yield f"N7 {number} line(s) of the ledger belong to no row"
        elif local[mark] == len(at_rows):
            yield f"N2 rows {at_rows}: no job should hold them, {number} line(s) do"
        elif truth.is_keyless_insert and number > len(at_rows) - local[mark]:
            yield f"N3 rows {at_rows}: sent {number} times"
        elif truth.finds_by_key and added[mark] > len(at_rows):
            yield f"N3 rows {at_rows}: added {added[mark]} times"


# -- over time, and with the journal


def _over_time(shown: Sequence[pd.DataFrame]) -> Iterator[str]:
    plain = [table.astype(object).where(table.notna(), None).to_numpy().tolist() for table in shown]
    for earlier, later in itertools.pairwise(plain):
        for at, (one, other) in enumerate(zip(earlier, later, strict=True)):
            if one[1] not in OPEN and one[:2] != other[:2]:
                yield f"N5 row {at}: was {one[1]} {one[0]}, is {other[1]} {other[0]}"


def _evidence(rows: Sequence[Row], written: Written) -> Iterator[str]:
    """An unknown row belongs to a batch whose submission began, ended in doubt, and was not merged since."""
    newest = written.newest()
    for at, (_, _, status, _) in enumerate(rows):
        if status != Status.UNKNOWN:
            continue
        batch = newest.get(at)
        states = [state for state, _ in batch.events] if batch else []
        doubts = [facts for state, facts in batch.events if state == "unknown"] if batch else []
        if batch is None or not {"submitting", "submitted"} & set(states):
            yield f"N4 row {at}: unknown, though no job was ever asked for"
        elif "unknown" not in states or batch.state in ("merged", "result bad"):
            yield f"N4 row {at}: unknown, while the journal says {batch.state}"
        elif not (doubts[-1].get("code") or doubts[-1].get("failure")):
            yield f"N4 row {at}: unknown without evidence"


def _kept(rows: Sequence[Row], written: Written) -> Iterator[str]:
    """What the frame says about a merged batch is what the journal will say later."""
    for at, batch in written.newest().items():
        if at >= len(rows):
            yield f"N7 the journal has a row {at} that the frame does not have"
        elif batch.state == "merged":
            place = list(batch.rows).index(at)
            kept = tuple((batch.verdicts or {}).get(name, {})[place] for name in ("ID", "Status"))
            if kept != rows[at][1:3]:
                yield f"N5 row {at}: {rows[at][2]} {rows[at][1]}, the journal has {kept[1]} {kept[0]}"
        elif rows[at][2] not in OPEN:
            yield f"N5 row {at}: {rows[at][2]}, the journal has its batch {batch.state}"


def _jobs(truth: Truth, written: Written) -> Iterator[str]:
    by_job = {batch.job_id: batch for batch in written.batches if batch.job_id}
    names = {batch.name for batch in written.batches}
    lines = Counter(entry.job for entry in truth.entries)
    for job in truth.jobs:
        if job.file_name not in names:
            yield f"N7 job {job.id} belongs to no batch"
        batch = by_job.get(job.id)
        if batch is not None and batch.name != job.file_name:
            yield f"N7 job {job.id} is another batch's"
        if batch is not None and len(batch.rows) != lines[job.id]:
            yield f"N6 batch {batch.number}: {len(batch.rows)} rows, {lines[job.id]} in its job"
    for job_id in by_job.keys() - {job.id for job in truth.jobs}:
        yield f"N2 batch {by_job[job_id].number}: Bigin has no job {job_id}"


def _moves(truth: Truth, written: Written) -> Iterator[str]:
    for batch in written.batches:
        where = f"batch {batch.number} of run {batch.run}"
        states = [state for state, _ in batch.events]
        if states and states[-1] != batch.state:
            yield f"N5 {where} is {batch.state}, its last event {states[-1]}"
        if "merged" in states and set(states[states.index("merged") :]) != {"merged"}:
            yield f"N5 {where} left the state merged"
        if truth.is_keyless_insert and _sent_in_doubt(batch.events):
            yield f"N3 {where} was sent again though an earlier attempt was in doubt"


def _sent_in_doubt(events: Sequence[tuple[str, Mapping[str, Any]]]) -> bool:
    """Return whether a call was begun after one with an unknown outcome that no person had resolved."""
    doubt = False
    for state, facts in events:
        if doubt and state in ("submitting", "uploaded", "prepared"):
            return True
        doubt = "resolved" not in facts and (doubt or state == "unknown")
    return False
