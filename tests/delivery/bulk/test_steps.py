"""A batch passes from state to state as the table says, whatever the server and the network do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bigin_frames.delivery.batches.batch import Batch, batches_of
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import ENDED, TRANSITIONS, VERDICTS, State
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.pace import CHEAP_READS, GRACE_S, RESULT_ATTEMPTS
from bigin_frames.delivery.bulk.steps import STEPS, deliver
from bigin_frames.errors import (
    ApiError,
    AuthError,
    BadResultError,
    BiginError,
    NotSentError,
    RateLimitError,
    UnansweredError,
    UnreadableAnswerError,
    UntrustedHostError,
)
from bigin_frames.frames.encoding.pack import row_bytes
from bigin_frames.frames.encoding.texts import wire_texts
from bigin_frames.model import Field, Job, MappedColumn, Operation
from tests.support.fake_client import FakeClient, done, result_of

LOST = UnansweredError("lost", call="create")
NAME = MappedColumn(column="name", field=Field(api_name="Last_Name", label="Last Name", data_type="text"))
CITY = MappedColumn(column="city", field=Field(api_name="City", label="City", data_type="text"))


def refusal(code: str, status: int = 400, kind: type[ApiError] = ApiError, call: str = "download") -> ApiError:
    return kind(code, call=call, status=status, code=code)


def task_of(client: FakeClient, frame: pd.DataFrame, **facts: Any) -> Task:
    columns = tuple(column for column in (NAME, CITY) if column.column in frame)
    given: dict[str, Any] = {"operation": "insert", "constants": {}, "key": None, "labels": {}, **facts}
    return Task(client=client, module="Contacts", frame=frame, columns=columns, ignore_empty=True, zone="UTC", **given)


def run(client: FakeClient, names: Sequence[str] = ("Ada", "Ben"), gates: Gates | None = None, **facts: Any) -> Batch:
    frame = facts.pop("frame", None)
    frame = pd.DataFrame({"name": list(names)}) if frame is None else frame
    task = task_of(client, frame, **facts)
    (batch,) = batches_of("0123abcd", task, np.arange(len(frame)), sizes_of(task), 25_000)
    deliver(task, batch, gates or Gates())
    return batch


def sizes_of(task: Task) -> np.ndarray:
    return row_bytes(wire_texts(task.frame, np.arange(len(task.frame)), task.columns, task.zone))


def smooth(**scripts: Any) -> FakeClient:
    """Everything goes well unless a script says otherwise."""
    lines = ("Ada,ADDED,21,", "Ben,SKIPPED,,INVALID_DATA-Last_Name")
    scripted = {"upload": ["5"], "create": ["11"], "job": [done()], "result": [result_of(*lines)], **scripts}
    return FakeClient(**scripted)


def test_every_state_has_a_way_out_or_a_verdict() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(STEPS) | ENDED | {State.SUBMITTING} == set(State)
    assert set(VERDICTS) == set(State) - {State.MERGED}


def test_move_refuses_what_the_table_does_not_know() -> None:
    batch = Batch(0, np.arange(1), "0123abcd")

    with pytest.raises(BiginError, match="cannot move from prepared to fetched"):
        batch.move(State.FETCHED)
    assert batch.state is State.PREPARED


def test_batch_goes_from_rows_to_verdicts() -> None:
    client = smooth(job=[Job(id="11", status="ADDED"), Job(id="11", status="INPROGRESS"), done()])
    batch = run(client)

    told = batch.verdicts(moving=False)
    assert told.astype(object).where(told.notna(), None).values.tolist() == [
        ["21", "ADDED", None],
        [None, "SKIPPED", "INVALID_DATA-Last_Name"],
    ]
    assert [state for state, _ in batch.events] == [
        State.UPLOADED, State.SUBMITTING, State.SUBMITTED, State.COMPLETED, State.FETCHED, State.MERGED,
    ]  # fmt: skip
    (file_name, _), (request, file_id) = client.calls["upload"][0], client.calls["create"][0]
    assert file_name == f"{request.file_name}.zip"
    assert request.file_name.startswith("bf-0123abcd-0000-")
    assert file_id == "5"


def test_polls_grow_apart_up_to_half_a_minute() -> None:
    client = smooth(job=[Job(id="11", status="INPROGRESS")] * 15 + [done()])
    run(client)
    pauses = client.pauses

    assert 0.75 <= pauses[0] <= 1.25
    assert max(pauses) <= 30 * 1.25
    assert pauses[-1] > 30 * 0.74


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
def test_create_job_is_asked_once_and_its_answer_judged(
    answer: Exception, state: State, status: str, code: str
) -> None:
    client = smooth(create=[answer])
    batch = run(client)

    assert batch.state is state
    assert len(client.calls["create"]) == 1
    table = batch.verdicts(moving=False)
    assert set(table["Status"]) == {status}
    assert set(table["Error"]) == {code}
    assert table["ID"].isna().all()


@pytest.mark.parametrize("code", ["INVALID_FILE_ID", "FILE_NOT_FOUND"])
def test_lost_file_is_uploaded_once_more(code: str) -> None:
    client = smooth(create=[refusal(code), "11"])

    assert run(client).state is State.MERGED
    assert len(client.calls["upload"]) == 2


def test_file_lost_twice_is_a_refusal() -> None:
    client = smooth(create=[refusal("INVALID_FILE_ID")])

    assert run(client).code == "INVALID_FILE_ID"
    assert len(client.calls["create"]) == 2


def test_refused_upload_sends_no_job_and_stops_the_run_where_the_next_would_fail_too() -> None:
    client, gates = smooth(upload=[refusal("OAUTH_SCOPE_MISMATCH", 401, AuthError)]), Gates()
    batch = run(client, gates=gates)

    assert (batch.state, batch.code) == (State.REJECTED, "OAUTH_SCOPE_MISMATCH")
    assert gates.stop.is_set()
    assert not client.calls["create"]
    assert set(batch.verdicts(moving=False)["Status"]) == {"UNSENT"}


def test_upload_that_never_arrived_is_unsent_and_stops_nothing() -> None:
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


def test_poll_survives_every_failure_of_asking() -> None:
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


def test_file_name_that_is_not_of_our_making_speaks_against_nothing() -> None:
    assert run(smooth(job=[done(file_name="Contacts-bulkwrite")])).state is State.MERGED


def test_unknown_status_counts_as_running_and_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bigin_frames"):
        batch = run(smooth(job=[Job(id="11", status="QUEUED")] * 3 + [done()]))

    assert batch.state is State.MERGED
    assert sum("QUEUED" in record.message for record in caplog.records) == 1


def test_lost_rights_hold_the_batch_and_it_goes_on_later() -> None:
    client = smooth(job=[refusal("INVALID_TOKEN", 401, AuthError), done()])
    batch = run(client)
    assert (batch.held, batch.code) == (True, "INVALID_TOKEN")
    assert set(batch.verdicts(moving=False)["Status"]) == {"PENDING"}

    deliver(task_of(client, pd.DataFrame({"name": ["Ada", "Ben"]})), batch, Gates())
    assert batch.state is State.MERGED
    assert len(client.calls["create"]) == 1


def test_failed_job_without_a_result_may_have_written_rows() -> None:
    batch = run(smooth(job=[Job(id="11", status="FAILED", code="MANDATORY_FIELDS_NOT_MAPPED")]))

    table = batch.verdicts(moving=False)
    assert set(table["Status"]) == {"UNKNOWN"}
    assert set(table["Error"]) == {"JOB_FAILED:MANDATORY_FIELDS_NOT_MAPPED"}


def test_failed_job_with_a_result_is_judged_by_it() -> None:
    job = Job(id="11", status="FAILED", result_url="/result")
    table = run(smooth(job=[job], result=[result_of("Ada,ADDED,21,")])).verdicts(moving=False)

    assert table["Status"].tolist() == ["ADDED", "UNREPORTED"]


@pytest.mark.parametrize(("operation", "word"), [("insert", "UPDATED"), ("update", "ADDED")])
def test_verdict_that_the_operation_cannot_have_is_not_believed(operation: Operation, word: str) -> None:
    batch = run(smooth(result=[result_of(f"Ada,{word},21,", "Ben,SKIPPED,,E")]), operation=operation)

    table = batch.verdicts(moving=False)
    assert table["Status"].tolist() == ["UNREPORTED", "SKIPPED"]
    assert table["Error"].tolist() == ["UNKNOWN_STATUS", "E"]
    assert table["ID"].isna().all()


def test_damaged_result_is_fetched_again() -> None:
    damaged = BadResultError("bad", reason="crc")

    assert run(smooth(result=[damaged, damaged, result_of("Ada,ADDED,21,", "Ben,ADDED,22,")])).state is State.MERGED


def test_result_that_stays_damaged_proves_nothing() -> None:
    client = smooth(result=[BadResultError("bad", reason="crc")])
    table = run(client).verdicts(moving=False)

    assert set(table["Status"]) == {"UNREPORTED"}
    assert set(table["Error"]) == {"RESULT_UNREADABLE"}
    assert len(client.calls["result"]) == 3


def test_stale_address_is_asked_for_anew() -> None:
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


TWINS = pd.DataFrame({"name": ["Ada", "Ada"], "city": ["Rome", "Oslo"]})


def test_rows_that_share_an_echo_are_told_apart_by_their_records() -> None:
    records = pd.DataFrame({"id": ["21", "22"], "City": ["Oslo", "Rome"]}, dtype="string")
    client = smooth(result=[result_of("Ada,ADDED,21,", "Ada,ADDED,22,")], records=[records])
    table = run(client, frame=TWINS).verdicts(moving=False)

    assert table["ID"].tolist() == ["22", "21"]
    assert client.calls["records"] == [("Contacts", ["21", "22"], ["City"])]


def test_rows_that_share_an_echo_stay_open_when_records_cannot_be_read() -> None:
    client = smooth(result=[result_of("Ada,ADDED,21,", "Ada,ADDED,22,")], records=[LOST])
    table = run(client, frame=TWINS).verdicts(moving=False)

    assert set(table["Status"]) == {"UNREPORTED"}
    assert set(table["Error"]) == {"AMBIGUOUS_RESULT"}


def test_many_rows_in_proven_order_cost_no_reading_back() -> None:
    n = CHEAP_READS // 2 + 50
    frame = pd.DataFrame({"name": [f"Row {i // 2}" for i in range(2 * n)], "city": [f"City {i}" for i in range(2 * n)]})
    lines = [f"Row {i // 2},ADDED,{i + 1},"for i in range(2 * n)]  # fmt: skip
    client = smooth(result=[result_of(*lines)], records=[LOST])
    table = run(client, frame=frame).verdicts(moving=False)

    assert table["ID"].tolist() == [str(i + 1) for i in range(2 * n)]
    assert not client.calls["records"]


def test_held_result_is_asked_for_at_the_address_the_job_names_next() -> None:
    lines = result_of("Ada,ADDED,21,", "Ben,ADDED,22,")
    client = smooth(
        job=[done(result_url="/old"), done(result_url="/new")], result=[UntrustedHostError("no", host="evil"), lines]
    )
    batch = run(client)
    deliver(task_of(client, pd.DataFrame({"name": ["Ada", "Ben"]})), batch, Gates())

    assert batch.state is State.MERGED
    assert [job.result_url for job in client.calls["result"]] == ["/old", "/new"]


def test_counts_that_disagree_are_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bigin_frames"):
        run(smooth(job=[done(added=2, updated=0, skipped=0)]))

    assert "the job counts" in caplog.text


def test_counts_that_agree_are_not_mentioned(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "bigin_frames"):
        run(smooth(job=[done(added=1, updated=0, skipped=1)]))

    assert not caplog.records


def test_interim_verdicts_are_pending_until_the_batch_has_ended() -> None:
    batch = Batch(0, np.arange(2), "0123abcd")

    assert set(batch.verdicts(moving=True)["Status"]) == {"PENDING"}
    assert set(batch.verdicts(moving=False)["Status"]) == {"UNSENT"}


def test_constants_and_formats_travel_in_the_request() -> None:
    client = smooth()
    run(client, constants={"Lead": "Fair"}, labels={"Lead": "Lead Source"})
    request = client.calls["create"][0][0]

    assert [(m.api_name, m.index, m.default) for m in request.mappings] == [
        ("Last_Name", 0, None),
        ("Lead", None, "Fair"),
    ]


# -- who does what takes memory


def test_work_is_done_once_by_the_worker_and_its_error_is_raised_here() -> None:
    calls = []

    def fail() -> None:
        calls.append(threading.get_ident())
        raise RuntimeError("of its own")

    with ThreadPoolExecutor(1) as worker:
        gates = Gates(worker=worker)
        with pytest.raises(RuntimeError, match="of its own"):
            gates.work(fail)

        assert calls == [gates.work(threading.get_ident)]
        assert calls != [threading.get_ident()]


def test_work_is_done_here_where_the_worker_takes_none() -> None:
    worker = ThreadPoolExecutor(1)
    worker.shutdown()

    assert Gates(worker=worker).work(threading.get_ident) == threading.get_ident()
    assert Gates().work(max, 1, 2) == 2
