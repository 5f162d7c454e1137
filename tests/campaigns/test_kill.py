"""A process may die at any named point, by SIGKILL: nothing is sent twice, lost, or misreported.

This is a small sample: ``python -m tests.campaigns.kill --points all --seeds 500`` is the campaign.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bigin_frames.checkpoints import POINTS
from tests.campaigns.draws import draw

ROOT = Path(__file__).parents[2]
SEEDS = 2

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the campaign forks")


def campaign(*arguments: str, fault: str = "") -> subprocess.CompletedProcess[str]:
    """Run a campaign in a process of its own, which has one thread; ``fault`` is done to the library before."""
    code = f"import sys\n{fault}\nfrom tests.campaigns.kill import main\nsys.exit(main({list(arguments)!r}))"
    return subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )


def test_death_at_any_point_duplicates_loses_and_misreports_no_row() -> None:
    done = campaign("--points", "all", "--seeds", str(SEEDS))

    assert done.returncode == 0, done.stderr
    *lines, total = done.stdout.splitlines()
    assert {line.partition(":")[0] for line in lines} == set(POINTS)
    assert all(f"{SEEDS} trials" in line and " 0 violations" in line for line in lines)
    assert f"{SEEDS * len(POINTS)} trials" in total


def test_campaign_fails_when_rows_in_doubt_are_sent_again() -> None:
    fault = "from bigin_frames.delivery.batches.task import Task; Task.may_repeat = property(lambda task: True)"
    done = campaign("--points", "create sent", "--seeds", "6", fault=fault)

    assert done.returncode == 1
    assert "N3 rows" in done.stderr


def test_campaign_fails_when_a_point_is_not_passed() -> None:
    fault = "from bigin_frames.delivery.bulk import download; download.checkpoint = lambda name: None"
    done = campaign("--points", "result unpacked", "--seeds", "1", fault=fault)

    assert done.returncode == 1
    assert "did not pass" in done.stderr


def test_seed_draws_the_same_trial_each_time() -> None:
    assert draw("create sent", 17) == draw("create sent", 17)
    assert len({repr(draw(point, seed)) for point in POINTS for seed in (0, 1)}) == 2 * len(POINTS)
