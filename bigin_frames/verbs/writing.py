"""The verbs that write a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from bigin_frames.model import Operation
from bigin_frames.plans.options import Options, settled

if TYPE_CHECKING:
    from bigin_frames.delivery.run import Run


def insert(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Add every row as a new record, and return the frame with a verdict on each.

    Parameters
    ----------
    frame : DataFrame
    module : str
        API name, such as ``"Contacts"``, ``"Accounts"`` or ``"Pipelines"``.
    **options
        See `options.Options`.

    Returns
    -------
    DataFrame
        The same rows, index, order and columns, and ``ID``, ``Status`` and ``Error`` as text.

    Raises
    ------
    InputError
        If the call or the frame cannot be sent as it is; nothing has been sent then.
    JobPending
        If ``wait`` ran out.
    RowsRefusedError
        If Bigin refused rows and ``on_error="raise"``.
    ApiError, TransportError
        If nothing could be started; no record was touched then.
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled("insert", options)).run()


def update(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds, create none; otherwise as `insert`."""
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled("update", options)).run()


def upsert(frame: pd.DataFrame, module: str, **options: Unpack[Options]) -> pd.DataFrame:
    """Change the records that ``find_by`` finds and add the others; otherwise as `insert`."""
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled("upsert", options)).run()


def submit(frame: pd.DataFrame, module: str, operation: Operation = "insert", **options: Unpack[Options]) -> Run:
    """Start a write and return its handle at once; everything that can be refused here is refused before.

    Returns
    -------
    Run
        ``.wait()`` returns what the blocking verb would, ``.frame()`` what is known now.
    """
    from bigin_frames.plans.prepare import planned

    return planned(frame, module, settled(operation, options)).submit()


def retry(out: pd.DataFrame, **options: Unpack[Options]) -> pd.DataFrame:
    """Write again the rows that certainly were not written, and merge their new verdicts into the same frame.

    Module and operation are those of the first write. Rows that are ``UNKNOWN``, ``UNREPORTED`` or ``PENDING`` are
    never sent: they may be in Bigin already.

    Parameters
    ----------
    out : DataFrame
        What a verb returned; its other columns may have been repaired meanwhile.
    **options
        See `options.Options`; ``columns``, ``find_by`` and the like are given again.

    Returns
    -------
    DataFrame
        All rows of ``out`` in their order, with the newest verdict on each.
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
