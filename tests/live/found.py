"""What a probe found, and what all probes need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tests.live.seen import JobSeen, Seen


class Found(NamedTuple):
    """A probe's answer: None where nothing was seen; `new` where what was seen is none of the known readings."""

    value: Any
    evidence: str
    new: bool = False


UNSEEN = Found(None, "not seen")
# A plain row of each job: where even that is refused, no other refusal tells anything.
CONTROLS = {"r": "r01", "u": "u01", "d": "d12", "p": "p01"}


def one_of(seen: Any, known: Iterable[Any], evidence: str) -> Found:
    """Return what was seen as the answer if it is one of the known readings."""
    if seen is None:
        return Found(None, evidence)
    return Found(seen, evidence) if seen in tuple(known) else Found(None, evidence, new=True)


def by_status(seen: Seen, letter: str, mark: str, readings: Mapping[str, Any]) -> Found:
    """Return the reading that a row's status means."""
    job = seen.jobs.get(letter)
    status = job.status(mark) if job is not None else None
    if job is None or status is None:
        return UNSEEN
    if job.status(CONTROLS[letter]) in ("SKIPPED", "UNPROCESSED"):
        return Found(None, f"even the plain row {CONTROLS[letter]} was refused: {job.code(CONTROLS[letter])}")
    told = told_of(job, mark)
    return Found(readings[status], told) if status in readings else Found(None, told, new=True)


def told_of(job: JobSeen, mark: str) -> str:
    """Return a row's verdict as evidence: its status, and the codes without the names of columns."""
    return f"row {mark}: {job.status(mark)}" + (f" {job.code(mark)}" if job.code(mark) else "")
