"""Frames of fifteen mixed columns from real records, of any length, and their fields."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.client.metadata import Metadata
from bigin_frames.demo import legislators
from bigin_frames.model import Field, Org
from tests.support.real_data import offices, sample

MODULE = "Contacts"
STATES = tuple(sorted(set(legislators()["state"])))
FIELDS = tuple(
    Field(api_name=name, label=name, data_type=kind, length=length, mandatory=name == "Last_Name", picklist=options)
    for name, kind, length, options in (
        ("Email", "email", 100, ()),
        ("Last_Name", "text", 80, ()),
        ("First_Name", "text", 40, ()),
        ("Phone", "phone", 50, ()),
        ("Website", "website", 255, ()),
        ("Title", "text", 200, ()),
        ("Mailing_Street", "text", 250, ()),
        ("Mailing_City", "text", 100, ()),
        ("Mailing_State", "picklist", None, STATES),
        ("Mailing_Zip", "text", 30, ()),
        ("Visits", "integer", 9, ()),
        ("Income", "currency", 16, ()),
        ("Newsletter", "boolean", None, ()),
        ("Birthday", "date", None, ()),
        ("Last_Seen", "datetime", None, ()),
    )
)
NAMES = [field.api_name for field in FIELDS]
TEXTS = [field.api_name for field in FIELDS if field.data_type in ("email", "text", "phone", "website", "picklist")]
SAVED = Metadata(Org(id="1", zgid="1", company_name="", time_zone="UTC"), {MODULE: FIELDS})
KINDS = ("str", "object", "pyarrow")
_CHUNK = 500_000


def mixed(rows: int, kind: str = "str") -> pd.DataFrame:
    """Return ``rows`` rows, the same each time; a tenth or so of the web addresses and streets is missing.

    ``kind`` says how text is held: as Python objects, as pandas' own ``str``, or in Arrow, and then all columns are.
    """
    draw = np.random.default_rng(7)
    parts = [_arrow(start, min(rows, start + _CHUNK), draw) for start in range(0, rows, _CHUNK)]
    table = pa.concat_tables(parts).combine_chunks()
    del parts
    if kind == "pyarrow":
        return table.to_pandas(types_mapper=pd.ArrowDtype)
    columns: dict[str, Any] = {}
    for name in NAMES:  # one after another: a frame of objects takes several times the table's memory
        column = table.column(name)
        if name not in TEXTS:
            columns[name] = column.cast(pa.timestamp("s")).to_pandas() if name == "Birthday" else column.to_pandas()
        else:
            columns[name] = column.to_pandas().astype(object) if kind == "object" else _own_text(column)
    return pd.DataFrame(columns)


def _own_text(column: pa.ChunkedArray) -> pd.Series:
    own = pd.Series(["text"]).dtype  # pandas 2 has no string dtype of its own by default
    dtype: Any = own if isinstance(own, pd.StringDtype) else pd.StringDtype("pyarrow")
    return pd.Series(dtype.__from_arrow__(column))


def _arrow(start: int, stop: int, draw: np.random.Generator) -> pa.Table:
    rows = stop - start
    members, places, schools = legislators(), offices(), sample("universities")

    def some(cells: pd.Series) -> pa.Array:
        return pa.array(cells.astype(object), pa.large_string(), from_pandas=True).take(
            pa.array(draw.integers(0, len(cells), rows))
        )

    first, last = some(members["first_name"]), some(members["last_name"])
    number = pa.array(np.arange(start, stop)).cast(pa.large_string())
    email = _joined(_joined(_plain(first), _plain(last), "."), number, "")
    email = _joined(email, some(schools["domain"]), "@")
    seconds = draw.integers(1_500_000_000, 1_760_000_000, rows)
    cells = (
        email, last, first, some(members["phone"]), some(schools["web_page"]), some(members["office"]),
        some(places["address"]), some(places["city"]), some(members["state"]), some(places["zip"]),
        pa.array(draw.integers(0, 5_000, rows)), pa.array(np.round(draw.uniform(0, 250_000, rows), 2)),
        pa.array(draw.random(rows) < 0.5), pa.array(draw.integers(-15_000, 12_000, rows).astype("datetime64[D]")),
        pa.array(seconds.astype("datetime64[s]")).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
    )  # fmt: skip
    return pa.table(dict(zip(NAMES, cells, strict=True)))


def _joined(left: pa.Array, right: pa.Array, sign: str) -> pa.Array:
    return pc.binary_join_element_wise(left, right, pa.scalar(sign, pa.large_string()))


def _plain(name: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.utf8_lower(name), "[^a-z]", "")
