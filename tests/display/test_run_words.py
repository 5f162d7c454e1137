"""A run shows the stage of each job, how far Bigin has counted, what to do next, and no cell."""

from __future__ import annotations

import pandas as pd
import pytest

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import State
from bigin_frames.delivery.stages import job_lines, rows_done, verdict_counts
from bigin_frames.display import run_words
from bigin_frames.display.words import clock_time
from bigin_frames.model import Job, Status
from bigin_frames.sandbox import Sandbox
from tests.support.batches import ROWS, batch, merged, running
from tests.support.canaries import NAME, VALUES, Needles, people
from tests.support.fake_batch import run as delivered
from tests.support.fake_batch import smooth
from tests.support.fake_client import done
from tests.support.fake_run import Echo, started


def as_text(batches: list[Batch], queued: int, *, moving: bool = True) -> str:
    return run_words.as_text(job_lines(batches, queued, moving=moving))


def as_page(title: str, status: str, batches: list[Batch], queued: int, refused: pd.DataFrame | None) -> str:
    moving = status == "running"
    lines = job_lines(batches, queued, moving=moving)
    return run_words.as_page(title, status, lines, verdict_counts(batches, refused, moving=moving))


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (State.PREPARED, "uploading"),
        (State.UPLOADED, "starting"),
        (State.SUBMITTING, "starting"),
        (State.SUBMITTED, "running"),
        (State.COMPLETED, "reading results"),
        (State.JOB_FAILED, "reading results"),
        (State.FETCHED, "reading results"),
        (State.MERGED, "done"),
        (State.RESULT_BAD, "without a readable result"),
        (State.REJECTED, "not taken"),
        (State.UNKNOWN, "unknown"),
    ],
)
def test_each_state_has_its_word(state: State, word: str) -> None:
    assert as_text([batch(state)], 0) == f"1 job: 1 {word}"


def test_stages_are_in_order_with_the_rows_that_bigin_has_counted() -> None:
    under_way = running(1, added=9_000, updated=2_000, skipped=1_000)
    batches = [batch(State.PREPARED, 2), under_way, batch(State.MERGED, 3), batch(State.PREPARED, 4)]

    assert as_text(batches, 1) == "4 jobs: 1 done, 1 running (12,000 of 25,000), 1 uploading, 1 queued"
    assert rows_done(batches) == ROWS + 12_000


def test_counts_are_of_all_running_jobs_and_never_beyond_their_rows() -> None:
    assert as_text([running(0, added=30_000), running(1)], 0) == "2 jobs: 2 running (25,000 of 50,000)"


def test_counts_that_bigin_does_not_report_are_not_made_up() -> None:
    assert as_text([running(), batch(State.SUBMITTED, 1)], 0) == "2 jobs: 2 running"


def test_job_that_waits_for_credits_says_until_when() -> None:
    waits = [batch(State.PREPARED, number, waits_until=1e9 + number) for number in range(2)]

    assert as_text(waits, 0) == f"2 jobs: 2 waiting for credits until {clock_time(1e9)}"


def test_job_that_cannot_be_polled_is_on_hold() -> None:
    assert as_text([batch(State.SUBMITTED, held=True)], 0) == "1 job: 1 on hold"


def test_nothing_is_uploading_without_a_thread() -> None:
    left = [batch(State.PREPARED), batch(State.UPLOADED, 1), batch(State.SUBMITTED, 2)]

    assert as_text(left, 0, moving=False) == "3 jobs: 1 running, 2 not sent yet"
    assert as_text([], 0) == "no jobs"


def test_page_has_jobs_verdicts_and_the_next_step() -> None:
    refused = pd.DataFrame({"ID": None, "Status": ["INVALID"], "Error": ["INVALID_DATA-Email"]})
    batches = [merged(0, "ADDED", "ADDED", "SKIPPED"), running(1, 4, added=1), batch(State.PREPARED, 2, 5)]
    page = as_page("Run 1: insert Contacts, 13 rows", "running", batches, 1, refused)

    assert "<strong>Run 1: insert Contacts, 13 rows, running</strong>" in page
    assert "3 jobs: 1 done, 1 running (1 of 4), 1 queued" in page
    for verdict, rows in (("ADDED", 2), ("SKIPPED", 1), ("INVALID", 1), ("PENDING", 9)):
        assert f'<td>{verdict}</td><td class="n">{rows}</td>' in page
    assert "<td>running (1 of 4)</td><td>11</td>" in page
    assert "<th>code</th>" not in page  # a column that holds nothing is left out
    assert "run.wait() waits for every verdict" in page


@pytest.mark.parametrize(
    ("status", "batches", "said"),
    [
        ("done", [merged(0, "ADDED")], "out = run.frame() has every row with its verdict."),
        ("done", [merged(0, "INVALID")], "out.bigin.failed those to fix"),
        ("done", [batch(State.UNKNOWN)], "run.unknown lists the rows whose status is unknown"),
        ("pending", [batch(State.SUBMITTED)], "run.wait() resumes the jobs"),
    ],
)
def test_page_says_what_can_be_done(status: str, batches: list[Batch], said: str) -> None:
    assert said in as_page("Run", status, batches, 0, None)


def test_page_stays_small_for_many_jobs() -> None:
    page = as_page("Run", "done", [merged(number, "ADDED") for number in range(45)], 0, None)

    assert "and 25 jobs more" in page
    assert len(page) < 5_000


def test_page_spells_out_and_escapes_what_a_server_says() -> None:
    evil = "<script>alert('1')</script>\u202e"
    page = as_page(evil, "done", [batch(State.REJECTED, code=evil, job_id=evil)], 0, None)

    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;\\u202e") == 3


def test_run_shows_no_cell_and_no_label(bigin_sandbox: Sandbox) -> None:
    columns = {"Last_Name": "Last_Name", "Email": "Email", "Phone": "Phone"}
    run = people().bigin.submit("Contacts", columns=columns, client=bigin_sandbox.client())
    during, out, after = run._repr_html_(), run.wait(), run._repr_html_()

    assert set(out["Status"]) == {Status.ADDED}
    assert '<td>ADDED</td><td class="n">3</td>' in after
    assert [Needles(VALUES, values=True).of_text(page) for page in (during, after)] == [set(), set()]
    assert Needles(VALUES).of_text(f"<td>{NAME}</td>")


def test_run_without_rows_has_a_page() -> None:
    run = started(Echo(), rows=0)

    assert "no jobs" in run._repr_html_()
    assert "0 rows, done" in run._repr_html_()


def test_details_of_a_running_job_are_kept() -> None:
    client = smooth(job=[Job(id="11", status="INPROGRESS", added=1), done()])

    assert delivered(client).details is not None
