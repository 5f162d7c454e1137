"""Reports of problems as HTML files, and what is in them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bigin_frames.frames.checking.findings import Finding, Reason
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND
from tests.support.canaries import people

MAIL = Reason("Email", "Email", INVALID_DATA, "email", "is not an e-mail address; write it as name@host.domain")


NAME = Reason("Last_Name", "Last_Name", MANDATORY_NOT_FOUND, "mandatory", "is empty; fill it in")


TWIN = Reason("Email", "Email", DUPLICATE_DATA, "unique_key", "has the same key as another row; keep one")


PICK = Reason("Phone", "Phone", INVALID_DATA, "picklist", "is not among them; use one", ("Web", "Trade Show"))


WHOLE = Reason(None, None, INVALID_DATA, "sum", "does not add up; correct it")


def at(*positions: int) -> Any:
    return np.array(positions, np.int64)


def report(frame: pd.DataFrame | None = None) -> ValidationReport:
    findings = [Finding(MAIL, at(0, 2)), Finding(NAME, at(1)), Finding(TWIN, at(0, 1), at(1, 0)), Finding(WHOLE, at(2))]
    return ValidationReport(3, findings, frame=people() if frame is None else frame)


class Page(HTMLParser):
    """The tags of a file, the cells of its last table and the words of its choices."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.lines: list[list[str]] = []
        self.choices: dict[str, list[str | None]] = {}
        self._in = self._label = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in = tag
        if tag == "table":
            self.lines = []
        elif tag == "tr":
            self.lines.append([])
        elif tag in ("td", "th"):
            self.lines[-1].append("")
        elif tag == "option":
            self.choices.setdefault(self._label, []).append(dict(attrs)["value"])

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in in ("td", "th"):
            self.lines[-1][-1] += data
        elif self._in == "label":
            self._label = data


def written(made: ValidationReport, folder: Path, **options: Any) -> str:
    return made.to_html(folder / "report.html", **options).read_text("utf-8")


def shown(made: ValidationReport, folder: Path, **options: Any) -> pd.DataFrame:
    """Return the table of problems in the file."""
    head, *lines = Page(written(made, folder, **options)).lines
    return pd.DataFrame(lines, columns=head)
