"""A job is polled until it has ended, and a doubt that lasts ends the batch without a guess."""

from __future__ import annotations

import logging
from typing import Any

import pandas as pd
import pytest

from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.bulk.pace import GRACE_S
from bigin_frames.delivery.bulk.steps import deliver
from bigin_frames.errors import (
    AuthError,
    RateLimitError,
    UnansweredError,
    UnreadableAnswerError,
)
from bigin_frames.model import Job
from tests.support.fake_batch import refusal, run, smooth, task_of
from tests.support.fake_client import done


def test_pauses_between_polls_grow_up_to_half_a_minute() -> None:
    client = smooth(job=[Job(id="11", status="INPROGRESS")] * 15 + [done()])
    run(client)
    pauses = client.pauses

    assert 0.75 <= pauses[0] <= 1.25
    assert max(pauses) <= 30 * 1.25
    assert pauses[-1] > 30 * 0.74


def test_polling_survives_every_failed_poll() -> None:
    failures = [UnansweredError("x", call="job"), UnreadableAnswerError("x", call="job", status=200),
                refusal("INTERNAL_ERROR", 500), refusal("TOO_MANY_REQUESTS", 429, RateLimitError)]  # fmt: skip

    assert run(smooth(job=[*failures, done()])).state is State.MERGED


def test_job_missing_for_a_moment_is_waited_for() -> None:
    assert run(smooth(job=[refusal("RESOURCE_NOT_FOUND", 404)] * 3 + [done()])).state is State.MERGED


@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (refusal("RESOURCE_NOT_FOUND", 404), State.UNKNOWN, "JOB_NOT_FOUND"),
        (refusal("RESOURCE_NOT_FOUND", 400), State.UNKNOWN, "JOB_NOT_FOUND"),
        (done(job_id="99"), State.UNKNOWN, "JOB_IS_ANOTHER"),
        (done(module="Accounts"), State.UNKNOWN, "JOB_IS_ANOTHER"),
        (done(operation="update"), State.UNKNOWN, "JOB_IS_ANOTHER"),
        (done(file_name="bf-ffffffff-0000-00000000.csv"), State.UNKNOWN, "JOB_IS_ANOTHER"),
        (done(result_url=None), State.RESULT_BAD, "NO_RESULT"),
    ],
)
def test_doubt_that_lasts_ends_the_batch_without_a_guess(answer: Any, state: State, code: str) -> None:
    client = smooth(job=[answer])
    batch = run(client)

    assert (batch.state, batch.code) == (state, code)
    assert client.clock >= GRACE_S
    assert not client.calls["result"]


def test_doubt_that_passes_is_forgotten() -> None:
    gone, running = refusal("RESOURCE_NOT_FOUND", 404), Job(id="11", status="INPROGRESS")
    client = smooth(job=[gone, running] * 12 + [done()])

    assert run(client).state is State.MERGED
    assert client.clock > GRACE_S


def test_file_name_of_another_form_contradicts_nothing() -> None:
    assert run(smooth(job=[done(file_name="Contacts-bulkwrite")])).state is State.MERGED


def test_unknown_status_counts_as_running_and_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bigin_frames"):
        batch = run(smooth(job=[Job(id="11", status="QUEUED")] * 3 + [done()]))

    assert batch.state is State.MERGED
    assert sum("QUEUED" in record.message for record in caplog.records) == 1


def test_lost_rights_put_the_batch_on_hold_and_it_is_resumed_later() -> None:
    client = smooth(job=[refusal("INVALID_TOKEN", 401, AuthError), done()])
    batch = run(client)
    assert (batch.held, batch.code) == (True, "INVALID_TOKEN")
    assert set(batch.verdicts(moving=False)["Status"]) == {"PENDING"}

    deliver(task_of(client, pd.DataFrame({"name": ["Ada", "Ben"]})), batch, Gates())
    assert batch.state is State.MERGED
    assert len(client.calls["create"]) == 1
