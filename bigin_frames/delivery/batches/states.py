"""The states of a batch, which can follow which, and the status of its rows in each."""

from __future__ import annotations

from enum import StrEnum

from bigin_frames.model import Status


class State(StrEnum):
    """The state of a batch."""

    PREPARED = "prepared"
    UPLOADED = "uploaded"
    SUBMITTING = "submitting"
    SUBMITTED = "submitted"
    COMPLETED = "completed"
    JOB_FAILED = "job failed"
    FETCHED = "fetched"
    MERGED = "merged"
    RESULT_BAD = "result bad"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.PREPARED: frozenset({State.UPLOADED, State.REJECTED, State.UNKNOWN, State.MERGED}),
    State.UPLOADED: frozenset({State.SUBMITTING, State.PREPARED, State.REJECTED, State.UNKNOWN, State.MERGED}),
    State.SUBMITTING: frozenset({State.SUBMITTING, State.SUBMITTED, State.REJECTED, State.UNKNOWN, State.UPLOADED}),
    State.SUBMITTED: frozenset({State.COMPLETED, State.JOB_FAILED, State.UNKNOWN, State.RESULT_BAD}),
    State.COMPLETED: frozenset({State.FETCHED, State.RESULT_BAD, State.SUBMITTED}),
    State.JOB_FAILED: frozenset({State.FETCHED, State.RESULT_BAD, State.UNKNOWN, State.SUBMITTED}),
    State.FETCHED: frozenset({State.MERGED, State.SUBMITTED}),
    State.MERGED: frozenset({State.MERGED}),
    State.RESULT_BAD: frozenset({State.MERGED}),
    State.REJECTED: frozenset({State.PREPARED, State.MERGED}),
    State.UNKNOWN: frozenset({State.PREPARED, State.SUBMITTED, State.MERGED, State.REJECTED}),
}

ENDED = frozenset({State.MERGED, State.RESULT_BAD, State.REJECTED, State.UNKNOWN})

# The status of every row of a batch while the batch is in a state, or because it ended there.
VERDICTS: dict[State, Status] = {
    State.PREPARED: Status.UNSENT,
    State.UPLOADED: Status.UNSENT,
    State.REJECTED: Status.UNSENT,
    State.SUBMITTING: Status.UNKNOWN,
    State.UNKNOWN: Status.UNKNOWN,
    State.SUBMITTED: Status.PENDING,
    State.COMPLETED: Status.PENDING,
    State.JOB_FAILED: Status.PENDING,
    State.FETCHED: Status.PENDING,
    State.RESULT_BAD: Status.UNREPORTED,
}
