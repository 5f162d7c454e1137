"""What can be asked about a frame before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bigin_frames.client.metadata import Metadata
from bigin_frames.model import Operation
from bigin_frames.plans.options import Options, settled

if TYPE_CHECKING:
    import pandera.pandas as pa

    from bigin_frames.client.client import Client
    from bigin_frames.frames.checking.report import ValidationReport
    from bigin_frames.frames.cleaning.clean import Cleaned
    from bigin_frames.plans.plan import Plan


def plan(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Plan:
    """Say what a write would do, without sending anything but questions for metadata.

    Returns
    -------
    Plan
        Jobs, bytes, credits, mapping and invalid rows to look at; ``.run()`` does exactly that.
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled(operation, options))


def check(
    frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]
) -> ValidationReport:
    """Find every problem of every row; nothing is raised for them and nothing is sent.

    Returns
    -------
    ValidationReport
    """
    from bigin_frames.plans.prepare import checked_frame

    return checked_frame(frame, module, settled(operation, options)).found.report


def clean(
    frame: pd.DataFrame,
    module: str,
    operation: Operation = "insert",
    *,
    rules: Mapping[str, bool] | Sequence[str] | None = None,
    dates: str | None = None,
    **options: Unpack[Options],
) -> Cleaned:
    """Return the frame with the cells of its mapped columns as their fields take them, and a log of every change.

    Only what is certain is changed, and nothing is sent. Afterwards no row breaks a rule of the module, as `check`
    finds them, that it kept before.

    Parameters
    ----------
    frame : DataFrame
        Not changed.
    module : str
    operation : {"insert", "update", "upsert"}
    rules : mapping of str to bool, or sequence of str, optional
        Rules to switch on or off, or the only ones to follow; `frames.clean.RULES` says what each does.
    dates : {"ymd", "dmy", "mdy"}, optional
        The order of dates such as 01/02/2024; without it, those that could be two days are let alone.
    **options
        See `options.Options`.

    Returns
    -------
    Cleaned
        Unpacks as ``frame, log``; ``.left`` lists what looks wrong and was let alone.

    Raises
    ------
    InputError
        If the mapping, an option, a rule or the order of dates cannot be meant.
    """
    from bigin_frames.frames.cleaning.clean import clean as cleaned
    from bigin_frames.plans.prepare import mapped_columns

    _, mapped, _ = mapped_columns(frame, module, settled(operation, options, ("rules", "dates")))
    return cleaned(frame, mapped, rules=rules, dates=dates)


def validate(
    frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]
) -> pd.DataFrame:
    """Return the frame with its mapped columns in their fields' types, or raise with every problem.

    Raises
    ------
    InvalidRowsError
        If any row breaks a rule; its ``report`` has them all.
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
    """Build a pandera schema from the module's live field metadata.

    Parameters
    ----------
    module : str
    client : Client, optional
    metadata : str, Path or Metadata, optional
        Saved metadata, used instead of asking.
    operation : {"insert", "update", "upsert"}
        Decides which fields may be written and which must be there.

    Returns
    -------
    pandera.DataFrameSchema
        One column for each writable field, named by API name; only mandatory ones are required. Extend it with
        ``add_columns``; save it with ``to_yaml(path)`` (pandera's extra ``io``), and read it with
        ``pandera.DataFrameSchema.from_yaml(path)`` after ``import bigin_frames.frames.checking.checks``, which makes
        Bigin's checks known to pandera.
    """
    from bigin_frames.frames.checking.module_schema import module_schema
    from bigin_frames.frames.mapping.columns import every_field
    from bigin_frames.plans.prepare import source_of, zone_of

    source = source_of(settled(operation, {"client": client, "metadata": metadata}))
    columns = every_field(source.fields(module), module=module, operation=operation)
    return module_schema(columns, operation=operation, zone=zone_of(source, columns))
