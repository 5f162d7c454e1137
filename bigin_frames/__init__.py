"""Write pandas DataFrames to Zoho Bigin, in bulk, with one true verdict for every row.

Importing the package registers ``df.bigin`` and does nothing else.
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
from bigin_frames.model import Credentials, Field, Job, Layout, Lookup, Module, Org, Secret, Status, SubPipeline

if TYPE_CHECKING:
    from bigin_frames import sandbox, testing
    from bigin_frames.callback import Callback
    from bigin_frames.client import Client
    from bigin_frames.datasets import write_dataset
    from bigin_frames.frames.clean import Cleaned
    from bigin_frames.frames.report import ValidationReport
    from bigin_frames.history import purge, resume, runs
    from bigin_frames.metadata import Metadata, load_metadata, save_metadata
    from bigin_frames.plans import Plan
    from bigin_frames.run import Run
    from bigin_frames.verbs import check, clean, ids, insert, plan, schema, submit, update, upsert, validate

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
    "testing",
    "update",
    "upsert",
    "validate",
    "write_dataset",
]

# Loaded on first use: the sandbox needs an extra, and pandas alone takes longer than a command line's help may.
_LATER = {
    "Callback": "callback",
    "Cleaned": "frames.clean",
    "Client": "client",
    "Metadata": "metadata",
    "Plan": "plans",
    "Run": "run",
    "ValidationReport": "frames.report",
    "check": "verbs",
    "clean": "verbs",
    "ids": "verbs",
    "insert": "verbs",
    "load_metadata": "metadata",
    "plan": "verbs",
    "purge": "history",
    "resume": "history",
    "runs": "history",
    "sandbox": None,
    "save_metadata": "metadata",
    "schema": "verbs",
    "submit": "verbs",
    "testing": None,
    "update": "verbs",
    "upsert": "verbs",
    "validate": "verbs",
    "write_dataset": "datasets",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'bigin_frames' has no attribute {name!r}")
    from importlib import import_module

    room = _LATER[name]
    module = import_module(f"bigin_frames.{room or name}")
    value = getattr(module, name) if room else module
    globals()[name] = value  # found at once from now on
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


# The program bigin-frames registers df.bigin where a command has frames: pandas would double the time of its --help.
if os.path.basename((getattr(sys, "argv", None) or [""])[0]) not in ("bigin-frames", "bigin-frames.exe"):
    from bigin_frames import accessor  # noqa: F401
