"""Why a batch stopped: the code that ``Error`` says of its rows."""

from __future__ import annotations

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.reasons import NOT_SENT
from bigin_frames.errors import (
    AnswerError,
    ApiError,
    BiginError,
    InputError,
    NotSentError,
    UntrustedHostError,
)


def code_of(refusal: BiginError) -> str:
    """Return what ``Error`` says of a failure: Bigin's own code, or a word of ours."""
    if isinstance(refusal, ApiError):
        return refusal.code
    if isinstance(refusal, AnswerError):
        return f"HTTP_{refusal.status}"
    words = {NotSentError: NOT_SENT, UntrustedHostError: "UNTRUSTED_HOST", InputError: "FRAME_CHANGED"}
    return next((word for kind, word in words.items() if isinstance(refusal, kind)), "NO_ANSWER")


def hold(batch: Batch, refusal: BiginError) -> None:
    """Leave an accepted job where it stands, to be gone on with later."""
    batch.held, batch.code, batch.refusal = True, code_of(refusal), refusal
