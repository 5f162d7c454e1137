"""A file may be uploaded again, a job is created once, and a stopped run creates none."""

from __future__ import annotations

import pytest

from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.errors import (
    AuthError,
    NotSentError,
)
from tests.support.fake_batch import refusal, run, smooth


@pytest.mark.parametrize("code", ["INVALID_FILE_ID", "FILE_NOT_FOUND"])
def test_lost_file_is_uploaded_once_again(code: str) -> None:
    client = smooth(create=[refusal(code), "11"])

    assert run(client).state is State.MERGED
    assert len(client.calls["upload"]) == 2


def test_file_lost_twice_is_a_rejection() -> None:
    client = smooth(create=[refusal("INVALID_FILE_ID")])

    assert run(client).code == "INVALID_FILE_ID"
    assert len(client.calls["create"]) == 2


def test_rejected_upload_creates_no_job_and_stops_the_run_if_the_next_would_fail_too() -> None:
    client, gates = smooth(upload=[refusal("OAUTH_SCOPE_MISMATCH", 401, AuthError)]), Gates()
    batch = run(client, gates=gates)

    assert (batch.state, batch.code) == (State.REJECTED, "OAUTH_SCOPE_MISMATCH")
    assert gates.stop.is_set()
    assert not client.calls["create"]
    assert set(batch.verdicts(moving=False)["Status"]) == {"UNSENT"}


def test_upload_that_never_arrived_is_unsent_and_does_not_stop_the_run() -> None:
    client, gates = smooth(upload=[NotSentError("no", call="upload")]), Gates()

    assert run(client, gates=gates).code == "NOT_SENT"
    assert not gates.stop.is_set()


def test_stopped_run_creates_no_job() -> None:
    client, gates = smooth(), Gates()
    gates.stop.set()
    batch = run(client, gates=gates)

    assert batch.state is State.PREPARED
    assert not client.calls["upload"]
    assert set(batch.verdicts(moving=False)["Error"]) == {"NOT_SENT"}


def test_stop_after_the_upload_still_creates_no_job() -> None:
    gates = Gates()
    client = smooth()
    client.upload = lambda name, body: gates.stop.set() or "5"

    assert run(client, gates=gates).state is State.UPLOADED
    assert not client.calls["create"]


def test_constants_and_formats_travel_in_the_request() -> None:
    client = smooth()
    run(client, constants={"Lead": "Fair"}, labels={"Lead": "Lead Source"})
    request = client.calls["create"][0][0]

    assert [(m.api_name, m.index, m.default) for m in request.mappings] == [
        ("Last_Name", 0, None),
        ("Lead", None, "Fair"),
    ]
