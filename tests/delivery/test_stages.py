"""Each batch has one stage, and rows are counted as far as Bigin has counted them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import ENDED, State
from bigin_frames.delivery.bulk.steps import STEPS
from bigin_frames.delivery.stages import job_lines, rows_done
from bigin_frames.display.run_words import Stage
from bigin_frames.model import Job
from tests.display.test_run_words import as_text
from tests.support.batches import batch


def stages(batches: list[Batch], queued: int) -> list[Stage]:
    return [line.stage for line in job_lines(batches, queued)]


def test_every_state_is_among_them() -> None:
    assert {stages([batch(state)], 0)[0] for state in State} < set(Stage)


def test_counts_of_an_earlier_attempt_are_not_the_jobs() -> None:
    earlier = batch(State.SUBMITTED, job_id="12", details=Job(id="11", status="INPROGRESS", added=5))

    assert as_text([earlier], 0) == "1 job: 1 running"
    assert rows_done([earlier]) == 0


@given(st.lists(st.sampled_from([*State])), st.integers(0, 9))
def test_every_job_is_counted_once_and_queued_are_the_last_that_are_open(states: list[State], queued: int) -> None:
    batches = [batch(state, number, rows=1) for number, state in enumerate(states)]
    words = stages(batches, queued)
    open_ones = [number for number, state in enumerate(states) if state not in ENDED]

    assert len(words) == len(states)
    assert {n for n, word in enumerate(words) if word is Stage.QUEUED} <= set(open_ones[-queued:] if queued else [])
    assert 0 <= rows_done(batches) <= len(states)


def test_states_with_a_step_have_the_stages_of_work() -> None:
    assert {stages([batch(state)], 0)[0] for state in STEPS} == {
        Stage.UPLOADING, Stage.STARTING, Stage.RUNNING, Stage.READING,
    }  # fmt: skip
