"""pandas DataFrames written to Zoho Bigin, in bulk, with one true verdict for every row.

Importing the package adds ``df.bigin`` to every DataFrame and does nothing else.

Examples
--------
>>> out = df.bigin.insert("Contacts")
>>> out[["Last_Name", "Status"]]
  Last_Name Status
0  Lovelace  ADDED
1    Hopper  ADDED
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from bigin_frames.errors import (
    AlreadyDelivered,
    AnswerError,
    ApiError,
    AuthError,
    BadResultError,
    BiginError,
    BiginWarning,
    BodyTooLargeError,
    BrokenRunError,
    CreditsWarning,
    FormulaWarning,
    FrameChangedError,
    InputError,
    InvalidRowsError,
    JobPending,
    JournalError,
    MappingError,
    NotSentError,
    OptionError,
    OverlapWarning,
    RateLimitError,
    RefusedRowsWarning,
    RowsRefusedError,
    RunBusy,
    SettingsError,
    TransportError,
    UnansweredError,
    UndecidedRowsWarning,
    UnreadableAnswerError,
    UntrustedHostError,
)
from bigin_frames.former_names import know_former_names
from bigin_frames.model import Credentials, Field, Job, Layout, Lookup, Module, Org, Secret, Status, SubPipeline

if TYPE_CHECKING:
    from bigin_frames import sandbox
    from bigin_frames.client.callback import Callback
    from bigin_frames.client.client import Client
    from bigin_frames.client.metadata import Metadata, load_metadata, save_metadata
    from bigin_frames.delivery.history import purge, runs
    from bigin_frames.delivery.resume import resume
    from bigin_frames.delivery.run import Run
    from bigin_frames.frames.checking.report import ValidationReport
    from bigin_frames.frames.cleaning.clean import Cleaned
    from bigin_frames.large.datasets import write_dataset
    from bigin_frames.plans.plan import Plan
    from bigin_frames.verbs.previewing import check, clean, plan, schema, validate
    from bigin_frames.verbs.results import ids
    from bigin_frames.verbs.writing import insert, submit, update, upsert

__all__ = [
    "AlreadyDelivered",
    "AnswerError",
    "ApiError",
    "AuthError",
    "BadResultError",
    "BiginError",
    "BiginWarning",
    "BodyTooLargeError",
    "BrokenRunError",
    "Callback",
    "Cleaned",
    "Client",
    "Credentials",
    "CreditsWarning",
    "Field",
    "FormulaWarning",
    "FrameChangedError",
    "InputError",
    "InvalidRowsError",
    "Job",
    "JobPending",
    "JournalError",
    "Layout",
    "Lookup",
    "MappingError",
    "Metadata",
    "Module",
    "NotSentError",
    "OptionError",
    "Org",
    "OverlapWarning",
    "Plan",
    "RateLimitError",
    "RefusedRowsWarning",
    "RowsRefusedError",
    "Run",
    "RunBusy",
    "Secret",
    "SettingsError",
    "Status",
    "SubPipeline",
    "TransportError",
    "UnansweredError",
    "UndecidedRowsWarning",
    "UnreadableAnswerError",
    "UntrustedHostError",
    "ValidationReport",
    "check",
    "clean",
    "ids",
    "insert",
    "load_metadata",
    "plan",
    "purge",
    "resume",
    "runs",
    "sandbox",
    "save_metadata",
    "schema",
    "submit",
    "update",
    "upsert",
    "validate",
    "write_dataset",
]

# The module of each name. It is loaded on first use: `bigin-frames --help` should not have to wait for pandas.
_MADE_IN = {
    "Callback": "client.callback",
    "Cleaned": "frames.cleaning.clean",
    "Client": "client.client",
    "Metadata": "client.metadata",
    "Plan": "plans.plan",
    "Run": "delivery.run",
    "ValidationReport": "frames.checking.report",
    "check": "verbs",
    "clean": "verbs",
    "ids": "verbs",
    "insert": "verbs",
    "load_metadata": "client.metadata",
    "plan": "verbs",
    "purge": "delivery.history",
    "resume": "delivery.resume",
    "runs": "delivery.history",
    "save_metadata": "client.metadata",
    "schema": "verbs",
    "submit": "verbs",
    "update": "verbs",
    "upsert": "verbs",
    "validate": "verbs",
    "write_dataset": "large.datasets",
}
_MODULES = ("sandbox", "testing")


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("bigin_frames")
    elif name in _MADE_IN:
        value = getattr(import_module(f"bigin_frames.{_MADE_IN[name]}"), name)
    elif name in _MODULES:
        value = _module(name)
    else:
        raise AttributeError(f"module 'bigin_frames' has no attribute {name!r}")
    globals()[name] = value  # so that it is not looked up again
    return value


def _module(name: str) -> Any:
    """Import a module; without the extra that it needs, `hasattr` is False as for any name that does not exist."""
    from importlib import import_module

    try:
        return import_module(f"bigin_frames.{name}")
    except ModuleNotFoundError as missing:
        extra = {"testing": "test"}.get(name, name)
        fix = f"bigin_frames.{name} needs {missing.name}: pip install 'bigin_frames[{extra}]'"
        raise AttributeError(fix) from missing


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


know_former_names()

# The program bigin-frames registers df.bigin only in commands that use frames: its --help should not wait for pandas.
if os.path.basename((getattr(sys, "argv", None) or [""])[0]) not in ("bigin-frames", "bigin-frames.exe"):
    from bigin_frames import accessor  # noqa: F401
