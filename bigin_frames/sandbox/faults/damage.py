"""The ways in which a result archive can be damaged, each a function from its bytes to other bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from bigin_frames.sandbox.files.archives import edit_rows, make_zip, open_zip


def truncated(body: bytes) -> bytes:
    """Cut the archive in half."""
    return body[: len(body) // 2]


def bad_crc(body: bytes) -> bytes:
    """Change one bit of the content's checksum, in both places where it is written."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        crc = archive.infolist()[0].CRC.to_bytes(4, "little")
    return body.replace(crc, bytes([crc[0] ^ 1]) + crc[1:])


def two_members(body: bytes) -> bytes:
    """Add a second CSV."""
    name, content = open_zip(body)
    return make_zip([(name, content), ("second.csv", content)])


def no_members(body: bytes) -> bytes:
    """Return an archive without any file: 22 bytes."""
    return make_zip([])


def no_csv(body: bytes) -> bytes:
    """Replace the CSV by a text file."""
    return make_zip([("readme.txt", b"nothing here")])


def bomb(body: bytes) -> bytes:
    """Append 300 MB of one letter to the content; the archive stays below half a megabyte."""
    name, content = open_zip(body)
    out = io.BytesIO()
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(out, "w") as archive, archive.open(entry, "w") as member:
        member.write(content)
        for _ in range(300):
            member.write(b"a" * 1_000_000)
    return out.getvalue()


def forged_size(body: bytes) -> bytes:
    """Make a bomb whose directory says that it contains 10 bytes."""
    big = bomb(body)
    with zipfile.ZipFile(io.BytesIO(big)) as archive:
        size = archive.infolist()[0].file_size.to_bytes(4, "little")
    return big.replace(size, (10).to_bytes(4, "little"))


def wrong_encoding(body: bytes) -> bytes:
    """Write the text as UTF-16, as spreadsheets do."""
    name, content = open_zip(body)
    return make_zip([(name, content.decode("utf-8-sig").encode("utf-16"))])


def latin_1(body: bytes) -> bytes:
    """Add a byte that is not UTF-8."""
    name, content = open_zip(body)
    return make_zip([(name, content + b"\xe9\n")])


def path_name(body: bytes) -> bytes:
    """Name the member so that unpacking it by name would write outside the folder."""
    return make_zip([("../../outside.csv", open_zip(body)[1])])


def empty_csv(body: bytes) -> bytes:
    """Empty the CSV."""
    return make_zip([(open_zip(body)[0], b"")])


def header_only(body: bytes) -> bytes:
    """Keep only the header of the CSV."""
    return edit_rows(body, lambda lines: lines[:1])


def not_a_zip(body: bytes) -> bytes:
    """Return a web page."""
    return b"<html><body>Please sign in</body></html>"


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "truncated": truncated,
    "bad crc": bad_crc,
    "two members": two_members,
    "no members": no_members,
    "no csv": no_csv,
    "bomb": bomb,
    "forged size": forged_size,
    "wrong encoding": wrong_encoding,
    "latin-1": latin_1,
    "path name": path_name,
    "empty csv": empty_csv,
    "header only": header_only,
    "not a zip": not_a_zip,
}
