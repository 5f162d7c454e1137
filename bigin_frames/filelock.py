"""Locks between processes: the kernel frees a lock when its holder dies, so no lease has to expire."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_HELD: Final[set[int]] = set()
_POLL_S: Final = 0.05


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open a lock file, created with mode 0600 if it is missing; its lock is released when the block is left."""
    file, process = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o600), os.getpid()
    _HELD.add(file)
    try:
        yield file
    finally:
        if process == os.getpid():
            _HELD.discard(file)
            os.close(file)


def taken(file: int) -> bool:
    """Take the lock of an open file without waiting; return whether it was free."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def wait_for(file: int) -> None:
    """Wait for the lock of an open file until its holder releases it or dies, and take it."""
    if os.name == "nt":
        while not taken(file):  # Windows itself stops waiting after ten seconds
            time.sleep(_POLL_S)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


def _release() -> None:
    """Close the parent's locks in a forked child, which would still hold them after the parent's death."""
    while _HELD:
        os.close(_HELD.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_release)
