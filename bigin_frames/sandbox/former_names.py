"""Names of the first version that still work, each with a warning that names the present one."""

from __future__ import annotations

import warnings
from typing import Any


class FormerName:
    """An attribute that is now called otherwise: reading and setting it does so with the present one."""

    def __init__(self, present: str) -> None:
        self._present = present

    def __set_name__(self, owner: type, name: str) -> None:
        self._former, self._owner = name, owner.__name__

    def __get__(self, instance: object | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        self._warn()
        return getattr(instance, self._present)

    def __set__(self, instance: object, value: Any) -> None:
        self._warn()
        setattr(instance, self._present, value)

    def _warn(self) -> None:
        warn_of(f"{self._owner}.{self._former}", f"{self._owner}.{self._present}", stacklevel=4)


def warn_of(former: str, present: str, *, stacklevel: int = 3) -> None:
    """Warn the caller's caller that a name is now another one."""
    warnings.warn(f"{former} is now called {present}", DeprecationWarning, stacklevel=stacklevel)
