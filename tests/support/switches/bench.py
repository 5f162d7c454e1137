"""An organisation with a few records, rows of every kind, and what is true of them when all went well."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox
from tests.support.honesty import MARK, Clock, write

N = 30
TAKEN = 7  # this row's Email is in a record that was there before
TWINS = (2, 21)  # equal in all cells that are sent, including the mark
INVALID = (11, 12, 13)  # refused here
SENT = [i for i in range(N) if i not in INVALID]
COLUMNS: Mapping[str, Any] = {
    "Last_Name": "Last_Name",
    "First_Name": "First_Name",
    "Street": "Mailing_Street",
    "Email": "Email",
    "Phone": "Phone",
    "Born": "Birthday",
    "Met": "Met",
    "Score": "Score",
    "Fee": "Fee",
    "Silent": "Email_Opt_Out",
    "Company": bf.Lookup("Account_Name", by="Account_Name"),
    "Party": "Party",
    MARK: MARK,
}


def guests() -> pd.DataFrame:
    """Return rows of which many share an echo, or nearly: in case, blanks, Unicode form or line ends."""
    near = ["Ada Lee", "ada lee", "Ada  Lee", "Ada Lee ", unicodedata.normalize("NFD", "Zoë Íñigo"), "Zoë Íñigo"]
    names = [["Fay", "Orr", *near, "Ng", "Poe"][(i * 7) % 10] for i in range(N)]
    names[TWINS[1]] = names[TWINS[0]]
    frame = pd.DataFrame(
        {
            "Last_Name": names,
            "First_Name": [["Bo", "Cy"][i % 2] if i % 3 else None for i in range(N)],
            "Street": [["1 Elm\nRear", "1 Elm\r\nRear", '2 "Oak", left', "; | :"][i % 4] for i in range(N)],
            "Email": [f"g{i}@guests.example" if i % 9 == 1 else None for i in range(N)],
            "Phone": ["(202) 555-0101" if i % 10 == 5 else "0012025550" for i in range(N)],
            "Born": pd.Series([dt.date(1970, 2, 1 + i % 12) if i % 5 else None for i in range(N)], dtype=object),
            "Met": pd.date_range("2024-03-30 22:15", periods=N, freq="7h", tz="Europe/Berlin").to_series().to_numpy(),
            "Score": pd.array([i * 3 if i % 4 else None for i in range(N)], dtype="Int64"),
            "Fee": [i + 0.25 if i % 6 else None for i in range(N)],
            "Silent": pd.array([i % 2 == 0 if i % 7 else None for i in range(N)], dtype="boolean"),
            "Company": [["Acme", "Umbrella", None][i % 3] for i in range(N)],
            "Party": pd.Categorical([["Red", "Blue", None][i % 3] for i in range(N)], categories=["Red", "Blue", "No"]),
            MARK: [f"note {i}" for i in range(N)],
            "kept": range(N),
        },
        index=pd.Index([f"label {i // 2}" for i in range(N)]),
    )
    frame["Met"] = pd.date_range("2024-03-30 22:15", periods=N, freq="7h", tz="Europe/Berlin")
    for column in frame.columns.drop("kept"):
        frame[column] = with_cell(frame[column], TWINS[1], frame[column].iloc[TWINS[0]])
    frame["Email"] = with_cell(frame["Email"], TAKEN, "taken@guests.example")
    frame["Party"] = with_cell(frame["Party"], 11, "No")
    frame["Last_Name"] = with_cell(frame["Last_Name"], 12, None)
    frame["Fee"] = with_cell(frame["Fee"], 13, 1.23456)
    return frame


def with_cell(column: pd.Series, at: int, value: Any) -> pd.Series:
    column = column.copy()
    column.iloc[at] = value
    return column


@dataclass(frozen=True)
class Bench:
    """An organisation with a few records, and what a claim needs to write to it."""

    box: Sandbox
    clock: Clock

    def insert(self, **options: Any) -> pd.DataFrame:
        given = {"columns": COLUMNS, "on_invalid": "skip", "on_error": "ignore", **options}
        return write(self.box, given.pop("frame", guests()), clock=self.clock, **given)

    def set(self, **behaviour: Any) -> None:
        self.box.behaviour = replace(self.box.behaviour, **behaviour)

    def calls(self, route: str) -> int:
        return sum(request.route == route for request in self.box.requests)

    def client(self, **options: Any) -> bf.Client:
        client: bf.Client = self.box.client(transport=self.clock.transport(), **options)
        return client


@contextmanager
def organisation() -> Iterator[Bench]:
    clock = Clock()
    with Sandbox(clock=clock.time) as box:
        box.behaviour = replace(box.behaviour, polls_added=0, polls_in_progress=0)
        box.add_field("Contacts", "Badge", length=20, unique=True)
        box.add_field("Contacts", "Birthday", "date")
        box.add_field("Contacts", "Met", "datetime")
        box.add_field("Contacts", "Score", "integer")
        box.add_field("Contacts", "Fee", "currency", decimal_place=2)
        box.add_field("Contacts", "Party", "picklist", values=["Red", "Blue"])
        for name in ("Acme", "Umbrella"):
            box.add_record("Accounts", {"Account_Name": name})
        box.add_record("Contacts", {"Last_Name": "Old", "Email": "taken@guests.example", "Badge": "B-0"})
        yield Bench(box, clock)
        clock.stop()


def proven(bench: Bench) -> None:
    """Every row has its verdict, and every record has the cells of its row."""
    check_proven(bench, bench.insert())


def check_proven(bench: Bench, out: pd.DataFrame) -> None:
    words = ["INVALID" if i in INVALID else "SKIPPED" if i == TAKEN else "ADDED" for i in range(N)]
    assert list(out["Status"]) == words
    check_records(bench, out)


def check_records(bench: Bench, out: pd.DataFrame) -> None:
    stored = {record["id"]: record for record in bench.box.values("Contacts")}
    companies = {record["Account_Name"]: record["id"] for record in bench.box.records("Accounts")}
    for row in out[out["Status"] == "ADDED"].to_dict("records"):
        record = stored[row["ID"]]
        held = {
            "Last_Name": record["Last_Name"],
            "First_Name": record.get("First_Name"),
            "Street": record["Mailing_Street"],
            "Email": record.get("Email"),
            "Phone": record["Phone"],
            "Born": dt.date.fromisoformat(record["Birthday"]) if "Birthday" in record else None,
            "Met": pd.Timestamp(record["Met"]),
            "Score": int(record["Score"]) if "Score" in record else None,
            "Fee": float(record["Fee"]) if "Fee" in record else None,
            "Silent": record["Email_Opt_Out"] == "true" if "Email_Opt_Out" in record else None,
            "Company": next((name for name, i in companies.items() if i == record.get("Account_Name")), None),
            "Party": record.get("Party"),
            MARK: record[MARK],
        }
        assert held == {name: None if pd.isna(row[name]) else row[name] for name in held}


def without(*columns: str) -> dict[str, Any]:
    return {column: target for column, target in COLUMNS.items() if column not in columns}


Claim = Callable[[Bench], None]


def all_of(claim: Claim, *values: Hashable) -> dict[Hashable, Claim]:
    return dict.fromkeys(values, claim)
