"""Read a result file: the zip within bounds, the text, which column says what, and the grammar of its errors.

"the first three mapped columns" and STATUS, RECORD_ID, ERRORS (Bigin v1, bulk-write/download-result); order, case and
spelling of the headers are promised nowhere, so they are recognised, and what cannot be recognised proves nothing.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bigin_frames import limits
from bigin_frames.deflate import fastest
from bigin_frames.errors import BadResultError
from bigin_frames.model import FieldMapping, RowError


@dataclass(frozen=True, slots=True)
class Result:
    """Hold a result's CSV as UTF-8 without a byte order mark, what its columns are, and what parts them."""

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
        If it proves nothing about any row.
    """
    found = utf8(unzip(body))
    start = found[:_MAX_HEADER_BYTES].decode(errors="ignore")  # the cut may fall within a character
    delimiter = next((sign for sign in _DELIMITERS if len(_header(start, sign)) > len(_VERDICT)), ",")
    return Result(found, layout(_header(start, delimiter), mappings), delimiter)


# Those that uploads may use, comma first (Bigin v1, bulk-write/limitations); of results no page speaks.
_DELIMITERS: Final = (",", ";", "|", ":")
_MAX_HEADER_BYTES: Final = 64 * 2**10  # six headers of at most a few hundred characters each
_VERDICT: Final = ("status", "record_id", "errors")


def _header(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []


def unzip(body: bytes) -> bytearray:
    """Return the one file a result zip holds.

    Refused: anything but one stored or deflated, unencrypted file, more than `limits.MAX_RESULT_CSV_BYTES`, a ratio
    deflate cannot reach, a wrong checksum, bytes before or after the archive. The member's name is never used.

    Raises
    ------
    BadResultError
        Whatever is wrong with the archive.
    """
    if len(body) > limits.MAX_RESULT_ZIP_BYTES:
        raise _bad("the zip is larger than any honest result")
    found = _member(body)
    if isinstance(found, str):
        raise _bad(found)
    return found


def _bad(reason: str) -> BadResultError:
    return BadResultError(f"The result file proves nothing: {reason}.", reason=reason)


def _member(body: bytes) -> bytearray | str:
    """Return the content, or the reason against it as text."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            reason = _objection(archive, body)
            return reason or _content(archive, archive.infolist()[0], body)
    except Exception as error:  # zipfile leaks IndexError, struct.error, RuntimeError and others on damaged archives
        return f"the zip is damaged ({type(error).__name__})"


def _objection(archive: zipfile.ZipFile, body: bytes) -> str:
    members = archive.infolist()
    if len(members) != 1 or members[0].filename.endswith("/"):
        return "the zip does not hold exactly one file"
    only = members[0]
    if only.flag_bits & _ENCRYPTED:
        return "the zip is encrypted"
    if only.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "the zip uses an unusual compression"
    if only.compress_size > len(body) or only.file_size > only.compress_size * _MAX_RATIO:
        return "the zip declares sizes that cannot be"
    if only.file_size > limits.MAX_RESULT_CSV_BYTES:
        return "the file in the zip is larger than any honest result"
    if not body.startswith(b"PK\x03\x04") or len(body) != body.rfind(b"PK\x05\x06") + 22 + len(archive.comment):
        return "the zip has bytes before or after it"
    return ""


_ENCRYPTED: Final = 0x1 | 0x40  # traditional and strong encryption
_MAX_RATIO: Final = 1100  # deflate cannot pass 1032 : 1; a result of equal rows comes near 400 : 1
_PACKED_BYTES: Final = 8 * 2**10  # of which deflate makes 8 MB at most
_STEP_BYTES: Final = 64 * 2**10
_FASTEST: Final = fastest()


def _content(archive: zipfile.ZipFile, only: zipfile.ZipInfo, body: bytes) -> bytearray | str:
    """Inflate a member in steps into as much memory as is declared, and no more: that is the sender's word only.

    Where igzip is there, this takes half as long as `zipfile`.
    """
    archive.open(only).close()  # does the member's own header agree with the directory?
    found, filled = bytearray(only.file_size), 0
    inflate = _FASTEST.decompressobj(-zlib.MAX_WBITS)
    for packed in _packed(only, body):
        room = len(found) - filled
        stored = only.compress_type == zipfile.ZIP_STORED
        piece = packed[: room + 1] if stored else inflate.decompress(packed, room + 1)
        if len(piece) > room:
            return "the file in the zip is larger than declared"
        found[filled : filled + len(piece)] = piece
        filled += len(piece)
    if filled < len(found):
        return "the file in the zip is shorter than declared"
    return found if _FASTEST.crc32(found) == only.CRC else "the checksum of the file in the zip is wrong"


def _packed(only: zipfile.ZipInfo, body: bytes) -> Iterator[memoryview]:
    name, extra = struct.unpack_from("<HH", body, only.header_offset + _LOCAL_BYTES - 4)
    start = only.header_offset + _LOCAL_BYTES + name + extra
    packed = memoryview(body)[start : start + only.compress_size]
    return (packed[at : at + _PACKED_BYTES] for at in range(0, len(packed), _PACKED_BYTES))


_LOCAL_BYTES: Final = 30  # of a member's own header, before its name (PKWARE's application note, 4.3.7)


def utf8(content: bytes | bytearray) -> bytes | bytearray:
    """Return a result's text as UTF-8 without a byte order mark; anything else is BadResultError.

    It is looked through in steps: a result is as large as what was uploaded, and a second copy is not needed.
    """
    if not _is_utf8(content) or b"\0" in content:  # NUL: UTF-16 without a mark is valid UTF-8 otherwise
        raise _bad("the file in the zip is not UTF-8 text")
    return content[len(codecs.BOM_UTF8) :] if content.startswith(codecs.BOM_UTF8) else content


def _is_utf8(content: bytes | bytearray) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _STEP_BYTES):
            decoder.decode(content[start : start + _STEP_BYTES])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:  # holds the bytes, so it goes no further
        return False
    return True


@dataclass(frozen=True, slots=True)
class ResultLayout:
    """Say which column of a result holds what.

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
    """Tell a result's columns apart.

    The verdict columns stand together at the end, else at the start; there they are known by name, in any order.
    Position comes first because a mapped field may be called Status or id itself. Every other column must be one
    mapped field, by API name (which is also the header we upload) or by label.

    Raises
    ------
    BadResultError
        If a column cannot be tied to exactly one meaning.
    """
    width = len(header)
    for start in (width - 3, 0):
        verdict = _verdict(header, start)
        if verdict is not None:
            # A column without a name echoes nothing: fewer than three fields may have been mapped.
            rest = [at for at in range(width) if not start <= at < start + 3 and header[at].strip()]
            return ResultLayout(**verdict, echo=_echo([header[at] for at in rest], rest, mappings))
    raise _bad("its header has no status, record id and errors side by side at either end")


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
        raise _bad("its header has a column that is not exactly one of the mapped fields")
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


def parse_errors(text: str) -> tuple[RowError, ...]:
    """Read an ERRORS cell: ``CODE-Field,Field:CODE-Field``, codes alone allowed (Bigin v1, bulk-write/download-result).

    A ``:`` parts two reasons only where a code follows, and only the first ``-`` ends a code, so names may hold both;
    a name with a comma cannot be told from two names. At most `MAX_REASONS` reasons of 255 characters a word are kept.
    """
    reasons = [reason.strip() for reason in _BETWEEN_REASONS.split(text.strip())]
    return tuple(_reason(reason) for reason in reasons[:MAX_REASONS] if reason)


MAX_REASONS: Final = 100
_BETWEEN_REASONS: Final = re.compile(r":(?=\s*[A-Z][A-Z0-9_]{2,}\s*(?:-|:|$))")


def _reason(text: str) -> RowError:
    code, _, names = text.partition("-")
    fields = tuple(name.strip()[:255] for name in names.split(",") if name.strip())
    return RowError(code.strip()[:255], fields)


def plain_errors(text: str, names: Collection[str]) -> str:
    """Return the codes and field names of an ERRORS cell alone: other words of a server may be anybody's data.

    Parameters
    ----------
    text : str
    names : collection of str
        The fields that may be named.
    """
    reasons = [
        RowError(reason.code, tuple(name for name in reason.fields if name in names))
        for reason in parse_errors(text)
        if _CODE.fullmatch(reason.code)
    ]
    return write_errors(reasons)


_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{1,63}")


def write_errors(errors: Iterable[RowError]) -> str:
    """Write reasons in the grammar `parse_errors` reads."""
    return ":".join(error.code + ("-" if error.fields else "") + ",".join(error.fields) for error in errors)
