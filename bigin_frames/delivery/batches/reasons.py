"""The words of ``Error`` for rows whose batch stopped without a result of Bigin's."""

from __future__ import annotations

from bigin_frames.errors import AnswerError, ApiError, BiginError, InputError, NotSentError, UntrustedHostError

NOT_SENT = "NOT_SENT"  # no job took the row, and no server said why
CUT_SHORT = "CUT_SHORT"  # create-job was under way when everything ended


def code_of(refusal: BiginError) -> str:
    """Return what ``Error`` says of a failure: Bigin's own code, or a word of ours."""
    if isinstance(refusal, ApiError):
        return refusal.code
    if isinstance(refusal, AnswerError):
        return f"HTTP_{refusal.status}"
    words = {NotSentError: NOT_SENT, UntrustedHostError: "UNTRUSTED_HOST", InputError: "FRAME_CHANGED"}
    return next((word for kind, word in words.items() if isinstance(refusal, kind)), "NO_ANSWER")
