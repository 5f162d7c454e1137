"""Result files that could not be read, kept for a week: only they may show what happened to their rows.

They contain cells that Bigin returns, which nothing else here writes to disk: a readable result is never kept.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Final

from bigin_frames.filelock import NO_LINK

KEPT_FOR: Final = timedelta(days=7)
_FOLDER: Final = "unreadable"


def keep(store: Path, run_id: str, number: int, body: bytes) -> Path:
    """Write the result of a batch to a file of its own, mode 0600, in the folder of the journal, and return its path.

    Raises
    ------
    OSError
        If it cannot be written; then no part of it is left.
    """
    folder = store / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink():
        raise OSError(0, "the folder is a symbolic link")
    path = folder / f"{run_id}-{number:04d}.zip"
    path.unlink(missing_ok=True)  # from an earlier download of the same job
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(file, "wb") as written:
            written.write(body)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def kept(store: Path, run_id: str = "*") -> list[Path]:
    """Return the kept files of a run, or of all runs, in the order of their batches."""
    return sorted((store / _FOLDER).glob(f"{run_id}-*.zip"))


def clear(store: Path, older_than: timedelta = KEPT_FOR) -> None:
    """Delete files that are older than a time."""
    limit = time.time() - older_than.total_seconds()
    for path in kept(store):
        if path.lstat().st_mtime <= limit:
            path.unlink(missing_ok=True)
