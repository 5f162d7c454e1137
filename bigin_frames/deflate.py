"""The fastest deflate on this machine."""

from __future__ import annotations

import zlib
from contextlib import suppress
from importlib import import_module
from types import ModuleType


def fastest() -> ModuleType:
    """Return the fastest module with zlib's functions: igzip's if isal is installed, else zlib."""
    with suppress(ImportError):
        return import_module("isal.isal_zlib")
    return zlib
