"""A zip from the network is unpacked within limits, or refused; its names are never used."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import warnings
import zipfile
import zlib

import pytest

from bigin_frames import limits
from bigin_frames.errors import BadResultError
from bigin_frames.wire.unzip import unzip
from tests.support.wire_samples import CSV, zipped


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("content", [CSV, b"", b"x" * 200_000])
def test_unzip_returns_the_one_file(method, content):
    assert unzip(zipped(("Contacts-bf-1.csv", content), method=method)) == content


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "C:\\x", "no extension", "n" * 60_000, "\u00e4.csv"])
def test_unzip_never_uses_the_name(name):
    assert unzip(zipped((name, CSV))) == CSV


def _patched(body: bytes, offset_in_central: int, layout_: str, value: int) -> bytes:
    at = body.rfind(b"PK\x01\x02") + offset_in_central
    return body[:at] + struct.pack(layout_, value) + body[at + struct.calcsize(layout_) :]


def _flagged(body: bytes, flag: int) -> bytes:
    return _patched(body[:6] + struct.pack("<H", flag) + body[8:], 8, "<H", flag)


def _duplicate() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return zipped(("a.csv", CSV), ("a.csv", CSV))


GOOD = zipped(("a.csv", CSV))
BAD = {
    "empty": b"",
    "no zip": b"<html>canary</html>",
    "no member": zipped(),
    "two members": zipped(("a.csv", CSV), ("b.csv", CSV)),
    "same name twice": _duplicate(),
    "directory": zipped(("a/", b"")),
    "truncated": GOOD[:-10],
    "cut in the data": GOOD[:40] + GOOD[50:],
    "prefix": b"junk" + GOOD,
    "suffix": GOOD + b"junk",
    "encrypted": _flagged(GOOD, 0x1),
    "strongly encrypted": _flagged(GOOD, 0x41),
    "bzip2": zipped(("a.csv", CSV), method=zipfile.ZIP_BZIP2),
    "lzma": zipped(("a.csv", CSV), method=zipfile.ZIP_LZMA),
    "wrong checksum": _patched(GOOD, 16, "<I", zlib.crc32(b"other")),
    "small declared size": _patched(GOOD, 24, "<I", 5),
    "large declared size": _patched(GOOD, 24, "<I", len(CSV) + 5),
    "impossible ratio": _patched(GOOD, 24, "<I", 100_000_000),
    "impossible packed size": _patched(GOOD, 20, "<I", 10_000),
    "nested name of NUL": zipped(("a.csv", CSV)).replace(b"a.csv", b"\x00.csv"),
}


@pytest.mark.parametrize(
    "body", [pytest.param(body, id=name) for name, body in BAD.items() if name != "nested name of NUL"]
)
def test_unzip_refuses_a_zip_that_is_not_exactly_right(body):
    with pytest.raises(BadResultError, match="cannot be used") as caught:
        unzip(body)

    assert caught.value.reason
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("name", ["encrypted", "strongly encrypted"])
def test_encryption_is_named_as_the_reason(name):
    with pytest.raises(BadResultError, match="the zip is encrypted"):
        unzip(BAD[name])


def test_unzip_accepts_a_name_that_is_empty_before_its_nul():
    assert unzip(BAD["nested name of NUL"]) == CSV


@pytest.mark.parametrize("limit", ["MAX_RESULT_ZIP_BYTES", "MAX_RESULT_CSV_BYTES"])
def test_unzip_refuses_a_zip_or_content_over_its_limit(limit, monkeypatch):
    monkeypatch.setattr(limits, limit, 10)

    with pytest.raises(BadResultError, match="larger than any real result"):
        unzip(GOOD)


def test_bomb_is_refused_without_being_unpacked():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.csv", "w") as member:
        for _ in range(150):
            member.write(bytes(2**20))
    bomb = buffer.getvalue()
    forged = _patched(bomb, 24, "<I", 1000)
    tracemalloc.start()
    for body in (bomb, forged):
        with pytest.raises(BadResultError):
            unzip(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 * 2**20


def test_flipped_bytes_never_give_other_content():
    dice = random.Random(7)  # noqa: S311 - the same flips in every run
    body = zipped(("a.csv", CSV * 20))
    for _ in range(2000):
        at = dice.randrange(len(body))
        flipped = body[:at] + bytes([body[at] ^ (1 << dice.randrange(8))]) + body[at + 1 :]
        try:
            content = unzip(flipped)
        except BadResultError:
            continue
        assert content == CSV * 20
