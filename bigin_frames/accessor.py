"""``df.bigin``: each of its methods is the function of the same name in `verbs`, with the frame as first argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bigin_frames import verbs
from bigin_frames.model import Operation
from bigin_frames.plans.option_help import method_of
from bigin_frames.plans.options import Options

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bigin_frames.delivery.run import Run
    from bigin_frames.frames.checking.report import ValidationReport
    from bigin_frames.frames.cleaning.clean import Cleaned
    from bigin_frames.plans.plan import Plan


@pd.api.extensions.register_dataframe_accessor("bigin")
class BiginAccessor:
    """``df.bigin``: what writes a DataFrame to Bigin, checks it before, and reads the verdicts after.

    Before a write, nothing is sent:

    - ``check(module)``: all problems of all rows, as a report
    - ``clean(module)``: fix what is certain, and log every change
    - ``validate(module)``: the frame in its fields' types, or an error
    - ``plan(module)``: a dry run: jobs, credits, mapping

    Write:

    - ``insert(module)``: add every row as a new record
    - ``update(module, find_by=...)``: change records
    - ``upsert(module, find_by=...)``: change records, and add those that do not exist
    - ``submit(module)``: the same in the background

    After a write, on the frame that it returned:

    - ``summary()``: rows by verdict and reason
    - ``errors()``: one line for each row, code and field
    - ``plot()``: both as charts
    - ``failed``: the rows that were not written
    - ``retry()``: write those rows again

    Examples
    --------
    >>> df.bigin.check("Contacts").ok
    True
    >>> out = df.bigin.insert("Contacts")
    >>> out[["Last_Name", "Status"]]
      Last_Name Status
    0  Lovelace  ADDED
    1    Hopper  ADDED
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame  # pandas 3 makes a new accessor at each access; an error here would hide df.bigin

    @method_of(verbs.insert)
    def insert(self, module: str, **options: Unpack[Options]) -> pd.DataFrame:
        """Add every row as a new record, and return the frame with a verdict for each row.

        Examples
        --------
        >>> out = people.bigin.insert("Contacts", columns={"Surname": "Last_Name", "E-mail": "Email"})
        >>> out[["Surname", "Status"]]
            Surname Status
        0  Lovelace  ADDED
        1    Hopper  ADDED
        """
        return verbs.insert(self._frame, module, **options)

    @method_of(verbs.update)
    def update(self, module: str, **options: Unpack[Options]) -> pd.DataFrame:
        """Change the records that ``find_by`` finds, and return the frame with a verdict for each row.

        Examples
        --------
        >>> ada = box.add_record("Contacts", {"Last_Name": "Byron", "Email": "ada@example.org"})
        >>> out = df.bigin.update("Contacts", find_by="Email", on_error="ignore")
        >>> out["Status"].tolist()
        ['UPDATED', 'SKIPPED']
        """
        return verbs.update(self._frame, module, **options)

    @method_of(verbs.upsert)
    def upsert(self, module: str, **options: Unpack[Options]) -> pd.DataFrame:
        """Change the records that ``find_by`` finds, add the others, and return the frame with a verdict for each row.

        Examples
        --------
        >>> ada = box.add_record("Contacts", {"Last_Name": "Byron", "Email": "ada@example.org"})
        >>> out = df.bigin.upsert("Contacts", find_by="Email")
        >>> out["Status"].tolist()
        ['UPDATED', 'ADDED']
        """
        return verbs.upsert(self._frame, module, **options)

    @method_of(verbs.submit)
    def submit(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Run:
        """Start a write and return its handle at once.

        Examples
        --------
        >>> run = df.bigin.submit("Contacts", "upsert", find_by="Email")
        >>> run.wait()["Status"].tolist()
        ['ADDED', 'ADDED']
        """
        return verbs.submit(self._frame, module, operation, **options)

    @method_of(verbs.plan)
    def plan(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Plan:
        """Show what a write would do, as a dry run.

        Examples
        --------
        >>> plan = df.bigin.plan("Contacts")
        >>> plan
        <Plan: insert Contacts, 2 rows in 1 job, 500 credits>
        >>> out = plan.run()
        """
        return verbs.plan(self._frame, module, operation, **options)

    @method_of(verbs.check)
    def check(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> ValidationReport:
        """Check every row against the module's rules and return all problems.

        Examples
        --------
        >>> report = df.assign(Email=["ada@example.org", "grace at example.org"]).bigin.check("Contacts")
        >>> report.ok
        False
        >>> report.failures[["row", "field", "code"]]
           row  field          code
        0    1  Email  INVALID_DATA
        """
        return verbs.check(self._frame, module, operation, **options)

    @method_of(verbs.clean)
    def clean(
        self,
        module: str,
        operation: Operation = "insert",
        *,
        rules: Mapping[str, bool] | Sequence[str] | None = None,
        dates: str | None = None,
        **options: Unpack[Options],
    ) -> Cleaned:
        """Return the frame with its cells written as their fields accept them, and a log of every change.

        Examples
        --------
        >>> cleaned, log = df.assign(Email=[" ada@example.org", "grace@example.org"]).bigin.clean("Contacts")
        >>> cleaned["Email"].tolist()
        ['ada@example.org', 'grace@example.org']
        >>> len(log)
        1
        """
        return verbs.clean(self._frame, module, operation, rules=rules, dates=dates, **options)

    @method_of(verbs.validate)
    def validate(self, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> pd.DataFrame:
        """Return the frame with its mapped columns in their fields' types, or raise an error with every problem.

        Examples
        --------
        >>> box.add_field("Contacts", "Birthday", "date")
        >>> typed = df.assign(Birthday=["1815-12-10", "1906-12-09"]).bigin.validate("Contacts")
        >>> typed["Birthday"].dt.year.tolist()
        [1815, 1906]
        """
        return verbs.validate(self._frame, module, operation, **options)

    @property
    @method_of(verbs.failed)
    def failed(self) -> pd.DataFrame:
        """Return the rows that certainly were not written, without the result columns.

        Examples
        --------
        >>> dirty = df.assign(Email=["ada@example.org", "grace at example.org"])
        >>> out = dirty.bigin.insert("Contacts", on_invalid="skip", on_error="ignore")
        >>> out.bigin.failed
          Last_Name                 Email
        1    Hopper  grace at example.org
        """
        return verbs.failed(self._frame)

    @method_of(verbs.retry)
    def retry(self, **options: Unpack[Options]) -> pd.DataFrame:
        """Write again the rows that certainly were not written, and return the frame with their new verdicts.

        Examples
        --------
        >>> dirty = df.assign(Email=["ada@example.org", "grace at example.org"])
        >>> out = dirty.bigin.insert("Contacts", on_invalid="skip", on_error="ignore")
        >>> out.loc[1, "Email"] = "grace@example.org"
        >>> out.bigin.retry()["Status"].tolist()
        ['ADDED', 'ADDED']
        """
        return verbs.retry(self._frame, **options)

    @method_of(verbs.errors)
    def errors(self) -> pd.DataFrame:
        """Return one line for each row, code and field that went wrong.

        Examples
        --------
        >>> dirty = df.assign(Email=["ada@example.org", "grace at example.org"])
        >>> out = dirty.bigin.insert("Contacts", on_invalid="skip", on_error="ignore")
        >>> out.bigin.errors()
           row  label   status          code  field
        0    1      1  INVALID  INVALID_DATA  Email
        """
        return verbs.errors(self._frame)

    @method_of(verbs.summary)
    def summary(self) -> pd.DataFrame:
        """Return how many rows ended with each verdict and reason, most first.

        Examples
        --------
        >>> df.bigin.insert("Contacts").bigin.summary()
          Status Error  Rows
        0  ADDED  <NA>     2
        """
        return verbs.summary(self._frame)

    @method_of(verbs.plot)
    def plot(self) -> Figure:
        """Draw how a write ended.

        Examples
        --------
        >>> figure = df.bigin.insert("Contacts").bigin.plot()
        >>> len(figure.axes)
        1
        """
        return verbs.plot(self._frame)
