"""The errors and warnings of bigin_frames: each says what went wrong, where, and how to fix it.

The details that a program needs are attributes. No error holds a secret or the value of a cell.

The tree::

    BiginError
    +-- SettingsError (LookupError)          a credential or setting is missing or malformed
    +-- InputError (ValueError)              the call or the frame cannot be sent as it is; nothing left the machine
    |   +-- OptionError                      the name or the value of an option
    |   +-- MappingError                     a column, a field, or how a column is mapped to a field
    |   +-- InvalidRowsError                 rows that break the module's rules; has the report
    +-- TransportError (ConnectionError)     no readable answer
    |   +-- NotSentError                     certain: nothing of the request reached the server
    |   +-- UnansweredError                  uncertain: the request may have been processed
    |   +-- BodyTooLargeError                the answer is larger than any real answer
    +-- UntrustedHostError (ValueError)      a host that is not sent the token or any data
    +-- AnswerError                          Bigin's answer is an error or is not understood
    |   +-- ApiError                         an error that Bigin reports: HTTP status and code
    |   |   +-- AuthError (PermissionError)  the token, its scopes or the user's permissions
    |   |   +-- RateLimitError               too many calls (rate limit); the call had no effect
    |   +-- UnreadableAnswerError            neither a success nor a documented error
    +-- BadResultError (ValueError)          a result file that cannot be used
    +-- JobPending (TimeoutError)            the waiting time is over, the job still runs: not a failure
    +-- RowsRefusedError                     Bigin refused rows, and ``on_error="raise"`` is set
    +-- BrokenRunError                       an internal error stopped part of a run; has the run
    +-- JournalError                         the journal cannot be used; nothing is sent without it
    +-- RunBusy                              another process is working on the run
    +-- AlreadyDelivered                     exactly this insert was made before
    +-- FrameChangedError (ValueError)       the frame is not the one that the run to resume began with

    BiginWarning (UserWarning)
    +-- RefusedRowsWarning                   rows that were not written
    +-- UndecidedRowsWarning                 rows whose status is not known
    +-- OverlapWarning                       rows that an earlier insert already sent
    +-- CreditsWarning                       a run that needs more API credits than a day allows
    +-- FormulaWarning                       cells that a spreadsheet would run as formulas

A class inherits a builtin where a caller would catch that builtin anyway. All can be pickled.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class BiginError(Exception):
    """Base class of all bigin_frames exceptions.

    Parameters
    ----------
    message : str
        One sentence for people: what went wrong, where, and how to fix it.
    **facts : Any
        Attributes for programs; each class declares its own.
    """

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.__dict__.update(facts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self.args[0]), dict(self.__dict__))


def _rebuild(kind: type[BiginError], message: str, facts: dict[str, Any]) -> BiginError:
    return kind(message, **facts)


class SettingsError(BiginError, LookupError):
    """A credential or setting that is missing or malformed; ``name`` is the name of the variable."""

    name: str


class InputError(BiginError, ValueError):
    """A call or a frame that cannot be sent as it is; nothing has left the machine."""


class OptionError(InputError):
    """An option with an unknown name or an unusable value; ``option`` is its name."""

    option: str


class MappingError(InputError):
    """A column or field that cannot be mapped: ``column`` of the frame, ``field`` of the module; each may be None."""

    column: object | None = None
    field: str | None = None


class InvalidRowsError(InputError):
    """Rows that break the module's rules; ``report`` is the `ValidationReport` with all of them."""

    report: Any


class TransportError(BiginError, ConnectionError):
    """A call without a readable answer; ``call`` is its name."""

    call: str


class NotSentError(TransportError):
    """A call of which nothing reached the server: it is safe to retry."""


class UnansweredError(TransportError):
    """A call that may have been processed; ``bytes_sent`` is how much of it was sent, None where that is not known."""

    bytes_sent: int | None = None


class BodyTooLargeError(TransportError):
    """An answer of more than ``limit`` bytes, which was not read to its end."""

    limit: int


class UntrustedHostError(BiginError, ValueError):
    """An address at ``host``, which is not sent the token or any data."""

    host: str


class AnswerError(BiginError):
    """An answer that is not a success; ``call`` is the name of the call, ``status`` the HTTP status."""

    call: str
    status: int


class ApiError(AnswerError):
    """An error that Bigin reports; ``code`` is Bigin's own, ``retry_after_s`` the seconds to wait, if it names them."""

    code: str
    retry_after_s: float | None = None


class AuthError(ApiError, PermissionError):
    """A call that the token, its scopes or the user's permissions do not allow."""


class RateLimitError(ApiError):
    """Too many calls (rate limit) or no credits left; the call had no effect and can be made again later."""


class UnreadableAnswerError(AnswerError):
    """An answer that is neither a success nor a documented error."""


class BadResultError(BiginError, ValueError):
    """A result file that says nothing certain about any row; ``reason`` says why."""

    reason: str


class _RunError(BiginError):
    """An error with ``run``, a live handle, which a pickled copy does not have."""

    run: Any

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self.args[0]), {**self.__dict__, "run": None})


class JobPending(_RunError, TimeoutError):
    """The waiting time is over and the job still runs in Bigin; ``run`` is the handle to wait on again."""


class BrokenRunError(_RunError, RuntimeError):
    """An internal error that stopped part of a run; ``run.frame()`` has each row's verdict as far as it is known."""


class JournalError(BiginError, RuntimeError):
    """A journal, at ``path``, that cannot be used."""

    path: str


class RunBusy(BiginError, RuntimeError):
    """A run, ``run_id``, that another process or another handle is working on."""

    run_id: str


class AlreadyDelivered(BiginError, RuntimeError):
    """An insert that was made before, as run ``run_id``, begun at ``when`` (ISO 8601, UTC)."""

    run_id: str
    when: str


class FrameChangedError(BiginError, ValueError):
    """A frame of which ``rows`` rows differ from those the run began with."""

    rows: int


class RowsRefusedError(BiginError):
    """Rows that Bigin refused.

    ``frame`` is the whole returned frame; ``verdicts`` has its three result columns, and is all that a pickle keeps.
    """

    frame: pd.DataFrame | None
    verdicts: pd.DataFrame

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self.args[0]), {**self.__dict__, "frame": None})  # no cell value in a pickle


class BiginWarning(UserWarning):
    """Base class of all bigin_frames warnings."""


class RefusedRowsWarning(BiginWarning):
    """Rows that were not written: the reasons, each with its number of rows."""


class OverlapWarning(BiginWarning):
    """Rows that an earlier insert already sent, and that may be duplicates in Bigin now."""


class CreditsWarning(BiginWarning):
    """A run, not yet started, whose jobs need more API credits than Bigin allows in 24 hours."""


class FormulaWarning(BiginWarning):
    """Cells that a spreadsheet would run as formulas, if somebody opens an export from Bigin in one."""


class UndecidedRowsWarning(BiginWarning):
    """Rows that may or may not have been written; they are not sent again."""


def warn(message: str, category: type[BiginWarning]) -> None:
    """Warn at the line of the caller's own code, however deep in this package the warning is raised."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "bigin_frames":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level + 1)
