"""A result file as it is: only that it is a zip of one CSV in UTF-8 is taken for granted."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.live.files import Plan

WORDS = ("ADDED", "UPDATED", "SKIPPED", "UNPROCESSED")
_ERRORS = re.compile(r"[A-Z]+(_[A-Z]+)+(-.*)?", re.DOTALL)
_IDS = {
    "digits": re.compile(r"(\d{15,19})"),
    "formula": re.compile(r'="(\d{15,19})"'),
    "decimal": re.compile(r"(\d{15,19})\.0+"),
    "scientific": re.compile(r"\d\.\d+E\+?\d+"),
}


@dataclass(frozen=True)
class Line:
    """One line: its row, where a mark shows that, its verdict and the echoed cells."""

    mark: str | None
    status: str
    id_cell: str
    record_id: str | None
    errors: str
    echo: tuple[str, ...]


@dataclass(frozen=True)
class ResultFile:
    """A result: what its bytes look like, its header and its lines.

    `verdict` gives the place of status, id and errors among the columns, `echoed` the places of all others.
    """

    name: str
    bom: bool
    line_end: str
    delimiter: str
    quoting: str
    header: tuple[str, ...]
    verdict: Mapping[str, int]
    echoed: tuple[int, ...]
    id_text: str | None
    lines: tuple[Line, ...]

    def titles(self) -> list[str]:
        return [self.header[at] for at in self.echoed]

    def by_mark(self) -> dict[str, list[Line]]:
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            if line.mark is not None:
                found.setdefault(line.mark, []).append(line)
        return found


def read(body: bytes, plan: Plan) -> ResultFile | None:
    """Return the result, None if it cannot be understood at all."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            name = archive.namelist()[0]
            content = archive.read(name)
        text = content.removeprefix(codecs.BOM_UTF8).decode()
        first = text.split("\n", 1)[0]
        delimiter = ";" if first.count(";") > first.count(",") else ","
        header, *cells = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except (zipfile.BadZipFile, csv.Error, ValueError, IndexError):  # ValueError: no UTF-8, or no line at all
        return None
    verdict = _verdict(header, cells)
    echoed = tuple(n for n in range(len(header)) if n not in verdict.values())
    return ResultFile(
        name=name,
        bom=content.startswith(codecs.BOM_UTF8),
        line_end="\r\n" if text.endswith("\r\n") else "\n",
        delimiter=delimiter,
        quoting="all" if all(part.startswith('"') for part in first.split(delimiter)) else "minimal",
        header=tuple(header),
        verdict=verdict,
        echoed=echoed,
        id_text=_id_text([row[verdict["id"]] for row in cells]) if "id" in verdict else None,
        lines=tuple(_read_line(row, verdict, echoed, plan.letter) for row in cells),
    )


def _verdict(header: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return the places of the three columns of the verdict, known by their content, the last one by what is left."""
    found: dict[str, int] = {}
    columns = {n: [row[n] for row in rows if row[n]] for n in range(len(header)) if all(n < len(row) for row in rows)}
    for n, texts in columns.items():
        if texts and all(text.upper() in WORDS for text in texts):
            found["status"] = n
        elif texts and all(any(form.fullmatch(text) for form in _IDS.values()) for text in texts):
            found["id"] = n
        elif texts and all(_ERRORS.fullmatch(text) for text in texts):
            found["errors"] = n
    if "status" in found and len(found) == 2:
        block = range(len(header) - 3, len(header)) if found["status"] >= len(header) - 3 else range(3)
        left = [n for n in block if n not in found.values()]
        found[({"id", "errors"} - set(found)).pop()] = left[0]
    return found


def _id_text(texts: Sequence[str]) -> str | None:
    filled = [text for text in texts if text]
    return next((form for form, told in _IDS.items() if filled and all(map(told.fullmatch, filled))), None)


def _read_line(row: Sequence[str], verdict: Mapping[str, int], echoed: Sequence[int], letter: str) -> Line:
    echo = tuple(row[n] if n < len(row) else "" for n in echoed)
    text = {part: row[n] if n < len(row) else "" for part, n in verdict.items()}
    id_cell = text.get("id", "")
    return Line(_mark(echo, letter), text.get("status", ""), id_cell, _id(id_cell), text.get("errors", ""), echo)


def _mark(echo: Sequence[str], letter: str) -> str | None:
    """Return the one mark in the echoed cells; two different ones mean nothing."""
    marks = {found.lower() for text in echo for found in re.findall(rf"(?<![a-z]){letter}\d\d(?!\d)", text, re.I)}
    return marks.pop() if len(marks) == 1 else None


def _id(text: str) -> str | None:
    found = next((told for form in _IDS.values() if (told := form.fullmatch(text)) and form.groups), None)
    return found[1] if found else None
