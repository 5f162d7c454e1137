"""The preparation of a write: columns are mapped, rows are checked and split into jobs."""

from __future__ import annotations

import secrets
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from bigin_frames.client.client import Client
from bigin_frames.client.metadata import Metadata, known_layouts, load_metadata
from bigin_frames.client.shared_client import shared_client
from bigin_frames.delivery.batches.batch import batches_of
from bigin_frames.delivery.batches.task import Task
from bigin_frames.errors import InputError, OptionError
from bigin_frames.frames.checking.check import Checked, check
from bigin_frames.frames.checking.pipelines import demanding, need_layouts
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.frames.encoding.digests import ROW_KEY_SIGNS, with_row_keys
from bigin_frames.frames.encoding.texts import distinct, wire_texts
from bigin_frames.frames.mapping.columns import Mapped, map_columns
from bigin_frames.frames.merging.attach import free_names, snapshot
from bigin_frames.frames.merging.echo import contenders, identifying_order
from bigin_frames.job_request import MappedColumn
from bigin_frames.limits import MAX_ROWS_PER_JOB
from bigin_frames.model import PIPELINES, Field, Layout, Lookup
from bigin_frames.plans.options import Settings
from bigin_frames.plans.plan import Plan

# Of rows as CSV: enough to see which columns identify rows best.
_SAMPLE_BYTES = 2_000_000


def planned(frame: pd.DataFrame, module: str, settings: Settings) -> Plan:
    """Check a frame and split it into jobs; an empty frame needs no request."""
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
    seed = None
    if settings.row_key is not None:
        kept, settings, seed = _keyed(kept, module, settings)
    checked = checked_frame(kept, module, settings)
    found = checked.found
    sound = ~found.report.mask
    sound[found.surplus] = False
    rows = np.flatnonzero(sound)
    task = replace(_task(kept, rows, module, settings, checked), key_seed=seed)
    batches = batches_of(run_id, task, rows, found.sizes[rows], settings.max_rows_per_job)
    return replace(
        plan,
        report=found.report,
        _task=task,
        _batches=batches,
        _surplus=found.surplus,
        _fields=checked.fields,
    )


def _keyed(frame: pd.DataFrame, module: str, settings: Settings) -> tuple[pd.DataFrame, Settings, str | None]:
    """Give each row a key in a new column, unless one of the caller's columns is mapped to the key's field.

    Keys are computed from a row's cells: a run on another machine, or after the journal is lost, makes the same ones.
    """
    source, mapped, zone = mapped_columns(frame, module, replace(settings, find_by=None))
    name = str(settings.row_key)
    found = replace(settings, find_by=name)
    own = next((column.column for column in mapped.columns if column.field.api_name == name), None)
    if own is not None:
        _refuse_gaps(frame, own, name)
        return frame, found, None
    if settings.repeat:
        raise OptionError(
            f"row_key={name!r} writes the same rows only once, which excludes repeat=True: to insert them again, map "
            "a column with keys of your own to the field.",
            option="repeat",
        )
    field = next((field for field in source.fields(module) if field.api_name == name), None)
    if (
        field is None
        or not field.unique
        or field.data_type != "text"
        or (field.length or ROW_KEY_SIGNS) < ROW_KEY_SIGNS
    ):
        raise OptionError(
            f"row_key={name!r} must be a unique text field of {module} with at least {ROW_KEY_SIGNS} characters; "
            "create one in Bigin's settings (a module can have two unique fields).",
            option="row_key",
        )
    # Equal rows of two parts are two rows, as they are in one frame.
    seed = "" if settings.part is None else int(settings.part).to_bytes(8, "big").hex()
    keyed, label = with_row_keys(frame, mapped.columns, zone, seed, name)
    columns: dict[Hashable, str | Lookup] = {c.column: c.field.api_name for c in mapped.columns}
    columns |= settings.columns or {}
    return keyed, replace(found, columns={**columns, label: name}), seed


def _refuse_gaps(frame: pd.DataFrame, column: Hashable, name: str) -> None:
    gaps = np.flatnonzero(frame[column].isna() | (frame[column].astype(str).str.strip() == ""))
    if len(gaps):
        raise InputError(
            f"{len(gaps):,} rows have no key in column {column!r} (row_key={name!r}), the first at position {gaps[0]}: "
            "fill them, or leave the column out to have keys generated.",
        )


def _task(kept: pd.DataFrame, rows: np.ndarray, module: str, settings: Settings, checked: CheckedFrame) -> Task:
    mapped, zone = checked.mapped, checked.zone
    key = mapped.find_by.api_name if mapped.find_by else None
    sizes = checked.found.sizes[rows[:MAX_ROWS_PER_JOB]]
    first = 1 + int(np.searchsorted(np.cumsum(sizes), _SAMPLE_BYTES))
    compared = contenders(mapped.columns, key)
    sample = wire_texts(kept, rows[:first], [mapped.columns[i] for i in compared], zone)
    values = dict(zip(compared, distinct(sample), strict=True))
    order = identifying_order(mapped.columns, [values.get(i, 0) for i in range(len(mapped.columns))], key)
    return Task(
        client=cast(Client, checked.client),  # None in a plan from saved metadata until submit()
        module=module,
        operation=settings.operation,
        frame=kept,
        columns=tuple(mapped.columns[i] for i in order),
        constants=mapped.constants,
        key=mapped.find_by,
        labels={field.api_name: field.label for field in checked.fields},
        ignore_empty=settings.empty == "keep",
        zone=zone,
        row_key=settings.row_key is not None,
        callback=settings.callback,
    )


@dataclass(frozen=True, slots=True)
class CheckedFrame:
    """The result of checking a frame: with the frame, all that sending needs. The client may come later."""

    client: Client | None
    mapped: Mapped
    fields: tuple[Field, ...]
    zone: str
    found: Checked


def checked_frame(frame: pd.DataFrame, module: str, settings: Settings) -> CheckedFrame:
    """Find every problem of every row; only metadata is requested."""
    source, mapped, zone = mapped_columns(frame, module, settings)
    found = check(
        frame,
        mapped,
        operation=settings.operation,
        zone=zone,
        schema=settings.schema,
        clearing=settings.empty == "clear",
        on_duplicate=settings.on_duplicate,
        formulas=settings.formulas,
        layouts=_layouts(source, mapped, module, settings),
    )
    client = settings.client if settings.metadata is not None else cast(Client, source)
    return CheckedFrame(client, mapped, source.fields(module), zone, found)


def _layouts(source: Client | Metadata, mapped: Mapped, module: str, settings: Settings) -> tuple[Layout, ...]:
    """Return the pipelines that rows of deals are checked against; they are requested only if they matter."""
    operation, clearing = settings.operation, settings.empty == "clear"
    if module != PIPELINES or not need_layouts(mapped, operation=operation, clearing=clearing):
        return ()
    layouts = known_layouts(source, module)
    return demanding(layouts, source.fields(module), module=module, operation=operation)


def mapped_columns(frame: pd.DataFrame, module: str, settings: Settings) -> tuple[Client | Metadata, Mapped, str]:
    """Return the source of the fields, the mapping of the frame's columns, and the zone of naive datetimes."""
    _refuse_other_kinds(frame, module)
    source = source_of(settings)
    fields = source.fields(module)
    zone = zone_of(source, fields)
    mapped = map_columns(
        frame.columns,
        fields,
        module=module,
        operation=settings.operation,
        columns=settings.columns,
        find_by=settings.find_by,
        defaults=settings.defaults,
        zone=zone,
    )
    return source, mapped, zone


def source_of(settings: Settings) -> Client | Metadata:
    """Return the source of the fields: saved metadata if given, else the client."""
    if isinstance(settings.metadata, str | Path):
        return load_metadata(settings.metadata)
    return settings.metadata or settings.client or shared_client()


def zone_of(client: Client | Metadata, fields: Iterable[Field | MappedColumn]) -> str:
    """Return the org's time zone, which is requested only if a datetime field can need it."""
    kinds = {item.field.data_type if isinstance(item, MappedColumn) else item.data_type for item in fields}
    return client.org().time_zone if "datetime" in kinds else "UTC"


def _refuse_other_kinds(frame: object, module: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError(f"A pandas DataFrame is needed, not a {type(frame).__name__}.")
    if not isinstance(module, str):
        raise InputError(f"The module must be given by its API name, not as {type(module).__name__}.")
