"""A demonstration with real records against the local Bigin: write, see what was refused, fix it, write the rest."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.resources import files

import pandas as pd

from bigin_frames import verbs
from bigin_frames.sandbox import Sandbox

COLUMNS = {
    "bioguide_id": "Bioguide_ID",
    "last_name": "Last_Name",
    "first_name": "First_Name",
    "birthday": "Birthday",
    "url": "Home_Page",
    "address": "Mailing_Street",
    "state": "Mailing_State",
    "phone": "Phone",
    "party": "Party",
}
Say = Callable[[str], object]


def legislators() -> pd.DataFrame:
    """Return the 537 members of Congress that ship with the package, every column as text."""
    with (files("bigin_frames") / "samples" / "legislators.csv").open(encoding="utf-8") as text:
        return pd.read_csv(text, dtype=str, keep_default_na=False, na_values=[""])


def organise(box: Sandbox) -> None:
    """Add the custom fields that the records need, and one record, as if a colleague had entered it before."""
    box.add_field("Contacts", "Bioguide_ID", data_type="text", length=20, unique=True)
    box.add_field("Contacts", "Birthday", data_type="date")
    box.add_field("Contacts", "Home_Page", data_type="website")
    box.add_field("Contacts", "Party", data_type="picklist", values=["Democrat", "Independent", "Republican"])
    box.add_record("Contacts", {"Bioguide_ID": "C000127", "Last_Name": "Cantwell"})


def broken(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with mistakes in four rows, such as spreadsheets make."""
    wrong = frame.copy()
    wrong.loc[1, "last_name"] = None
    wrong.loc[2, "birthday"] = "1961-02-30"
    wrong.loc[3, "phone"] = "202-224-2353, or at the office in the mornings, or mobile"
    wrong.loc[4, "url"] = "see the web page"
    return wrong


def demo(say: Say = lambda text: sys.stdout.write(f"{text}\n")) -> None:
    """Run the demonstration.

    Parameters
    ----------
    say : callable
        Called with each piece of text; by default it is printed.
    """
    with Sandbox() as box:
        frame = legislators()
        say(f"{len(frame)} members of Congress, three of them:")
        say(frame[["last_name", "first_name", "birthday", "phone", "state"]].head(3).to_string(index=False))
        organise(box)
        client = box.client()
        dirty = broken(frame)
        say(f"\ndf.bigin.check('Contacts', columns=...)   # four rows have mistakes, on purpose\n"
            f"{verbs.check(dirty, 'Contacts', columns=COLUMNS, client=client)}")  # fmt: skip
        out = verbs.insert(
            dirty, "Contacts", columns=COLUMNS, on_invalid="skip", on_error="ignore", client=client, progress=False
        )
        say("\nout = df.bigin.insert('Contacts', columns=..., on_invalid='skip')")
        say(out[["last_name", "ID", "Status", "Error"]].head(7).to_string(index=False))
        say(f"\nout.bigin.summary()\n{verbs.summary(out).to_string(index=False)}")
        fixed = frame.loc[verbs.failed(out).index]
        again = verbs.upsert(fixed, "Contacts", columns=COLUMNS, find_by="Bioguide_ID", client=client, progress=False)
        say("\nfixed = fix(out.bigin.failed)\nfixed.bigin.upsert('Contacts', columns=..., find_by='Bioguide_ID')")
        say(again[["last_name", "ID", "Status"]].to_string(index=False))
        _count(say, frame, box.records("Contacts"))


def _count(say: Say, frame: pd.DataFrame, records: list[dict[str, str]]) -> None:
    keys = [record["Bioguide_ID"] for record in records]
    say(f"\nIn Bigin now: {len(records)} records for {len(frame)} rows; each row written: "
        f"{set(keys) == set(frame['bioguide_id'])}; duplicates: {len(keys) - len(set(keys))}.")  # fmt: skip
