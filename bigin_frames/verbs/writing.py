"""The verbs that write a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from bigin_frames.model import Operation
from bigin_frames.plans.option_help import with_options
from bigin_frames.plans.options import Options, settled

if TYPE_CHECKING:
    from bigin_frames.delivery.run import Run


@with_options()
def insert(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Add every row as a new record, and return the frame with a verdict for each row.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    **options
        See "Other Parameters" below.

    Returns
    -------
    DataFrame
        The same rows, index, order and columns, and ``ID``, ``Status`` and ``Error`` as text.

    Raises
    ------
    InputError
        If the call or the frame cannot be sent as it is; nothing was sent.
    JobPending
        If the seconds of ``wait`` are over before the jobs are.
    RowsRefusedError
        If Bigin refused rows and ``on_error="raise"``.
    ApiError, TransportError
        If nothing could be started; no record was changed.

    Examples
    --------
    >>> out = bf.insert(people, "Contacts", columns={"Surname": "Last_Name", "E-mail": "Email"})
    >>> out[["Surname", "Status"]]
        Surname Status
    0  Lovelace  ADDED
    1    Hopper  ADDED
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled("insert", options)).run()


@with_options(required=("find_by",), without=("row_key",))
def update(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds, and return the frame with a verdict for each row.

    No record is created: a row whose record does not exist ends as ``SKIPPED``.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    **options
        See "Other Parameters" below.

    Returns
    -------
    DataFrame
        The same rows, index, order and columns, and ``ID``, ``Status`` and ``Error`` as text.

    Raises
    ------
    InputError, JobPending, RowsRefusedError, ApiError, TransportError
        As `insert`.

    Examples
    --------
    >>> ada = box.add_record("Contacts", {"Last_Name": "Byron", "Email": "ada@example.org"})
    >>> out = bf.update(df, "Contacts", find_by="Email", on_error="ignore")
    >>> out["Status"].tolist()
    ['UPDATED', 'SKIPPED']
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled("update", options)).run()


@with_options(required=("find_by",), without=("row_key",))
def upsert(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds, add the others, and return the frame with a verdict for each row.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    **options
        See "Other Parameters" below.

    Returns
    -------
    DataFrame
        The same rows, index, order and columns, and ``ID``, ``Status`` and ``Error`` as text.

    Raises
    ------
    InputError, JobPending, RowsRefusedError, ApiError, TransportError
        As `insert`.

    Examples
    --------
    >>> ada = box.add_record("Contacts", {"Last_Name": "Byron", "Email": "ada@example.org"})
    >>> out = bf.upsert(df, "Contacts", find_by="Email")
    >>> out["Status"].tolist()
    ['UPDATED', 'ADDED']
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled("upsert", options)).run()


@with_options()
def submit(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Run:
    """Start a write and return its handle at once; whatever can be refused before a write raises an error here.

    Parameters
    ----------
    frame : DataFrame
        It is not changed.
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    operation : {"insert", "update", "upsert"}
    **options
        See "Other Parameters" below.

    Returns
    -------
    Run
        ``.wait()`` returns what the blocking function would, ``.frame()`` what is known now.

    Raises
    ------
    InputError
        If the call or the frame cannot be sent as it is; nothing was sent.

    Examples
    --------
    >>> run = bf.submit(df, "Contacts", "upsert", find_by="Email")
    >>> run.wait()["Status"].tolist()
    ['ADDED', 'ADDED']
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled(operation, options)).submit()


@with_options()
def retry(out: pd.DataFrame, **options: Unpack[Options]) -> pd.DataFrame:
    """Write again the rows that certainly were not written, and return the frame with their new verdicts.

    Module and operation are those of the first write. Rows that are ``UNKNOWN``, ``UNREPORTED`` or ``PENDING`` are
    never sent: they may be in Bigin already.

    Parameters
    ----------
    out : DataFrame
        What a write returned. You can fix cells before you retry.
    **options
        See "Other Parameters" below. Give ``columns``, ``find_by`` and the like again.

    Returns
    -------
    DataFrame
        All rows of the frame in their order, each with its newest verdict.
    """
    from bigin_frames.frames.merging.returned import merged_verdicts, not_written, result_names, written_to
    from bigin_frames.plans.prepare import planned

    module, operation = written_to(out)
    again = np.flatnonzero(not_written(out))
    if not len(again):
        return out
    names = result_names(out)
    rows = out.iloc[again].drop(columns=list(names))
    settings = settled(operation, {"result_columns": names, **options})  # type: ignore[arg-type] # it is checked there
    return merged_verdicts(out, again, planned(rows, module, settings).run())
