"""The options that all verbs share, their defaults, and the check of a call's options."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

from bigin_frames.errors import OptionError
from bigin_frames.limits import CREDITS_PER_JOB, JOB_PRICE, MAX_CREDITS_PER_DAY, MAX_ROWS_PER_JOB
from bigin_frames.model import OPERATIONS, Lookup, OnOverlap, Operation

if TYPE_CHECKING:
    import pandera.pandas as pa

    from bigin_frames.client.callback import Callback
    from bigin_frames.client.client import Client
    from bigin_frames.client.metadata import Metadata
    from bigin_frames.delivery.terms import Terms

Empty = Literal["keep", "clear"]
OnInvalid = Literal["raise", "skip"]
OnDuplicate = Literal["refuse", "first", "last"]
OnError = Literal["warn", "raise", "ignore"]
Formulas = Literal["off", "warn", "refuse"]


class Options(TypedDict, total=False):
    """The options that all verbs share; each is keyword-only.

    Attributes
    ----------
    columns : mapping of column label to str or Lookup
        Which column becomes which field, by API name: ``{"Surname": "Last_Name"}``. Other columns are not sent and stay
        in the returned frame. Without it, every column must have the API name of a writable field.
    find_by : str
        API name of the field by which Bigin finds existing records: ``"id"`` or a unique field. Required for update and
        upsert; with insert, rows whose key exists already are skipped.
    defaults : mapping of str to value
        The value to send, by field API name, where a cell is empty or no column is mapped to the field.
    empty : {"keep", "clear"}
        What an empty cell does to the stored value: leave it as it is, or clear it.
    schema : pandera.DataFrameSchema or DataFrameModel
        Your own rules. The frame is checked against them as it is, in addition to the module's rules.
    on_invalid : {"raise", "skip"}
        What to do if rows break a rule: raise an error before anything is sent, or leave out only these rows and mark
        them ``INVALID``.
    on_duplicate : {"refuse", "first", "last"}
        What to do about rows that have the same ``find_by`` key: treat all of them as invalid, or send the first or the
        last of them and mark the others ``SKIPPED`` with ``DUPLICATE_DATA``.
    formulas : {"off", "warn", "refuse"}
        What to do about text that a spreadsheet would run as a formula if somebody opens an export from Bigin: cells
        that begin with ``=``, ``@`` or a tab, or with ``+`` or ``-`` unless they are a number or a phone number. Ignore
        them, give a `FormulaWarning` with their number, or treat their rows as invalid. No cell is ever changed.
    on_error : {"warn", "raise", "ignore"}
        What to do about rows that Bigin refused: give a warning, raise `RowsRefusedError`, or nothing. For rows whose
        outcome is unknown, there is always a warning.
    row_key : str
        API name of a unique text field that stores a key for each row, for inserts that must never create a duplicate.
        Bigin skips rows whose key it has already, so a batch whose answer was lost can be sent again safely. The keys
        are computed from the rows' contents; if a column is mapped to the field, its values are used. Only for inserts.
    callback : Callback
        Where Bigin reports that a job has ended; the status is polled as well.
    repeat : bool
        Whether to send rows again that a finished run has inserted before; without it the same insert raises
        `AlreadyDelivered`.
    on_overlap : {"warn", "raise", "skip", "ignore"}
        What to do about rows that an earlier insert from this machine has sent: send them with a warning, raise an
        error before anything is sent, mark them ``SKIPPED`` with ``ALREADY_DELIVERED``, or send them without a warning.
    wait : float
        How many seconds to wait for the verdicts: None waits as long as Bigin needs. After that `JobPending` is raised,
        which is not a failure: the jobs go on.
    progress : bool
        Whether to show a progress bar: None shows one in terminals and notebooks, once the work has taken a second.
    result_columns : tuple of three str
        Names of the columns that are added to the returned frame.
    max_rows_per_job : int
        How many rows share a job, and with it its outcome; each job costs 500 credits.
    max_credits : int
        A write whose jobs cost more raises an error before anything is sent. None sets no limit.
    credits_per_day : int
        How many API credits this write may use in any 24 hours. The free edition has 5,000, the others 50,000 and 250
        for each user, at most 100,000 (Bigin v1, api-limits). Bigin does not report the limit: None assumes 100,000. A
        write that does not fit gives a `CreditsWarning` before it starts.
    wait_for_credits : bool
        Whether to start jobs only when there are credits for them, over as many days as that takes; without it, jobs
        that Bigin refuses are ``UNSENT``. Credits used so far are read from this machine's journal, so the same call
        resumes after a crash.
    metadata : str, Path or Metadata
        A file that `save_metadata` wrote, or what `load_metadata` returned: fields and time zone are taken from it, and
        no metadata is requested from Bigin before a write.
    client : Client
        The connection to Bigin. None uses the one that the environment variables describe, `Client.from_env`.
    """

    columns: Mapping[Any, str | Lookup] | None
    find_by: str | None
    defaults: Mapping[str, object] | None
    empty: Empty
    schema: pa.DataFrameSchema | type[pa.DataFrameModel] | None
    on_invalid: OnInvalid
    on_duplicate: OnDuplicate
    formulas: Formulas
    on_error: OnError
    row_key: str | None
    callback: Callback | None
    repeat: bool
    on_overlap: OnOverlap
    wait: float | None
    progress: bool | None
    result_columns: tuple[str, str, str]
    max_rows_per_job: int
    max_credits: int | None
    credits_per_day: int | None
    wait_for_credits: bool
    metadata: str | Path | Metadata | None
    client: Client | None


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of one call, complete and checked; see `Options` for what each means."""

    operation: Operation
    columns: Mapping[Hashable, str | Lookup] | None = None
    find_by: str | None = None
    defaults: Mapping[str, object] | None = None
    empty: Empty = "keep"
    schema: pa.DataFrameSchema | type[pa.DataFrameModel] | None = None
    on_invalid: OnInvalid = "raise"
    on_duplicate: OnDuplicate = "refuse"
    formulas: Formulas = "warn"
    on_error: OnError = "warn"
    row_key: str | None = None
    callback: Callback | None = None
    repeat: bool = False
    on_overlap: OnOverlap = "warn"
    wait: float | None = None
    progress: bool | None = None
    result_columns: tuple[str, str, str] = ("ID", "Status", "Error")
    max_rows_per_job: int = MAX_ROWS_PER_JOB
    max_credits: int | None = None
    credits_per_day: int | None = None
    wait_for_credits: bool = False
    metadata: str | Path | Metadata | None = None
    client: Client | None = None
    part: int | str | None = None  # which part of a larger write this is; not an option of the caller

    @property
    def terms(self) -> Terms:
        """Return the options that the delivery needs."""
        from bigin_frames.delivery.terms import Terms  # a class more would be felt in the import of the package

        allowance = self.credits_per_day or MAX_CREDITS_PER_DAY
        return Terms(
            repeat=self.repeat,
            on_overlap=self.on_overlap,
            max_rows_per_job=self.max_rows_per_job,
            credits_per_day=allowance if self.wait_for_credits else None,
            part=self.part,
        )


_LONGEST_WAIT_S: Final = 1e9  # what a clock can add
_WORDS: Final = {
    "operation": OPERATIONS,
    "empty": ("keep", "clear"),
    "on_invalid": ("raise", "skip"),
    "on_duplicate": ("refuse", "first", "last"),
    "formulas": ("off", "warn", "refuse"),
    "on_error": ("warn", "raise", "ignore"),
    "on_overlap": ("warn", "raise", "skip", "ignore"),
}


# What an option must be, apart from None where that is its default.
_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "find_by": (str,),
    "row_key": (str,),
    "repeat": (bool,),
    "defaults": (Mapping,),
    "progress": (bool,),
    "result_columns": (tuple, list),
    "max_rows_per_job": (int,),
    "max_credits": (int,),
    "credits_per_day": (int,),
    "wait_for_credits": (bool,),
    "wait": (int, float),
}


def settled(operation: Operation, options: Mapping[str, Any], own: tuple[str, ...] = ()) -> Settings:
    """Return the options of a call with their defaults; ``own`` names the verb's own options, for its error messages.

    Raises
    ------
    OptionError
        If an option does not exist or its value is not allowed; ``option`` names it.
    """
    names = [field.name for field in fields(Settings) if field.name not in ("operation", "part")]
    for name in options:
        if name not in names:
            import difflib  # here, since `import bigin_frames` should not load it

            near = difflib.get_close_matches(name, [*own, *names], 1)
            hint = f"did you mean {near[0]}?" if near else f"the options are {', '.join([*own, *names])}."
            raise OptionError(f"There is no option {name!r}; {hint}", option=name)
    settings = Settings(operation=operation, **options)
    for name, words in _WORDS.items():
        if not isinstance(getattr(settings, name), str) or getattr(settings, name) not in words:
            raise OptionError(f"{name} must be one of {', '.join(words)}.", option=name)
    for name, kinds in _KINDS.items():
        _refuse_kind(name, getattr(settings, name), kinds)
    if settings.metadata is not None:
        from bigin_frames.client.metadata import Metadata  # here: `import bigin_frames` needs none of the client

        _refuse_kind("metadata", settings.metadata, (str, Path, Metadata))
    if not 1 <= settings.max_rows_per_job <= MAX_ROWS_PER_JOB:
        allowed = f"a whole number from 1 to {MAX_ROWS_PER_JOB:,}"
        raise OptionError(f"max_rows_per_job must be {allowed}.", option="max_rows_per_job")
    if settings.max_credits is not None and settings.max_credits < 0:
        raise OptionError("max_credits must be 0 or more.", option="max_credits")
    if settings.credits_per_day is not None and settings.credits_per_day < JOB_PRICE:
        few = f"credits_per_day must be {JOB_PRICE} at least: a job costs {CREDITS_PER_JOB}, and the calls around it."
        raise OptionError(few, option="credits_per_day")
    if settings.row_key is not None and operation != "insert":
        raise OptionError(f"row_key is for inserts; an {operation} finds its records by find_by.", option="row_key")
    if settings.row_key is not None and settings.find_by not in (None, settings.row_key):
        raise OptionError("row_key names the field rows are found by; leave find_by out.", option="row_key")
    if settings.wait is not None and not (0 <= settings.wait <= _LONGEST_WAIT_S or settings.wait == math.inf):
        raise OptionError("wait must be seconds from 0 to 10**9, or None: as long as Bigin needs.", option="wait")
    if settings.client is not None and not hasattr(settings.client, "create_job"):
        raise OptionError("client must be a bigin_frames.Client.", option="client")
    if settings.callback is not None and not hasattr(settings.callback, "expect"):
        raise OptionError("callback must be a bigin_frames.Callback.", option="callback")
    return settings


def _refuse_kind(name: str, value: object, kinds: tuple[type, ...]) -> None:
    optional = next(field.default for field in fields(Settings) if field.name == name) is None
    if (value is None and optional) or (isinstance(value, kinds) and (kinds == (bool,) or not isinstance(value, bool))):
        return
    wanted = " or ".join(kind.__name__ for kind in kinds) + (" or None" if optional else "")
    raise OptionError(f"{name} must be {wanted}, not {type(value).__name__}.", option=name)
