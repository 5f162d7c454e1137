"""A zip with one CSV, as a result is sent: how it is written, opened and edited."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence

Rows = list[list[str]]


def open_zip(body: bytes) -> tuple[str, bytes]:
    """Return name and content of the first member."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        name = archive.namelist()[0]
        return name, archive.read(name)


def make_zip(members: list[tuple[str, bytes]]) -> bytes:
    """Return an archive of the members, always the same bytes for the same members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def edit_rows(body: bytes, edit: Callable[[Rows], Rows]) -> bytes:
    """Return the archive with its CSV's lines, header first, changed by a function."""
    name, content = open_zip(body)
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    return make_zip([(name, csv_bytes(edit(lines)))])


def csv_bytes(
    lines: Iterable[Sequence[str]], delimiter: str = ",", line_end: str = "\n", quote_all: bool = False
) -> bytes:
    """Return lines as CSV in UTF-8; unlike csv.writer, this always quotes a lone carriage return."""
    special = re.compile(f'["\r\n{delimiter}]')

    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if quote_all or special.search(text) else text

    return "".join(delimiter.join(map(cell, line)) + line_end for line in lines).encode()
