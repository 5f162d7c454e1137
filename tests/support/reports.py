"""A frame with problems of several kinds, and its report."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bigin_frames.frames.checking.findings import Finding, Reason
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND

CANARY = "canary-7f3a"


MAIL = Reason("mail", "Email", INVALID_DATA, "email", "is not an e-mail address; write it as name@host.domain")


NAME = Reason("name", "Last_Name", MANDATORY_NOT_FOUND, "mandatory", "is empty; fill it in")


TWIN = Reason("mail", "Email", DUPLICATE_DATA, "unique_key", "has the same key as another row; keep one")


SOURCE = Reason("source", "Lead_Source", INVALID_DATA, "picklist", "is not among them; use one", ("Web", "Trade Show"))


WHOLE = Reason(None, None, INVALID_DATA, "sum", "does not add up; correct it")


def at(*positions: int) -> np.ndarray:
    return np.array(positions, np.int64)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["Ann", None, f"{CANARY} 2", "Dan", "Eve"],
            "mail": ["a@b.co", CANARY, "c@d.co", "c@d.co", f"{CANARY} 4"],
            "source": ["Web", " wEB", "Trade Shwo", "zzzzzz", None],
        },
        index=pd.Index([f"{CANARY} a", f"{CANARY} b", "c", "c", "e"]),
    )


def report(*, held: bool = True) -> ValidationReport:
    findings = [
        Finding(MAIL, at(1, 4)),
        Finding(NAME, at(1)),
        Finding(TWIN, at(2, 3), at(3, 2)),
        Finding(SOURCE, at(1, 2, 3)),
    ]
    return ValidationReport(5, findings, frame=frame() if held else None)
