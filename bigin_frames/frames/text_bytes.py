"""The bytes of a text column as one numpy array, all cells end to end: a hundred times as fast as a text search.

Every character searched for is ASCII, and in UTF-8 no byte of another character equals one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Octets = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]


def octets(text: pa.Array) -> tuple[Octets, npt.NDArray[np.int64]]:
    """Return the bytes of a column without a copy, and where in them each cell starts and the last one ends.

    Parameters
    ----------
    text : pa.Array
        string or large_string. What Arrow keeps under a null cell is among the bytes.

    Returns
    -------
    data, bounds : np.ndarray
        uint8, and int64 of one element more than cells: cell ``i`` is ``data[bounds[i]:bounds[i + 1]]``.
    """
    text = text.cast(pa.large_string())  # which may move a slice to the start of its buffers
    _, offsets, data = text.buffers()
    if data is None or not len(text):
        return np.empty(0, np.uint8), np.zeros(len(text) + 1, np.int64)
    bounds = np.frombuffer(offsets, np.int64)[text.offset : text.offset + len(text) + 1]
    return np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]], bounds - bounds[0]


def equally_long(signs: Octets, present: Flags) -> pa.Array:
    """Return a column (large_string) of one row of ``signs`` for each present cell, null for the others."""
    bounds = np.zeros(len(present) + 1, np.int64)
    np.cumsum(present, out=bounds[1:])
    valid = pa.array(present).buffers()[1]
    buffers = [valid, pa.py_buffer(bounds * signs.shape[1]), pa.py_buffer(signs)]
    return pa.Array.from_buffers(pa.large_string(), len(present), buffers)


def lowest(text: pa.Array) -> int:
    """Return the lowest byte of all cells, 255 where there is none."""
    return int(octets(text)[0].min(initial=255))


def highest(text: pa.Array) -> int:
    """Return the highest byte of all cells, 0 where there is none; below 128 all of them are ASCII."""
    return int(octets(text)[0].max(initial=0))


def holding(text: pa.Array, signs: bytes) -> Flags:
    """Mark cells that contain one of some ASCII characters; bytes under a null cell may count."""
    data, bounds = octets(text)
    raw, flags = data.tobytes(), np.zeros(len(text), np.bool_)
    for sign in signs:
        if sign in raw:  # most are not, and this test is twenty times as fast as numpy
            flags[_cells_at(np.flatnonzero(data == sign), bounds)] = True
    return flags


def beyond(text: pa.Array, signs: bytes) -> Flags:
    """Mark cells that contain anything but some ASCII characters; bytes under a null cell may count."""
    data, bounds = octets(text)
    flags = np.zeros(len(text), np.bool_)
    if data.tobytes().translate(None, signs):
        flags[_cells_at(np.flatnonzero(~among(data, signs)), bounds)] = True
    return flags


def edges(text: pa.Array) -> tuple[Octets, Octets]:
    """Return the first and the last byte of each cell; those of an empty cell mean nothing."""
    data, bounds = octets(text)
    if not len(data):
        return np.zeros(len(text), np.uint8), np.zeros(len(text), np.uint8)
    return data.take(bounds[:-1], mode="clip"), data.take(bounds[1:] - 1, mode="clip")


def among(data: Octets, signs: bytes) -> Flags:
    """Mark bytes that are one of some ASCII characters."""
    known = np.zeros(256, np.bool_)
    known[list(signs)] = True
    return known[data]


def _cells_at(hits: npt.NDArray[np.int64], bounds: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.searchsorted(bounds, hits, side="right") - 1
