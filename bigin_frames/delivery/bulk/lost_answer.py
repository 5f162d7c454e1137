"""The decision whether the answer to a create-job call was lost, and what to do with the batch then."""

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
    """Return a code if a job may exist although create-job failed in this way, None if certainly none exists."""
    if isinstance(failure, NotSentError | UntrustedHostError) or getattr(failure, "call", None) == "token":
        return None  # the call failed before create-job was sent
    if isinstance(failure, ApiError):
        lost = failure.status >= 500 or failure.status in (408, 425, 499) or failure.code == "INTERNAL_ERROR"
        return "ANSWER_LOST" if lost else None
    if isinstance(failure, AnswerError):  # a 4xx is a rejection, though not in Bigin's words
        return None if 400 <= failure.status < 500 else "ANSWER_UNREADABLE"
    return "ANSWER_LOST"


def lose_answer(task: Task, batch: Batch, failure: BiginError, code: str) -> None:
    """Record a lost answer; the batch is sent again only if that cannot write anything twice."""
    evidence = {name: value for name, value in vars(failure).items() if isinstance(value, str | int | float)}
    batch.move(
        State.UNKNOWN, code=code, doubts=batch.doubts + 1, evidence={"failure": type(failure).__name__, **evidence}
    )
    if task.may_repeat and batch.doubts < REPEATED_ATTEMPTS:
        task.client.sleep(REPEAT_S * batch.doubts)
        batch.prepare_again()
