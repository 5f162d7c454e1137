"""Write pandas DataFrames to Zoho Bigin, in bulk, with one true verdict for every row.

Importing the package registers ``df.bigin`` and does nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bigin_frames import accessor  # noqa: F401 - registers df.bigin
from bigin_frames.client import Client
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
from bigin_frames.metadata import Metadata, load_metadata, save_metadata
from bigin_frames.model import Credentials, Field, Job, Layout, Lookup, Module, Org, Secret, Status, SubPipeline
from bigin_frames.verbs import check, clean, ids, insert, plan, schema, submit, update, upsert, validate

if TYPE_CHECKING:
    from bigin_frames import sandbox, testing
    from bigin_frames.callback import Callback
    from bigin_frames.datasets import write_dataset
    from bigin_frames.frames.clean import Cleaned
    from bigin_frames.frames.report import ValidationReport
    from bigin_frames.history import purge, resume, runs
    from bigin_frames.plans import Plan
    from bigin_frames.run import Run

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

# Loaded on first use: the sandbox needs an extra, the others bring pyarrow and tqdm, which an import can do without.
_LATER = {
    "Callback": ("bigin_frames.callback", "Callback"),
    "Cleaned": ("bigin_frames.frames.clean", "Cleaned"),
    "Plan": ("bigin_frames.plans", "Plan"),
    "Run": ("bigin_frames.run", "Run"),
    "ValidationReport": ("bigin_frames.frames.report", "ValidationReport"),
    "purge": ("bigin_frames.history", "purge"),
    "resume": ("bigin_frames.history", "resume"),
    "runs": ("bigin_frames.history", "runs"),
    "sandbox": ("bigin_frames.sandbox", None),
    "testing": ("bigin_frames.testing", None),
    "write_dataset": ("bigin_frames.datasets", "write_dataset"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'bigin_frames' has no attribute {name!r}")
    from importlib import import_module

    path, attribute = _LATER[name]
    module = import_module(path)
    return getattr(module, attribute) if attribute else module
