"""Files, datasets and frames, read as frames of a given number of rows; memory use depends only on that number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd
import pyarrow as pa
from pyarrow import csv, parquet
from pyarrow.dataset import Dataset, dataset

from bigin_frames.errors import InputError

Source: TypeAlias = "str | Path | Sequence[str | Path] | Dataset | Iterable[pd.DataFrame]"

_BATCH_ROWS: Final = 8_192
_PAGE_BYTES: Final = 65_536  # of each column read at a time; without it, its whole row group's
_SCANNED: Final = {"batch_size": _BATCH_ROWS, "batch_readahead": 1, "fragment_readahead": 1}
_DIFFERENT: Final = "The files differ in their columns or types; write them separately, each to its own folder."
_FORMATS: Final = {
    ".parquet": "parquet", ".pq": "parquet", ".arrow": "ipc", ".feather": "ipc", ".ipc": "ipc", ".csv": "csv",
}  # fmt: skip


def frames_of(source: Source, rows: int) -> Iterator[pd.DataFrame]:
    """Yield the rows of a source in order, in frames of a given number of rows.

    Raises
    ------
    InputError
        If a file does not exist, is of another kind or damaged, or files differ in their columns.
    """
    if isinstance(source, str | Path):
        source = [source]
    if isinstance(source, Dataset):
        yield from _of_batches(_scanned(source), rows)
    elif isinstance(source, Sequence) and all(isinstance(path, str | Path) for path in source):
        yield from _of_batches((batch for path in source for batch in _read(Path(path))), rows)
    else:
        for frame in source:
            if not isinstance(frame, pd.DataFrame):
                raise InputError(f"The source must give DataFrames, not {type(frame).__name__}.")
            yield from (frame.iloc[start : start + rows] for start in range(0, len(frame), rows))


def _of_batches(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pd.DataFrame]:
    """Split a stream of record batches again, so that the parts depend only on the rows."""
    kept: list[pa.RecordBatch] = []
    have = 0
    for batch in batches:
        while have + len(batch) >= rows:
            need = rows - have
            yield _frame([*kept, batch.slice(0, need)])
            batch, kept, have = batch.slice(need), [], 0
        if len(batch):
            kept.append(batch)
            have += len(batch)
    if kept:
        yield _frame(kept)


def _frame(batches: Sequence[pa.RecordBatch]) -> pd.DataFrame:
    if not all(batch.schema.equals(batches[0].schema) for batch in batches):
        raise InputError(_DIFFERENT)
    frame: pd.DataFrame = pa.Table.from_batches(batches).to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    return frame


def _read(path: Path) -> Iterator[pa.RecordBatch]:
    kind = _FORMATS.get(path.suffix.lower())
    if not path.exists():
        raise InputError(f"There is no file {path.name!r}.")
    if kind is None and not path.is_dir():
        raise InputError(f"{path.name!r} is not a {', '.join(_FORMATS)} file; read it yourself and give the frames.")
    problem = None
    try:
        yield from _READERS[kind or "parquet"](path)
    except pa.ArrowInvalid as damage:
        problem = type(damage).__name__  # its words quote the line
    if problem:
        raise InputError(f"{path.name!r} cannot be read as {kind or 'parquet'} ({problem}): is the file damaged?")


def _parquet(path: Path) -> Iterator[pa.RecordBatch]:
    """Read a file or a folder of them, batch by batch: a scanner reads whole row groups (apache/arrow issue 13949).

    If a file of a folder has another type for a column, the first file's type is used.
    """
    found = dataset(path, format="parquet")
    for fragment in found.get_fragments():
        if set(fragment.physical_schema.names) != set(found.schema.names):
            raise InputError(_DIFFERENT)
        if not fragment.physical_schema.equals(found.schema):
            yield from fragment.to_batches(schema=found.schema, **_SCANNED)
            continue
        with parquet.ParquetFile(fragment.path, pre_buffer=False, buffer_size=_PAGE_BYTES) as file:
            yield from file.iter_batches(_BATCH_ROWS, use_threads=False)


def _ipc(path: Path) -> Iterator[pa.RecordBatch]:
    yield from _scanned(dataset(path, format="ipc"))


def _scanned(source: Any) -> Iterator[pa.RecordBatch]:
    """Read a dataset in order, at most one batch ahead."""
    yield from source.scanner(**_SCANNED).to_batches()


def _csv(path: Path) -> Iterator[pa.RecordBatch]:
    parsing = csv.ParseOptions(newlines_in_values=True)
    with csv.open_csv(path, parse_options=parsing) as head:
        names = head.schema.names
    text = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.large_string()), strings_can_be_null=True, null_values=[""]
    )
    with csv.open_csv(path, parse_options=parsing, convert_options=text) as reader:
        yield from reader


_READERS: Final = {"parquet": _parquet, "ipc": _ipc, "csv": _csv}
