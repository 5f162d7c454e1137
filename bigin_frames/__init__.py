"""Write pandas DataFrames to Zoho Bigin, in bulk, with one true verdict for every row.

Importing the package registers ``df.bigin`` and does nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigin_frames import accessor  # noqa: F401 - registers df.bigin
from bigin_frames.client import Client
from bigin_frames.errors import (
    AnswerError,
    ApiError,
    AuthError,
    BadResultError,
    BiginError,
    BiginWarning,
    BodyTooLargeError,
    BrokenRunError,
    InputError,
    InvalidRowsError,
    JobPending,
    MappingError,
    NotSentError,
    OptionError,
    RateLimitError,
    RefusedRowsWarning,
    RowsRefusedError,
    SettingsError,
    TransportError,
    UnansweredError,
    UndecidedRowsWarning,
    UnreadableAnswerError,
    UntrustedHostError,
)
from bigin_frames.metadata import Metadata, load_metadata, save_metadata
from bigin_frames.model import Credentials, Field, Job, Lookup, Module, Org, Secret, Status
from bigin_frames.verbs import check, clean, ids, insert, plan, schema, submit, update, upsert, validate

if TYPE_CHECKING:
    from bigin_frames import sandbox, testing
    from bigin_frames.frames.clean import Cleaned
    from bigin_frames.frames.report import ValidationReport
    from bigin_frames.plans import Plan
    from bigin_frames.runs import Run

__all__ = [
    "AnswerError",
    "ApiError",
    "AuthError",
    "BadResultError",
    "BiginError",
    "BiginWarning",
    "BodyTooLargeError",
    "BrokenRunError",
    "Cleaned",
    "Client",
    "Credentials",
    "Field",
    "InputError",
    "InvalidRowsError",
    "Job",
    "JobPending",
    "Lookup",
    "MappingError",
    "Metadata",
    "Module",
    "NotSentError",
    "OptionError",
    "Org",
    "Plan",
    "RateLimitError",
    "RefusedRowsWarning",
    "RowsRefusedError",
    "Run",
    "Secret",
    "SettingsError",
    "Status",
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
    "sandbox",
    "save_metadata",
    "schema",
    "submit",
    "testing",
    "update",
    "upsert",
    "validate",
]

# Loaded on first use: the sandbox needs an extra, the others bring pyarrow and tqdm, which an import can do without.
_LATER = {
    "Cleaned": ("bigin_frames.frames.clean", "Cleaned"),
    "Plan": ("bigin_frames.plans", "Plan"),
    "Run": ("bigin_frames.runs", "Run"),
    "ValidationReport": ("bigin_frames.frames.report", "ValidationReport"),
    "sandbox": ("bigin_frames.sandbox", None),
    "testing": ("bigin_frames.testing", None),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'bigin_frames' has no attribute {name!r}")
    from importlib import import_module

    path, attribute = _LATER[name]
    module = import_module(path)
    return getattr(module, attribute) if attribute else module
