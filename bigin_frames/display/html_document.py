"""One self-contained HTML file: sentences, and a table whose lines can be filtered.

It loads nothing from a server, and its Content Security Policy forbids that; only the few lines of script below run,
which the policy allows by their digest. Without scripts the whole table is shown, without filters. Light or dark is
the reader's own setting.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bigin_frames.display.html_pieces import STYLE, shown, table
from bigin_frames.display.words import visible

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:14px/1.45 system-ui,sans-serif;margin:2em auto;max-width:90em;padding:0 1.5em}"
    "h1{font-size:1.5em;margin:0 0 .3em}h2{font-size:1.15em;margin:1.6em 0 .4em}"
    "fieldset{border:1px solid rgba(128,128,128,.5);border-radius:.4em;margin:.8em 0;padding:.5em .9em .8em}"
    "label{display:inline-block;margin:.2em 1.2em .2em 0}"
    "select{font:inherit;max-width:24em;margin-left:.4em}output{display:block;font-weight:600;margin-top:.4em}"
    "div.bigin-frames{overflow-x:visible}"
    "thead th{position:sticky;top:0;background:Canvas}"
    "@media print{fieldset{display:none}thead th{position:static}}"
)
_SCRIPT: Final = """
const filters = [...document.querySelectorAll("select")];
const rows = [...document.querySelectorAll("#lines tbody tr")];
const fits = (row) => filters.every((f) => !f.value || row.cells[f.dataset.cell].textContent === f.value);
function show() {
  rows.forEach((row) => { row.hidden = !fits(row); });
  const left = rows.filter((row) => !row.hidden).length;
  document.querySelector("output").textContent = `${left} of ${rows.length} lines shown`;
}
filters.forEach((f) => f.addEventListener("change", show));
document.querySelector("fieldset").hidden = false;
show();
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """A column of the table by which lines can be filtered, and its place."""

    name: str
    place: int


def document(
    title: str,
    parts: Sequence[str],
    head: Sequence[str] = (),
    rows: Sequence[Sequence[object]] = (),
    filters: Sequence[Filter] = (),
) -> str:
    """Return the text of the file.

    Parameters
    ----------
    title : str
        The headline, as plain text; so are the cells, which are escaped here.
    parts : sequence of str
        HTML from `html_pieces.line`, `html_pieces.table` and `heading`, which is above the table.
    head, rows
        As `html_pieces.table` takes them; without a head there is no table and no script.
    filters : sequence of Filter
    """
    escaped = html.escape(visible(title, 1000))
    lines = f'{_filters(filters, rows)}<section id="lines">{table(head, rows)}</section>' if head else ""
    script = f"<script>{_SCRIPT}</script>" if head else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{_policy(script=bool(head))}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped}</title><style>{STYLE}{_STYLE}</style></head>\n"
        f'<body><div class="bigin-frames"><h1>{escaped}</h1>{"".join(parts)}{lines}</div>{script}</body></html>\n'
    )


def heading(text: str) -> str:
    """Write the heading of a part."""
    return f"<h2>{html.escape(visible(text, 1000))}</h2>"


def _policy(*, script: bool) -> str:
    allowed = f"script-src '{_digest(_SCRIPT)}'; " if script else ""
    rules = f"default-src 'none'; style-src '{_digest(STYLE + _STYLE)}'; {allowed}base-uri 'none'; form-action 'none'"
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _filters(filters: Sequence[Filter], rows: Sequence[Sequence[object]]) -> str:
    """Write the choices, each with its number of lines; they are hidden until the script shows them."""
    choices = "".join(_filter(one, Counter(shown(row[one.place]) for row in rows)) for one in filters)
    return f"<fieldset hidden><legend>Show only</legend>{choices}<output></output></fieldset>"


def _filter(one: Filter, counts: Counter[str]) -> str:
    options = "".join(
        f'<option value="{html.escape(text)}">{html.escape(visible(text))} ({number:,})</option>'
        for text, number in counts.most_common()
    )
    name = html.escape(one.name)
    return f'<label>{name}<select data-cell="{one.place}"><option value="">all</option>{options}</select></label>'


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, completely or not at all; a file of that name is replaced."""
    file, new = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # private from the beginning
    try:
        with os.fdopen(file, "w", encoding="utf-8", newline="\n") as text_file:
            text_file.write(text)
        Path(new).replace(path)
    except BaseException:
        Path(new).unlink()
        raise
