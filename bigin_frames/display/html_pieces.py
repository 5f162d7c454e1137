"""Pieces of HTML that notebooks show: tables and lines, without scripts.

Colours are the notebook's own, light or dark: text has the surrounding colour, backgrounds are transparent, and lines
are half-transparent grey. All style rules are limited to the piece's own class. If a notebook removes the style, as an
untrusted one does, plain tables remain.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Final

from bigin_frames.display.words import visible

_IN: Final = "div.bigin-frames"
STYLE: Final = (
    f"{_IN}{{overflow-x:auto;max-width:100%}}"
    f"{_IN} p{{margin:.5em 0 .2em}}"
    f"{_IN} table{{border-collapse:collapse;border:0;margin:.2em 0 .8em;color:inherit;background:transparent}}"
    f"{_IN} table tr{{background:transparent}}"
    f"{_IN} table th,{_IN} table td{{text-align:left;vertical-align:top;font-size:inherit;padding:.25em .6em;"
    "max-width:40em;white-space:normal;overflow-wrap:break-word;"
    "border:0;border-bottom:1px solid rgba(128,128,128,.35)}"
    f"{_IN} table .n{{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}}"
)


class Place(int):
    """The number of a row, written without thousands separators."""

    def __format__(self, spec: str) -> str:
        return str(int(self))


def page(*parts: str) -> str:
    """Join lines and tables to the piece of HTML that a notebook shows."""
    return f'<div class="bigin-frames"><style>{STYLE}</style>{"".join(parts)}</div>'


def line(text: str, *, strong: bool = False) -> str:
    """Write a line of text."""
    escaped = html.escape(visible(text, 1000))
    return f"<p><strong>{escaped}</strong></p>" if strong else f"<p>{escaped}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table; numbers are right-aligned with thousands separators, None is an empty cell.

    Parameters
    ----------
    head : sequence of str
        Empty for a table of facts, whose first column names them.
    rows : iterable of sequence
    """
    cells = [list(row) for row in rows]
    numeric = [any(isinstance(row[i], int) for row in cells) for i in range(len(head))]
    top = "".join(f"<th{_right(n)}>{html.escape(name)}</th>" for name, n in zip(head, numeric, strict=True))
    body = "".join(f"<tr>{''.join(_cell(v, i, not head) for i, v in enumerate(row))}</tr>" for row in cells)
    return f"<table>{f'<thead><tr>{top}</tr></thead>' if head else ''}<tbody>{body}</tbody></table>"


def _cell(value: object, place: int, of_facts: bool) -> str:
    tag = "th" if of_facts and place == 0 else "td"
    return f"<{tag}{_right(isinstance(value, int))}>{html.escape(shown(value, 1000 if of_facts else 200))}</{tag}>"


def shown(value: object, longest: int = 200) -> str:
    """Write the text of a cell, which is not escaped yet."""
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else visible(str(value), longest)


def _right(numeric: bool) -> str:
    return ' class="n"' if numeric else ""
