"""Timing of `check`, plain pandera and bare Arrow kernels: ``python -m tests.benchmarks.check_speed [rows]``.

All three apply the same rules to the same frame of real records, in turn and in one process; medians are printed, of
seconds and of CPU seconds (which other work on the machine disturbs less), and what each takes for one second of the
kernels. Only `check` looks for NUL characters too, refuses other kinds of values, and weighs each row.
"""

from __future__ import annotations

import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc

from bigin_frames.client.metadata import Metadata
from bigin_frames.demo import legislators
from bigin_frames.frames.checking.check import check
from bigin_frames.frames.checking.keys import twins
from bigin_frames.frames.encoding import csv_zip
from bigin_frames.frames.mapping.columns import map_columns
from bigin_frames.frames.rules.mail_and_web import EMAIL, WEBSITE
from bigin_frames.frames.rules.phone import PHONE
from bigin_frames.model import Field, Org
from tests.support.real_data import offices, sample

RUNS = 5
BLOCK_ROWS = 50_000
STATES = tuple(sorted(set(legislators()["state"])))
FIELDS = tuple(
    Field(api_name=name, label=name, data_type=kind, length=length, mandatory=name == "Last_Name", picklist=options)
    for name, kind, length, options in (
        ("Last_Name", "text", 80, ()),
        ("First_Name", "text", 40, ()),
        ("Title", "text", 100, ()),
        ("Email", "email", 100, ()),
        ("Phone", "phone", 50, ()),
        ("Home_Phone", "phone", 30, ()),
        ("Mobile", "phone", 30, ()),
        ("Website", "website", 255, ()),
        ("Mailing_Street", "text", 250, ()),
        ("Mailing_City", "text", 100, ()),
        ("Mailing_State", "picklist", None, STATES),
        ("Mailing_Zip", "text", 30, ()),
        ("Mailing_Country", "text", 100, ()),
        ("Party", "picklist", None, ("Democrat", "Republican", "Independent")),
        ("Description", "textarea", 32_000, ()),
    )
)
SAVED = Metadata(Org(id="1", zgid="1", company_name="", time_zone="UTC"), {"Contacts": FIELDS})
PATTERNS = {"email": EMAIL, "phone": PHONE, "website": WEBSITE}
# What spoils one cell of every other row, in turn.
FAULTS = {
    "Email": "no address", "Phone": "n/a?", "Mailing_State": "nowhere", "Title": "x" * 101, "Website": "none",
    "Last_Name": " ", "First_Name": "y" * 41,
}  # fmt: skip
DTYPES: dict[str, Any] = {
    "str": pd.Series(["text"]).dtype if pd.Series(["text"]).dtype != object else pd.StringDtype("pyarrow"),
    "object": object,
    "pyarrow": pd.ArrowDtype(pa.string()),
}


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    versions = ", ".join(f"{module.__name__} {module.__version__}" for module in (pd, pa, np))
    print(f"Python {platform.python_version()}, {versions}, pandera {_pandera_version()}; medians of {RUNS} runs")
    print(f"{rows:,} rows x {len(FIELDS)}; seconds, CPU seconds in brackets, and both as multiples of the kernels'")
    print(f"{'frame':<26}{'pandera':^26}{'kernels':^16}{'check':^26}{'df.bigin.check':^26}{'rows refused':>13}")
    for failing, build in (("none failing", people), ("half failing", spoiled)):
        text = build(rows)
        for name, dtype in DTYPES.items():
            line(f"{name}, {failing}", text.astype(dtype))
    print("\nWhat `check` does beyond the rules, on str; CPU seconds")
    beyond_the_rules(people(rows).astype(DTYPES["str"]))


def line(name: str, frame: pd.DataFrame) -> None:
    schema, mapped = plain_schema(), map_columns(frame.columns, FIELDS, module="Contacts", operation="insert")
    ways: tuple[Callable[[], Any], ...] = (
        lambda: by_pandera(schema, frame),
        lambda: by_kernels(frame),
        lambda: int(check(frame, mapped, operation="insert").report.mask.sum()),
        lambda: int(frame.bigin.check("Contacts", metadata=SAVED).mask.sum()),
    )
    _, *refused = [way() for way in ways]  # the first call of each imports and allocates
    spent = [timed(way) for _ in range(RUNS) for way in ways]
    medians = [_medians(spent[place :: len(ways)]) for place in range(len(ways))]
    cells = [_cell(own, None if own is medians[1] else medians[1]) for own in medians]
    print(f"{name:<26}{''.join(cells)}{_same(refused):>13,}", flush=True)


def people(rows: int) -> pd.DataFrame:
    """Real names, addresses, phones and web addresses, combined at random for each row; a fifth or so is empty."""
    draw = np.random.default_rng(7)
    members, places, schools = legislators(), offices(), sample("universities")

    def some(cells: pd.Series) -> np.ndarray:
        return cells.to_numpy(dtype=object)[draw.integers(0, len(cells), rows)]

    first, last = some(members["first_name"]), some(members["last_name"])
    domains = some(schools["domain"])
    mails = [f"{_plain(a)}.{_plain(b)}{i}@{c}" for i, (a, b, c) in enumerate(zip(first, last, domains, strict=True))]
    cells = (
        last, first, some(members["office"]), np.array(mails, object), some(members["phone"]), some(places["phone"]),
        some(places["fax"]), some(schools["web_page"]), some(places["address"]), some(places["city"]),
        some(members["state"]), some(places["zip"]), some(schools["country"]), some(members["party"]),
        some(members["address"]),
    )  # fmt: skip
    return pd.DataFrame({field.api_name: column for field, column in zip(FIELDS, cells, strict=True)}, dtype=object)


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalpha())


def spoiled(rows: int) -> pd.DataFrame:
    frame = people(rows)
    for place, (column, cell) in enumerate(FAULTS.items()):
        frame.iloc[2 * place :: 2 * len(FAULTS), frame.columns.get_loc(column)] = cell
    return frame


def by_pandera(schema: pandera.DataFrameSchema, frame: pd.DataFrame) -> None:
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        _ = errors.failure_cases


def plain_schema() -> pandera.DataFrameSchema:
    return pandera.DataFrameSchema({field.api_name: plain_column(field) for field in FIELDS})


def plain_column(field: Field) -> pandera.Column:
    checks = [pandera.Check.str_length(max_value=field.length)] if field.length else []
    checks += [pandera.Check.str_matches(PATTERNS[field.data_type])] if field.data_type in PATTERNS else []
    checks += [pandera.Check.isin(field.picklist)] if field.picklist else []
    checks += [pandera.Check.str_matches(r"\s*\S")] if field.mandatory else []
    return pandera.Column(None, checks, nullable=not field.mandatory)


def by_kernels(frame: pd.DataFrame) -> int:
    """Convert each column once and mark the rows that break a rule, block after block; report nothing else."""
    broken = 0
    for start in range(0, len(frame), BLOCK_ROWS):
        bad = pa.scalar(False)
        block = frame.iloc[start : start + BLOCK_ROWS]
        for field in FIELDS:
            for failing in failing_of(converted(block[field.api_name]), field):
                bad = pc.or_(bad, pc.fill_null(failing, False))
        broken += pc.sum(bad).as_py()
    return broken


def converted(cells: pd.Series) -> pa.Array:
    text = pa.array(cells, from_pandas=True)
    return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text


def failing_of(text: pa.Array, field: Field) -> Iterator[pa.Array]:
    if field.mandatory:
        yield pc.fill_null(pc.or_(pc.utf8_is_space(text), pc.equal(pc.binary_length(text), 0)), True)
    if field.length:
        yield pc.greater(pc.utf8_length(text), field.length)
    if field.data_type in PATTERNS:
        yield pc.invert(pc.match_substring_regex(text, PATTERNS[field.data_type]))
    if field.picklist:
        yield pc.invert(pc.is_in(text, value_set=pa.array((*field.picklist, None), text.type)))


def beyond_the_rules(frame: pd.DataFrame) -> None:
    texts = [converted(frame[name]).cast(pa.large_string()) for name in frame]
    blocks = [text.slice(start, BLOCK_ROWS) for text in texts for start in range(0, len(frame), BLOCK_ROWS)]
    key = next(field for field in FIELDS if field.data_type == "email")
    for name, way in (
        ("the bytes of each row as CSV", lambda: [csv_zip.cell_bytes(block) for block in blocks]),
        ("rows that share the key (with find_by)", lambda: twins(texts[list(frame).index(key.api_name)], key)),
    ):
        print(f"{name:<40}{_medians([timed(way) for _ in range(RUNS)])[1]:>7.2f}")


def timed(way: Callable[[], Any]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - wall, time.process_time() - cpu


def _medians(spent: list[tuple[float, float]]) -> tuple[float, float]:
    wall, cpu = (statistics.median(part) for part in zip(*spent, strict=True))
    return wall, cpu


def _cell(own: tuple[float, float], floor: tuple[float, float] | None) -> str:
    taken = f"{own[0]:>7.2f} ({own[1]:.2f})"
    return taken + (" " if floor is None else f"{own[0] / floor[0]:>5.2f}x ({own[1] / floor[1]:.2f}x)").ljust(13)


def _same(refused: list[int]) -> int:
    if len(set(refused)) != 1:
        raise SystemExit(f"The three ways do not agree on the rows to refuse: {refused}")
    return refused[0]


def _pandera_version() -> str:
    from importlib.metadata import version

    return version("pandera")


if __name__ == "__main__":
    main()
