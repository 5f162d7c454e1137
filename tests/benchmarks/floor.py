"""The floor: each stage of a write with the least possible work: no safety rule, no network, one thread.

It is correct for these frames only: no value and no type is checked.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from bigin_frames.deflate import fastest
from tests.benchmarks.check_speed import failing_of
from tests.benchmarks.mixed import FIELDS, NAMES, TEXTS

STAGES = ("convert", "validate", "encode", "deflate", "read", "merge")
ROWS_PER_JOB = 25_000
ECHOED = NAMES[:3]
_TEXT = pa.large_string()
_DEFLATER = fastest()


def slices(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for start in range(0, len(frame), ROWS_PER_JOB):
        yield frame.iloc[start : start + ROWS_PER_JOB]


def convert(rows: pd.DataFrame) -> dict[str, pa.Array]:
    """Convert the columns to Arrow, once for all stages that follow."""
    return {name: _whole(pa.array(rows[name], from_pandas=True)) for name in NAMES}


def _whole(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def validate(columns: dict[str, pa.Array]) -> int:
    """Count the rows that break a rule."""
    bad = pa.scalar(False)
    for field in FIELDS:
        if field.api_name in TEXTS:
            for failing in failing_of(columns[field.api_name], field):
                bad = pc.or_(bad, pc.fill_null(failing, False))
    for name, most in (("Visits", 10**9), ("Income", 10**14)):
        bad = pc.or_(bad, pc.fill_null(pc.greater_equal(pc.abs(columns[name]), most), False))
    return pc.sum(bad).as_py() or 0


def encode(columns: dict[str, pa.Array]) -> memoryview:
    """Write CSV with quotes only where they are needed."""
    cells = [_quoted(column) if name in TEXTS else _text(column) for name, column in columns.items()]
    cells[-1] = _joined(cells[-1], pa.scalar("\n", _TEXT))
    return memoryview(_joined(*cells, sign=",").buffers()[2])


def _text(column: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(column.type) and column.type.tz:
        naive = column.cast(pa.timestamp(column.type.unit)).cast(pa.timestamp("s"), safe=False).cast(_TEXT)
        return _joined(pc.replace_substring(naive, " ", "T"), pa.scalar("+00:00", _TEXT))
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.date32())
    return column.cast(_TEXT)


def _quoted(column: pa.Array) -> pa.Array:
    text = column.cast(_TEXT)
    special = pc.fill_null(pc.match_substring_regex(text, '[,"\r\n]'), False)
    if not pc.any(special).as_py():
        return text
    doubled = pc.replace_substring(text.filter(special), '"', '""')
    quote = pa.scalar('"', _TEXT)
    return pc.replace_with_mask(text, special, _joined(quote, doubled, quote))


def _joined(*columns: Any, sign: str = "") -> pa.Array:
    separator = pa.scalar(sign, _TEXT)
    return pc.binary_join_element_wise(*columns, separator, null_handling="replace", null_replacement="")


def deflate(csv: memoryview) -> bytes:
    """Put a CSV into a zip."""
    header = (",".join(NAMES) + "\n").encode()
    stream = _DEFLATER.compressobj(1, zlib.DEFLATED, -15)
    parts = (stream.compress(header), stream.compress(csv), stream.flush())
    return archived(parts, _DEFLATER.crc32(csv, _DEFLATER.crc32(header)), len(header) + len(csv))


def archived(parts: tuple[bytes, ...], check: int, size: int) -> bytes:
    packed, name = sum(map(len, parts)), b"rows.csv"
    facts = struct.pack("<HHHHHIIIHH", 20, 0x800, zlib.DEFLATED, 0, 0x21, check, packed, size, len(name), 0)
    central = b"PK\x01\x02" + struct.pack("<H", 20) + facts + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), 30 + len(name) + packed, 0)
    return b"".join((b"PK\x03\x04", facts, name, *parts, central, b"PK\x05\x06", end))


def read(packed: bytes) -> pa.Table:
    """Read a result, every column as text."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        csv = archive.read(archive.namelist()[0])
    names = csv[: csv.index(b"\n")].decode().replace('"', "").split(",")
    return pa.csv.read_csv(
        pa.py_buffer(csv),
        read_options=pa.csv.ReadOptions(use_threads=False),
        parse_options=pa.csv.ParseOptions(newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )


def merge(columns: dict[str, pa.Array], result: pa.Table) -> pa.Table:
    """Prove that the lines are in the order sent, and read their verdicts."""
    for name in ECHOED:
        echoed = result[name].cast(_TEXT)
        if not pc.all(pc.equal(pc.fill_null(columns[name].cast(_TEXT), ""), echoed)).as_py():
            raise ValueError(f"{name} came back in another order")
    return result.select(["RECORD_ID", "STATUS", "ERRORS"])


def attach(frame: pd.DataFrame, verdicts: list[pa.Table]) -> pd.DataFrame:
    """Put all verdicts beside the frame (counted with `merge`)."""
    table = pa.concat_tables(verdicts)
    dtype: Any = pd.StringDtype("pyarrow")
    own = {
        name: dtype.__from_arrow__(table[column].cast(_TEXT))
        for name, column in (("ID", "RECORD_ID"), ("Status", "STATUS"), ("Error", "ERRORS"))
    }
    return pd.concat([frame, pd.DataFrame(own, index=frame.index)], axis=1)
