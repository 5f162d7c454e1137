"""The frame of the tests of a plan: five pairs of rows that share a name."""

from __future__ import annotations

import pandas as pd

FRAME = pd.DataFrame(
    {"name": [f"Row {i // 2}" for i in range(10)], "city": [f"City {i}" for i in range(10)], "own": range(10)}
)
COLUMNS = {"name": "Last_Name", "city": "Mailing_City"}
