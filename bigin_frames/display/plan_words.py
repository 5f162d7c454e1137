"""The words of a plan: what a write would do, for terminals and notebooks; no cell of the frame is in them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import pandas as pd

from bigin_frames.display.html_pieces import line, page, table
from bigin_frames.display.words import counted, listed, visible
from bigin_frames.limits import CREDITS_PER_JOB, MAX_CSV_BYTES, MAX_ROWS_PER_JOB, RECORDS_PER_CREDIT
from bigin_frames.model import Operation

_WIDTH: Final = 100  # of a terminal
_MOST_ROWS: Final = 20  # of a table
_MOST_NAMES: Final = 8  # of a list
# More jobs than the 100,000 credits of any edition's day (Bigin v1, api-limits) are a slip, best shown without packing.
MOST_PACKED: Final = 200
_NOTHING: Final = "Plan: nothing to write, the frame has no rows."
_SENDS: Final = "Making a plan sends nothing; plan.run() sends exactly this, plan.save(folder) writes it to files. "


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What is said of a plan.

    Attributes
    ----------
    module : str
    operation : {"insert", "update", "upsert"}
    rows, given, invalid : int
        Rows that would be sent, rows of the frame, and rows that break a rule.
    on_invalid : {"raise", "skip"}
    notes : sequence of str
        What deserves a look and keeps no row from being sent.
    rows_of_jobs : sequence of int
    csv_bytes : int
    jobs : DataFrame or None
        `Plan.jobs`; None where there are too many to pack them for a look.
    credits, credits_by_records : int
    max_rows_per_job : int
    rows_per_day, mapping : DataFrame
    echoed, unmapped : sequence of str
    undistinguished : int
        Rows that share the echoed columns with another row of their job.
    find_by : str or None
    duplicates : int
        Rows that do not go because another row has the same key.
    on_duplicate : {"refuse", "first", "last"}
    """

    module: str
    operation: Operation
    rows: int
    given: int
    invalid: int
    on_invalid: str
    notes: Sequence[str]
    rows_of_jobs: Sequence[int]
    csv_bytes: int
    jobs: pd.DataFrame | None
    credits: int
    credits_by_records: int
    max_rows_per_job: int
    rows_per_day: pd.DataFrame
    mapping: pd.DataFrame
    echoed: Sequence[str]
    unmapped: Sequence[str]
    undistinguished: int
    find_by: str | None
    duplicates: int
    on_duplicate: str


def as_text(plan: PlanFacts | None, problems: str = "") -> str:
    """Return a plan as some lines of a terminal, without one what is said of a frame without rows.

    Parameters
    ----------
    plan : PlanFacts, optional
    problems : str
        What the report says of the invalid rows.
    """
    if plan is None:
        return _NOTHING
    facts = [*_facts(plan), ("columns", _columns(plan)), ("other fields", _others(plan))]
    wide = max(len(name) for name, _ in facts) + 4
    lines = [
        textwrap.fill(words, _WIDTH, initial_indent=f"  {name}".ljust(wide), subsequent_indent=" " * wide)
        for name, words in facts
    ]
    more = f"{_SENDS}plan.jobs, plan.mapping and plan.report say more; plan.sample() shows rows as CSV."
    return "\n".join([_title(plan), *lines, *([problems] if problems else []), textwrap.fill(more, _WIDTH)])


def as_page(plan: PlanFacts | None, problems: str = "") -> str:
    """Return a plan as a notebook shows it; ``problems`` is the page of the report."""
    if plan is None:
        return page(line(_NOTHING))
    facts = [*_facts(plan), ("other fields", _others(plan))]
    parts = [line(_title(plan), strong=True), table((), facts), *_tables(plan)]
    return page(*parts, problems, line(f"{_SENDS}No cell is shown here: plan.sample() shows rows as CSV."))


def _tables(plan: PlanFacts) -> Iterator[str]:
    if plan.jobs is not None:
        yield table(("job", "rows", "CSV bytes", "zip bytes", "file"), plan.jobs.head(_MOST_ROWS).values.tolist())
        yield _rest(len(plan.jobs), "job", "plan.jobs")
    mapping = plan.mapping
    comes_back = ["yes" if echoed else "" for echoed in mapping["echoed"]]
    shown = mapping.assign(echoed=comes_back).dropna(axis="columns", how="all")
    names = [{"echoed": "comes back"}.get(name, name) for name in shown.columns]
    yield table(names, [list(map(_name, row)) for row in shown.head(_MOST_ROWS).values.tolist()])
    yield _rest(len(mapping), "field", "plan.mapping")


def _name(label: object) -> str | None:
    return None if label is None else visible(str(label))


def _rest(number: int, thing: str, where: str) -> str:
    return line(f"and {counted(number - _MOST_ROWS, thing)} more: {where}") if number > _MOST_ROWS else ""


def _title(plan: PlanFacts) -> str:
    what = {"insert": "insert into", "update": "update", "upsert": "upsert into"}[plan.operation]
    return f"Plan: {what} {plan.module}"


def _facts(plan: PlanFacts) -> Iterator[tuple[str, str]]:
    yield "rows", f"{plan.rows:,} of {plan.given:,} can be sent"
    if plan.invalid:
        yield "invalid", _invalid(plan)
    elif plan.notes:
        yield "look at", "; ".join(plan.notes)
    yield "jobs", _jobs(plan.rows_of_jobs)
    zipped = "plan.jobs says how many zipped" if plan.jobs is None else f"{plan.jobs['zip_bytes'].sum():,} zipped"
    yield "bytes", f"{plan.csv_bytes:,} as CSV, {zipped}"
    yield "credits", f"{plan.credits:,} ({CREDITS_PER_JOB} a job){_cheaper(plan)}"
    yield "rows a day", _rows_per_day(plan)
    yield "told apart by", _told_apart(plan)
    yield "key", _key(plan)


def _invalid(plan: PlanFacts) -> str:
    bad = counted(plan.invalid, "row")
    if plan.on_invalid == "skip":
        return f"{bad}, left out and marked INVALID"
    return f"{bad}: plan.run() will raise and send nothing; mend them, or leave them out with on_invalid='skip'"


def _jobs(rows: Sequence[int]) -> str:
    if len(rows) <= 1:
        return f"{len(rows)}"
    span = f"{min(rows):,} to {max(rows):,} rows" if min(rows) < max(rows) else f"{counted(rows[0], 'row')} each"
    return f"{len(rows):,}, of {span}"


def _cheaper(plan: PlanFacts) -> str:
    """Return what is cheaper and what can be done about it: credits are Bigin v1, api-limits."""
    if plan.credits_by_records >= plan.credits:
        return ""
    even = CREDITS_PER_JOB * RECORDS_PER_CREDIT
    words = f"; the Records API, which this package does not write through, would take {plan.credits_by_records:,}"
    fewest = max(ceil(plan.rows / MAX_ROWS_PER_JOB), ceil(plan.csv_bytes / MAX_CSV_BYTES))
    if len(plan.rows_of_jobs) > fewest and plan.max_rows_per_job < MAX_ROWS_PER_JOB:
        return f"{words}. A larger max_rows_per_job makes fewer jobs; bulk is cheaper beyond {even:,} rows a job"
    if len(plan.rows_of_jobs) == 1:
        return f"{words}. If it can wait, gather more rows: bulk is cheaper beyond {even:,} rows a job"
    return words


def _rows_per_day(plan: PlanFacts) -> str:
    """Return what the credits of 24 hours carry (Bigin v1, api-limits)."""
    lines = plan.rows_per_day[["edition", "rows_per_day", "days"]].values.tolist()
    return "; ".join(f"{edition}: {rows:,}, this in {counted(days, 'day')}" for edition, rows, days in lines)


def _told_apart(plan: PlanFacts) -> str:
    names = ", ".join(map(visible, plan.echoed)) + " (sent back by Bigin)"
    if not plan.undistinguished:
        return f"{names}: no two rows of a job are alike"
    alike = f"{counted(plan.undistinguished, 'row')} of the same job alike"
    settled = "settled by order or by reading records back, if either proves it, else UNREPORTED"
    return f"{names}: {alike}, {settled}. A column with another value in each row would prevent that"


def _key(plan: PlanFacts) -> str:
    if plan.find_by is None:
        return "none: without find_by rows are not compared with each other"
    shared = plan.duplicates
    if not shared:
        return f"{visible(plan.find_by)}: no two rows share one"
    if plan.on_duplicate == "refuse":
        return f"{visible(plan.find_by)}: {counted(shared, 'row')} invalid because others share it"
    kept = f"on_duplicate={plan.on_duplicate!r} sends the {plan.on_duplicate} of those that share one"
    return f"{visible(plan.find_by)}: {counted(shared, 'row')} left out as SKIPPED, {kept}"


def _columns(plan: PlanFacts) -> str:
    mapping = plan.mapping
    pairs = zip(mapping["column"], mapping["field"], mapping["by"].isna() & mapping["type"].isna(), strict=True)
    return listed([f"(default) -> {f}" if fixed else f"{visible(str(c))} -> {f}" for c, f, fixed in pairs], _MOST_NAMES)


def _others(plan: PlanFacts) -> str:
    fate = {"insert": "stay empty", "update": "stay as they are", "upsert": "stay as they are, empty in new records"}
    if not plan.unmapped:
        return "none: every field that may be written is"
    return f"{len(plan.unmapped):,} {fate[plan.operation]}: {listed(plan.unmapped, _MOST_NAMES)}"
