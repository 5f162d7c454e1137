"""An uploaded zip and the one CSV in it, as header and rows.

Rules of the file: Bigin v1 docs, bulk-write/limitations. A file that breaks them is refused with the code that the
job's resource then has.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from bigin_frames.sandbox.behaviour.switches import Behaviour

DELIMITERS = ",;:|"  # nothing else, no tab; detected in the header row
csv.field_size_limit(2**31 - 1)  # a cell is limited by its field, not by the reader


class BadFile(Exception):
    """A file that breaks the rules, with the code for the job that was to read it."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Sheet:
    """A CSV's header, data rows and encoding."""

    header: list[str]
    rows: list[list[str]]
    encoding: str


def is_zip(body: bytes) -> bool:
    """Return whether the bytes are a zip archive."""
    return zipfile.is_zipfile(io.BytesIO(body))


def unzipped_size(body: bytes) -> int:
    """Return the sum of the members' sizes."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return sum(member.file_size for member in archive.infolist())


def csv_name(body: bytes) -> str:
    """Return the name of the one CSV in the zip."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = [member.filename for member in archive.infolist() if not member.is_dir()]
    if len(names) != 1 or not names[0].lower().endswith(".csv"):
        raise BadFile("FILE_NOT_SUPPORTED")
    return names[0]


def read_sheet(body: bytes, encoding: str | None, behaviour: Behaviour) -> Sheet:
    """Return the CSV's header and rows; raise `BadFile` for a file that breaks the rules."""
    name = csv_name(body)
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            data = archive.read(name)
        text, used = _decoded(data, encoding, behaviour)
        lines = list(_lines(text, behaviour))
    except (UnicodeDecodeError, zipfile.BadZipFile, csv.Error, RuntimeError, NotImplementedError):
        raise BadFile("FILE_NOT_SUPPORTED") from None
    if not lines or len(lines) - (not behaviour.header_counts) > behaviour.row_limit:
        raise BadFile("FILE_NOT_SUPPORTED")
    return Sheet(lines[0], lines[1:], used)


def _decoded(data: bytes, encoding: str | None, behaviour: Behaviour) -> tuple[str, str]:
    used = encoding or _detected(data)
    text = data.decode(used)
    if behaviour.upload_bom == "stripped":
        text = text.removeprefix("\ufeff")
    return text, used


def _detected(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16"
    try:
        data.decode("UTF-8")
    except UnicodeDecodeError:
        return "ISO-8859-1"
    return "UTF-8"


def _lines(text: str, behaviour: Behaviour) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, behaviour), strict=False)
    for line in reader:
        if line or behaviour.blank_lines == "rows":
            yield line


def _delimiter(text: str, behaviour: Behaviour) -> str:
    if behaviour.detect_delimiter == "comma":
        return ","
    header = text.splitlines()[0] if text else ""
    return max(DELIMITERS, key=header.count)  # without any of them, a header is one column
