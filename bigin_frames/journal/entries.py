"""The records of the journal: a run, a batch, and one move of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """The data of a run that does not change.

    ``key`` identifies what is written, to which org; ``spec`` says how, for resuming without the original call;
    ``decided`` has the verdicts that were known before anything was sent, as ``rows``, ``Status`` and ``Error``.
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
    """The present state of a batch.

    ``rows`` are positions in the frame (int64), ``digests`` 16 bytes for each row that counts as sent;
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


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a batch: when it was made, in seconds since 1970, to which state, and with which code."""

    run: str
    batch: int
    at: float
    state: str
    code: str | None = None
