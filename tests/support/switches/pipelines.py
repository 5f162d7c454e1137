"""Claims about deals in team pipelines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from tests.support.honesty import MARK, write
from tests.support.switches.bench import Bench

ONBOARDING = "Onboarding Standard"
REFUSED_PLACE = ("SKIPPED", "INVALID_DATA-Sub_Pipeline")
TAKEN_PLACE = ("ADDED", None)
PLACES = {  # what Bigin says of each row of `deals` by default
    "sales": TAKEN_PLACE,
    "onboarding": TAKEN_PLACE,
    "unnamed, in two": TAKEN_PLACE,
    "unnamed, in one": TAKEN_PLACE,
    "sub-pipeline elsewhere": REFUSED_PLACE,
    "stage elsewhere": ("SKIPPED", "INVALID_DATA-Stage"),
    "required": ("SKIPPED", "MANDATORY_NOT_FOUND-Closing_Date"),
}


def teams(bench: Bench) -> dict[str, str]:
    return {team.name: team.id for team in bench.client().layouts("Pipelines")}


def deals(team: Mapping[str, str], note: str) -> pd.DataFrame:
    """Return deals with and without a team pipeline, and some that do not fit theirs."""
    sales, other, day = team["Sales Pipeline"], team["Onboarding"], dt.date(2026, 1, 31)
    rows = [
        (sales, "Renewals", "Negotiation", None),
        (other, "Renewals", "Offer", day),
        (None, "Renewals", "Closed Won", day),
        (None, ONBOARDING, "Live", day),
        (sales, ONBOARDING, "Live", day),
        (sales, "Renewals", "Needs Analysis", day),
        (other, ONBOARDING, "Live", None),
    ]
    frame = pd.DataFrame(rows, columns=["Pipeline", "Sub_Pipeline", "Stage", "Closing_Date"])
    return frame.assign(Deal_Name=[f"{note} {row}" for row in PLACES], **{MARK: [f"{note} {row}" for row in PLACES]})


def write_deals(bench: Bench, frame: pd.DataFrame, *, informed: bool, **options: Any) -> pd.DataFrame:
    """Write deals with a client that may read the layouts, or with one whose token lacks the scope for them."""
    scopes = bench.box.scopes
    if not informed:
        settings = [f"ZohoBigin.settings.{what}.READ" for what in ("fields", "modules")]
        bench.box.scopes = (*(scope for scope in scopes if ".settings." not in scope), *settings)
    bench.box.expire_tokens()
    how = {"on_invalid": "skip", "on_error": "ignore", **options}
    out = write(bench.box, frame, module="Pipelines", clock=bench.clock, **how)
    bench.box.scopes = scopes
    return out


def deals_get(changes: Mapping[str, tuple[str, str | None]] | None = None) -> Callable[[Bench], None]:
    """Claim which verdict deals get: Bigin's if the client does not know the layouts, else that or INVALID."""
    expected = {**PLACES, **(changes or {})}

    def claim(bench: Bench) -> None:
        team = teams(bench)
        for informed in (True, False):
            frame = deals(team, "informed" if informed else "not informed")
            out = write_deals(bench, frame, informed=informed)
            stored = {record["id"]: record for record in bench.box.records("Pipelines")}
            for row, (_, got) in zip(expected, out.iterrows(), strict=True):
                verdict = (got["Status"], None if pd.isna(got["Error"]) else got["Error"])
                refused_here = informed and verdict[0] == "INVALID" and row not in ("sales", "onboarding")
                assert verdict == expected[row] or refused_here, row
                if verdict[0] == "ADDED":
                    record = stored[got["ID"]]
                    assert (record["Sub_Pipeline"], record["Stage"]) == (got["Sub_Pipeline"], got["Stage"])
                    assert record["Pipeline"] == got["Pipeline"] or pd.isna(got["Pipeline"])

    return claim


def deals_of_one_team(verdict: tuple[str, str]) -> Callable[[Bench], None]:
    """Claim which verdict a deal gets if its job names one team pipeline and leaves out a required field."""

    def claim(bench: Bench) -> None:
        team = teams(bench)
        frame = deals(team, "alone").iloc[[6]].drop(columns=["Pipeline", "Closing_Date"])
        here = write_deals(bench, frame, informed=True, defaults={"Pipeline": team["Onboarding"]})
        there = write_deals(bench, frame, informed=False, defaults={"Pipeline": team["Onboarding"]})
        assert here["Status"].iloc[0] == "INVALID"
        assert (there["Status"].iloc[0], there["Error"].iloc[0]) == verdict

    return claim
