"""Register ``df.bigin``: every method is the function of the same name in `verbs` with the frame first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bigin_frames import verbs
from bigin_frames.model import Operation
from bigin_frames.plans.options import Options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bigin_frames.delivery.run import Run
    from bigin_frames.frames.checking.report import ValidationReport
    from bigin_frames.frames.cleaning.clean import Cleaned
    from bigin_frames.plans.plan import Plan


@pd.api.extensions.register_dataframe_accessor("bigin")
class BiginAccessor:
    """Write a frame to Bigin, check it before, and read the verdicts after.

    It holds nothing but the frame: pandas 3 builds a new accessor at each access.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame  # never raises: an AttributeError here would make hasattr(df, "bigin") false

    def insert(self, module: str, **options: Unpack[Options]) -> pd.DataFrame:
        """Add every row as a new record; see `verbs.insert`."""
        return verbs.insert(self._frame, module, **options)

    def update(self, module: str, **options: Unpack[Options]) -> pd.DataFrame:
        """Change the records that ``find_by`` finds; see `verbs.update`."""
        return verbs.update(self._frame, module, **options)

    def upsert(self, module: str, **options: Unpack[Options]) -> pd.DataFrame:
        """Change the records that ``find_by`` finds and add the others; see `verbs.upsert`."""
        return verbs.upsert(self._frame, module, **options)

    def submit(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Run:
        """Start a write and return its handle at once; see `verbs.submit`."""
        return verbs.submit(self._frame, module, operation, **options)

    def plan(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Plan:
        """Say what a write would do, sending nothing; see `verbs.plan`."""
        return verbs.plan(self._frame, module, operation, **options)

    def check(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> ValidationReport:
        """Find every problem of every row, sending nothing; see `verbs.check`."""
        return verbs.check(self._frame, module, operation, **options)

    def clean(
        self,
        module: str,
        operation: Operation = "insert",
        *,
        rules: Mapping[str, bool] | Sequence[str] | None = None,
        dates: str | None = None,
        **options: Unpack[Options],
    ) -> Cleaned:
        """Clean what is certain and log every change; see `verbs.clean`."""
        return verbs.clean(self._frame, module, operation, rules=rules, dates=dates, **options)

    def validate(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> pd.DataFrame:
        """Return the frame in its fields' types, or raise with every problem; see `verbs.validate`."""
        return verbs.validate(self._frame, module, operation, **options)

    @property
    def failed(self) -> pd.DataFrame:
        """Return the rows that certainly were not written, without the result columns; see `verbs.failed`."""
        return verbs.failed(self._frame)

    def retry(self, **options: Unpack[Options]) -> pd.DataFrame:
        """Write again what certainly was not written, and merge the verdicts; see `verbs.retry`."""
        return verbs.retry(self._frame, **options)

    def errors(self) -> pd.DataFrame:
        """Return one line for each row, code and field that went wrong; see `verbs.errors`."""
        return verbs.errors(self._frame)

    def summary(self) -> pd.DataFrame:
        """Return how many rows ended with each verdict and reason; see `verbs.summary`."""
        return verbs.summary(self._frame)

    def plot(self) -> Figure:
        """Draw how many rows ended with each verdict and reason, and which fields had errors; see `verbs.plot`."""
        return verbs.plot(self._frame)
