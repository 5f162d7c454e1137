"""The points of a delivery at which a process may die; only tests set `at`, and let the process die there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

# Each commit of the journal has a point before and a point after it; the others are between the commits.
COMMITS: Final = ("begin", "uploaded", "submitting", "submitted", "completed", "fetched", "merged")
POINTS: Final = (
    *(f"{when} commit of {what}" for what in COMMITS for when in ("before", "after")),
    "upload half sent",
    "connected, nothing sent",
    "create half sent",
    "create sent",
    "create answer begun",
    "download half read",
    "result unpacked",
    "verdicts half made",
    "journal half migrated",
    "purge half done",
)

at: Callable[[str], None] | None = None


def checkpoint(name: str) -> None:
    """Report that a named point has been reached."""
    if at is not None:
        at(name)
