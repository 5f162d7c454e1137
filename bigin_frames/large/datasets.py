"""More rows than fit in memory, written part by part: each is a run of its own with its verdicts in a Parquet file.

A part is written once, and its file is created whole or not at all: the same call, made again after a crash, resumes
at the first part that has no file.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from bigin_frames.delivery.resume import resume
from bigin_frames.display.progress import progress_bar
from bigin_frames.errors import AlreadyDelivered, InputError, OptionError, RefusedRowsWarning, warn
from bigin_frames.frames.merging.returned import result_names
from bigin_frames.large.sources import Source, frames_of
from bigin_frames.model import WRITTEN, Operation
from bigin_frames.plans.option_help import with_options
from bigin_frames.plans.options import Options, Settings, settled
from bigin_frames.plans.prepare import planned

if TYPE_CHECKING:
    from bigin_frames.delivery.run import Run
    from bigin_frames.plans.plan import Plan

__all__ = ["PART_ROWS", "Source", "leave_on_error", "write_dataset"]

log = logging.getLogger("bigin_frames")

PART_ROWS: Final = 100_000  # four full jobs
_IN_FLIGHT: Final = 2  # parts in progress while the next one is read: at most three in memory
_MANIFEST: Final = "_bigin_frames.json"


@dataclass(frozen=True, slots=True)
class _Part:
    """One part: its rows, and the file for its verdicts."""

    frame: pd.DataFrame
    first_row: int
    path: Path


@with_options(defaults={"on_invalid": "skip"})
def write_dataset(
    source: Source,
    module: str,
    *,
    out: str | Path,
    operation: Operation = "insert",
    rows_per_part: int = PART_ROWS,
    **options: Unpack[Options],
) -> pd.DataFrame:
    """Write rows of files, a dataset or an iterator of frames; memory use does not depend on their number.

    Parameters
    ----------
    source : path, list of paths, pyarrow.dataset.Dataset, or iterator of DataFrame
        Parquet, CSV (every column is read as text, an empty cell as missing) or Arrow IPC; a folder is one of Parquet
        files. A Dataset's Parquet is read one row group at a time, and memory use depends on row-group size: if they
        are large, give the files instead. An iterator must yield the same frames again when the call is made again.
    module : str
        API name.
    out : str or Path
        A folder for the parts, ``part-00000.parquet`` and so on: the same rows in the same order, and ``ID``,
        ``Status`` and ``Error``. Parts that exist are not written again.
    operation : {"insert", "update", "upsert"}
    rows_per_part : int
        Rows per file; at most three parts are in memory. It must be the same when the call is made again.
    **options
        See "Other Parameters" below. ``on_invalid`` is ``"skip"`` by default, because the first rows are sent before
        the last ones are read. ``max_credits`` is for all parts that one call begins: the part that would exceed it
        raises an error.

    Returns
    -------
    DataFrame
        ``Status``, ``Error`` and ``Rows``: how many rows ended with each verdict.

    Raises
    ------
    InputError
        If ``out`` has the parts of another call, or a file is of another kind.
    JobPending, TransportError, ApiError
        As `insert`; the parts before have their files, and the same call resumes.

    Notes
    -----
    Parts are not compared with rows of earlier inserts (``on_overlap``): a part that was written is recognised as a
    whole, by its position and its rows. A part of an insert is sent once, even if another folder is used for its
    verdicts; an update or upsert into a new folder writes all its values again.

    Examples
    --------
    >>> people.to_csv("people.csv", index=False)
    >>> bf.write_dataset("people.csv", "Contacts", out="parts", columns={"Surname": "Last_Name", "E-mail": "Email"})
      Status Error  Rows
    0  ADDED  <NA>     2
    """
    given: dict[str, Any] = {"on_invalid": "skip", **options}
    settings = settled(operation, given, own=("out", "operation", "rows_per_part"))
    if not isinstance(rows_per_part, int) or rows_per_part < 1:
        raise OptionError("rows_per_part must be a whole number, 1 or more.", option="rows_per_part")
    folder = Path(out)
    call = _claim(folder, {"module": module, "operation": operation, "rows_per_part": rows_per_part})
    counts: Counter[tuple[str, str | None]] = Counter()
    under_way: deque[tuple[_Part, Run]] = deque()
    with progress_bar(None, settings.progress) as bar, leave_on_error(under_way):
        for part in _parts(source, rows_per_part, folder):
            if part.path.exists():
                counts += _counted_file(part, settings.result_columns)
            else:
                plan = planned(
                    part.frame, module, replace(settings, part=_place(part, operation, call), on_overlap="ignore")
                )
                under_way.append((part, _started(plan, part, settings)))
                settings = _after(plan, settings)
            if len(under_way) > _IN_FLIGHT:
                counts += _ended(*under_way.popleft())
            bar.update(len(part.frame))
        while under_way:
            counts += _ended(*under_way.popleft())
    return _summary(counts, settings)


@contextmanager
def leave_on_error(under_way: Iterable[tuple[Any, Run]]) -> Iterator[None]:
    """Leave the parts in progress when the call ends early, so that the same call can resume at once."""
    try:
        yield
    except BaseException:
        for _, run in under_way:
            run.leave()
        raise


def _place(part: _Part, operation: Operation, call: str) -> int | str:
    """Return what distinguishes a part from equal ones: its position, and the call unless the write is an insert."""
    return part.first_row if operation == "insert" else f"{call}/{part.first_row}"


def _claim(folder: Path, facts: dict[str, Any]) -> str:
    """Reserve a folder for a call, and return the call's name; other arguments would make other parts."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = folder / _MANIFEST
    if manifest.exists():
        known = json.loads(manifest.read_text(encoding="utf-8"))
        call = known.pop("call", "")
        if known != facts:
            raise InputError(f"The folder {folder.name!r} has parts of another call ({known}); choose another folder.")
        return str(call)
    if any(folder.glob("part-*.parquet")):
        raise InputError(f"The folder {folder.name!r} has other files named part-...parquet; choose another folder.")
    call = secrets.token_hex(8)
    manifest.write_text(json.dumps({**facts, "call": call}), encoding="utf-8")
    return call


def _after(plan: Plan, settings: Settings) -> Settings:
    """Subtract the credits of a plan from ``max_credits`` for the parts that follow."""
    most = settings.max_credits
    return settings if most is None else replace(settings, max_credits=most - plan.credits)


def _started(plan: Plan, part: _Part, settings: Settings) -> Run:
    try:
        return plan.submit()
    except AlreadyDelivered as delivered:  # in a process that ended before it made the file
        log.warning("%s: run %s has already written these rows; using its verdicts", part.path.name, delivered.run_id)
        return resume(delivered.run_id, part.frame, client=settings.client, result_columns=settings.result_columns)


def _ended(part: _Part, run: Run) -> Counter[tuple[str, str | None]]:
    """Wait for a part and create its file, whole or not at all."""
    written = run.wait(progress=False)
    rest = part.path.with_suffix(".rest")
    with rest.open("wb") as file:
        parquet.write_table(pa.Table.from_pandas(written, preserve_index=False), file)
        file.flush()
        os.fsync(file.fileno())
    rest.replace(part.path)
    return _counted(written)


def _counted(written: pd.DataFrame) -> Counter[tuple[str, str | None]]:
    _, status, error = result_names(written)
    pairs = zip(written[status], written[error].astype(object).where(written[error].notna(), None), strict=True)
    return Counter(pairs)


def _counted_file(part: _Part, names: Sequence[str]) -> Counter[tuple[str, str | None]]:
    written = parquet.read_table(part.path, columns=list(names)).to_pandas()
    if len(written) != len(part.frame):
        raise InputError(
            f"{part.path.name} has {len(written):,} rows, and the source gives {len(part.frame):,} from row "
            f"{part.first_row:,} on: it is not the source that this folder was begun with."
        )
    return _counted(written)


def _summary(counts: Counter[tuple[str, str | None]], settings: Settings) -> pd.DataFrame:
    lines = [(status, error, number) for (status, error), number in counts.most_common()]
    found = pd.DataFrame(lines, columns=["Status", "Error", "Rows"])
    found["Error"] = found["Error"].astype("string")
    lost = int(found.loc[~found["Status"].isin([status.value for status in WRITTEN]), "Rows"].sum())
    if lost and settings.on_error != "ignore":
        warn(
            f"{lost:,} of {int(found['Rows'].sum()):,} rows were not written or have an unknown status; see the parts.",
            RefusedRowsWarning,
        )
    return found


def _parts(source: Source, rows: int, folder: Path) -> Iterator[_Part]:
    first = 0
    for number, frame in enumerate(frames_of(source, rows)):
        named = frame.set_axis(pd.RangeIndex(first, first + len(frame)), axis=0)
        yield _Part(named, first, folder / f"part-{number:05d}.parquet")
        first += len(frame)
