"""A frame in the types of its fields."""

from __future__ import annotations

import pandas as pd

from bigin_frames.errors import InputError
from bigin_frames.frames.column_places import places_of
from bigin_frames.frames.encoding.encode import decode
from bigin_frames.frames.encoding.texts import encoded_rows
from bigin_frames.frames.mapping.columns import Mapped


def coerce(frame: pd.DataFrame, mapped: Mapped, zone: str = "UTC") -> pd.DataFrame:
    """Return the frame with its mapped columns in their fields' types, defaults filled in.

    Parameters
    ----------
    frame : pd.DataFrame
        One in which `check` found no problem.
    mapped : Mapped
    zone : str
        IANA name of the zone of naive datetimes.

    Returns
    -------
    pd.DataFrame
        The same rows, labels, columns and order; columns that are not mapped are untouched.

    Raises
    ------
    InputError
        If a cell cannot be written as its field needs it.
    """
    coerced = frame.copy(deep=False)
    places = places_of(frame.columns)
    done = encoded_rows(frame, slice(None), mapped.columns, zone)
    for column, encoded in zip(mapped.columns, done, strict=True):
        for fault in encoded.faults:
            where = f"Column {column.column!r} (field {column.field.api_name}), row {fault.positions[0]}"
            raise InputError(f"{where} contains {fault.rule}.")
        coerced.isetitem(places[column.column][0], decode(encoded.text, column.field).array)
    return coerced
