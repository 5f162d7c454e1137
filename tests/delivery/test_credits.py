"""Jobs are created as the org's credits allow: by a Bigin that counts them, no call is rejected."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

import bigin_frames as bf
from bigin_frames import limits
from bigin_frames.client.settings import home
from bigin_frames.delivery import credits as pacing
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.gates import Gates
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.begin import Delivery
from bigin_frames.delivery.bulk.conclude import conclude
from bigin_frames.delivery.bulk.download import fetch
from bigin_frames.delivery.bulk.steps import STEPS, deliver
from bigin_frames.delivery.bulk.upload_and_create import upload
from bigin_frames.delivery.reopen import batches_from, reopen
from bigin_frames.delivery.run import Run
from bigin_frames.delivery.threads import BATCHES_AT_ONCE
from bigin_frames.errors import CreditsWarning, InputError, JobPending, OptionError, RateLimitError, RefusedRowsWarning
from bigin_frames.frames.encoding.csv_zip import Packed
from bigin_frames.journal.entries import BatchRecord, Move, RunRecord
from bigin_frames.journal.journal import Journal
from bigin_frames.model import Job, Secret
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from bigin_frames.wire.token import Token, TokenKeeper
from tests.conftest import Killed
from tests.support.fake_batch import task_of
from tests.support.fake_client import FakeClient

DAY, HOUR = 86_400, 3_600
RUN = "0123abcd"
NO_ROWS = pd.DataFrame({"name": []})
_real_now = time.time


class Bigin:
    """An org's allowance, after the documentation only: a ledger of credits that rejects what exceeds it.

    500 credits for a job, one for every other call, within any 24 hours; a limit of calls at once (api-limits); ten
    tokens in ten minutes (token-validity).
    """

    def __init__(self, credits_per_day: int = 100_000, calls_at_once: int = 10) -> None:
        self.credits_per_day, self.calls_at_once = credits_per_day, calls_at_once
        self.clock = 1_700_000_000.0
        self.ledger: list[tuple[float, int]] = []
        self.refused: list[str] = []
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, tuple[float, bytes]] = {}
        self.tokens: list[float] = []
        self._left, self._spent, self._under_way = 0, 0, 0
        self._lock = threading.Lock()

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.clock += seconds

    @contextmanager
    def call(self, name: str, price: int = 1) -> Iterator[None]:
        with self._lock:
            while self._left < len(self.ledger) and self.ledger[self._left][0] <= self.clock - DAY:
                self._spent -= self.ledger[self._left][1]
                self._left += 1
            if self._spent + price > self.credits_per_day or self._under_way >= self.calls_at_once:
                self.refused.append(name)
                raise RateLimitError("too many", call=name, status=429, code="TOO_MANY_REQUESTS")
            self.ledger.append((self.clock, price))
            self._spent += price
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def token(self) -> Token:
        self.tokens.append(self.clock)
        if sum(at > self.clock - 600 for at in self.tokens) > 10:
            self.refused.append("token")
        return Token(Secret("x" * 16), 3600)

    def create(self, file_id: str) -> str:
        minutes = 1 + len(self.jobs) * 7 % 12
        job_id = f"{len(self.jobs)}"
        self.jobs[job_id] = (self.clock + 60 * minutes, self.files.pop(file_id))
        return job_id

    @property
    def rows(self) -> list[tuple[int, int]]:
        """Return the first and last row of each job, as its file says."""
        bounds = (body.decode().split() for _, body in self.jobs.values())
        return sorted((int(first), int(last)) for first, last in bounds)


class Process(FakeClient):
    """The client of one process, which dies at a given time."""

    def __init__(self, bigin: Bigin, dies_at: float = float("inf")) -> None:
        super().__init__(create=[""])
        self.bigin, self.dies_at = bigin, dies_at
        self.tokens = TokenKeeper(bigin.token, self.now)
        self._answer("org", None)
        self._answer("fields", None)

    def _answer(self, name: str, call: Any) -> Any:
        self.tokens.get()
        with self.bigin.call(name, 500 if name == "create" else 1):
            if name == "upload":
                self.bigin.files[call[0]] = call[1]
                return call[0]
            if name == "create":
                return self.bigin.create(call[1])
            if name == "job":
                done = self.bigin.jobs[call][0] <= self.bigin.clock
                return Job(id=call, status="COMPLETED" if done else "INPROGRESS", result_url="/x" if done else None)
            return None

    def download(self, job: Job) -> Any:
        return self._answer("download", job)

    def sleep(self, seconds: float) -> None:
        self.bigin.sleep(seconds)
        if self.bigin.clock >= self.dies_at:
            raise Killed

    def now(self) -> float:
        return self.bigin.clock


def on_paper(task: Any, batch: Batch) -> Packed:
    """Return a file with the numbers of its rows instead of the rows."""
    name = f"bf-{batch.run_id}-{batch.number:04d}.csv"
    return Packed(name, f"{batch.rows[0]} {batch.rows[-1]}".encode(), csv_bytes=0)


STEPS_ON_PAPER = {
    **STEPS,
    State.PREPARED: partial(upload, pack=on_paper),
    State.COMPLETED: partial(fetch, read=lambda task, batch, body: ()),
    State.FETCHED: partial(
        conclude, judge=lambda task, batch, merged: {"verdicts": b'{"ID":[],"Status":[],"Error":[]}', "undecided": 0}
    ),
}


@pytest.fixture
def bigin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bigin]:
    """Serve the largest edition; its clock is the system clock, and the journal is in memory, if that has a folder.

    Waiting for thousands of writes to disk is not tested here.
    """
    made, memory = Bigin(), Path("/dev/shm")  # noqa: S108 - a folder of our own in it
    monkeypatch.setattr(time, "time", lambda: made.clock)
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        monkeypatch.setenv("BIGIN_FRAMES_HOME", folder)
        yield made


def begun(jobs: int, rows_per_job: int = 25_000, org: str = "1", run_id: str = RUN) -> None:
    """Record a run as `delivery.begin` does, without the digests of ten million rows."""
    record = RunRecord(
        id=run_id, key=run_id, org=org, module="Contacts", operation="insert", rows=jobs * rows_per_job,
        spec={}, decided={},
    )  # fmt: skip
    rows = (np.arange(n * rows_per_job, (n + 1) * rows_per_job) for n in range(jobs))
    batches = [BatchRecord(number=n, rows=some.tobytes(), csv_bytes=0, state="prepared") for n, some in enumerate(rows)]
    Journal(home()).begin(record, batches)


def started(client: FakeClient, pace: int | None, run_id: str = RUN) -> Run:
    """Resume a run as a new process does that finds it in the journal."""
    journal, hold, none = Journal(home()), ExitStack(), pd.DataFrame({"ID": [], "Status": [], "Error": []})
    hold.enter_context(journal.driving(run_id))
    batches, task = batches_from(journal, run_id), task_of(client, NO_ROWS)
    reopen(batches, task, alone=True)
    going = Delivery(run_id=run_id, batches=batches, decided=none, journal=journal, hold=hold, credits_per_day=pace)
    return Run(run_id, task, batches, NO_ROWS, none, ("ID", "Status", "Error"), going, STEPS_ON_PAPER)


def ended(run: Run) -> bool:
    """Wait for a run's threads, and return whether all of its jobs are done."""
    for thread in threading.enumerate():
        if thread.name == f"bigin-frames-{run.id}":
            thread.join(60)
    return Journal(home()).states()[run.id].keys() == {"merged"}


@pytest.mark.parametrize(
    ("jobs", "per_day", "at_once", "dies_after_h", "windows"),
    [
        (400, limits.MAX_CREDITS_PER_DAY, limits.CALLS_AT_ONCE_PAID, (3, 20, 26, 49.2), 3),
        (25, limits.CREDITS_PER_DAY_FREE, limits.CALLS_AT_ONCE_FREE, (10, 30), 3),
    ],
    ids=["ten million rows", "free edition"],
)
def test_rows_are_delivered_under_the_documented_limits_and_no_call_is_refused(
    jobs: int, per_day: int, at_once: int, dies_after_h: tuple[float, ...], windows: int, bigin: Bigin
) -> None:
    bigin.credits_per_day, bigin.calls_at_once = per_day, at_once
    first = bigin.clock
    begun(jobs)
    for hours in dies_after_h:
        run = started(Process(bigin, first + hours * HOUR), per_day)
        assert not ended(run)
        assert isinstance(run._driver.failure, Killed)
    done = ended(started(Process(bigin), per_day))

    assert done
    assert bigin.refused == []
    assert bigin.rows == [(n * 25_000, n * 25_000 + 24_999) for n in range(jobs)]
    assert windows - 1 < (bigin.clock - first) / DAY < windows
    assert pacing.days(jobs, per_day) == windows


def test_model_refuses_a_run_that_does_not_wait(bigin: Bigin) -> None:
    bigin.credits_per_day = 5_000
    begun(12)
    done = ended(started(Process(bigin), None))

    assert not done
    assert bigin.refused
    assert len(bigin.jobs) <= 10


def test_model_refuses_more_calls_at_once_and_more_tokens_than_are_allowed() -> None:
    bigin = Bigin(calls_at_once=1)
    with bigin.call("job"), pytest.raises(RateLimitError), bigin.call("job"):
        pass
    for _ in range(11):
        bigin.token()

    assert bigin.refused == ["job", "token"]


def test_batches_at_once_are_fewer_than_calls_are_allowed() -> None:
    assert BATCHES_AT_ONCE <= limits.CALLS_AT_ONCE_FREE


# -- the gate

SUBMITTED = [("submitting", None), ("submitted", None)]


def moves(*jobs: tuple[float, list[tuple[str, str | None]]]) -> list[Move]:
    return [Move(RUN, n, at, state, code) for n, (at, states) in enumerate(jobs) for state, code in states]


@pytest.mark.parametrize(
    ("states", "counts"),
    [
        (SUBMITTED, True),
        ([("submitting", None)], True),
        ([("submitting", None), ("unknown", "ANSWER_LOST")], True),
        ([("submitting", None), ("submitting", None), ("submitted", None)], True),
        ([("submitting", None), ("rejected", "INVALID_FIELD")], False),
        ([("submitting", None), ("uploaded", None)], False),
        ([("uploaded", None)], False),
        ([("submitted", None)], False),
    ],
)
def test_job_counts_if_bigin_took_it_or_may_have(states: list[tuple[str, str | None]], counts: bool) -> None:
    now = 1e9
    some = moves((now - 10, states))

    assert pacing.fitting(some, 2 * limits.JOB_PRICE, now) == (1 if counts else 2)
    assert pacing.free_at(some, limits.JOB_PRICE, now) == (now - 10 + pacing.HELD_S if counts else now)


def test_gate_opens_when_the_oldest_job_leaves_the_window() -> None:
    now = 1e9
    some = moves(*((now - ago, SUBMITTED) for ago in (pacing.HELD_S + 1, 300, 200, 100)))

    assert pacing.free_at(some, 4 * limits.JOB_PRICE, now) == now
    assert pacing.free_at(some, 3 * limits.JOB_PRICE, now) == now - 300 + pacing.HELD_S
    assert pacing.free_at(some, 2 * limits.JOB_PRICE, now) == now - 200 + pacing.HELD_S


def test_job_of_a_clock_that_was_ahead_counts_as_made_now() -> None:
    assert pacing.free_at(moves((2e9, SUBMITTED)), limits.JOB_PRICE, 1e9) == 1e9 + pacing.HELD_S


def test_gate_stays_closed_for_an_hour_after_a_rejection_and_opens_once_a_job_was_accepted() -> None:
    now = 1e9
    refusal = (now - 100, [("submitting", None), ("rejected", "TOO_MANY_REQUESTS")])

    assert pacing.free_at(moves(refusal), 5_000, now) == now - 100 + pacing.REFUSED_PAUSE_S
    assert pacing.free_at(moves(refusal, (now - 50, SUBMITTED)), 5_000, now) == now


@given(
    pauses=st.lists(st.integers(0, 6 * HOUR), min_size=1, max_size=40),
    allowance=st.integers(limits.JOB_PRICE, 6 * limits.JOB_PRICE),
)
def test_no_24_hours_hold_more_jobs_than_the_allowance(pauses: list[int], allowance: int) -> None:
    now, made = 1e9, list[float]()
    for pause in pauses:
        now = pacing.free_at(moves(*((at, SUBMITTED) for at in made)), allowance, now + pause)
        made.append(now)

    assert made == sorted(made)
    busiest = max(sum(start <= at < start + DAY for at in made) for start in made)
    assert busiest * limits.JOB_PRICE <= allowance


def test_other_orgs_and_older_jobs_do_not_count(bigin: Bigin) -> None:
    begun(9)
    begun(9, org="2", run_id="another")
    assert ended(started(Process(bigin), 5_000))
    assert ended(started(Process(bigin), 5_000, "another"))
    journal = Journal(home())

    assert pacing.fitting(pacing.recent(journal, RUN, bigin.clock), 5_000, bigin.clock) == 0
    assert bigin.clock < 1_700_000_000 + DAY
    bigin.clock += 2 * DAY
    assert pacing.recent(journal, RUN, bigin.clock) == []


def test_batch_whose_credits_were_used_meanwhile_is_uploaded_again(bigin: Bigin) -> None:
    begun(2)
    journal = Journal(home())
    one, other = batches_from(journal, RUN)
    client = Process(bigin)
    for batch in (one, other):
        batch.move(State.UPLOADED, file_id="lost", name=f"bf-{RUN}-{batch.number:04d}.csv")
    bigin.files["lost"] = b"0 24999"
    gates = Gates(credits_per_day=limits.JOB_PRICE)
    for batch in (one, other):
        deliver(task_of(client, NO_ROWS), batch, gates, STEPS_ON_PAPER)

    assert [str(state) for state, _ in other.events][:4] == ["uploaded", "prepared", "uploaded", "submitting"]
    assert bigin.rows == [(0, 24_999), (25_000, 49_999)]
    assert bigin.refused == []


@pytest.mark.parametrize("call", ["upload", "create"])
def test_job_that_bigin_refuses_for_its_limits_is_made_an_hour_later(call: str, bigin: Bigin) -> None:
    begun(1)
    (batch,) = batches_from(Journal(home()), RUN)
    client, first = Process(bigin), bigin.clock
    spent_by_others = 99_998 if call == "upload" else 99_500
    with bigin.call("others", spent_by_others):
        bigin.clock += DAY - 100
    deliver(task_of(client, NO_ROWS), batch, Gates(credits_per_day=100_000), STEPS_ON_PAPER)

    assert batch.state is State.MERGED
    assert bigin.refused == [call]
    assert DAY - 100 + HOUR < bigin.clock - first < DAY + 3 * HOUR


def test_rejected_token_is_not_waited_for() -> None:
    begun(1)
    (batch,) = batches_from(Journal(home()), RUN)
    denied = RateLimitError("no", call="token", status=200, code="Access Denied")
    gates = Gates(credits_per_day=100_000)
    deliver(task_of(FakeClient(upload=[denied]), NO_ROWS), batch, gates, STEPS_ON_PAPER)

    assert batch.state is State.REJECTED
    assert gates.stop.is_set()


class Waiting(FakeClient):
    """A client that signals its first pause, and pauses as long as a thread may."""

    def __init__(self) -> None:
        super().__init__()
        self.paused, self.over = threading.Event(), threading.Event()

    def sleep(self, seconds: float) -> None:
        assert seconds <= 1
        self.paused.set()
        self.over.wait(0.005)


@pytest.mark.parametrize("way", ["leave", "stop"])
def test_run_that_waits_says_until_when_and_stops_at_once(way: str, caplog: pytest.LogCaptureFixture) -> None:
    begun(1)
    (before,) = batches_from(Journal(home()), RUN)
    before.move(State.UPLOADED)
    before.move(State.SUBMITTING)
    before.move(State.REJECTED)
    before.prepare_again()
    begun(3, run_id="spender")
    for batch in batches_from(Journal(home()), "spender"):
        batch.move(State.UPLOADED)
        batch.move(State.SUBMITTING)
    client = Waiting()
    run = started(client, 3 * limits.JOB_PRICE)
    assert client.paused.wait(10)
    with pytest.raises(JobPending, match=r"waiting for credits until \d{4}-\d\d-\d\d \d\d:\d\d"):
        run.wait(0)
    since = time.monotonic()
    getattr(run, way)()

    assert not ended(run)
    assert time.monotonic() - since < 5
    assert run._batches[0].state is State.PREPARED
    assert [r.levelname for r in caplog.records if "waiting for credits until" in r.message] == ["WARNING"]


# -- before the start


def people(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": [f"N{i}" for i in range(rows)]})


def test_write_that_costs_more_than_max_credits_is_refused_before_anything_is_sent(bigin_sandbox: Sandbox) -> None:
    options: dict[str, Any] = {"client": bigin_sandbox.client(), "max_rows_per_job": 4}
    with pytest.raises(InputError) as refused:
        people(10).bigin.insert("Contacts", max_credits=1_499, **options)

    for fact in ("1,500 credits", "enough for 2 of 3 jobs", "the first 8 of 10 rows", "max_rows_per_job"):
        assert fact in str(refused.value)
    assert bigin_sandbox.ledger() == []
    assert not [request for request in bigin_sandbox.requests if request.route == "upload"]
    assert set(people(10).bigin.insert("Contacts", max_credits=1_500, **options)["Status"]) == {"ADDED"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_credits": -1}, "max_credits must be 0 or more"),
        ({"max_credits": 1.5}, "max_credits must be int or None"),
        ({"credits_per_day": 549}, "must be 550 at least"),
        ({"credits_per_day": "free"}, "credits_per_day must be int"),
        ({"wait_for_credits": 1}, "wait_for_credits must be bool"),
    ],
)
def test_option_that_makes_no_sense_is_refused(options: dict[str, Any], words: str, bigin_client: bf.Client) -> None:
    with pytest.raises(OptionError, match=words):
        people(1).bigin.plan("Contacts", client=bigin_client, **options)


def test_run_that_exceeds_the_day_warns_before_it_starts(bigin_sandbox: Sandbox) -> None:
    options: dict[str, Any] = {"client": bigin_sandbox.client(), "max_rows_per_job": 1, "credits_per_day": 1_200}
    people(1).bigin.insert("Contacts", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error", CreditsWarning)
        with pytest.raises(CreditsWarning) as said:
            people(4).bigin.insert("Contacts", on_overlap="ignore", **options)

    for fact in ("needs 4 jobs, 2,200 credits", "grants 1,200 in 24 hours, and 1 of the jobs fit", "wait_for_credits"):
        assert fact in str(said.value)
    assert len(bigin_sandbox.ledger()) == 1
    with pytest.warns(CreditsWarning):
        out = people(4).bigin.insert("Contacts", on_overlap="ignore", **options)  # the run is not locked
    assert set(out["Status"]) == {"ADDED"}


def test_run_without_an_allowance_is_compared_with_the_largest_edition(caplog: pytest.LogCaptureFixture) -> None:
    begun(182)
    batches = batches_from(Journal(home()), RUN)

    with pytest.warns(CreditsWarning, match=r"100,000 in 24 hours at most, in any edition, and 181 of the jobs"):
        pacing.warn_if_short(batches, None, waits=False)
    pacing.warn_if_short(batches[:181], None, waits=False)
    pacing.warn_if_short([], None, waits=False)
    pacing.warn_if_short(batches, None, waits=True)
    assert "and 181 of the jobs fit now; the others wait, about 24 hours in all" in caplog.text


def test_local_bigin_has_no_limit_unless_one_is_given(bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CREDITS_PER_DAY", 0)
    out = people(3).bigin.insert("Contacts", client=bigin_sandbox.client(), max_rows_per_job=1)

    assert set(out["Status"]) == {"ADDED"}


def test_plan_shows_rows_per_day_by_edition(bigin_client: bf.Client) -> None:
    plan = people(100).bigin.plan("Contacts", client=bigin_client, max_rows_per_job=5)
    days = plan.rows_per_day.set_index("edition")

    assert days.loc["Free"].tolist() == [5_000, 9, 45, 3]
    assert days.loc["Express or Premier, 1 user"].tolist() == [50_250, 91, 455, 1]
    assert days.loc["Express or Premier, 200 users or more"].tolist() == [100_000, 181, 905, 1]
    assert "rows per day Free: 45 (3 days); Express or Premier, 1 user: 455 (1 day)" in " ".join(str(plan).split())


def test_plan_of_long_rows_counts_those_that_a_job_holds(bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.add_field("Contacts", "Notes", "textarea", length=32_000)
    frame = people(100).assign(Notes="x" * 32_000)
    plan = frame.bigin.plan("Contacts", client=bigin_sandbox.client(), credits_per_day=1_100)

    assert plan.rows_per_day.values.tolist() == [["as given", 1_100, 2, 2 * 781, 1]]


def test_plan_without_rows_needs_no_day(bigin_client: bf.Client) -> None:
    assert set(people(0).bigin.plan("Contacts", client=bigin_client).rows_per_day["days"]) == {0}


# -- whole calls


class Skipping:
    """Pauses and a system time in which hours pass at once; calls use a clock that does not jump."""

    def __init__(self) -> None:
        self.skipped_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.skipped_s += seconds
        threading.Event().wait(min(seconds, 0.001) if self.skipped_s % 600 < seconds else 0)

    def client(self, box: Sandbox) -> bf.Client:
        return box.client(transport=bf.client.Transport(sleep=self.sleep))


@pytest.fixture
def skipping(monkeypatch: pytest.MonkeyPatch) -> Skipping:
    made = Skipping()
    monkeypatch.setattr(time, "time", lambda: _real_now() + made.skipped_s)
    return made


def test_call_spreads_over_days_and_a_killed_one_resumes(
    bigin_sandbox: Sandbox, skipping: Skipping, killed_at: Callable[[str, Callable[[], object]], None]
) -> None:
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0)
    options: dict[str, Any] = {
        "client": skipping.client(bigin_sandbox), "max_rows_per_job": 1, "credits_per_day": 1_200,
        "wait_for_credits": True, "progress": False,
    }  # fmt: skip
    frame = people(5)
    killed_at("result unpacked", lambda: frame.bigin.insert("Contacts", **options))
    begun_with = len(bigin_sandbox.ledger())
    out = frame.bigin.insert("Contacts", **options)

    assert 1 <= begun_with <= 2
    assert set(out["Status"]) == {"ADDED"}
    assert len(bigin_sandbox.records("Contacts")) == 5
    assert 2 * pacing.HELD_S - HOUR < skipping.skipped_s < 3 * DAY


def test_resumed_run_waits_for_credits_as_before(bigin_sandbox: Sandbox, skipping: Skipping) -> None:
    bigin_sandbox.faults.add("upload", Fault.rate_limited())
    frame = people(1)
    options: dict[str, Any] = {"wait_for_credits": True, "client": skipping.client(bigin_sandbox)}
    run = frame.bigin.submit("Contacts", **options)
    run.wait(progress=False)
    run_id = run.id

    assert bf.resume(run_id, frame)._driver._gates.credits_per_day == limits.MAX_CREDITS_PER_DAY


@pytest.mark.filterwarnings("ignore::bigin_frames.errors.RefusedRowsWarning")
def test_dataset_spends_at_most_max_credits_and_resumes_with_more(bigin_sandbox: Sandbox, tmp_path: Path) -> None:
    def write(max_credits: int) -> pd.DataFrame:
        parts = (people(9).iloc[start : start + 3] for start in (0, 3, 6))
        return bf.write_dataset(
            parts, "Contacts", out=tmp_path / "out", rows_per_part=3, max_rows_per_job=2,
            client=bigin_sandbox.client(), max_credits=max_credits, progress=False,
        )  # fmt: skip

    with pytest.raises(InputError, match="enough for 1 of 2 jobs"):
        write(2_500)
    begun_with = len(bigin_sandbox.ledger())
    total = write(6 * 500)

    assert begun_with <= 4
    assert total["Rows"].sum() == len(bigin_sandbox.records("Contacts")) == 9
    assert sum(parquet.read_metadata(path).num_rows for path in (tmp_path / "out").glob("part-*")) == 9


def test_rejected_rows_of_a_call_that_does_not_wait_are_unsent_and_sent_by_the_next_one(
    bigin_sandbox: Sandbox, skipping: Skipping
) -> None:
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0, daily_credits=600)
    options: dict[str, Any] = {"client": skipping.client(bigin_sandbox), "max_rows_per_job": 1}
    with pytest.warns(RefusedRowsWarning):
        out = people(3).bigin.insert("Contacts", **options)
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0)
    again = people(3).bigin.insert("Contacts", **options)

    assert sorted(out["Status"]) == ["ADDED", "UNSENT", "UNSENT"]
    assert set(again["Status"]) == {"ADDED"}
    assert len(bigin_sandbox.records("Contacts")) == 3
