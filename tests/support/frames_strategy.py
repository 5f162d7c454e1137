"""Frames whose columns are valid for their fields, in every dtype of such values, with gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from bigin_frames.model import Field

TEXT_TYPES = ("text", "textarea", "email", "phone", "website", "picklist")
DATA_TYPES = (
    *TEXT_TYPES, "lookup", "ownerlookup", "integer", "bigint", "double", "currency", "percent",
    "boolean", "date", "datetime", "multiselectpicklist",
)  # fmt: skip
ZONES = ("UTC", "Europe/Rome", "America/St_Johns", "Asia/Kathmandu", "Etc/GMT-5")


@dataclass(frozen=True)
class Case:
    """A frame, the field of each column, and its values as Python objects (None for a gap)."""

    frame: pd.DataFrame
    fields: dict[str, Field]
    values: dict[str, list[Any]]


Backend = Callable[[list[Any]], pd.Series]


def arrow(kind: pa.DataType) -> Backend:
    return lambda values: pd.Series(pd.arrays.ArrowExtensionArray(pa.array(values, kind)))


def plain(dtype: str) -> Backend:
    return lambda values: pd.Series(values, dtype=dtype)


def category(values: list[Any]) -> pd.Series:
    return pd.Series(values, dtype=object).astype("category")


def gapless(dtype: str) -> Backend:
    """Use a numpy dtype without gaps; use objects if there is one."""
    return lambda values: pd.Series(values, dtype=object if None in values else dtype)


def floats(values: list[Any]) -> pd.Series:
    exact = all(value is None or abs(value) < 2**53 for value in values)
    return pd.Series(values, dtype="float64" if exact else "Int64")


def stamps(unit: str) -> Backend:
    """Build datetimes, or days as their midnights."""

    def build(values: list[Any]) -> pd.Series:
        moments = [value if value is None or isinstance(value, datetime) else _midnight(value) for value in values]
        return pd.Series(pa.array(moments, pa.timestamp(unit)).to_numpy(zero_copy_only=False))

    return build


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def zoned(unit: str, zone: str) -> Backend:
    return lambda values: (
        stamps(unit)([value and value.replace(tzinfo=None) for value in values])
        .dt.tz_localize("UTC")
        .dt.tz_convert(zone)
    )


STRINGS: tuple[Backend, ...] = (
    pd.Series, plain("object"), plain("string[python]"), plain("string[pyarrow]"), category,
    arrow(pa.string()), arrow(pa.large_string()), arrow(getattr(pa, "string_view", pa.string)()),  # since pyarrow 16
    arrow(pa.dictionary(pa.int32(), pa.string())),
)  # fmt: skip
WHOLES = (
    floats,
    gapless("int64"),
    plain("Int64"),
    plain("object"),
    category,
    arrow(pa.int64()),
    arrow(pa.decimal128(19)),
)
NUMBERS = (plain("float64"), plain("Float64"), plain("object"), arrow(pa.float64()), category)
TRUTHS = (gapless("bool"), plain("boolean"), plain("object"), arrow(pa.bool_()), category)
DATES = (plain("object"), *map(stamps, ("s", "ms", "us", "ns")), arrow(pa.date32()), arrow(pa.date64()), category)
MOMENTS = (
    plain("object"), zoned("s", "Europe/Rome"), zoned("us", "UTC"), zoned("ns", "America/St_Johns"),
    arrow(pa.timestamp("us", "Asia/Kathmandu")), arrow(pa.timestamp("ns", "UTC")), category,
)  # fmt: skip
LISTS = (plain("object"), arrow(pa.list_(pa.string())), arrow(pa.large_list(pa.large_string())))

SAFE = st.characters(codec="utf-8", exclude_characters="\0")
TEXTS = st.one_of(
    st.text(SAFE, min_size=1, max_size=12),
    st.text(st.sampled_from(' ,;"\r\n\tä中😀'), min_size=1, max_size=6),
    st.sampled_from(["NA", "null", "None", "nan", "0012", "1e5", "+49 40 1", "=1+1", " x ", "-"]),
)
CHOICES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0;"), min_size=1, max_size=5), max_size=3)
IDS = st.integers(10**17, 10**19 - 1).map(str)
INTS = st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.integers(-1000, 1000))
FLOATS = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)
DAYS = st.dates(date(1700, 1, 1), date(2200, 1, 1))
INSTANTS = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(
    lambda value: value.replace(microsecond=0)
)

KINDS: dict[str, tuple[st.SearchStrategy[Any], tuple[Backend, ...]]] = {
    **dict.fromkeys(TEXT_TYPES, (TEXTS, STRINGS)),
    **dict.fromkeys(("lookup", "ownerlookup"), (IDS, STRINGS)),
    **dict.fromkeys(("integer", "bigint"), (INTS, WHOLES)),
    **dict.fromkeys(("double", "currency", "percent"), (FLOATS, NUMBERS)),
    "boolean": (st.booleans(), TRUTHS),
    "date": (DAYS, DATES),
    "datetime": (INSTANTS, MOMENTS),
    "multiselectpicklist": (CHOICES, LISTS),
}


@st.composite
def columns(draw: st.DrawFn, data_type: str, size: int) -> tuple[pd.Series, list[Any]]:
    """Draw one column for a field of the data type, and its values."""
    one, backends = KINDS[data_type]
    values = draw(st.lists(st.none() | one, min_size=size, max_size=size))
    return draw(st.sampled_from(backends))(values), values


@st.composite
def frames(
    draw: st.DrawFn,
    *,
    min_rows: int = 0,
    max_rows: int = 12,
    data_types: tuple[str, ...] = DATA_TYPES,
    max_columns: int = 5,
) -> Case:
    """Draw a frame of one to ``max_columns`` columns, its fields and values; labels may repeat."""
    size = draw(st.integers(min_rows, max_rows))
    chosen = draw(st.lists(st.sampled_from(data_types), min_size=1, max_size=max_columns))
    names = [f"Field_{number}" for number in range(len(chosen))]
    drawn = {name: draw(columns(data_type, size)) for name, data_type in zip(names, chosen, strict=True)}
    labels = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    frame = pd.DataFrame({name: series for name, (series, _) in drawn.items()}).set_axis(labels)
    fields = {
        name: Field(api_name=name, label=name.replace("_", " "), data_type=data_type)
        for name, data_type in zip(names, chosen, strict=True)
    }
    return Case(frame, fields, {name: values for name, (_, values) in drawn.items()})


def expected(value: Any, data_type: str) -> Any:
    """Return what a cell is when it is read back from the wire."""
    if value is None or value in ("", []):
        return None
    if data_type == "multiselectpicklist":
        return ";".join(value)
    if isinstance(value, datetime | date):
        return pd.Timestamp(value)
    return float(value) if isinstance(value, Decimal | np.floating) else value
