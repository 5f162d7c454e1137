"""Codes in ``Error`` of rows whose batch stopped without a result from Bigin."""

from __future__ import annotations

from bigin_frames.errors import AnswerError, ApiError, BiginError, InputError, NotSentError, UntrustedHostError

NOT_SENT = "NOT_SENT"  # no job has the row, and no server gave a reason
CUT_SHORT = "CUT_SHORT"  # create-job was in progress when the process ended


def code_of(refusal: BiginError) -> str:
    """Return the code that ``Error`` has for a failure: Bigin's own, or one of ours."""
    if isinstance(refusal, ApiError):
        return refusal.code
    if isinstance(refusal, AnswerError):
        return f"HTTP_{refusal.status}"
    words = {NotSentError: NOT_SENT, UntrustedHostError: "UNTRUSTED_HOST", InputError: "FRAME_CHANGED"}
    return next((word for kind, word in words.items() if isinstance(refusal, kind)), "NO_ANSWER")
