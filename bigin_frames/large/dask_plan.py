"""The plan (dry run) of a Dask DataFrame: the checks of all partitions, added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from bigin_frames.delivery.credits import estimates
from bigin_frames.display.words import counted
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.limits import CREDITS_PER_JOB


@dataclass(frozen=True, kw_only=True, eq=False)
class DaskPlan:
    """A plan (dry run) for a Dask DataFrame, without its rows; nothing was sent. To write, call the verb itself.

    Attributes
    ----------
    report : ValidationReport
        The rows that break a rule; positions are counted through all partitions. They are in no job.
    jobs : DataFrame
        One row per job: ``partition``, ``rows`` and ``csv_bytes``, all int64.
    """

    report: ValidationReport
    jobs: pd.DataFrame = field(repr=False)
    _operation: str = field(repr=False)
    _module: str = field(repr=False)
    _credits_per_day: int | None = field(repr=False, default=None)

    def __repr__(self) -> str:
        bad = "" if self.report.ok else f", {int(self.report.mask.sum()):,} invalid"
        size = f"{counted(self.rows, 'row')} in {counted(len(self.jobs), 'job')}"
        return f"<DaskPlan: {self._operation} {self._module}, {size}{bad}, {self.credits:,} credits>"

    @property
    def rows(self) -> int:
        """Return how many rows would be sent."""
        return int(self.jobs["rows"].sum())

    @property
    def csv_bytes(self) -> int:
        """Return how many bytes they are as CSV, before they are zipped."""
        return int(self.jobs["csv_bytes"].sum())

    @property
    def credits(self) -> int:
        """Return the API credits the jobs cost (Bigin v1, api-limits); polls and metadata cost one more each."""
        return CREDITS_PER_JOB * len(self.jobs)

    @property
    def rows_per_day(self) -> pd.DataFrame:
        """Return how many rows in jobs like these can be written in 24 hours; see `Plan.rows_per_day`."""
        each = max(1, round(self.rows / max(1, len(self.jobs))))
        return pd.DataFrame(estimates(len(self.jobs), each, self._credits_per_day))


def jobs_of(partitions: Sequence[Sequence[tuple[int, int]]]) -> pd.DataFrame:
    """Return the jobs of partitions, given the rows and CSV bytes of each, in the form of `DaskPlan.jobs`."""
    lines = [(number, rows, size) for number, jobs in enumerate(partitions) for rows, size in jobs]
    return pd.DataFrame(lines, columns=["partition", "rows", "csv_bytes"], dtype="int64")
