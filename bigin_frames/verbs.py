"""Do what ``df.bigin`` offers: each method of the accessor is one of these functions with the frame first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from bigin_frames.metadata import Metadata
from bigin_frames.model import Operation
from bigin_frames.options import Options, settled

if TYPE_CHECKING:
    import pandera.pandas as pa
    from matplotlib.figure import Figure

    from bigin_frames.client import Client
    from bigin_frames.frames.clean import Cleaned
    from bigin_frames.frames.report import ValidationReport
    from bigin_frames.plans import Plan
    from bigin_frames.run import Run


def insert(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Add every row as a new record, and return the frame with a verdict on each.

    Parameters
    ----------
    frame : DataFrame
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    **options
        See `options.Options`.

    Returns
    -------
    DataFrame
        The same rows, index, order and columns, and ``ID``, ``Status`` and ``Error`` as text.

    Raises
    ------
    InputError
        If the call or the frame cannot be sent as it is; nothing has been sent then.
    JobPending
        If ``wait`` ran out.
    RowsRefusedError
        If Bigin refused rows and ``on_error="raise"``.
    ApiError, TransportError
        If nothing could be started; no record was touched then.
    """
    from bigin_frames.prepare import planned

    return planned(frame, module, settled("insert", options)).run()


def update(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds, create none; otherwise as `insert`."""
    from bigin_frames.prepare import planned

    return planned(frame, module, settled("update", options)).run()


def upsert(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds and add the others; otherwise as `insert`."""
    from bigin_frames.prepare import planned

    return planned(frame, module, settled("upsert", options)).run()


def submit(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Run:
    """Start a write and return its handle at once; everything that can be refused here is refused before.

    Returns
    -------
    Run
        ``.wait()`` returns what the blocking verb would, ``.frame()`` what is known now.
    """
    from bigin_frames.prepare import planned

    return planned(frame, module, settled(operation, options)).submit()


def plan(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Plan:
    """Say what a write would do, without sending anything but questions for metadata.

    Returns
    -------
    Plan
        Jobs, bytes, credits, mapping and invalid rows to look at; ``.run()`` does exactly that.
    """
    from bigin_frames.prepare import planned

    return planned(frame, module, settled(operation, options))


def check(
    frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]
) -> ValidationReport:
    """Find every problem of every row; nothing is raised for them and nothing is sent.

    Returns
    -------
    ValidationReport
    """
    from bigin_frames.prepare import checked_frame

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
    from bigin_frames.frames.clean import clean as cleaned
    from bigin_frames.prepare import mapped_columns

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
    from bigin_frames.frames.schema import coerce
    from bigin_frames.prepare import checked_frame

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
        ``pandera.DataFrameSchema.from_yaml(path)`` after ``import bigin_frames.frames.checks``, which makes Bigin's
        checks known to pandera.
    """
    from bigin_frames.frames.mapping import every_field
    from bigin_frames.frames.module_schema import module_schema
    from bigin_frames.prepare import source_of, zone_of

    source = source_of(settled(operation, {"client": client, "metadata": metadata}))
    columns = every_field(source.fields(module), module=module, operation=operation)
    return module_schema(columns, operation=operation, zone=zone_of(source, columns))


def failed(out: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that certainly were not written, without the three result columns.

    Rows that are ``UNREPORTED``, ``UNKNOWN`` or ``PENDING`` may have been written and are left out: sending them again
    could double them.

    Parameters
    ----------
    out : DataFrame
        What a verb returned.
    """
    from bigin_frames.frames import verdicts

    return verdicts.failed(out)


def retry(out: pd.DataFrame, **options: Unpack[Options]) -> pd.DataFrame:
    """Write again the rows that certainly were not written, and merge their new verdicts into the same frame.

    Module and operation are those of the first write. Rows that are ``UNKNOWN``, ``UNREPORTED`` or ``PENDING`` are
    never sent: they may be in Bigin already.

    Parameters
    ----------
    out : DataFrame
        What a verb returned; its other columns may have been repaired meanwhile.
    **options
        See `options.Options`; ``columns``, ``find_by`` and the like are given again.

    Returns
    -------
    DataFrame
        All rows of ``out`` in their order, with the newest verdict on each.
    """
    from bigin_frames.frames import verdicts
    from bigin_frames.prepare import planned

    module, operation = verdicts.written_to(out)
    again = np.flatnonzero(verdicts.not_written(out))
    if not len(again):
        return out
    names = verdicts.result_names(out)
    rows = out.iloc[again].drop(columns=list(names))
    settings = settled(operation, {"result_columns": names, **options})  # type: ignore[arg-type] # it is checked there
    return verdicts.merged_verdicts(out, again, planned(rows, module, settings).run())


def ids(out: pd.DataFrame, key: Hashable) -> pd.Series:
    """Return the ids of a returned frame's records by one of its columns, to look companies up for their contacts.

    Parameters
    ----------
    out : DataFrame
        What a verb returned.
    key : hashable
        Label of a column that tells the rows apart.

    Returns
    -------
    Series
        Ids as text, indexed by the key; rows without an id or a key are left out.

    Raises
    ------
    InputError
        If a key stands in two rows.

    Examples
    --------
    ``people["company_id"] = people["company"].map(bf.ids(companies, key="name"))``
    """
    from bigin_frames.frames import verdicts

    return verdicts.ids(out, key)


def errors(out: pd.DataFrame) -> pd.DataFrame:
    """Return one line for each row, code and field that went wrong.

    Parameters
    ----------
    out : DataFrame
        What a verb returned.

    Returns
    -------
    DataFrame
        ``row`` (position), ``label`` (of the index), ``status``, ``code`` and ``field`` (missing where the code names
        none), in the order of the rows.
    """
    from bigin_frames.frames.verdicts import result_names
    from bigin_frames.wire.result import parse_errors

    _, status, error = result_names(out)
    lines = [
        (row, out.index[row], out[status].iloc[row], reason.code, name)
        for row in np.flatnonzero(out[error].notna()).tolist()
        for reason in parse_errors(out[error].iloc[row])
        for name in reason.fields or (None,)
    ]
    return pd.DataFrame(lines, columns=["row", "label", "status", "code", "field"])


def summary(out: pd.DataFrame) -> pd.DataFrame:
    """Return how many rows ended with each verdict and reason, most first.

    Parameters
    ----------
    out : DataFrame
        What a verb returned.

    Returns
    -------
    DataFrame
        ``Status``, ``Error`` (missing where there is no reason) and ``Rows``.
    """
    from bigin_frames.frames import verdicts

    return verdicts.summary(out)


def plot(out: pd.DataFrame) -> Figure:
    """Draw how a write ended: rows by verdict and reason, and beside them rows with an error by field.

    Statuses have fixed colours that colour-blind people tell apart. Reasons are codes and field names; no other word of
    an ``Error`` is drawn, since a server's words may be anybody's data.

    Parameters
    ----------
    out : DataFrame
        What a verb returned.

    Returns
    -------
    matplotlib.figure.Figure
        A notebook shows it, ``.savefig("plot.png")`` keeps it, and ``.axes`` are there to be changed. pyplot has no
        part in it, so nothing needs a screen or is to be closed.

    Raises
    ------
    ImportError
        If matplotlib is missing.
    """
    try:
        from bigin_frames.plots import picture
    except ModuleNotFoundError as missing:
        raise ImportError("A plot needs matplotlib: pip install 'bigin_frames[plot]'") from missing
    return picture(out)
