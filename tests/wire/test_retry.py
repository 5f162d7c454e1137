from __future__ import annotations

import pytest

from bigin_frames.errors import (
    ApiError,
    AuthError,
    BodyTooLargeError,
    InputError,
    NotSentError,
    RateLimitError,
    UnansweredError,
    UnreadableAnswerError,
    UntrustedHostError,
)
from bigin_frames.wire.message import CALLS
from bigin_frames.wire.retry import MAX_RETRY_AFTER_S, RULES, Budget, doubt_of, pause_s, repeated, trouble


def not_sent(call="org", **facts):
    return NotSentError("", call=call, **facts)


def unanswered(call="org", **facts):
    return UnansweredError("", call=call, **facts)


def api(status, code="X", call="org", kind=ApiError, **facts):
    return kind("", call=call, status=status, code=code, **facts)


def unreadable(status, call="org"):
    return UnreadableAnswerError("", call=call, status=status)


def test_every_call_has_a_rule():
    assert set(RULES) == set(CALLS)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (not_sent(), "not_sent"),
        (unanswered(), "unanswered"),
        (api(429, kind=RateLimitError), "rate"),
        (api(200, "TOO_MANY_REQUESTS", kind=RateLimitError), "rate"),
        (api(503, "TOO_MANY_REQUESTS", kind=RateLimitError), "server"),
        (api(500, "INTERNAL_ERROR"), "server"),
        (api(200, "INTERNAL_ERROR"), "server"),
        (api(400), None),
        (api(401, "INVALID_TOKEN", kind=AuthError), None),
        (unreadable(200), "server"),
        (unreadable(429), "server"),
        (unreadable(502), "server"),
        (unreadable(408), "server"),
        (unreadable(404), None),
        (unreadable(302), None),
        (BodyTooLargeError("", call="org", limit=1), None),
        (UntrustedHostError("", host="x"), None),
        (InputError(""), None),
    ],
)
def test_kind_of_trouble_depends_on_class_and_status(error, kind):
    assert trouble(error) == kind


@pytest.mark.parametrize("call", sorted(set(CALLS) - {"create"}))
@pytest.mark.parametrize(
    "make", [not_sent, unanswered, lambda call: api(500, call=call), lambda call: unreadable(200, call=call)]
)
def test_harmless_call_is_retried_after_any_trouble(call, make):
    assert pause_s(call, make(call=call), 1, lambda: 0.5) is not None


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (not_sent("create"), True),
        (api(429, call="create", kind=RateLimitError), True),
        (api(503, "TOO_MANY_REQUESTS", call="create", kind=RateLimitError), False),
        (unanswered("create"), False),
        (api(500, "INTERNAL_ERROR", call="create"), False),
        (unreadable(201, "create"), False),
        (unreadable(429, "create"), False),
        (unreadable(502, "create"), False),
        (unreadable(307, "create"), False),
        (BodyTooLargeError("", call="create", limit=1), False),
    ],
)
def test_create_is_retried_only_when_no_job_can_exist(error, again):
    assert (pause_s("create", error, 1, lambda: 0.5) is not None) is again


def test_attempts_are_counted():
    assert pause_s("upload", unanswered("upload"), 4, lambda: 0.5) is not None
    assert pause_s("upload", unanswered("upload"), 5, lambda: 0.5) is None


def test_trouble_of_another_call_is_not_retried():
    assert pause_s("upload", not_sent("token"), 1, lambda: 0.5) is None


@pytest.mark.parametrize(("attempt", "pause"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0)])
def test_pause_doubles_with_full_jitter(attempt, pause):
    assert pause_s("upload", not_sent("upload"), attempt, lambda: 0.5) == pause
    assert pause_s("upload", not_sent("upload"), attempt, lambda: 0.0) == 0.0


def test_pause_after_too_many_calls_has_a_floor():
    error = api(429, call="upload", kind=RateLimitError)

    assert [pause_s("upload", error, n, lambda: 0.0) for n in (1, 2, 3, 4)] == [7.5, 15.0, 30.0, 30.0]


def test_poll_never_pauses_for_long():
    assert pause_s("job", api(429, call="job", kind=RateLimitError), 2, lambda: 0.99) <= 5.0
    assert pause_s("job", api(429, call="job", kind=RateLimitError, retry_after_s=6.0), 1, lambda: 0.0) is None
    assert pause_s("job", api(429, call="job", kind=RateLimitError, retry_after_s=5.0), 1, lambda: 0.0) == 5.0


@pytest.mark.parametrize(("asked", "pause"), [(0.0, 0.0), (17.0, 17.0), (MAX_RETRY_AFTER_S, 900.0), (901.0, None)])
def test_retry_after_is_obeyed_or_ends_the_call(asked, pause):
    error = api(429, call="create", kind=RateLimitError, retry_after_s=asked)

    assert pause_s("create", error, 1, lambda: 0.5) == pause


def test_retry_after_a_time_out_costs_ten_and_any_other_five():
    budget = Budget(20)

    assert [budget.spend(unanswered(timed_out=True)), budget.spend(not_sent()), budget.spend(not_sent())] == [True] * 3
    assert not budget.spend(not_sent())


def test_success_adds_one_to_the_budget_up_to_its_size():
    budget = Budget(5)
    budget.earn()
    assert budget.spend(not_sent())
    for _ in range(4):
        budget.earn()
    assert not budget.spend(not_sent())
    budget.earn()

    assert budget.spend(not_sent())


class Script:
    """A scripted call, one entry per attempt, that records the pauses."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.pauses = []

    def once(self):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def run(self, call="org", budget=None):
        return repeated(call, self.once, budget=budget or Budget(), sleep=self.pauses.append, random=lambda: 1.0)


def test_repeated_call_returns_the_first_success():
    script = Script(not_sent(), unanswered(), "fine")

    assert (script.run(), script.pauses) == ("fine", [1.0, 2.0])


def test_repeated_call_ends_with_the_last_error():
    script = Script(*(not_sent() for _ in range(4)), unanswered("org", timed_out=True))

    with pytest.raises(UnansweredError):
        script.run()
    assert (len(script.pauses), script.outcomes) == (4, [])


def test_repeated_call_stops_when_the_budget_is_spent():
    script = Script(not_sent(), not_sent(), "never")

    with pytest.raises(NotSentError):
        script.run(budget=Budget(5))
    assert len(script.pauses) == 1


def test_repeated_call_never_waits_longer_than_the_limit_in_total():
    script = Script(*(api(429, kind=RateLimitError, retry_after_s=500.0) for _ in range(2)))

    with pytest.raises(RateLimitError):
        script.run()
    assert script.pauses == [500.0]


def test_successful_call_adds_to_the_budget():
    budget = Budget(5)
    Script(not_sent(), "fine").run(budget=budget)
    for _ in range(4):
        Script("fine").run(budget=budget)

    assert budget.spend(not_sent())


@pytest.mark.parametrize(
    "error",
    [
        BodyTooLargeError("", call="create", limit=1),
        api(500, call="create"),
        unreadable(201, "create"),
        unreadable(302, "create"),
        api(200, "INTERNAL_ERROR", call="create"),
    ],
)
def test_uncertain_create_is_reported_as_uncertain(error):
    doubt = doubt_of(error)

    assert isinstance(doubt, UnansweredError)
    assert "may or may not" in str(doubt)


@pytest.mark.parametrize(
    "error",
    [
        unanswered("create"),
        not_sent("create"),
        not_sent("token"),
        api(400, call="create"),
        api(429, call="create", kind=RateLimitError),
        unreadable(404, "create"),
        api(500, call="org"),
        unanswered("org"),
    ],
)
def test_certain_error_of_a_create_is_unchanged(error):
    assert doubt_of(error) is None
