"""Do what ``df.bigin`` offers: each method of the accessor is one of these functions with the frame first."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, cast

import numpy as np
import pandas as pd

from bigin_frames.client import Client
from bigin_frames.errors import InputError
from bigin_frames.metadata import Metadata, load_metadata
from bigin_frames.model import Field, MappedColumn, Operation
from bigin_frames.options import Options, Settings, settled
from bigin_frames.settings import shared_client

if TYPE_CHECKING:
    import pandera.pandas as pa

    from bigin_frames.batches import Task
    from bigin_frames.frames.mapping import Mapped
    from bigin_frames.frames.report import ValidationReport
    from bigin_frames.frames.schema import Checked
    from bigin_frames.plans import Plan
    from bigin_frames.runs import Run


# Of rows as CSV: enough to see which columns tell rows apart.
_SAMPLE_BYTES = 4_000_000


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
    return _planned(frame, module, settled("insert", options)).run()


def update(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds, create none; otherwise as `insert`."""
    return _planned(frame, module, settled("update", options)).run()


def upsert(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds and add the others; otherwise as `insert`."""
    return _planned(frame, module, settled("upsert", options)).run()


def submit(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Run:
    """Start a write and return its handle at once; everything that can be refused here is refused before.

    Returns
    -------
    Run
        ``.wait()`` returns what the blocking verb would, ``.frame()`` what is known now.
    """
    return _planned(frame, module, settled(operation, options)).submit()


def plan(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Plan:
    """Say what a write would do, without sending anything but questions for metadata.

    Returns
    -------
    Plan
        Jobs, bytes, credits, mapping and invalid rows to look at; ``.run()`` does exactly that.
    """
    return _planned(frame, module, settled(operation, options))


def check(
    frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]
) -> ValidationReport:
    """Find every problem of every row; nothing is raised for them and nothing is sent.

    Returns
    -------
    ValidationReport
    """
    return _checked(frame, module, settled(operation, options)).found.report


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

    checked = _checked(frame, module, settled(operation, options))
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
        One column for each writable field, named by API name; only mandatory ones are required.
    """
    from bigin_frames.frames.mapping import every_field
    from bigin_frames.frames.schema import module_schema

    source = _source(settled(operation, {"client": client, "metadata": metadata}))
    columns = every_field(source.fields(module), module=module, operation=operation)
    return module_schema(columns, operation=operation, zone=_zone(source, columns))


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

    module, operation = verdicts.written_to(out)
    again = np.flatnonzero(verdicts.not_written(out))
    if not len(again):
        return out
    names = verdicts.result_names(out)
    rows = out.iloc[again].drop(columns=list(names))
    settings = settled(operation, {"result_columns": names, **options})  # type: ignore[arg-type] # it is checked there
    return verdicts.merged_verdicts(out, again, _planned(rows, module, settings).run())


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


@dataclass(frozen=True, slots=True)
class _Checked:
    """Hold what checking found out; with the frame, all that sending needs. The client may be yet to come."""

    client: Client | None
    mapped: Mapped
    fields: tuple[Field, ...]
    zone: str
    found: Checked


def _checked(frame: pd.DataFrame, module: str, settings: Settings) -> _Checked:
    from bigin_frames.frames.mapping import map_columns
    from bigin_frames.frames.schema import check

    _refuse_other_kinds(frame, module)
    source = _source(settings)
    operation, fields = settings.operation, source.fields(module)
    zone = _zone(source, fields)
    mapped = map_columns(
        frame.columns,
        fields,
        module=module,
        operation=operation,
        columns=settings.columns,
        find_by=settings.find_by,
        defaults=settings.defaults,
        zone=zone,
    )
    clearing = settings.empty == "clear"
    found = check(
        frame,
        mapped,
        operation=operation,
        zone=zone,
        schema=settings.schema,
        clearing=clearing,
        on_duplicate=settings.on_duplicate,
    )
    client = settings.client if settings.metadata is not None else cast(Client, source)
    return _Checked(client, mapped, fields, zone, found)


def _source(settings: Settings) -> Client | Metadata:
    """Return what knows the fields: saved metadata if there are any, else the client."""
    if isinstance(settings.metadata, str | Path):
        return load_metadata(settings.metadata)
    return settings.metadata or settings.client or shared_client()


def _refuse_other_kinds(frame: object, module: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"A pandas DataFrame is needed, not a {type(frame).__name__}.")
    if not isinstance(module, str):
        raise InputError(f"The module must be given by its API name, not as {type(module).__name__}.")


def _zone(client: Client | Metadata, fields: Iterable[Field | MappedColumn]) -> str:
    """Return the org's time zone, asked for only where a datetime field can need it."""
    kinds = {item.field.data_type if isinstance(item, MappedColumn) else item.data_type for item in fields}
    return client.org().time_zone if "datetime" in kinds else "UTC"


def _planned(frame: pd.DataFrame, module: str, settings: Settings) -> Plan:
    """Check everything and cut it into jobs; an empty frame asks Bigin nothing."""
    from bigin_frames.batches import batches_of
    from bigin_frames.frames.report import ValidationReport
    from bigin_frames.frames.verdicts import free_names, snapshot
    from bigin_frames.plans import Plan

    _refuse_other_kinds(frame, module)
    names = free_names(frame, settings.result_columns)
    kept, run_id = snapshot(frame), secrets.token_hex(4)
    plan = Plan(
        run_id=run_id,
        report=ValidationReport(0),
        _task=None,
        _batches=[],
        _frame=kept,
        _settings=settings,
        _names=names,
    )
    if not len(frame):
        return plan
    checked = _checked(kept, module, settings)
    found = checked.found
    rows = np.setdiff1d(np.flatnonzero(~found.report.mask), found.surplus)
    task = _task(kept, rows, module, settings, checked)
    batches = batches_of(run_id, task, rows, found.sizes[rows], settings.max_rows_per_job)
    return replace(
        plan, report=found.report, _task=task, _batches=batches, _surplus=found.surplus, _fields=checked.fields
    )


def _task(kept: pd.DataFrame, rows: np.ndarray, module: str, settings: Settings, checked: _Checked) -> Task:
    from bigin_frames.batches import Task
    from bigin_frames.frames.echo import identifying_order
    from bigin_frames.frames.texts import distinct, wire_texts

    mapped, zone = checked.mapped, checked.zone
    key = mapped.find_by.api_name if mapped.find_by else None
    first = 1 + int(np.searchsorted(np.cumsum(checked.found.sizes[rows]), _SAMPLE_BYTES))
    sample = wire_texts(kept, rows[:first], mapped.columns, zone)
    order = identifying_order(mapped.columns, distinct(sample), key)
    return Task(
        client=cast(Client, checked.client),  # of a plan from saved metadata it comes with submit()
        module=module,
        operation=settings.operation,
        frame=kept,
        columns=tuple(mapped.columns[i] for i in order),
        constants=mapped.constants,
        key=mapped.find_by,
        labels={field.api_name: field.label for field in checked.fields},
        ignore_empty=settings.empty == "keep",
        zone=zone,
    )
