"""Digests of rows as they would be sent: equal rows have equal digests, and a digest does not reveal a cell.

A digest covers the row's wire texts and the names of their fields, in any order of the columns. Under a secret key
(the journal's salt) nobody can test guesses of cells against it; without one it is the same on every machine.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.frames.encoding.csv_zip import lines
from bigin_frames.frames.encoding.texts import encoded_rows
from bigin_frames.job_request import MappedColumn

SIZE: Final = 16
ROW_KEY_SIGNS: Final = 26  # of 16 bytes in base 32
_BLOCK_ROWS: Final = 20_000
_LINES_AT_ONCE: Final = 1_000  # as Python's bytes: more would be allocated and freed block by block

Digests = npt.NDArray[np.uint8]


def row_digests(
    frame: pd.DataFrame, rows: np.ndarray, columns: Sequence[MappedColumn], zone: str, key: bytes
) -> Digests:
    """Return a digest of each row, without the columns' defaults.

    Parameters
    ----------
    frame : DataFrame
    rows : ndarray of int64
        Positions.
    columns : sequence of MappedColumn
    zone : str
        IANA name of the zone naive datetimes are in.
    key : bytes
        At most 64.

    Returns
    -------
    ndarray of uint8
        Shape (len(rows), 16). A cell that its field does not accept counts as empty.
    """
    plain = [replace(column, default=None) for column in sorted(columns, key=lambda column: column.field.api_name)]
    names = ",".join(column.field.api_name for column in plain)
    keyed = blake2b(names.encode(), digest_size=SIZE, key=key)
    digests = np.empty((len(rows), SIZE), np.uint8)
    for start in range(0, len(rows), _BLOCK_ROWS):
        of_block = _of_block(frame, rows[start : start + _BLOCK_ROWS], plain, zone, keyed)
        digests[start : start + _BLOCK_ROWS] = np.frombuffer(of_block, np.uint8).reshape(-1, SIZE)
    pa.default_memory_pool().release_unused()  # otherwise the process keeps the memory that encoding used
    return digests


def _of_block(
    frame: pd.DataFrame, rows: np.ndarray, columns: Sequence[MappedColumn], zone: str, keyed: blake2b
) -> bytes:
    texts = [encoded.text for encoded in encoded_rows(frame, rows, columns, zone)]
    block, digests = lines(texts, len(texts)).cast(pa.large_binary()), []
    for start in range(0, len(block), _LINES_AT_ONCE):
        for line in block.slice(start, _LINES_AT_ONCE).to_pylist():
            one = keyed.copy()
            one.update(line)
            digests.append(one.digest())
    return b"".join(digests)


def whole_digest(digests: Digests) -> str:
    """Return one digest of many digests, in their order."""
    return blake2b(np.ascontiguousarray(digests).reshape(-1).data, digest_size=SIZE).hexdigest()


def digest_sum(digests: Digests) -> list[int]:
    """Return two numbers that are the same for the same digests in any order."""
    numbers = np.ascontiguousarray(digests).reshape(-1).view("<u8").reshape(-1, 2)
    total: list[int] = numbers.sum(axis=0, dtype=np.uint64).tolist()
    return total


def among(digests: Digests, known: bytes) -> npt.NDArray[np.bool_]:
    """Mark digests that are among ``known``, which is digests one after another."""
    mask: npt.NDArray[np.bool_] = pc.is_in(_array(digests.tobytes()), value_set=_array(known)).to_numpy(
        zero_copy_only=False
    )
    return mask


def _array(digests: bytes) -> pa.Array:
    return pa.Array.from_buffers(pa.binary(SIZE), len(digests) // SIZE, [None, pa.py_buffer(digests)])


def with_row_keys(
    frame: pd.DataFrame, columns: Sequence[MappedColumn], zone: str, seed: str, field: str
) -> tuple[pd.DataFrame, str]:
    """Return the frame with a column of row keys after the others, and that column's label.

    Parameters
    ----------
    frame : DataFrame
    columns : sequence of MappedColumn
        What the keys are made of.
    zone : str
        IANA name of the zone naive datetimes are in.
    seed : str
        Hexadecimal; empty for keys that are the same on every machine.
    field : str
        API name of the field that takes the keys.
    """
    digests = row_digests(frame, np.arange(len(frame)), columns, zone, bytes.fromhex(seed))
    label = f"{field} (made here)"
    return frame.assign(**{label: row_keys(digests)}), label


def row_keys(digests: Digests) -> list[str]:
    """Return a text for each row that no other row has; the same rows in the same order get the same texts.

    Parameters
    ----------
    digests : ndarray of uint8
        As `row_digests` returns them; equal rows are distinguished by counting them.

    Returns
    -------
    list of str
        `ROW_KEY_SIGNS` each, lower-case letters and digits: Bigin's unique fields ignore case.
    """
    seen: dict[bytes, int] = {}
    keys = []
    for digest in map(bytes, digests):
        number = seen[digest] = seen.get(digest, -1) + 1
        unique = blake2b(digest + number.to_bytes(4, "big"), digest_size=SIZE).digest() if number else digest
        keys.append(b32encode(unique).decode().rstrip("=").lower())
    return keys
