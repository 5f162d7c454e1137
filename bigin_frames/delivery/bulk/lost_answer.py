"""Decide whether the answer to a create-job call was lost, and what becomes of its batch then."""

from __future__ import annotations

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.pace import REPEAT_S, REPEATED_ATTEMPTS
from bigin_frames.errors import (
    AnswerError,
    ApiError,
    BiginError,
    NotSentError,
    UntrustedHostError,
)


def doubt_after(failure: BiginError) -> str | None:
    """Return why a job may exist after create-job failed in this way, None where certainly none does."""
    if isinstance(failure, NotSentError | UntrustedHostError) or getattr(failure, "call", None) == "token":
        return None  # what fails of the token leaves create-job unasked
    if isinstance(failure, ApiError):
        lost = failure.status >= 500 or failure.status in (408, 425, 499) or failure.code == "INTERNAL_ERROR"
        return "ANSWER_LOST" if lost else None
    if isinstance(failure, AnswerError):  # a 4xx is a refusal, though not in Bigin's words
        return None if 400 <= failure.status < 500 else "ANSWER_UNREADABLE"
    return "ANSWER_LOST"


def lose_answer(task: Task, batch: Batch, failure: BiginError, code: str) -> None:
    """Take a call whose answer is lost: the batch is sent again only where that cannot write anything twice."""
    evidence = {name: value for name, value in vars(failure).items() if isinstance(value, str | int | float)}
    batch.move(
        State.UNKNOWN, code=code, doubts=batch.doubts + 1, evidence={"failure": type(failure).__name__, **evidence}
    )
    if task.may_repeat and batch.doubts < REPEATED_ATTEMPTS:
        task.client.sleep(REPEAT_S * batch.doubts)
        batch.prepare_again()
