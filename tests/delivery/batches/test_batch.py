"""A batch moves only as the table of states says, and its rows have a status in every state."""

from __future__ import annotations

import numpy as np
import pytest

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.states import ENDED, TRANSITIONS, VERDICTS, State
from bigin_frames.delivery.bulk.steps import STEPS
from bigin_frames.errors import (
    BiginError,
)


def test_every_state_has_a_way_out_or_a_verdict() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(STEPS) | ENDED | {State.SUBMITTING} == set(State)
    assert set(VERDICTS) == set(State) - {State.MERGED}


def test_move_that_is_not_in_the_table_is_refused() -> None:
    batch = Batch(0, np.arange(1), "0123abcd")

    with pytest.raises(BiginError, match="cannot move from prepared to fetched"):
        batch.move(State.FETCHED)
    assert batch.state is State.PREPARED


def test_interim_verdicts_are_pending_until_the_batch_has_ended() -> None:
    batch = Batch(0, np.arange(2), "0123abcd")

    assert set(batch.verdicts(moving=True)["Status"]) == {"PENDING"}
    assert set(batch.verdicts(moving=False)["Status"]) == {"UNSENT"}
