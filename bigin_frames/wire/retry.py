"""Retries: which call is made again after which failure, and after which pause; a table and a budget, no clock.

A call that may have taken effect is retried only if a second effect does no harm.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from bigin_frames.errors import (
    AnswerError,
    ApiError,
    BiginError,
    NotSentError,
    RateLimitError,
    TransportError,
    UnansweredError,
    UnreadableAnswerError,
)
from bigin_frames.wire.answer import was_not_applied

T = TypeVar("T")
Trouble = Literal["not_sent", "unanswered", "rate", "server"]
_ANY: Final[frozenset[Trouble]] = frozenset({"not_sent", "unanswered", "rate", "server"})

MAX_RETRY_AFTER_S: Final = 900.0  # a longer Retry-After ends the call instead; the error carries the time


@dataclass(frozen=True, slots=True)
class Rule:
    """How often a call is made at most, after which troubles it is retried, and the longest pause before a retry."""

    attempts: int
    again_after: frozenset[Trouble]
    longest_pause_s: float


RULES: Final[dict[str, Rule]] = {
    # Ten tokens in ten minutes is the limit (CRM v8, token-validity).
    "token": Rule(3, _ANY, 60.0),
    "org": Rule(5, _ANY, 60.0),
    "modules": Rule(5, _ANY, 60.0),
    "fields": Rule(5, _ANY, 60.0),
    "layouts": Rule(5, _ANY, 60.0),
    # A file that no job uses has no effect on records.
    "upload": Rule(5, _ANY, 60.0),
    # No list of jobs and no idempotency key exist: again only if it is certain that no job was created.
    "create": Rule(5, frozenset({"not_sent", "rate"}), 60.0),
    # The loop that waits for a job polls again anyway: a long pause would only use up its time.
    "job": Rule(3, _ANY, 5.0),
    "download": Rule(5, _ANY, 60.0),
    "records": Rule(5, _ANY, 60.0),
    "find": Rule(5, _ANY, 60.0),
}


def trouble(error: BiginError) -> Trouble | None:
    """Return what kind of trouble an error is, None for one that a retry cannot fix."""
    if isinstance(error, NotSentError):
        return "not_sent"
    if isinstance(error, UnansweredError):
        return "unanswered"
    if isinstance(error, RateLimitError) and was_not_applied(error):
        return "rate"
    if isinstance(error, UnreadableAnswerError) and (error.status < 300 or error.status == 429):
        return "server"  # half an answer, a captive portal's page, a gateway's own 429
    if isinstance(error, (ApiError, UnreadableAnswerError)) and not 300 <= error.status < 400:
        return None if was_not_applied(error) else "server"
    return None


def pause_s(call: str, error: BiginError, attempt: int, random: Callable[[], float]) -> float | None:
    """Return the seconds to wait before a retry, None if there is to be none.

    Parameters
    ----------
    call : str
    error : BiginError
        How the last attempt ended.
    attempt : int
        How often the call was made so far, 1 or more.
    random : callable
        Gives a float in [0, 1): full jitter, and half as much where Bigin said "too many".
    """
    rule, kind = RULES[call], trouble(error)
    if getattr(error, "call", call) != call:
        return None  # the error of another call, the token's, has been retried by its own rule
    if kind is None or kind not in rule.again_after or attempt >= rule.attempts:
        return None
    asked: float | None = getattr(error, "retry_after_s", None)
    if asked is not None:
        # A poll leaves any longer wait to the loop around it; the error says how long.
        longest = rule.longest_pause_s if call == "job" else MAX_RETRY_AFTER_S
        return asked if asked <= longest else None
    first = 15.0 if kind == "rate" else 1.0
    ceiling = min(rule.longest_pause_s, first * 2.0 ** (attempt - 1))
    return ceiling * (0.5 + random() / 2) if kind == "rate" else ceiling * random()


class Budget:
    """A limit on all retries of one client together, so that a dead server is not called for ever.

    It starts at 100; a retry after a time-out costs 10, any other retry 5, and each success gives 1 back.
    """

    def __init__(self, size: int = 100) -> None:
        self._size = self._left = size
        self._lock = threading.Lock()

    def spend(self, error: BiginError) -> bool:
        """Take the cost of one retry; return False, and take nothing, if there is not enough left."""
        cost = 10 if getattr(error, "timed_out", False) else 5
        with self._lock:
            if cost > self._left:
                return False
            self._left -= cost
            return True

    def earn(self) -> None:
        """Return 1 to the budget for a success."""
        with self._lock:
            self._left = min(self._size, self._left + 1)


def repeated(
    call: str,
    once: Callable[[], T],
    *,
    budget: Budget,
    sleep: Callable[[float], None],
    random: Callable[[], float],
) -> T:
    """Make a call, and retry it as its rule and the budget allow; raise the error of the last attempt."""
    attempt, waited_s = 1, 0.0
    while True:
        try:
            result = once()
        except BiginError as error:
            pause = pause_s(call, error, attempt, random)
            if pause is None or waited_s + pause > MAX_RETRY_AFTER_S or not budget.spend(error):
                raise
        else:
            budget.earn()
            return result
        sleep(pause)
        attempt, waited_s = attempt + 1, waited_s + pause


def doubt_of(error: AnswerError | TransportError) -> UnansweredError | None:
    """Return the error that says a job may exist, None if ``error`` itself says so or makes certain that none does."""
    if isinstance(error, (NotSentError, UnansweredError)) or error.call != "create":
        return None
    if isinstance(error, AnswerError) and was_not_applied(error):
        return None
    return UnansweredError(f"{error} The job may or may not have been created.", call="create")
