"""A damaged result file is refused, or gives verdicts that are true; see `tests.campaigns.mutate` for the campaign."""

from __future__ import annotations

import io
import logging
import sys
from collections import Counter

import numpy as np
import pytest

from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.download import read_result
from bigin_frames.frames.merging.sent import Merge
from tests.campaigns import damages, mutate
from tests.support.result_files import dice_of

DOSE = range(300)
BOMB = 521  # the number of lines of a hundred megabytes


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="bigin_frames")


def by_position(task: Task, batch: Batch, body: bytes) -> Merge:
    """Assume that the lines are in the order of the rows."""
    merged = read_result(task, batch, body)
    places = np.arange(len(merged.line_of))
    merged.line_of, merged.ties = np.where(places < len(merged.lines), places, -1), []
    return merged


def leaking(task: Task, batch: Batch, body: bytes) -> Merge:
    return read_result(task, batch, body[: body.index(b"PK\x01\x02")])  # as if nothing after it mattered


def test_damaged_results_are_refused_or_true() -> None:
    ends = Counter(mutate.case(seed)[1] for seed in DOSE)

    assert not [what for what in ends if what.startswith("violation")]
    assert min(ends["refused"], ends["same"], ends["fewer"]) > len(DOSE) // 20
    assert ends["forged"] + ends["other"] < len(DOSE) // 20


def test_planted_merge_by_position_is_found() -> None:
    found = [what for seed in range(100) if (what := mutate.case(seed, by_position)[1]).startswith("violation")]

    assert found
    assert all("have" in what for what in found)


def test_planted_leak_of_another_exception_is_found() -> None:
    assert "violation: ValueError at leaking" in {mutate.case(seed, leaking)[1] for seed in range(100)}


def test_changed_digit_counts_as_forged_and_not_as_a_violation() -> None:
    made = next(made for made in map(mutate.base, range(99)) if made.file.manner.order == "sent" and _first_id(made))
    good = made.file.bytes()
    text = good.replace(_first_id(made).encode(), b"4876876000007777777", 1)

    assert mutate.outcome(made, mutate.Mutant("digit", damages.zipped(text, dice_of(0)), text)) == "forged"
    assert mutate.outcome(made, mutate.Mutant("digit", damages.zipped(text, dice_of(0)), good)).startswith("violation")


def _first_id(made: mutate.Base) -> str:
    """Return an id that a row gets and that is on one line only."""
    ids = Counter(line.record_id for line in made.file.lines)
    given = [record for status, record in made.verdicts if status == "ADDED" and record and ids[record] == 1]
    return given[0] if given and made.task.operation == "insert" else ""


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is Linux's")
def test_bomb_of_lines_takes_no_more_than_the_caps() -> None:
    watch = mutate.Watch()
    kind, what = watch.over(BOMB)

    assert (kind, what) == ("bomb", "refused")
    assert 2**20 < watch.greatest[0] <= mutate.MAX_EXTRA_BYTES


def test_campaign_prints_its_figures_and_counts_no_violation() -> None:
    out = io.StringIO()

    assert mutate.campaign(range(40), out) == 0
    assert out.getvalue().splitlines()[-1].startswith("40 files in ")
