"""The verdict on one row, and how the ERRORS column writes it (Bigin v1 docs, bulk-write/download-result)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

ADDED, UPDATED, SKIPPED, UNPROCESSED = "ADDED", "UPDATED", "SKIPPED", "UNPROCESSED"


class Verdict(NamedTuple):
    """The outcome of one row.

    `cells` are the texts to store (None clears), `values` their normal forms where those differ; `holder` is the record
    that was there before a skipped duplicate.
    """

    status: str
    record_id: str | None
    errors: str
    cells: Mapping[str, str | None]
    values: Mapping[str, str]
    holder: str | None = None


UNTOUCHED = Verdict(UNPROCESSED, None, "", {}, {})


def error_text(errors: Mapping[str, Sequence[str]]) -> str:
    """Return codes and columns in Bigin's grammar: CODE-column,column:CODE-column."""
    return ":".join(f"{code}-{','.join(names)}" if any(names) else code for code, names in errors.items())
