"""The page on limits says what the code reckons with, and its example shows what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import limits
from bigin_frames.delivery import credits as pacing
from bigin_frames.plans.options import Options
from bigin_frames.sandbox import Sandbox

GUIDE = Path(__file__).parents[1] / "docs" / "limits.md"
BLOCK = re.compile(r"```(python|text)\n(.*?)```", re.S)


def tables(page: str) -> list[list[str]]:
    """The lines of each table, without those of its head."""
    found = re.findall(r"(?:^\|.*\n)+", page, re.M)
    return [table.splitlines()[2:] for table in found]


def line(*cells: object) -> str:
    return "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells) + " |"


def one_org() -> list[str]:
    told = pacing.estimates(10_000_000 // limits.MAX_ROWS_PER_JOB)
    return [line(*cells[:-1], f"{cells[-1]} days") for cells in zip(*told.values(), strict=True)]


def hundred_orgs() -> list[str]:
    told = pacing.estimates(1)
    return [
        line(edition, 100 * jobs, 100 * rows)
        for edition, jobs, rows in zip(told["edition"], told["jobs_per_day"], told["rows_per_day"], strict=True)
    ]


def whole_service() -> list[str]:
    made, alive, few, many = (
        limits.TOKENS_PER_WINDOW, limits.TOKENS_ALIVE, limits.CALLS_AT_ONCE_FREE, limits.CALLS_AT_ONCE_PAID,
    )  # fmt: skip
    start = "10 that start in the same ten minutes".replace("10", str(made))
    calls = f"{few} for each client"
    return [
        line("tokens made in ten minutes, of one refresh token", made, "1 when it starts, then 1 an hour", start),
        line("tokens alive, of one refresh token", alive, "1, and 2 for a minute each hour", alive // 2),
        line("calls at once, Free", few, calls, 1),
        line("calls at once, Express or Premier", many, calls, many // few),
        line(
            "credits in 24 hours",
            "by edition",
            f"{limits.JOB_PRICE} a job",
            "as `credits_per_day` is split between them",
        ),
    ]


def test_tables_are_those_that_the_code_gives() -> None:
    assert tables(GUIDE.read_text("utf-8")) == [one_org(), hundred_orgs(), whole_service()]


def test_checker_of_tables_sees_a_planted_fault() -> None:
    page = GUIDE.read_text("utf-8").replace("| 2,275,000 |", "| 2,276,000 |")

    assert tables(page)[0] != one_org()


@pytest.mark.parametrize(
    ("users", "allowance"), [(0, 50_000), (1, 50_250), (10, 52_500), (199, 99_750), (200, 100_000), (1000, 100_000)]
)
def test_paid_edition_has_250_credits_for_each_user_up_to_the_maximum(users: int, allowance: int) -> None:
    assert pacing.paid(users) == allowance


def test_figures_in_the_text_are_those_of_the_code() -> None:
    page = GUIDE.read_text("utf-8")

    assert f"costs {limits.CREDITS_PER_JOB} credits for each job" in page
    assert f"{limits.MAX_ROWS_PER_JOB:,} rows at most" in page
    assert f"{limits.JOB_PRICE} in all" in page
    assert f"allowance there is, {limits.MAX_CREDITS_PER_DAY:,}," in page
    assert [limits.TOKEN_WINDOW_S / 60, limits.CREDIT_WINDOW_S / 3600, limits.TOKEN_MARGIN_S / 60] == [10, 24, 1]
    assert [pacing.MARGIN_S / 3600, pacing.REFUSED_PAUSE_S / 3600] == [0.5, 1]


def test_example_shows_what_happens(bigin_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    people = pd.DataFrame({"Last_Name": ["Lovelace", "Hopper"]})
    known = {"bf": bf, "client": bigin_sandbox.client(), "people": people}
    (_, code), (_, said) = BLOCK.findall(GUIDE.read_text("utf-8"))
    exec(compile(code, str(GUIDE), "exec"), known)  # noqa: S102 - our own example

    assert capsys.readouterr().out.split() == said.split()


def test_page_names_what_exists() -> None:
    page = GUIDE.read_text("utf-8")

    assert all(f"`{name}" in page and name in Options.__annotations__ for name in (
        "max_credits", "credits_per_day", "wait_for_credits", "max_rows_per_job",
    ))  # fmt: skip
    assert all(f"`{name}`" in page and hasattr(bf, name) for name in ("CreditsWarning", "JobPending", "write_dataset"))
