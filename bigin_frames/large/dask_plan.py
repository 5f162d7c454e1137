"""Say what a write of a Dask DataFrame would do: what each partition's check tells, added up."""

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
    """Hold what a write would do, and no row; nothing was sent, and the verb itself does it.

    Attributes
    ----------
    report : ValidationReport
        The rows that break a rule; positions count on from partition to partition. They are in no job.
    jobs : DataFrame
        One line a job: ``partition``, ``rows`` and ``csv_bytes``, all int64.
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
        """Return the API credits the jobs cost (Bigin v1, api-limits); polls and metadata are one each besides."""
        return CREDITS_PER_JOB * len(self.jobs)

    @property
    def rows_per_day(self) -> pd.DataFrame:
        """Return what 24 hours carry of jobs like these; see `Plan.rows_per_day`."""
        each = max(1, round(self.rows / max(1, len(self.jobs))))
        return pd.DataFrame(estimates(len(self.jobs), each, self._credits_per_day))


def jobs_of(partitions: Sequence[Sequence[tuple[int, int]]]) -> pd.DataFrame:
    """Return the jobs of partitions, given the rows and CSV bytes of each, as `DaskPlan.jobs` has them."""
    lines = [(number, rows, size) for number, jobs in enumerate(partitions) for rows, size in jobs]
    return pd.DataFrame(lines, columns=["partition", "rows", "csv_bytes"], dtype="int64")
