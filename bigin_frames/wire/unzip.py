"""The one CSV in a zip from the network, unpacked within limits."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from bigin_frames import limits
from bigin_frames.deflate import fastest
from bigin_frames.errors import BadResultError


def unzip(body: bytes) -> bytearray:
    """Return the one file in a result zip.

    Refused: anything but one stored or deflated, unencrypted file, more than `limits.MAX_RESULT_CSV_BYTES`, a ratio
    deflate cannot reach, a wrong checksum, bytes before or after the archive. The member's name is never used.

    Raises
    ------
    BadResultError
        If anything is wrong with the archive.
    """
    if len(body) > limits.MAX_RESULT_ZIP_BYTES:
        raise bad_result("the zip is larger than any real result")
    found = _member(body)
    if isinstance(found, str):
        raise bad_result(found)
    return found


def bad_result(reason: str) -> BadResultError:
    """Return the error of a result file that says nothing certain about any row."""
    return BadResultError(f"The result file cannot be used: {reason}.", reason=reason)


def _member(body: bytes) -> bytearray | str:
    """Return the content, or what is wrong with the archive as text."""
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
        return "the zip declares impossible sizes"
    if only.file_size > limits.MAX_RESULT_CSV_BYTES:
        return "the file in the zip is larger than any real result"
    if not body.startswith(b"PK\x03\x04") or len(body) != body.rfind(b"PK\x05\x06") + 22 + len(archive.comment):
        return "the zip has bytes before or after it"
    return ""


_ENCRYPTED: Final = 0x1 | 0x40  # traditional and strong encryption
_MAX_RATIO: Final = 1100  # deflate cannot pass 1032 : 1; a result of equal rows comes near 400 : 1
_PACKED_BYTES: Final = 8 * 2**10  # of which deflate makes 8 MB at most
STEP_BYTES: Final = 64 * 2**10
_FASTEST: Final = fastest()


def _content(archive: zipfile.ZipFile, only: zipfile.ZipInfo, body: bytes) -> bytearray | str:
    """Inflate a member in steps, into no more memory than it declares: the declared size may be wrong.

    With igzip, this takes half as long as `zipfile`.
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
