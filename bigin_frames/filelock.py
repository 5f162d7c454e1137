"""Lock files between processes: the kernel frees a lock when its holder dies, so there are no leases and no clocks."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)
_HELD: Final[set[int]] = set()
_GLANCE_S: Final = 0.05


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """Open a lock file, made with mode 0600 where it is missing; what is locked is let go when the block is left."""
    file, process = os.open(path, os.O_RDWR | os.O_CREAT | NO_LINK, 0o600), os.getpid()
    _HELD.add(file)
    try:
        yield file
    finally:
        if process == os.getpid():
            _HELD.discard(file)
            os.close(file)


def taken(file: int) -> bool:
    """Take the lock of an open file without waiting; return whether it could be had."""
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
    """Take the lock of an open file as soon as its holder lets go or dies."""
    if os.name == "nt":
        while not taken(file):  # Windows gives up by itself after ten seconds
            time.sleep(_GLANCE_S)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


def _let_go() -> None:
    """Close the parent's locks in a forked child, which would keep them when the parent dies."""
    while _HELD:
        os.close(_HELD.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
