"""Values of every kind, each a cell of every column of the matrix, and the dtypes that can store a kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa

from tests.support.type_matrix.columns import COLUMNS, NEW_YORK, VALUES

TEXTS = (
    " ", "\t", "\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2060", "nan", "NaN", "None", "null", "NULL", "NA",
    "<NA>",
    "N/A", "NaT", "-", ".", "0", "00123", "-0", "+5", "5.", ".5", "1.0", "1.5", "1.50", "0.10", "1,234.50", "1 234",
    "1e5", "1_000", "0x10", "\u0661\u0662\u0663", "\u00bd", "\u221e", "inf", "true", "True", "TRUE", "yes", "1", "on",
    "2024-02-29", "2024-02-30", "2024-2-9",
    "02/29/2024", "20240229", "2024-02-29T10:00:00", "2024-02-29T10:00:00Z", "2024-02-29 10:00:00.5+03:00",
    "0000-01-01",
    "10000-01-01", "a@b.co", "a@b.c", "a@xn--p1ai.xn--p1ai", '"a b"@x.org', "x@[127.0.0.1]", "用户@例子.广告", "https://a.co",
    "http://localhost:80/x", "http://[::1]/", "http://user:pw@host.com/?q", "zylker.com:8080/x", "x.com.",
    "ftp://a.b/c d",
    "https://a.co/\u00a0x", "javascript:alert(1)", "(+49) 30", "1+1", "040/1234", "A", "a", "A;", "x;y", "-None-",
    "=1+1", "'", '"', 'a"b', "a,b", "a|b", "a\nb", "a\r\nb", "a\rb", "\x00", "a\x00b", "\x1b[0m", "é", "e\u0301", "😀",
    "\u202eabc",
    "7618134000000648053", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "0" * 20, "1" * 300,
)  # fmt: skip
NUMBERS = (
    *(0, 1, -1, 7, 2024, 20240229, 10**8, 4155550100, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 10**19, 10**400),
    *(0.0, -0.0, 1.0, 0.1, 1e-7, 5e-324, 2.0**53, 4155550100.0, 9.2e18, 1e20, 1.7e308, float("inf"), -float("inf")),
    *(np.int8(7), np.uint64(2**64 - 1), np.float32(0.1), np.float32(1e10), np.float32("inf"), np.float16(0.5)),
    *map(Decimal, ("0", "-0.0", "1.50", "1.00", "19.99", "1E+3", "1E-12", "0.1", "1e30", "Infinity", "-Infinity")),
    *(True, False, np.True_),
)
MOMENTS = (
    *(date(1, 1, 1), date(1900, 1, 1), date(2024, 2, 29), date(9999, 12, 31)),
    *(
        datetime(1, 1, 1),
        datetime(1900, 1, 1),
        datetime(2024, 2, 29),
        datetime(2024, 3, 10, 2, 30),
        datetime(9999, 12, 31),
    ),
    *(
        datetime(1969, 12, 31, 23, 59, 59, 999999),
        datetime(2024, 2, 29, 10, 0, 0, 1),
        datetime(9999, 12, 31, 23, 59, 59),
    ),
    *(
        datetime(2024, 2, 29, tzinfo=ZoneInfo(NEW_YORK)),
        datetime(2024, 11, 3, 1, 30, tzinfo=ZoneInfo(NEW_YORK), fold=1),
    ),
    *(np.datetime64("10000-01-01", "s"), np.datetime64("0000-12-31", "s"), np.datetime64("1677-01-01", "s")),
)
OTHERS = (
    timedelta(1), np.timedelta64(1, "s"), pd.Period("2024-02"), b"1", bytearray(b"A"), {"A"}, frozenset(), [], ["A"],
    ("A",),
    ["a;b"], ["A", None], [1], [["A"]], np.array(["A"]), np.array([[1]]), {"id": "1"}, object(), time(10), UUID(int=1),
    1j, "a\ud800b", "\udcff", ["\ud800"],
)  # fmt: skip
POOL = (*TEXTS, *NUMBERS, *MOMENTS, *OTHERS)
_ABSENT = (
    *(None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "s")),
    *(Decimal("NaN"), Decimal("sNaN")),
)


@dataclass(frozen=True)
class Cell:
    """A value with the condition it is listed under; "any" where only the two verdicts are compared."""

    condition: str
    label: str
    value: Any


def label_of(kind: str, value: Any) -> str:
    """Return the kind and the value in ASCII; of a long one its length and its ends."""
    if kind == "absent":
        return kind
    shown = "object()" if type(value) is object else ascii(value)
    return f"{kind} {shown}" if len(shown) <= 90 else f"{kind} {shown[:12]}..{shown[-6:]} of {len(str(value))}"


def cells_of(column: str) -> dict[str, list[Cell]]:
    """Return the cells of a column by kind, each value once, under the first condition that lists it."""
    listed = [(condition, value) for condition, values in VALUES[column].items() for value in values]
    by_kind: defaultdict[str, list[Cell]] = defaultdict(list)
    seen = set()
    for condition, value in [*listed, ("empty", ""), *(("any", value) for value in POOL if COLUMNS[column].pool)]:
        kind = kind_of(value)
        label = label_of(kind, value)
        if label not in seen:
            seen.add(label)
            by_kind[kind].append(Cell(condition, label, value))
    cells = {"absent": [Cell("empty", "absent", value) for value in _ABSENT], **by_kind}
    if column == "id":  # the key of an update: without it no record is addressed
        return {
            kind: [replace(c, condition="wrong kind") if c.condition == "empty" else c for c in cells[kind]]
            for kind in cells
        }
    return cells


def kind_of(value: Any) -> str:
    """Return the name of the dtypes that can store a value as it is, a key of `DTYPES`."""
    return next(kind for kind, holds in _HOLDS if holds(value))


def _is(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


def is_sendable(value: Any) -> bool:
    """Return whether a value is text that UTF-8 can encode."""
    return isinstance(value, str) and value == value.encode("utf-8", "ignore").decode()


_HOLDS: tuple[tuple[str, Callable[[Any], bool]], ...] = (
    ("nul", lambda value: is_sendable(value) and "\0" in value),
    ("text", is_sendable),
    ("surrogate", _is(str)),
    ("bool", _is(bool, np.bool_)),
    ("uint64", _is(np.uint64)),
    ("float32", _is(np.float32)),
    ("float", lambda value: type(value) in (float, np.float64)),
    ("int", lambda value: type(value) is int and -(2**63) <= value < 2**63),
    ("money", lambda value: isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == -2),
    ("zoned", lambda value: isinstance(value, datetime) and value.tzinfo is not None),
    ("modern", lambda value: isinstance(value, datetime) and 1800 < value.year < 2200),
    ("datetime", _is(datetime)),
    ("date", _is(date)),
    ("wide", _is(np.datetime64)),
    ("object", lambda value: True),
)
Values = Sequence[Any]


def _objects(values: Iterable[Any]) -> pd.Series:
    listed = list(values)
    cells = np.empty(len(listed), object)
    for at, value in enumerate(listed):
        cells[at] = value
    return pd.Series(cells, dtype=object)


def _category(values: Values) -> pd.Series:
    return pd.Series(pd.Categorical(_objects(values)))


def _typed(dtype: Any) -> Callable[[Values], pd.Series]:
    return lambda values: pd.Series(list(values), dtype=dtype)


def _arrow(kind: pa.DataType) -> Callable[[Values], pd.Series]:
    return lambda values: pd.Series(pd.arrays.ArrowExtensionArray(pa.array(list(values)).cast(kind)))


def _missing(dtype: Any) -> Callable[[Values], pd.Series]:
    return lambda values: pd.Series([None] * len(values), dtype=dtype)


def _arrow_nan(values: Values) -> pd.Series:
    cells = pa.array([float("nan")] * len(values), pa.float64(), from_pandas=False)  # a number for Arrow, not a null
    return pd.Series(pd.arrays.ArrowExtensionArray(cells))


_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
DTYPES: dict[str, tuple[Callable[[Values], pd.Series], ...]] = {
    "absent": (
        _objects, _arrow_nan, *map(_missing, ("float64", "string", "Int64", "Float64", "boolean", "category", "M8[s]")),
        *map(_missing, ("m8[s]", "datetime64[us, UTC]", pd.ArrowDtype(pa.null()), pd.ArrowDtype(pa.string()))),
    ),
    "text": (
        _objects, *map(_typed, (str, pd.StringDtype("python"), pd.StringDtype("pyarrow"))), _category,
        *map(_arrow, (pa.string(), pa.large_string(), _DICTIONARY)),
    ),
    # in pandas 2's categories a text ends at its NUL
    "nul": (_objects, *map(_typed, (str, pd.StringDtype("python"), pd.StringDtype("pyarrow"))), _arrow(pa.string())),
    "surrogate": (_objects, _typed(pd.StringDtype("python"))),
    "bool": (_objects, *map(_typed, ("bool", "boolean")), _arrow(pa.bool_()), _category),
    "uint64": (_objects, *map(_typed, ("uint64", "UInt64")), _arrow(pa.uint64())),
    "float32": (_objects, *map(_typed, ("float32", "Float32")), _arrow(pa.float32())),
    "float": (_objects, *map(_typed, ("float64", "Float64")), _arrow(pa.float64()), _category),
    "int": (_objects, *map(_typed, ("int64", "Int64")), _arrow(pa.int64()), _category),
    "money": (_objects, _arrow(pa.decimal128(18, 2)), _category),
    "zoned": (_objects, *map(_typed, (f"datetime64[us, {NEW_YORK}]", f"datetime64[ns, {NEW_YORK}]")), _category),
    "modern": (
        _objects, *map(_typed, ("M8[ms]", "M8[us]", "M8[ns]")), _arrow(pa.timestamp("us")), _arrow(pa.timestamp("ns")),
        _category,
    ),
    "datetime": (_objects, _typed("M8[us]"), _arrow(pa.timestamp("us"))),
    "date": (_objects, _arrow(pa.date32()), _arrow(pa.date64()), _category),
    "wide": (lambda values: pd.Series(np.array(values, "M8[s]")),),
    "object": (_objects,),
}  # fmt: skip
