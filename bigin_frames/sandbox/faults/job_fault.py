"""What goes wrong while a job runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class JobFault:
    """What goes wrong while a job runs, although every call is answered normally."""

    code: str | None = None  # it fails with this code ...
    rows: int = 0  # ... after so many rows ...
    with_result: bool = False  # ... with a result file or without
    stuck: str | None = None  # its work is done, but job details show this state forever
    polls: int = 0  # calls of job details that see it in progress, in addition to the usual ones
