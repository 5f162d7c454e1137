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
# More jobs than the 100,000 credits of any edition's day (Bigin v1, api-limits) are a mistake: no packing to show it.
MOST_PACKED: Final = 200
_NOT_WRITTEN: Final = "Bigin fields not written"
_NOTHING: Final = "Plan: nothing to write, the frame has no rows."
_SENDS: Final = "Making a plan sends nothing; plan.run() sends exactly this, plan.save(folder) writes it to files. "


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """The facts that are shown of a plan.

    Attributes
    ----------
    module : str
    operation : {"insert", "update", "upsert"}
    rows, given, invalid : int
        Rows that would be sent, rows of the frame, and rows that break a rule.
    on_invalid : {"raise", "skip"}
    notes : sequence of str
        Warnings that keep no row from being sent.
    rows_of_jobs : sequence of int
    csv_bytes : int
    jobs : DataFrame or None
        `Plan.jobs`; None where there are too many to pack them just to show them.
    credits, credits_by_records : int
    max_rows_per_job : int
    rows_per_day, mapping : DataFrame
    echoed, unmapped : sequence of str
    undistinguished : int
        Rows that share the echoed columns with another row of their job.
    find_by : str or None
    duplicates : int
        Rows that are not sent because another row has the same key.
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
    """Return a plan as lines for a terminal; without a plan, a line about a frame without rows.

    Parameters
    ----------
    plan : PlanFacts, optional
    problems : str
        The report's text about the invalid rows.
    """
    if plan is None:
        return _NOTHING
    facts = [*_facts(plan), ("columns", _columns(plan)), (_NOT_WRITTEN, _others(plan))]
    wide = max(len(name) for name, _ in facts) + 4
    lines = [
        textwrap.fill(words, _WIDTH, initial_indent=f"  {name}".ljust(wide), subsequent_indent=" " * wide)
        for name, words in facts
    ]
    more = f"{_SENDS}plan.jobs, plan.mapping and plan.report have the details; plan.sample() shows rows as CSV."
    return "\n".join([_title(plan), *lines, *([problems] if problems else []), textwrap.fill(more, _WIDTH)])


def as_page(plan: PlanFacts | None, problems: str = "") -> str:
    """Return a plan as HTML for a notebook; ``problems`` is the page of the report."""
    if plan is None:
        return page(line(_NOTHING))
    facts = [*_facts(plan), (_NOT_WRITTEN, _others(plan))]
    parts = [line(_title(plan), strong=True), table((), facts), *_tables(plan)]
    return page(*parts, problems, line(f"{_SENDS}No cell is shown here: plan.sample() shows rows as CSV."))


def _tables(plan: PlanFacts) -> Iterator[str]:
    if plan.jobs is not None:
        yield table(("job", "rows", "CSV bytes", "zip bytes", "file"), plan.jobs.head(_MOST_ROWS).values.tolist())
        yield _rest(len(plan.jobs), "job", "plan.jobs")
    mapping = plan.mapping
    returned = ["yes" if echoed else "" for echoed in mapping["echoed"]]
    shown = mapping.assign(echoed=returned).dropna(axis="columns", how="all")
    names = [{"echoed": "returned by Bigin"}.get(name, name) for name in shown.columns]
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
        yield "warning", "; ".join(plan.notes)
    yield "jobs", _jobs(plan.rows_of_jobs)
    zipped = "zipped size in plan.jobs" if plan.jobs is None else f"{plan.jobs['zip_bytes'].sum():,} zipped"
    yield "bytes", f"{plan.csv_bytes:,} as CSV, {zipped}"
    yield "credits", f"{plan.credits:,} ({CREDITS_PER_JOB} per job){_cheaper(plan)}"
    yield "rows per day", _rows_per_day(plan)
    yield "results matched by", _matched_by(plan)
    yield "key", _key(plan)


def _invalid(plan: PlanFacts) -> str:
    bad = counted(plan.invalid, "row")
    if plan.on_invalid == "skip":
        return f"{bad}, left out and marked INVALID"
    return f"{bad}: plan.run() will raise and send nothing; fix them, or leave them out with on_invalid='skip'"


def _jobs(rows: Sequence[int]) -> str:
    if len(rows) <= 1:
        return f"{len(rows)}"
    span = f"{min(rows):,} to {max(rows):,} rows" if min(rows) < max(rows) else f"{counted(rows[0], 'row')} each"
    return f"{len(rows):,}, of {span}"


def _cheaper(plan: PlanFacts) -> str:
    """Return the cheaper way, and how to get nearer to it; credits are those of Bigin v1, api-limits."""
    if plan.credits_by_records >= plan.credits:
        return ""
    even = CREDITS_PER_JOB * RECORDS_PER_CREDIT
    words = f"; the Records API, which this package does not write through, would take {plan.credits_by_records:,}"
    fewest = max(ceil(plan.rows / MAX_ROWS_PER_JOB), ceil(plan.csv_bytes / MAX_CSV_BYTES))
    if len(plan.rows_of_jobs) > fewest and plan.max_rows_per_job < MAX_ROWS_PER_JOB:
        return f"{words}. A larger max_rows_per_job makes fewer jobs; bulk is cheaper above {even:,} rows per job"
    if len(plan.rows_of_jobs) == 1:
        return f"{words}. If it can wait, collect more rows: bulk is cheaper above {even:,} rows per job"
    return words


def _rows_per_day(plan: PlanFacts) -> str:
    """Return how many rows the credits of 24 hours are enough for (Bigin v1, api-limits)."""
    lines = plan.rows_per_day[["edition", "rows_per_day", "days"]].values.tolist()
    same = len({days for _, _, days in lines}) == 1  # then it is said once
    each = [f"{edition}: {rows:,}" + ("" if same else f" ({counted(days, 'day')})") for edition, rows, days in lines]
    return f"{'; '.join(each)}. " + (
        f"This plan takes {counted(lines[0][2], 'day')}" if same else "In brackets: how long this plan takes"
    )


def _matched_by(plan: PlanFacts) -> str:
    names = ", ".join(map(visible, plan.echoed)) + " (returned by Bigin with each result)"
    if not plan.undistinguished:
        return f"{names}: different in each row of a job"
    alike = f"{counted(plan.undistinguished, 'row')} with the same values as another row of the job"
    settled = "matched by order or by reading records back where that is proof, else UNREPORTED"
    return f"{names}: {alike}, {settled}. A column with a different value in each row prevents that"


def _key(plan: PlanFacts) -> str:
    if plan.find_by is None:
        return "none: without find_by, rows are not checked for duplicates"
    shared = plan.duplicates
    if not shared:
        return f"{visible(plan.find_by)}: no duplicates"
    if plan.on_duplicate == "refuse":
        return f"{visible(plan.find_by)}: {counted(shared, 'row')} invalid, because other rows have the same key"
    kept = f"on_duplicate={plan.on_duplicate!r} sends the {plan.on_duplicate} row of each key"
    return f"{visible(plan.find_by)}: {counted(shared, 'row')} left out as SKIPPED, {kept}"


def _columns(plan: PlanFacts) -> str:
    mapping = plan.mapping
    pairs = zip(mapping["column"], mapping["field"], mapping["by"].isna() & mapping["type"].isna(), strict=True)
    return listed([f"(default) -> {f}" if fixed else f"{visible(str(c))} -> {f}" for c, f, fixed in pairs], _MOST_NAMES)


def _others(plan: PlanFacts) -> str:
    left = {"insert": "stay empty", "update": "stay unchanged", "upsert": "stay unchanged, or empty in new records"}
    if not plan.unmapped:
        return "none: the plan writes every writable field"
    return f"{len(plan.unmapped):,} {left[plan.operation]}: {listed(plan.unmapped, _MOST_NAMES)}"
