"""One column as the text that Bigin reads, and such text read back; rows that would lose something are refused.

Two tables decide what a field accepts: the family of each data type (Bigin v2, field-meta), and the writer of each
family and kind of cell. Cells of a pair without a writer are all refused, with the fix in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.errors import InputError, MappingError
from bigin_frames.frames.cell_kinds import Part, parts, whole
from bigin_frames.frames.encoding import datetimes, writers
from bigin_frames.frames.encoding.unfit_kinds import not_an_id, refusal
from bigin_frames.frames.encoding.written_cells import Written, mask_of, written
from bigin_frames.frames.field_types import LOOKUP_TYPES
from bigin_frames.model import INVALID_DATA, Field

# Java patterns of the mapping's ``format``. Bigin's own defaults differ from page to page, so both are always sent
# (CRM v7, bulk-write/create-job: MM/dd/yyyy; the vendor's bulk write post: yyyy-MM-dd).
DATE_FORMAT = "yyyy-MM-dd"
DATETIME_FORMAT = "yyyy-MM-dd'T'HH:mm:ssXXX"

_FAMILIES = {
    **dict.fromkeys(("text", "textarea", "email", "phone", "website", "picklist"), "text"),
    **dict.fromkeys(("id", "lookup", "ownerlookup"), "id"),
    **dict.fromkeys(("integer", "bigint"), "whole"),
    **dict.fromkeys(("double", "currency", "percent"), "number"),
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    "multiselectpicklist": "choices",
}


@dataclass(frozen=True)
class Fault:
    """The rows of one column that cannot be written for one reason.

    Parameters
    ----------
    positions : np.ndarray
        int64, ascending, 0-based positions in the given series.
    code : str
        Bigin's code for the same error.
    rule : str
        The rule that is broken and the fix, in words; never a value.
    """

    positions: np.ndarray
    code: str
    rule: str


@dataclass(frozen=True)
class Encoded:
    """A column's wire text and its faults.

    Parameters
    ----------
    text : pa.Array
        large_string, as long as the series; null is an empty cell, also at the faulty positions.
    faults : tuple of Fault
        No position is in two of them.
    """

    text: pa.Array = field(repr=False)  # cells stay out of tracebacks that print locals
    faults: tuple[Fault, ...]


def encode(series: pd.Series, field: Field, *, by: str | None = None, zone: str = "UTC") -> Encoded:
    """Write a column as the text its field accepts.

    Missing values of every kind and empty text become empty cells; other text stays exact: it is neither trimmed nor
    interpreted. Text that is in Arrow already is not copied.

    Parameters
    ----------
    series : pd.Series
        Any dtype.
    field : Field
        The field the column is mapped to.
    by : str, optional
        The key in a lookup column: ``"id"`` (also when None), a field's name or ``"email"``.
    zone : str
        IANA name of the zone of naive datetimes, in which all datetimes are written. Datetimes are
        written in whole seconds; fractions are floored, before 1970 too.

    Raises
    ------
    MappingError
        If no CSV cell can fill a field of this data type.
    OptionError
        If ``zone`` is not a known time zone.
    """
    family = _family(field, by)
    if family == "datetime":
        datetimes.check_zone(zone)
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _encode_categories(series, field, by, zone)
    cells = parts(series, wall=family == "date")
    return _gather(cells, [_write(part, family, field, zone) for part in cells], len(series))


def wire_format(field: Field) -> str | None:
    """Return the Java pattern of the field's mapping, or None for fields other than dates and datetimes."""
    return {"date": DATE_FORMAT, "datetime": DATETIME_FORMAT}.get(field.data_type)


def decode(text: pa.Array | pa.ChunkedArray, field: Field) -> pd.Series:
    """Read wire text back as a typed column; null becomes missing.

    Parameters
    ----------
    text : pa.Array or pa.ChunkedArray
        Text as `encode` writes it.
    field : Field
        Its data type decides: text, lookups and choices become pandas' own string dtype, whole numbers ``Int64``, other
        numbers ``Float64``, booleans ``boolean``, dates ``datetime64[s]``, datetimes ``datetime64[us, UTC]``.

    Raises
    ------
    InputError
        If the text is not what `encode` writes for the field.
    """
    read = _READERS.get(_family(field, None), _read_text)
    with suppress(pa.ArrowInvalid):  # its message quotes the cell, so it must not be the cause of what is raised
        return read(whole(text))
    raise InputError(f"Text of field {field.api_name} is not the wire form of {field.data_type} values.")


def _family(field: Field, by: str | None) -> str:
    family = _FAMILIES.get(field.data_type)
    if family is None:
        raise MappingError(
            f"Field {field.api_name} is of type {field.data_type}, which a bulk write cannot write; leave it out.",
            field=field.api_name,
        )
    return "text" if field.data_type in LOOKUP_TYPES and by not in (None, "id") else family


def _encode_categories(series: pd.Series, field: Field, by: str | None, zone: str) -> Encoded:
    inner = encode(pd.Series(series.cat.categories), field, by=by, zone=zone)
    codes = series.cat.codes.to_numpy()
    found = ((fault, np.flatnonzero(np.isin(codes, fault.positions))) for fault in inner.faults)
    faults = tuple(Fault(at.astype(np.int64), fault.code, fault.rule) for fault, at in found if at.size)
    return Encoded(inner.text.take(pa.array(codes, mask=codes < 0)), faults)


def _gather(cells: Sequence[Part], done: Sequence[Written], length: int) -> Encoded:
    faults = []
    for part, made in zip(cells, done, strict=True):
        for flags, rule in made.refused:
            at = np.flatnonzero(flags).astype(np.int64)
            faults.append(Fault(at if part.positions is None else part.positions[at], INVALID_DATA, rule))
    if len(cells) == 1 and cells[0].positions is None:
        return Encoded(done[0].text, tuple(faults))
    source = np.full(length, -1, np.int64)
    source[np.concatenate([part.positions for part in cells])] = np.arange(sum(len(part.values) for part in cells))
    text = pa.concat_arrays([made.text for made in done]).take(pa.array(source, mask=source < 0))
    return Encoded(text, tuple(faults))


def _write(part: Part, family: str, field: Field, zone: str) -> Written:
    writer = _WRITERS.get((family, part.kind))
    if writer is None:
        nothing = pa.nulls(len(part.values), pa.large_string())
        return written(nothing, (mask_of(_present(part.values)), refusal(part.kind, family, field)))
    if family == "id":
        return writer(part.values, rule=not_an_id(field))
    return writer(part.values, zone=zone) if family == "datetime" else writer(part.values)


def _present(values: pa.Array) -> pa.Array:
    if pa.types.is_floating(values.type):
        return pc.invert(values.is_null(nan_is_null=True))
    return values.is_valid()


_WRITERS: dict[tuple[str, str], Callable[..., Written]] = {
    ("text", "text"): writers.exact,
    ("text", "int"): writers.as_text,
    ("text", "decimal"): writers.decimals,
    ("id", "text"): writers.ids,
    ("id", "int"): writers.ids,
    ("whole", "text"): writers.whole_texts,
    ("whole", "int"): writers.whole_ints,
    ("whole", "float"): writers.whole_floats,
    ("whole", "decimal"): writers.whole_decimals,
    ("number", "text"): writers.number_texts,
    ("number", "int"): writers.as_text,
    ("number", "float"): writers.number_floats,
    ("number", "decimal"): writers.number_decimals,
    ("boolean", "bool"): writers.bools,
    ("boolean", "text"): writers.truths,
    ("date", "date"): datetimes.days,
    ("date", "datetime"): datetimes.midnights,
    ("date", "text"): datetimes.day_texts,
    ("datetime", "datetime"): datetimes.wall_times,
    ("datetime", "zoned datetime"): datetimes.instants,
    ("datetime", "text"): datetimes.datetime_texts,
    ("choices", "text"): writers.exact,
    ("choices", "list"): writers.choices,
}


def _read_text(text: pa.Array) -> pd.Series:
    own = pd.Series(["text"]).dtype  # pandas 3 has a string dtype of its own, pandas 2 has object
    dtype: Any = own if isinstance(own, pd.StringDtype) else pd.StringDtype("pyarrow")
    return pd.Series(dtype.__from_arrow__(text))


def _read_dates(text: pa.Array) -> pd.Series:
    days = text.cast(pa.date32()).cast(pa.timestamp("s"))
    return pd.Series(days.to_numpy(zero_copy_only=False))


def _read_datetimes(text: pa.Array) -> pd.Series:
    instants = text.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    return pd.Series(instants.to_numpy(zero_copy_only=False)).dt.tz_localize("UTC")


def _reader(kind: pa.DataType, dtype: Any) -> Callable[[pa.Array], pd.Series]:
    return lambda text: pd.Series(dtype.__from_arrow__(text.cast(kind)))


_READERS: dict[str, Callable[[pa.Array], pd.Series]] = {
    "whole": _reader(pa.int64(), pd.Int64Dtype()),
    "number": _reader(pa.float64(), pd.Float64Dtype()),
    "boolean": _reader(pa.bool_(), pd.BooleanDtype()),
    "date": _read_dates,
    "datetime": _read_datetimes,
}
