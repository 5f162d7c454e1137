"""Names that modules had in 0.1: pickles that were made then, and scripts that import such a name, are still read."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

# Those that stand in pickles, or that the documentation of 0.1 named.
MOVED: Final = {
    "bigin_frames.callback": "bigin_frames.client.callback",
    "bigin_frames.dask_plans": "bigin_frames.large.dask_plan",
    "bigin_frames.frames.checks": "bigin_frames.frames.checking.pandera_checks",
    "bigin_frames.frames.clean": "bigin_frames.frames.cleaning.clean",
    "bigin_frames.frames.findings": "bigin_frames.frames.checking.findings",
    "bigin_frames.frames.report": "bigin_frames.frames.checking.report",
    "bigin_frames.metadata": "bigin_frames.client.metadata",
    "bigin_frames.options": "bigin_frames.plans.options",
}


MOVED_CLASSES: Final = {
    ("bigin_frames.model", "FieldMapping"): "bigin_frames.job_request",
    ("bigin_frames.model", "JobRequest"): "bigin_frames.job_request",
    ("bigin_frames.model", "MappedColumn"): "bigin_frames.job_request",
    ("bigin_frames.model", "RowError"): "bigin_frames.wire.reasons",
}


def moved_class(module: str, name: str) -> Any:
    """Return a class that a module had, from where it is now, or raise the AttributeError of any unknown name."""
    if (module, name) not in MOVED_CLASSES:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    return getattr(import_module(MOVED_CLASSES[module, name]), name)


class _FormerNames:
    """An importer that is asked after all others, and knows the former names alone."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in MOVED else None  # type: ignore[arg-type] # it has what is called

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return ModuleType(spec.name, f"The former name of `{MOVED[spec.name]}`.")

    def exec_module(self, module: ModuleType) -> None:
        now = vars(import_module(MOVED[module.__name__]))
        vars(module).update({name: value for name, value in now.items() if not name.startswith("__")})


def know_former_names() -> None:
    """Have Python find modules by their former names, too."""
    if not any(isinstance(importer, _FormerNames) for importer in sys.meta_path):
        sys.meta_path.append(_FormerNames())
