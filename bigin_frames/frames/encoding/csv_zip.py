"""Encoded columns as batches within the limits, and a batch as CSV and zip: the same rows give the same bytes."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.deflate import fastest
from bigin_frames.errors import InputError, MappingError, OptionError
from bigin_frames.frames.cell_kinds import whole
from bigin_frames.frames.text_bytes import edges, holding, lowest, octets
from bigin_frames.limits import MAX_CSV_BYTES, MAX_ROWS_PER_JOB

# What RFC 4180 quotes, and white space or controls at an edge: Java's readers trim unquoted cells, never quoted ones.
_QUOTED = b',"\r\n'
_HIGHEST_TRIMMED = ord(" ")
# The service guesses the delimiter from the header among , ; : | (Bigin v1, bulk-write/limitations).
_NAME = re.compile(r"[A-Za-z0-9_.]+")
_MEMBER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\.csv")
_TEXT = pa.large_string()


def cell_bytes(text: pa.Array | pa.ChunkedArray, *, alone: bool = False) -> np.ndarray:
    """Return the bytes of each cell as `to_csv` writes it (int64), with quotes and the separator or line end after it.

    Parameters
    ----------
    text : pa.Array or pa.ChunkedArray
        A text column, null for an empty cell.
    alone : bool
        Whether it is the file's only column, whose cells are all quoted.
    """
    text = whole(text).cast(_TEXT)
    sizes = _filled(pc.binary_length(text)) + 1
    quoted = _quoted(text, alone)
    if quoted.any():
        sizes += 2 * quoted
        if holding(text, b'"').any():
            sizes += _filled(pc.count_substring(text, '"'))
    return sizes


def row_bytes(texts: Sequence[pa.Array | pa.ChunkedArray]) -> np.ndarray:
    """Return the bytes of each row as `to_csv` writes it (int64), with its line end."""
    sizes: np.ndarray = np.sum([cell_bytes(text, alone=len(texts) == 1) for text in texts], axis=0)
    return sizes


def split(
    sizes: np.ndarray, *, header_bytes: int, max_rows: int = MAX_ROWS_PER_JOB, max_bytes: int = MAX_CSV_BYTES
) -> list[slice]:
    """Return the fewest batches of consecutive rows that are within both limits.

    Filling each batch as far as possible is optimal as long as the rows keep their order.

    Parameters
    ----------
    sizes : np.ndarray
        Bytes of each row, int64, as `row_bytes` returns them.
    header_bytes : int
        Bytes of the header line, which every batch repeats.
    max_rows, max_bytes : int
        Both inclusive; the header counts as bytes and not as a row.

    Raises
    ------
    InputError
        If a single row is over the limit of bytes; ``position`` and ``size`` say which row and how large it is.
    """
    if max_rows < 1:
        raise OptionError("max_rows_per_job must be 1 or more.", option="max_rows_per_job")
    ends = np.cumsum(sizes, dtype=np.int64)
    batches: list[slice] = []
    start = 0
    while start < len(ends):
        before = int(ends[start - 1]) if start else 0
        fitting = int(np.searchsorted(ends, before + max_bytes - header_bytes, side="right"))
        stop = min(fitting, start + max_rows)
        if stop == start:
            raise _oversized(start, int(sizes[start]), header_bytes, max_bytes)
        batches.append(slice(start, stop))
        start = stop
    return batches


def _oversized(position: int, size: int, header_bytes: int, max_bytes: int) -> InputError:
    return InputError(
        f"The row at position {position} (counted from 0) takes {size:,} bytes and the header {header_bytes:,}; "
        f"a file may have {max_bytes:,}. Shorten its longest text.",
        position=position,
        size=size,
    )


def to_csv(names: Sequence[str], texts: Sequence[pa.Array | pa.ChunkedArray]) -> bytes:
    r"""Write rows as UTF-8 CSV: comma, ``\n``, quotes where a cell needs them, no byte order mark.

    A null cell is written as nothing. In a file of one column every cell is quoted: then no row is a blank line, which
    readers drop, and a wrongly guessed delimiter cannot cut a cell.

    Parameters
    ----------
    names : sequence of str
        The header; letters, digits, ``_`` and ``.`` only.
    texts : sequence of pa.Array or pa.ChunkedArray
        Text columns, as many as names.

    Raises
    ------
    MappingError
        If a name contains other characters or occurs twice.
    """
    return b"".join((_header(names), _bytes(lines(texts, len(names)))))


def lines(texts: Sequence[pa.Array | pa.ChunkedArray], width: int) -> pa.Array:
    """Return rows as `to_csv` writes them, one text with its line end each; ``width`` is how many names there are."""
    _common_length(texts)
    if len(texts) != width:
        raise InputError(f"There are {width} names for {len(texts)} columns.")
    cells = [_cells(whole(text).cast(_TEXT), alone=width == 1) for text in texts]
    cells[-1] = _joined([cells[-1], pa.scalar("\n", _TEXT)], "")
    return _joined(cells, ",")


def header_bytes(names: Sequence[str]) -> int:
    """Return the bytes of the header line, its line end included; refuse the names that `to_csv` refuses."""
    return len(_header(names))


def _header(names: Sequence[str]) -> bytes:
    for name in names:
        if not _NAME.fullmatch(name):
            raise MappingError(
                f"{name!r} cannot be the header of a column: only letters, digits, '_' and '.' are allowed, "
                "because Bigin guesses the delimiter from the header.",
                field=name,
            )
        if list(names).count(name) > 1:
            raise MappingError(f"Two columns of the file would have the header {name!r}; map only one.", field=name)
    return (",".join(names) + "\n").encode()


def _common_length(texts: Sequence[pa.Array | pa.ChunkedArray]) -> int:
    lengths = {len(text) for text in texts}
    if len(lengths) != 1:
        raise InputError("The columns of a file must have one length." if lengths else "A file needs a column.")
    return lengths.pop()


def _cells(text: pa.Array, alone: bool) -> pa.Array:
    quoted = _quoted(text, alone)
    if not quoted.any():
        return text
    mask = pa.array(quoted)
    doubled = pc.replace_substring(text.filter(mask), '"', '""')
    return pc.replace_with_mask(text, mask, _joined([pa.scalar('"', _TEXT), doubled, pa.scalar('"', _TEXT)], ""))


def _quoted(text: pa.Array, alone: bool) -> np.ndarray:
    if alone:
        return np.ones(len(text), bool)
    # Numbers, dates and ids have no byte up to the comma, the last of the quoted ones: one test saves the search.
    if lowest(text) > ord(","):
        return np.zeros(len(text), bool)
    first, last = edges(text)
    trimmed = np.minimum(first, last) <= _HIGHEST_TRIMMED
    quoted: np.ndarray = (holding(text, _QUOTED) | trimmed) & (_filled(pc.binary_length(text)) > 0)
    return quoted


def _joined(columns: list[pa.Array | pa.Scalar], separator: str) -> pa.Array:
    return pc.binary_join_element_wise(
        *columns, pa.scalar(separator, _TEXT), null_handling="replace", null_replacement=""
    )


def _bytes(text: pa.Array) -> memoryview:
    return octets(text)[0].data


@dataclass(frozen=True, slots=True)
class Packed:
    """One batch as it is uploaded: the name of the CSV inside, the zip, and the CSV's size."""

    name: str
    body: bytes
    csv_bytes: int


_FASTEST = fastest()


def pack(
    names: Sequence[str],
    blocks: Iterable[Sequence[pa.Array]],
    name: Callable[[str], str],
    deflater: ModuleType = _FASTEST,
) -> Packed:
    """Write a batch block by block into a zip; the whole CSV is never in memory.

    The same rows in the same blocks give the same bytes in every run. The compression level is zlib's 1, or igzip's
    where the extra ``fast`` is installed: zlib's level 6 makes the file a fifth smaller and takes about four times as
    long, which pays off only on a connection slower than 12 Mbit/s.

    Parameters
    ----------
    names : sequence of str
        The header.
    blocks : iterable of sequences of pa.Array
        Text columns of consecutive rows, as many as names.
    name : callable
        Given the CSV's CRC-32 as eight hex digits, returns the plain ``.csv`` name of the zip's only member. It is the
        CSV's checksum because the zip's own bytes may change with the deflate in use; the zip contains it anyway.
    deflater : module
        With zlib's ``compressobj`` and ``crc32``.
    """
    header = _header(names)
    deflate, check, size = deflater.compressobj(1, zlib.DEFLATED, -15), 0, 0
    pieces = []
    csv: Iterable[bytes | memoryview] = chain([header], (_bytes(lines(texts, len(names))) for texts in blocks))
    for piece in csv:
        check, size = deflater.crc32(piece, check), size + len(piece)
        pieces.append(deflate.compress(piece))
    pieces.append(deflate.flush())
    member = name(f"{check:08x}")
    return Packed(member, _archive(member, pieces, check, size), size)


def _archive(member: str, deflated: Sequence[bytes], check: int, size: int) -> bytes:
    """Wrap a finished deflate stream as a zip of one member (PKWARE's application note, 4.3; dated 1980-01-01)."""
    if not _MEMBER.fullmatch(member):
        raise InputError(f"{member!r} is not a plain file name ending in .csv.")
    packed, name = sum(map(len, deflated)), member.encode()
    facts = struct.pack("<HHHHHIIIHH", 20, 0x800, zlib.DEFLATED, 0, 0x21, check, packed, size, len(name), 0)
    local = b"PK\x03\x04" + facts + name
    central = b"PK\x01\x02" + struct.pack("<H", 20 | 3 << 8) + facts + struct.pack("<HHHII", 0, 0, 0, 0o600 << 16, 0)
    end = struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central) + len(name), len(local) + packed, 0)
    return b"".join((local, *deflated, central, name, b"PK\x05\x06", end))


def _filled(values: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(values, 0).to_numpy(zero_copy_only=False))
