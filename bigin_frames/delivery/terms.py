"""The terms of a delivery: the caller's options about rows that were sent before, and about pace."""

from __future__ import annotations

from dataclasses import dataclass

from bigin_frames.limits import MAX_ROWS_PER_JOB
from bigin_frames.model import OnOverlap


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The caller's options for one delivery.

    Attributes
    ----------
    repeat : bool
        Whether to write rows again that a finished run has written.
    on_overlap : {"warn", "raise", "skip", "ignore"}
        What to do about rows that an earlier insert has sent.
    max_rows_per_job : int
    credits_per_day : int or None
        Credits in any 24 hours that jobs wait for, None if they do not wait.
    part : int or str or None
        Which part of a larger write these rows are.
    """

    repeat: bool = False
    on_overlap: OnOverlap = "warn"
    max_rows_per_job: int = MAX_ROWS_PER_JOB
    credits_per_day: int | None = None
    part: int | str | None = None
