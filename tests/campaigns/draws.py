"""What a seed draws: where processes die, how others resume, what is written, and to what kind of Bigin."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bigin_frames import checkpoints
from tests.campaigns.boxes import KEY
from tests.support.checker import MARK

CANARY = "quokka"  # in every cell; it must not be seen outside of the frame
MODES = ("insert", "update", "upsert", "row key", "own key")
PURGE, MIGRATION = "purge half done", "journal half migrated"
# Where a call that resumes another one's run may die, too.
_GOING_ON = tuple(f"{when} commit of {what}" for what in ("unknown", "prepared") for when in ("before", "after"))
_ONCE = ("before commit of begin", "after commit of begin", MIGRATION)
_TWICE = ("create half sent", "upload half sent")  # the head and the body of a call


@dataclass(frozen=True)
class Death:
    """Where a process dies: at the ``passing``-th time that it passes a point."""

    point: str
    passing: int


@dataclass(frozen=True)
class Trial:
    """All that a seed draws."""

    point: str
    seed: int
    mode: str
    rows: int
    per_job: int
    at_once: int
    taken: bool  # a record is there that one of the rows meets
    behaviour: dict[str, Any]
    calls: tuple[tuple[str, Death | None], ...]


def draw(point: str, seed: int) -> Trial:
    """Return the trial of a seed, always the same one."""
    dice = random.Random(f"{point} {seed}")  # noqa: S311 - to be repeatable
    mode = dice.choice(MODES)
    rows, per_job = dice.randint(3, 8), dice.randint(2, 4)
    batches = math.ceil(rows / per_job)
    writes = point == PURGE and mode in ("update", "upsert")  # these make a new run each time
    old = [("call", None)] * (2 if writes else point == PURGE)
    passes = 1 + writes if point == PURGE else 1 if point in _ONCE else batches * (1 + (point in _TWICE))
    deaths = [("purge" if point == PURGE else "call", Death(point, dice.randint(1, passes)))]
    while len(deaths) < 3 and dice.random() < 0.4:
        deaths.append(
            (
                dice.choice(("call", "resume")),
                Death(dice.choice(checkpoints.POINTS + 3 * _GOING_ON), dice.randint(1, 2)),
            )
        )
    return Trial(
        point, seed, mode, rows, per_job, dice.choice((1, 5)), dice.random() < 0.5,
        {
            "result_rows": dice.choice(("in order", "reversed", "shuffled")),
            "created_status": dice.choice((200, 201, 202)),
            "polls_added": dice.choice((0, 0, 1)),
            "polls_in_progress": 0,
            "download_url": dice.choice(("absolute", "relative")),
        },
        (*old, *deaths, (dice.choice(("call", "resume")), None)),
    )  # fmt: skip


def frame_of(trial: Trial, ids: list[str]) -> pd.DataFrame:
    """Return the frame of a trial: each cell contains the canary, each row has its own mark."""
    n = trial.rows
    frame = pd.DataFrame(
        {
            "Last_Name": [f"Quokka {i}" for i in range(n)],
            "Email": [f"quokka{i}@example.com" for i in range(n)],
            MARK: [f"Quokka note {i}" for i in range(n)],
        },
        index=[7] * n,
    )
    if trial.mode == "update":
        frame.insert(0, "id", ids[:n])
    if trial.mode == "own key":
        frame[KEY] = [f"Quokka key {i}" for i in range(n)]
    return frame


def records_of(trial: Trial) -> list[dict[str, str]]:
    """Return the records that are there before."""
    met: dict[str, list[dict[str, str]]] = {
        "insert": [{"Email": "quokka0@example.com"}],
        "update": [{} for _ in range(trial.rows)],
        "upsert": [{"Email": f"quokka{i}@example.com"} for i in range(0, trial.rows, 2)],
        "row key": [],
        "own key": [{KEY: "Quokka key 1"}],
    }
    needed = trial.taken or trial.mode == "update"
    return [{"Last_Name": "Quokka old", **cells} for cells in met[trial.mode]] if needed else []


def options_of(trial: Trial) -> dict[str, Any]:
    """Return the options of the call."""
    how = {"update": {"find_by": "id"}, "upsert": {"find_by": "Email"}, "row key": {"row_key": KEY}}
    how["own key"] = how["row key"]
    return {"max_rows_per_job": trial.per_job, "on_error": "ignore", **how.get(trial.mode, {})}
