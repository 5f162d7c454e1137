"""The real records the tests run on, as frames of text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bigin_frames.demo import legislators

SAMPLES = Path(__file__).parents[1] / "samples"


def sample(name: str) -> pd.DataFrame:
    """A file of the samples, every column as text, only empty cells missing ("NA" is Namibia's code)."""
    return pd.read_csv(SAMPLES / f"{name}.csv", dtype=str, keep_default_na=False, na_values=[""])


def companies() -> pd.DataFrame:
    """One company for each member of Congress, under a name of its own."""
    frame = legislators()
    names = frame["first_name"] + " " + frame["last_name"] + " (" + frame["bioguide_id"] + ")"
    return pd.DataFrame({"Account_Name": names, "bioguide_id": frame["bioguide_id"]})


def offices() -> pd.DataFrame:
    """Their district offices, each with the name of the member's company."""
    return sample("district_offices").merge(companies(), on="bioguide_id", how="left", validate="many_to_one")
