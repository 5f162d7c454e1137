"""Say what went wrong, where, and what mends it; carry the facts as attributes, never a secret or a cell value.

The tree::

    BiginError
    +-- SettingsError (LookupError)          a credential or setting is missing or malformed
    +-- InputError (ValueError)              the call or the frame cannot be sent as it is; nothing left the machine
    |   +-- OptionError                      an option's name or value
    |   +-- MappingError                     a column, a field, or the way one is mapped to the other
    |   +-- InvalidRowsError                 rows that break the module's rules; carries the report
    +-- TransportError (ConnectionError)     no answer that can be read
    |   +-- NotSentError                     certain: no byte of the request reached the server
    |   +-- UnansweredError                  uncertain: the request may have been taken
    |   +-- BodyTooLargeError                the answer is larger than any honest one
    +-- UntrustedHostError (ValueError)      an address that must not see the token or the data
    +-- AnswerError                          Bigin answered, and the answer is no or makes no sense
    |   +-- ApiError                         a refusal in Bigin's own words: status and code
    |   |   +-- AuthError (PermissionError)  token, scope or permission
    |   |   +-- RateLimitError               too many calls; the call had no effect
    |   +-- UnreadableAnswerError            neither success nor a known refusal
    +-- BadResultError (ValueError)          a result file that proves nothing
    +-- JobPending (TimeoutError)            the time to wait is over, the job is not: not a failure
    +-- RowsRefusedError                     Bigin refused rows and ``on_error="raise"`` was asked for
    +-- BrokenRunError                       a defect stopped part of a run; carries the run
    +-- JournalError                         the journal cannot be used; nothing is sent without it
    +-- RunBusy                              another process drives the run
    +-- AlreadyDelivered                     the very same insert has been made before
    +-- FrameChangedError (ValueError)       a run is to go on with a frame that is not the one it began with

    BiginWarning (UserWarning)
    +-- RefusedRowsWarning                   rows that were not written
    +-- UndecidedRowsWarning                 rows whose fate is not known
    +-- OverlapWarning                       rows that an earlier insert has handed over
    +-- CreditsWarning                       a run that needs more credits than a day has
    +-- FormulaWarning                       cells that a spreadsheet would run as formulas

A class inherits a builtin where a caller would catch that builtin anyway. All survive pickling.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class BiginError(Exception):
    """Be the base of every error this package raises on purpose.

    Parameters
    ----------
    message : str
        One sentence for people: what, where, and the mend.
    **facts : Any
        Attributes for programs; each class below declares its own.
    """

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.__dict__.update(facts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self.args[0]), dict(self.__dict__))


def _rebuild(kind: type[BiginError], message: str, facts: dict[str, Any]) -> BiginError:
    return kind(message, **facts)


class SettingsError(BiginError, LookupError):
    """Report a credential or setting that is missing or malformed; ``name`` is the variable's."""

    name: str


class InputError(BiginError, ValueError):
    """Report input that cannot be sent as it is; nothing has left the machine."""


class OptionError(InputError):
    """Report an option by ``option``, its name."""

    option: str


class MappingError(InputError):
    """Report a mapping by ``column`` (of the frame) and ``field`` (of the module), each None where it has no part.

    Examples
    --------
    >>> try:
    ...     df.assign(Nickname="Ada").bigin.insert("Contacts")
    ... except bf.MappingError as error:
    ...     print(error.column)
    Nickname
    """

    column: object | None = None
    field: str | None = None


class InvalidRowsError(InputError):
    """Report rows that break the module's rules; ``report`` is the ValidationReport with every one of them.

    Examples
    --------
    >>> try:
    ...     df.assign(Email="none").bigin.insert("Contacts")
    ... except bf.InvalidRowsError as error:
    ...     print(error.report.failures["row"].tolist())
    [0, 1]
    """

    report: Any


class TransportError(BiginError, ConnectionError):
    """Report that a call brought no readable answer; ``call`` is its name."""

    call: str


class NotSentError(TransportError):
    """Report a call of which no byte reached the server: it is safe to make it again."""


class UnansweredError(TransportError):
    """Report a call that may have been taken; ``bytes_sent`` says how far it got where that is known."""

    bytes_sent: int | None = None


class BodyTooLargeError(TransportError):
    """Report an answer that passed ``limit`` bytes and was not read further."""

    limit: int


class UntrustedHostError(BiginError, ValueError):
    """Report ``host``, to which neither the token nor data is sent."""

    host: str


class AnswerError(BiginError):
    """Report an answer that is not a success; ``call`` is the call's name, ``status`` the HTTP status."""

    call: str
    status: int


class ApiError(AnswerError):
    """Report Bigin's own refusal: ``code`` as Bigin spells it, ``retry_after_s`` where Bigin names a time."""

    code: str
    retry_after_s: float | None = None


class AuthError(ApiError, PermissionError):
    """Report that the token, its scopes or the user's rights do not allow the call."""


class RateLimitError(ApiError):
    """Report too many calls or spent credits; the call had no effect and may be made again later."""


class UnreadableAnswerError(AnswerError):
    """Report an answer that is neither a success nor a refusal anyone documented."""


class BadResultError(BiginError, ValueError):
    """Report a result file that proves nothing about any row; ``reason`` says why."""

    reason: str


class _RunError(BiginError):
    """Carry ``run``, a live handle, which stays in its process."""

    run: Any

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self.args[0]), {**self.__dict__, "run": None})


class JobPending(_RunError, TimeoutError):
    """Say that the time to wait ran out while Bigin still works; ``run`` is the handle to wait on again.

    Examples
    --------
    >>> try:
    ...     out = df.bigin.insert("Contacts", wait=0)
    ... except bf.JobPending as pending:
    ...     out = pending.run.wait()
    """


class BrokenRunError(_RunError, RuntimeError):
    """Report a defect that stopped part of a run; ``run.frame()`` has the verdicts of all rows as they are known."""


class JournalError(BiginError, RuntimeError):
    """Report that the journal at ``path`` cannot be used."""

    path: str


class RunBusy(BiginError, RuntimeError):
    """Say that another process, or another handle, goes on with the run ``run_id``."""

    run_id: str


class AlreadyDelivered(BiginError, RuntimeError):
    """Say that this very insert ended before, as run ``run_id``, begun at ``when`` (ISO 8601, UTC).

    Examples
    --------
    >>> out = df.bigin.insert("Contacts")
    >>> try:
    ...     df.bigin.insert("Contacts")
    ... except bf.AlreadyDelivered as error:
    ...     out = bf.resume(error.run_id, df).frame()
    """

    run_id: str
    when: str


class FrameChangedError(BiginError, ValueError):
    """Report a frame of which ``rows`` rows are not those the run began with."""

    rows: int


class RowsRefusedError(BiginError):
    """Report rows Bigin refused.

    ``frame`` is the whole returned frame; ``verdicts`` its three result columns alone, all that a pickle keeps.
    """

    frame: pd.DataFrame | None
    verdicts: pd.DataFrame

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), str(self.args[0]), {**self.__dict__, "frame": None})  # no cell value in a pickle


class BiginWarning(UserWarning):
    """Be the base of every warning this package gives."""


class RefusedRowsWarning(BiginWarning):
    """Say that rows were not written, with the reasons and how many rows each has."""


class OverlapWarning(BiginWarning):
    """Say that rows were handed over by an earlier insert, and may now be in Bigin twice."""


class CreditsWarning(BiginWarning):
    """Say, before a run starts, that not all of its jobs fit into what Bigin grants in 24 hours."""


class FormulaWarning(BiginWarning):
    """Say that cells go into Bigin which a spreadsheet would run as formulas, if somebody opens an export there."""


class UndecidedRowsWarning(BiginWarning):
    """Say that rows may or may not have been written, and that nothing is sent again."""


def warn(message: str, category: type[BiginWarning]) -> None:
    """Give a warning that points at the line of the caller's own code, however deep in this package it is given."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "bigin_frames":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level + 1)
