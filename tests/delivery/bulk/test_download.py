"""A result is downloaded again while it can be, and without one no row gets a verdict."""

from __future__ import annotations

import pandas as pd
import pytest

from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.bulk.pace import RESULT_ATTEMPTS
from bigin_frames.delivery.bulk.steps import deliver
from bigin_frames.errors import (
    AuthError,
    BadResultError,
    RateLimitError,
    UnansweredError,
    UntrustedHostError,
)
from bigin_frames.model import Job
from tests.support.fake_batch import LOST, refusal, run, smooth, task_of
from tests.support.fake_client import done, result_of


def test_failed_job_without_a_result_may_have_written_rows() -> None:
    batch = run(smooth(job=[Job(id="11", status="FAILED", code="MANDATORY_FIELDS_NOT_MAPPED")]))

    table = batch.verdicts(moving=False)
    assert set(table["Status"]) == {"UNKNOWN"}
    assert set(table["Error"]) == {"JOB_FAILED:MANDATORY_FIELDS_NOT_MAPPED"}


def test_failed_job_with_a_result_is_judged_by_it() -> None:
    job = Job(id="11", status="FAILED", result_url="/result")
    table = run(smooth(job=[job], result=[result_of("Ada,ADDED,21,")])).verdicts(moving=False)

    assert table["Status"].tolist() == ["ADDED", "UNREPORTED"]


def test_damaged_result_is_fetched_again() -> None:
    damaged = BadResultError("bad", reason="crc")

    assert run(smooth(result=[damaged, damaged, result_of("Ada,ADDED,21,", "Ben,ADDED,22,")])).state is State.MERGED


def test_result_that_stays_damaged_proves_nothing() -> None:
    client = smooth(result=[BadResultError("bad", reason="crc")])
    table = run(client).verdicts(moving=False)

    assert set(table["Status"]) == {"UNREPORTED"}
    assert set(table["Error"]) == {"RESULT_UNREADABLE"}
    assert len(client.calls["result"]) == 3


def test_expired_address_is_requested_again() -> None:
    lines = result_of("Ada,ADDED,21,", "Ben,ADDED,22,")
    client = smooth(job=[done(result_url="/old"), done(result_url="/new")], result=[refusal("X", 404), lines])

    assert run(client).state is State.MERGED
    assert [job.result_url for job in client.calls["result"]] == ["/old", "/new"]


@pytest.mark.parametrize("gone", [refusal("X", 410), refusal("HTTP_403", 403, AuthError), refusal("X", 404)])
def test_result_that_is_gone_is_unreported(gone: Exception) -> None:
    client = smooth(job=[done(), LOST], result=[gone])

    assert run(client).code == "RESULT_GONE"


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (UnansweredError("x", call="download"), "NO_ANSWER"),
        (refusal("INVALID_TOKEN", 401, AuthError), "INVALID_TOKEN"),
        (refusal("NO_PERMISSION", 403, AuthError), "NO_PERMISSION"),
        (refusal("INTERNAL_ERROR", 500), "INTERNAL_ERROR"),
        (refusal("TOO_MANY_REQUESTS", 429, RateLimitError), "TOO_MANY_REQUESTS"),
        (refusal("X", 404, call="token"), "X"),
        (UntrustedHostError("no", host="evil.example"), "UNTRUSTED_HOST"),
    ],
)
def test_result_that_cannot_be_read_now_is_read_later(failure: Exception, code: str) -> None:
    asked = RESULT_ATTEMPTS if getattr(failure, "status", 0) in (403, 404, 500) else 1
    client = smooth(result=[*[failure] * asked, result_of("Ada,ADDED,21,", "Ben,ADDED,22,")])
    batch = run(client)
    assert (batch.state, batch.held, batch.code) == (State.COMPLETED, True, code)

    deliver(task_of(client, pd.DataFrame({"name": ["Ada", "Ben"]})), batch, Gates())
    assert batch.verdicts(moving=False)["ID"].tolist() == ["21", "22"]


def test_result_on_hold_is_downloaded_from_the_next_address_of_the_job() -> None:
    lines = result_of("Ada,ADDED,21,", "Ben,ADDED,22,")
    client = smooth(
        job=[done(result_url="/old"), done(result_url="/new")], result=[UntrustedHostError("no", host="evil"), lines]
    )
    batch = run(client)
    deliver(task_of(client, pd.DataFrame({"name": ["Ada", "Ben"]})), batch, Gates())

    assert batch.state is State.MERGED
    assert [job.result_url for job in client.calls["result"]] == ["/old", "/new"]
