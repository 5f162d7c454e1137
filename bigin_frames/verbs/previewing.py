"""The verbs that look at a frame before it is written: nothing is sent but questions about fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bigin_frames.model import Operation
from bigin_frames.plans.option_help import with_options
from bigin_frames.plans.options import Options, settled

if TYPE_CHECKING:
    import pandera.pandas as pa

    from bigin_frames.client.client import Client
    from bigin_frames.client.metadata import Metadata
    from bigin_frames.frames.checking.report import ValidationReport
    from bigin_frames.frames.cleaning.clean import Cleaned
    from bigin_frames.plans.plan import Plan


@with_options()
def plan(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Plan:
    """Show what a write would do, as a dry run: nothing is sent but questions about the module's fields.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    operation : {"insert", "update", "upsert"}
        The write to look ahead to.
    **options
        See "Other Parameters" below.

    Returns
    -------
    Plan
        Jobs, bytes, credits, mapping and invalid rows to look at; ``.run()`` does exactly that.

    Raises
    ------
    InputError
        If an option or the mapping cannot be used; invalid rows are in the plan's ``report``.

    Examples
    --------
    >>> plan = bf.plan(df, "Contacts")
    >>> plan
    <Plan: insert Contacts, 2 rows in 1 job, 500 credits>
    >>> out = plan.run()
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled(operation, options))


@with_options()
def check(
    frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]
) -> ValidationReport:
    """Check every row against the module's rules and return all problems; no row is sent.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    operation : {"insert", "update", "upsert"}
        The write to look ahead to.
    **options
        See "Other Parameters" below.

    Returns
    -------
    ValidationReport
        ``.ok``, and ``.failures`` with a line for each problem. Invalid rows raise no error here: see `validate`.

    Raises
    ------
    InputError
        If an option or the mapping cannot be used.

    Examples
    --------
    >>> report = bf.check(df.assign(Email=["ada@example.org", "grace at example.org"]), "Contacts")
    >>> report.ok
    False
    >>> report.failures[["row", "field", "code"]]
       row  field          code
    0    1  Email  INVALID_DATA
    """
    from bigin_frames.plans.prepare import checked_frame

    return checked_frame(frame, module, settled(operation, options)).found.report


@with_options()
def clean(
    frame: pd.DataFrame,
    module: str,
    operation: Operation = "insert",
    *,
    rules: Mapping[str, bool] | Sequence[str] | None = None,
    dates: str | None = None,
    **options: Unpack[Options],
) -> Cleaned:
    """Return the frame with its cells written as their fields accept them, and a log of every change.

    Only what is certain is changed, and nothing is sent. A row that met the rules of the module, as `check` tests
    them, still does so afterwards.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    operation : {"insert", "update", "upsert"}
        The write to look ahead to.
    rules : mapping of str to bool, or sequence of str, optional
        Rules to switch on or off, or the only ones to use; `frames.cleaning.clean.RULES` says what each does.
    dates : {"ymd", "dmy", "mdy"}, optional
        The order of dates such as 01/02/2024; without it, dates that could be two different days are not changed.
    **options
        See "Other Parameters" below.

    Returns
    -------
    Cleaned
        Unpacks as ``frame, log``; ``.left`` lists the cells that look wrong and were not changed.

    Raises
    ------
    InputError
        If the mapping, an option, a rule or the order of dates cannot be used.

    Examples
    --------
    >>> cleaned, log = bf.clean(df.assign(Email=[" ada@example.org", "mailto:grace@example.org"]), "Contacts")
    >>> cleaned["Email"].tolist()
    ['ada@example.org', 'grace@example.org']
    >>> log[["row", "column", "rule"]]
       row column       rule
    0    0  Email ...
    1    1  Email ...
    """
    from bigin_frames.frames.cleaning.clean import clean as cleaned
    from bigin_frames.plans.prepare import mapped_columns

    _, mapped, _ = mapped_columns(frame, module, settled(operation, options, ("rules", "dates")))
    return cleaned(frame, mapped, rules=rules, dates=dates)


@with_options()
def validate(
    frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]
) -> pd.DataFrame:
    """Return the frame with its mapped columns in their fields' types, or raise an error with every problem.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    operation : {"insert", "update", "upsert"}
        The write to look ahead to.
    **options
        See "Other Parameters" below.

    Returns
    -------
    DataFrame
        The same rows; numbers, dates and times as such, not as text.

    Raises
    ------
    InvalidRowsError
        If any row breaks a rule; its ``report`` has every problem.
    InputError
        If an option or the mapping cannot be used.

    Examples
    --------
    >>> box.add_field("Contacts", "Birthday", "date")
    >>> typed = bf.validate(df.assign(Birthday=["1815-12-10", "1906-12-09"]), "Contacts")
    >>> typed["Birthday"].dt.year.tolist()
    [1815, 1906]
    """
    from bigin_frames.frames.checking.coerce import coerce
    from bigin_frames.plans.prepare import checked_frame

    checked = checked_frame(frame, module, settled(operation, options))
    checked.found.report.raise_if_invalid()
    return coerce(frame, checked.mapped, checked.zone)


def schema(
    module: str,
    *,
    client: Client | None = None,
    metadata: str | Path | Metadata | None = None,
    operation: Operation = "insert",
) -> pa.DataFrameSchema:
    """Build a pandera schema from the fields of a module.

    Parameters
    ----------
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    client : Client, optional
        By default the one that the environment variables describe.
    metadata : str, Path or Metadata, optional
        Saved metadata: with it, nothing is requested from Bigin.
    operation : {"insert", "update", "upsert"}
        Determines which fields can be written and which are required.

    Returns
    -------
    pandera.DataFrameSchema
        One column for each writable field, named by API name; only mandatory ones are required. Extend it with
        ``add_columns``; save it with ``to_yaml(path)`` (pandera's extra ``io``), and read it with
        ``pandera.DataFrameSchema.from_yaml(path)`` after ``import bigin_frames.frames.checking.pandera_checks``, which
        registers Bigin's checks with pandera.

    Examples
    --------
    >>> schema = bf.schema("Contacts")
    >>> schema.columns["Last_Name"].required, schema.columns["Email"].required
    (True, False)
    """
    from bigin_frames.frames.checking.module_schema import module_schema
    from bigin_frames.frames.mapping.columns import every_field
    from bigin_frames.plans.prepare import source_of, zone_of

    source = source_of(settled(operation, {"client": client, "metadata": metadata}))
    columns = every_field(source.fields(module), module=module, operation=operation)
    return module_schema(columns, operation=operation, zone=zone_of(source, columns))
