"""What the client knows of its organisation: modules, fields and layouts, each requested once."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from bigin_frames.errors import ApiError, InputError
from bigin_frames.model import Field, Layout, Module, Org
from bigin_frames.wire import build, hosts, parse
from bigin_frames.wire.message import Request, Response

T = TypeVar("T")


class Make(Protocol):
    """The type of `Calls.make`, which makes a call."""

    def __call__(self, request: Request, read: Callable[[Response], T], /) -> T:
        """Return what ``read`` returns for the answer."""


class Known:
    """The metadata that was requested so far; a lock keeps two threads from requesting the same.

    Parameters
    ----------
    make : callable
        Makes a call.
    where : Region
    """

    def __init__(self, make: Make, where: hosts.Region) -> None:
        self._make = make
        self._where = where
        self._lock = threading.RLock()
        self._facts: dict[str, Any] = {}

    def org(self) -> Org:
        """Return the organisation that the token belongs to."""
        return self._once("org", lambda: self._make(build.org(self._where), parse.org))

    def modules(self) -> tuple[Module, ...]:
        """Return the organisation's modules; requested each time."""
        return self._make(build.modules(self._where), parse.modules)

    def fields(self, module: str) -> tuple[Field, ...]:
        """Return the fields of a module; the error for an unknown one suggests similar names."""
        request = build.fields(self._where, module)
        return self._once(f"fields {module}", lambda: self._of_module(module, request, parse.fields))

    def layouts(self, module: str) -> tuple[Layout, ...]:
        """Return the layouts of a module; the error for an unknown one suggests similar names."""
        request = build.layouts(self._where, module)
        return self._once(f"layouts {module}", lambda: self._of_module(module, request, parse.layouts))

    def _once(self, name: str, ask: Callable[[], T]) -> T:
        if name not in self._facts:
            with self._lock:
                if name not in self._facts:
                    self._facts[name] = ask()
        fact: T = self._facts[name]
        return fact

    def _of_module(self, module: str, request: Request, read: Callable[[Response], T]) -> T:
        try:
            return self._make(request, read)
        except ApiError as error:
            if error.code not in _UNKNOWN_MODULE_CODES:
                raise
        raise self._unknown_module(module)

    def _unknown_module(self, module: str) -> InputError:
        names = {name: one.api_name for one in self.modules() for name in (one.label, one.api_name)}
        near = list(dict.fromkeys(names[n] for n in difflib.get_close_matches(module, names, n=3, cutoff=0.5)))
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"it has {', '.join(names.values())}."
        return InputError(f"Bigin has no module {module!r}; {hint}")


# Unknown module: live Bigin v2 (settings/fields), and the code other calls of the family use.
_UNKNOWN_MODULE_CODES: Final = frozenset({"INVALID_MODULE", "MODULE_NOT_AVAILABLE"})
