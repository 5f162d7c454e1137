"""The terms of a delivery: what the caller's options say about rows that were handed over before, and about pace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bigin_frames.limits import MAX_ROWS_PER_JOB

OnOverlap = Literal["warn", "raise", "skip", "ignore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a caller asked of one delivery.

    Attributes
    ----------
    repeat : bool
        Whether rows may be written once more that a finished run has written.
    on_overlap : {"warn", "raise", "skip", "ignore"}
        What to do about rows that an earlier insert has handed over.
    max_rows_per_job : int
    credits_per_day : int or None
        Credits that jobs wait for in any 24 hours, None where they wait for nothing.
    part : int or str or None
        Which rows of a larger whole these are.
    """

    repeat: bool = False
    on_overlap: OnOverlap = "warn"
    max_rows_per_job: int = MAX_ROWS_PER_JOB
    credits_per_day: int | None = None
    part: int | str | None = None
