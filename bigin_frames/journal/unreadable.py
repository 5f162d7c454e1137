"""Keep result files that nobody could read, for a week: they alone may tell what became of their rows.

They hold the cells that Bigin echoes, which nothing else here writes to a disk: a good result is never kept.
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
    """Write the result of a batch to a file of its own, mode 0600, in the folder of the journal, and return where.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left of it then.
    """
    folder = store / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink():
        raise OSError(0, "the folder is a symbolic link")
    path = folder / f"{run_id}-{number:04d}.zip"
    path.unlink(missing_ok=True)  # of an earlier time that the same job was asked
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with open(file, "wb") as written:
            written.write(body)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def kept(store: Path, run_id: str = "*") -> list[Path]:
    """Return the files that are kept of a run, or of all runs, in the order of their batches."""
    return sorted((store / _FOLDER).glob(f"{run_id}-*.zip"))


def clear(store: Path, older_than: timedelta = KEPT_FOR) -> None:
    """Delete files that were kept for so long."""
    limit = time.time() - older_than.total_seconds()
    for path in kept(store):
        if path.lstat().st_mtime <= limit:
            path.unlink(missing_ok=True)
