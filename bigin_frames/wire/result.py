"""A result file: its CSV, and what each of its columns is."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bigin_frames.job_request import FieldMapping
from bigin_frames.wire.unzip import STEP_BYTES, bad_result, unzip


@dataclass(frozen=True, slots=True)
class Result:
    """A result: its CSV as UTF-8 without a byte order mark, what its columns are, and their delimiter."""

    csv: bytes | bytearray
    layout: ResultLayout
    delimiter: str


def read(body: bytes, mappings: Sequence[FieldMapping]) -> Result:
    """Read a result zip.

    Parameters
    ----------
    body : bytes
    mappings : sequence of FieldMapping
        Those the job was created with.

    Raises
    ------
    BadResultError
        If it says nothing certain about any row.
    """
    found = utf8(unzip(body))
    start = found[:_MAX_HEADER_BYTES].decode(errors="ignore")  # the cut may fall within a character
    delimiter = next((sign for sign in _DELIMITERS if len(_header(start, sign)) > len(_VERDICT)), ",")
    return Result(found, layout(_header(start, delimiter), mappings), delimiter)


# Those that uploads may use, comma first (Bigin v1, bulk-write/limitations); no page says which one results use.
_DELIMITERS: Final = (",", ";", "|", ":")
_MAX_HEADER_BYTES: Final = 64 * 2**10  # six headers of at most a few hundred characters each
_VERDICT: Final = ("status", "record_id", "errors")


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def utf8(content: bytes | bytearray) -> bytes | bytearray:
    """Return a result's text as UTF-8 without a byte order mark; anything else is BadResultError.

    It is checked in steps: a result is as large as what was uploaded, and a second copy is not needed.
    """
    if not _is_utf8(content) or b"\0" in content:  # NUL: UTF-16 without a mark is valid UTF-8 otherwise
        raise bad_result("the file in the zip is not UTF-8 text")
    return content[len(codecs.BOM_UTF8) :] if content.startswith(codecs.BOM_UTF8) else content


def _is_utf8(content: bytes | bytearray) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), STEP_BYTES):
            decoder.decode(content[start : start + STEP_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:  # holds the bytes, so it is not passed on
        return False
    return True


@dataclass(frozen=True, slots=True)
class ResultLayout:
    """What each column of a result holds.

    Parameters
    ----------
    status, record_id, errors : int
        Column positions of the verdict.
    echo : dict[int, str]
        Column position -> API name of the mapped field whose uploaded cell it repeats; constants are left out.
    """

    status: int
    record_id: int
    errors: int
    echo: dict[int, str] = field(default_factory=dict)


def layout(header: Sequence[str], mappings: Sequence[FieldMapping]) -> ResultLayout:
    """Return what each column of a result is.

    The verdict columns are next to each other at the end, else at the start; there they are recognised by name, in any
    order. Position comes first because a mapped field may itself be called Status or id. Every other column must be
    one mapped field, by API name (which is also the header we upload) or by label.

    Raises
    ------
    BadResultError
        If a column does not have exactly one possible meaning.
    """
    width = len(header)
    for start in (width - 3, 0):
        verdict = _verdict(header, start)
        if verdict is not None:
            # A column without a name echoes nothing: fewer than three fields may have been mapped.
            rest = [at for at in range(width) if not start <= at < start + 3 and header[at].strip()]
            return ResultLayout(**verdict, echo=_echo([header[at] for at in rest], rest, mappings))
    raise bad_result("its header does not have status, record id and errors next to each other at either end")


_VERDICT_NAMES: Final[Mapping[str, str]] = {
    "status": "status",
    "recordid": "record_id",
    "id": "record_id",
    "errors": "errors",
    "error": "errors",
}


def _verdict(header: Sequence[str], start: int) -> dict[str, int] | None:
    if start < 0:
        return None
    named = {_VERDICT_NAMES.get(_plain(header[at])): at for at in range(start, min(start + 3, len(header)))}
    return {str(name): at for name, at in named.items()} if set(named) == set(_VERDICT) else None


def _plain(name: str) -> str:
    return re.sub(r"[\s_]", "", name).casefold()


def _echo(names: Sequence[str], columns: Sequence[int], mappings: Sequence[FieldMapping]) -> dict[int, str]:
    tied = _tied(names, mappings)
    if tied is None:
        raise bad_result("its header has a column that is not exactly one of the mapped fields")
    return {at: mapping.api_name for at, mapping in zip(columns, tied, strict=True) if mapping.index is not None}


def _tied(names: Sequence[str], mappings: Sequence[FieldMapping]) -> list[FieldMapping] | None:
    """Return the mapping of each column: all by API name or all by label if just one of the two works, else mixed."""
    by_api_name: dict[str, list[FieldMapping]] = {}
    by_label: dict[str, list[FieldMapping]] = {}
    for mapping in mappings:
        by_api_name.setdefault(mapping.api_name.casefold(), []).append(mapping)
        by_label.setdefault(mapping.label.strip().casefold(), []).append(mapping)
    readings = [reading for book in (by_api_name, by_label) if (reading := _reading(names, (book,))) is not None]
    if not readings:
        return _reading(names, (by_api_name, by_label))
    return readings[0] if all(reading == readings[0] for reading in readings) else None


def _reading(names: Sequence[str], books: Iterable[Mapping[str, list[FieldMapping]]]) -> list[FieldMapping] | None:
    books = tuple(books)
    tied: list[FieldMapping] = []
    for name in names:
        found = {mapping for book in books for mapping in book.get(name.strip().casefold(), ())}
        if len(found) != 1 or found & set(tied):
            return None
        tied.extend(found)
    return tied
