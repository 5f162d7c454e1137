"""A night: the rows to write, and the one thing that goes wrong."""

from __future__ import annotations

import dataclasses
import functools
import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from bigin_frames.demo import legislators
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.real_data import sample

ROWS = 60
COLUMNS = {
    "last_name": "Last_Name",
    "first_name": "First_Name",
    "phone": "Phone",
    "address": "Mailing_Street",
    "city": "Mailing_City",
    "zip": "Mailing_Zip",
    "email": "Email",
    "note": "Description",
}
MARK = "note"  # a different text in every row: only by it the truth recognises a row
KEY = "Load_Key"  # a unique field for those who want one
TAKEN = "office@example.org"  # the address of a contact that is there before

Arm = Callable[[random.Random], Mapping[str, Any]]
_ROUTES = {
    "token": r"POST .*/oauth/v2/token",
    "upload": r"POST .*/upload",
    "create": r"POST .*/bulk/v2/write",
    "details": r"GET .*/bulk/v2/write/\d+",
    "download": r"GET .*\.zip",
}
_DEADLY = ("upload", "create", "details", "download")


class Killed(BaseException):
    """A stand-in for SIGKILL: it is not caught, and the process counts as dead."""


class Death:
    """Kill the writer the first time that it is about to make a call, or has just heard the answer."""

    def __init__(self, route: str, when: Literal["before", "after"]) -> None:
        self._route, self._when, self._lock = route, when, threading.Lock()
        self.came = False

    def passes(self, when: str, method: str, url: str) -> None:
        """Note a call; the path says which it is."""
        path = url.partition("?")[0]
        with self._lock:
            if not self.came and when == self._when and re.fullmatch(_ROUTES[self._route], f"{method} {path}"):
                self.came = True
                raise Killed


@dataclass(frozen=True)
class Night:
    """What one seed draws."""

    seed: int
    name: str
    rows: pd.DataFrame
    route: str | None = None
    fault: Fault | None = None
    nth: int = 1
    behaviour: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dies: tuple[str, Literal["before", "after"]] | None = None
    runs: Literal["once", "twice", "two at once"] = "once"
    slow: bool = False
    timeout_s: float = 30.0

    def prepare(self, box: Sandbox) -> None:
        """Prepare an organisation for this night."""
        box.add_field("Contacts", KEY, length=100, unique=True)
        box.add_record("Contacts", {"Last_Name": "Office", "Email": TAKEN})
        box.behaviour = dataclasses.replace(box.behaviour, **self.behaviour)
        if self.route and self.fault:
            box.faults.add(self.route, self.fault, nth=self.nth)

    def death(self) -> Death | None:
        """Return a death that has not come yet."""
        return Death(*self.dies) if self.dies else None


def _met(route: str, fault: Callable[[], Fault]) -> Arm:
    return lambda dice: {"route": route, "fault": fault(), "nth": dice.randint(1, 2) if route == "details" else 1}


def _silent(route: str) -> Arm:
    """Keep waits short where an answer never comes."""
    return lambda dice: {**_met(route, Fault.silent)(dice), "timeout_s": 0.4}


def _one_of(*routes: str) -> Callable[[Callable[[], Fault]], Arm]:
    return lambda fault: lambda dice: _met(dice.choice(routes), fault)(dice)


# What goes wrong, how often in a hundred nights, and how it is simulated. The weights are ours: calls that fail on
# the way are common, a job that fails half-way is rare. Each fault happens once.
NIGHTS: tuple[tuple[str, int, Arm], ...] = (
    ("create-job taken, connection reset", 7, _met("create", Fault.reset_after)),
    ("create-job taken, connection closed", 3, _met("create", Fault.closed_after)),
    ("create-job taken, no answer in time", 5, _silent("create")),
    ("create-job taken, 502 from a proxy", 4, _met("create", lambda: Fault.html(502, applied=True))),
    ("create-job taken, answer damaged", 3, _met("create", lambda: Fault.raw(b"\x15\x03\x03\x00\x02\x02\x50"))),
    ("create-job not taken, 503 from a proxy", 4, _met("create", lambda: Fault.html(503))),
    ("create-job not taken, connection reset", 3, _met("create", lambda: Fault.reset_before(50))),
    ("token or upload: 502", 5, _one_of("token", "upload")(lambda: Fault.html(502))),
    ("upload: connection reset half-way", 4, _met("upload", lambda: Fault.reset_before(500))),
    ("asking for the job: 503", 8, _met("details", lambda: Fault.html(503))),
    ("asking for the job: connection reset", 5, _met("details", Fault.reset_after)),
    ("asking for the job: no answer in time", 3, _silent("details")),
    ("429 to upload or create-job", 3, _one_of("upload", "create")(Fault.rate_limited)),
    ("429 to asking or download", 3, _one_of("details", "download")(Fault.rate_limited)),
    ("the token expires", 4, _one_of("upload", "create", "details", "download")(Fault.expired_tokens)),
    ("the job takes longer than the wait", 6, lambda _: {"route": "job", "fault": Fault.job_slow(40), "slow": True}),
    ("the job fails half-way", 2, _met("job", lambda: Fault.job_failed(rows=ROWS // 2))),
    ("download: 503 or reset", 5, lambda dice: _met("download", dice.choice((Fault.html, Fault.reset_after)))(dice)),
    ("result archive damaged once", 4, _met("download", lambda: Fault.damaged_zip("truncated"))),
    ("result rows in another order", 3, lambda _: {"behaviour": {"result_rows": "shuffled"}}),
    ("result rows missing", 2, lambda _: {"behaviour": {"result_rows": "drop some"}}),
    ("result texts trimmed", 1, lambda _: {"behaviour": {"echo_text": "trimmed"}}),
    ("result texts in lower case", 1, lambda _: {"behaviour": {"echo_text": "lowercase"}}),
    ("the process is killed", 7, lambda dice: {"dies": (dice.choice(_DEADLY), dice.choice(("before", "after")))}),
    ("run again though all was well", 3, lambda _: {"runs": "twice"}),
    ("started twice at once", 2, lambda _: {"runs": "two at once"}),
)


def draw(seed: int) -> Night:
    """Return the night of a seed, always the same one."""
    dice = random.Random(f"night {seed}")  # noqa: S311 - to be repeatable
    name, _, arm = dice.choices(NIGHTS, [weight for _, weight, _ in NIGHTS])[0]
    return Night(seed, name, rows_of(dice), **arm(dice))


def rows_of(dice: random.Random) -> pd.DataFrame:
    """Return district offices of members of Congress, half with zips that begin with a zero; some rows are unusual."""
    offices = _offices()
    zeros = offices["zip"].str.startswith("0")
    places = [*dice.sample(list(offices.index[zeros]), ROWS // 2), *dice.sample(list(offices.index[~zeros]), ROWS // 2)]
    rows = offices.loc[sorted(places)].reset_index(drop=True)
    rows["email"], rows[MARK] = None, [f"row {place}" for place in range(ROWS)]
    rows.loc[1, ["last_name", "first_name", "phone"]] = rows.loc[0, ["last_name", "first_name", "phone"]].to_list()
    rows.loc[2, ["last_name", "first_name"]] = rows.loc[0, ["last_name", "first_name"]].to_list()
    rows.loc[3, "first_name"] = f"{rows.loc[3, 'first_name']} "
    rows.loc[4, "last_name"] = None
    rows.loc[5, "email"] = TAKEN
    return rows.sample(frac=1, random_state=dice.randrange(2**32)).reset_index(drop=True)


@functools.cache
def _offices() -> pd.DataFrame:
    names = legislators()[["bioguide_id", "last_name", "first_name"]]
    offices = sample("district_offices").merge(names, on="bioguide_id", validate="many_to_one")
    return offices[[name for name in COLUMNS if name not in ("email", MARK)]].dropna().reset_index(drop=True)
