"""Do what people try first with a package, where no extra is installed: `.ci/run` calls this with the wheel alone.

It reads nothing of the checkout and needs no pytest: python -I tests/bare_install.py
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import io
import sys
from collections.abc import Callable
from types import ModuleType

PACKAGE = "bigin_frames"
EXTRAS = ("pytest", "werkzeug", "dask", "keyring", "matplotlib", "openpyxl")


def show_help(module: ModuleType) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        help(module)
    if f" {module.__name__}:" not in shown.getvalue():
        raise AssertionError(f"help() shows only: {shown.getvalue().strip()}")


def import_everything(module: ModuleType) -> None:
    exec(f"from {module.__name__} import *", {})  # noqa: S102 - what a reader types


def list_members(module: ModuleType) -> None:
    inspect.getmembers(module)


def ask_for_each_name(module: ModuleType) -> None:
    for name in (*dir(module), "testing", "sandbox", "no_such_name"):
        hasattr(module, name)


GESTURES: tuple[Callable[[ModuleType], None], ...] = (show_help, import_everything, list_members, ask_for_each_name)


def failures(module: ModuleType) -> list[str]:
    """Return what fails, each with its reason."""
    found = []
    for gesture in GESTURES:
        try:
            gesture(module)
        except Exception as problem:
            found.append(f"{gesture.__name__}: {type(problem).__name__}: {problem}")
    return found


def main() -> int:
    """Try everything on the installed package; the exit code says whether something failed."""
    present = [name for name in EXTRAS if importlib.util.find_spec(name)]
    if present:
        print(f"not a plain install, so nothing is shown by it: {', '.join(present)} can be imported")
        return 2
    found = failures(importlib.import_module(PACKAGE))
    print("\n".join(found) or f"{PACKAGE} without extras: {len(GESTURES)} gestures, none fails")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
