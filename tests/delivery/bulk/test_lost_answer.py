"""A create-job call is made once, whatever its answer, and a lost answer leaves the rows unknown."""

from __future__ import annotations

import pytest

from bigin_frames.delivery.batches.states import State
from bigin_frames.errors import (
    AuthError,
    NotSentError,
    RateLimitError,
    UnreadableAnswerError,
    UntrustedHostError,
)
from tests.support.fake_batch import LOST, refusal, run, smooth


@pytest.mark.parametrize(
    ("answer", "state", "status", "code"),
    [
        (LOST, State.UNKNOWN, "UNKNOWN", "ANSWER_LOST"),
        (refusal("INTERNAL_ERROR", 500), State.UNKNOWN, "UNKNOWN", "ANSWER_LOST"),
        (refusal("INTERNAL_ERROR", 200), State.UNKNOWN, "UNKNOWN", "ANSWER_LOST"),
        (refusal("X", 408), State.UNKNOWN, "UNKNOWN", "ANSWER_LOST"),
        (UnreadableAnswerError("html", call="create", status=201), State.UNKNOWN, "UNKNOWN", "ANSWER_UNREADABLE"),
        (UnreadableAnswerError("html", call="create", status=404), State.REJECTED, "UNSENT", "HTTP_404"),
        (UntrustedHostError("no", host="evil.example"), State.REJECTED, "UNSENT", "UNTRUSTED_HOST"),
        (NotSentError("refused", call="create"), State.REJECTED, "UNSENT", "NOT_SENT"),
        (refusal("INVALID_FIELD"), State.REJECTED, "UNSENT", "INVALID_FIELD"),
        (refusal("NO_PERMISSION", 403, AuthError), State.REJECTED, "UNSENT", "NO_PERMISSION"),
        (refusal("TOO_MANY_REQUESTS", 429, RateLimitError), State.REJECTED, "UNSENT", "TOO_MANY_REQUESTS"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_create_job_is_called_once_whatever_its_answer(answer: Exception, state: State, status: str, code: str) -> None:
    client = smooth(create=[answer])
    batch = run(client)

    assert batch.state is state
    assert len(client.calls["create"]) == 1
    table = batch.verdicts(moving=False)
    assert set(table["Status"]) == {status}
    assert set(table["Error"]) == {code}
    assert table["ID"].isna().all()
