"""Say in words what a plan would do, for terminals and notebooks; no cell of the frame is in them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING, Final

from bigin_frames.display import report_page
from bigin_frames.display.html_pieces import line, page, table
from bigin_frames.display.words import counted, listed, visible
from bigin_frames.limits import CREDITS_PER_JOB, MAX_CSV_BYTES, MAX_ROWS_PER_JOB, RECORDS_PER_CREDIT

if TYPE_CHECKING:
    from bigin_frames.delivery.batches.batch import Batch
    from bigin_frames.plans.options import Settings
    from bigin_frames.plans.plan import Plan

_WIDTH: Final = 100  # of a terminal
_MOST_ROWS: Final = 20  # of a table
_MOST_NAMES: Final = 8  # of a list
# More jobs than the 100,000 credits of any edition's day (Bigin v1, api-limits) are a slip, best shown without packing.
_MOST_PACKED: Final = 200
_SENDS: Final = "Making a plan sends nothing; plan.run() sends exactly this, plan.save(folder) writes it to files. "


def as_text(plan: Plan, settings: Settings, batches: Sequence[Batch]) -> str:
    """Return a plan as some lines of a terminal."""
    if plan.module is None:
        return "Plan: nothing to write, the frame has no rows."
    facts = [*_facts(plan, settings, batches), ("columns", _columns(plan)), ("other fields", _others(plan, settings))]
    wide = max(len(name) for name, _ in facts) + 4
    lines = [
        textwrap.fill(words, _WIDTH, initial_indent=f"  {name}".ljust(wide), subsequent_indent=" " * wide)
        for name, words in facts
    ]
    problems = [] if plan.report.ok else [plan.report.message(3)]
    more = f"{_SENDS}plan.jobs, plan.mapping and plan.report say more; plan.sample() shows rows as CSV."
    return "\n".join([_title(plan, settings), *lines, *problems, textwrap.fill(more, _WIDTH)])


def as_page(plan: Plan, settings: Settings, batches: Sequence[Batch]) -> str:
    """Return a plan as a notebook shows it."""
    if plan.module is None:
        return page(line("Plan: nothing to write, the frame has no rows."))
    facts = [*_facts(plan, settings, batches), ("other fields", _others(plan, settings))]
    parts = [line(_title(plan, settings), strong=True), table((), facts), *_tables(plan, len(batches))]
    problems = [] if plan.report.ok else [report_page.as_page(plan.report, plan.report._tally, "plan.report")]
    return page(*parts, *problems, line(f"{_SENDS}No cell is shown here: plan.sample() shows rows as CSV."))


def _tables(plan: Plan, jobs: int) -> Iterator[str]:
    if jobs <= _MOST_PACKED:
        yield table(("job", "rows", "CSV bytes", "zip bytes", "file"), plan.jobs.head(_MOST_ROWS).values.tolist())
        yield _rest(jobs, "job", "plan.jobs")
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


def _title(plan: Plan, settings: Settings) -> str:
    what = {"insert": "insert into", "update": "update", "upsert": "upsert into"}[settings.operation]
    return f"Plan: {what} {plan.module}"


def _facts(plan: Plan, settings: Settings, batches: Sequence[Batch]) -> Iterator[tuple[str, str]]:
    yield "rows", f"{plan.rows:,} of {plan.report.rows:,} can be sent"
    if not plan.report.ok:
        yield "invalid", _invalid(plan, settings)
    elif plan.report.notes:
        yield "look at", "; ".join(plan.report.notes)
    yield "jobs", _jobs([len(batch.rows) for batch in batches])
    csv_bytes = sum(batch.csv_bytes for batch in batches)
    packs = len(batches) <= _MOST_PACKED
    zipped = f"{plan.jobs['zip_bytes'].sum():,} zipped" if packs else "plan.jobs says how many zipped"
    yield "bytes", f"{csv_bytes:,} as CSV, {zipped}"
    yield "credits", f"{plan.credits:,} ({CREDITS_PER_JOB} a job){_cheaper(plan, settings, len(batches), csv_bytes)}"
    yield "rows a day", _rows_per_day(plan)
    yield "told apart by", _told_apart(plan)
    yield "key", _key(plan, settings)


def _invalid(plan: Plan, settings: Settings) -> str:
    bad = counted(int(plan.report.mask.sum()), "row")
    if settings.on_invalid == "skip":
        return f"{bad}, left out and marked INVALID"
    return f"{bad}: plan.run() will raise and send nothing; mend them, or leave them out with on_invalid='skip'"


def _jobs(rows: list[int]) -> str:
    if len(rows) <= 1:
        return f"{len(rows)}"
    span = f"{min(rows):,} to {max(rows):,} rows" if min(rows) < max(rows) else f"{counted(rows[0], 'row')} each"
    return f"{len(rows):,}, of {span}"


def _cheaper(plan: Plan, settings: Settings, jobs: int, csv_bytes: int) -> str:
    """Return what is cheaper and what can be done about it: credits are Bigin v1, api-limits."""
    if plan.credits_by_records >= plan.credits:
        return ""
    even = CREDITS_PER_JOB * RECORDS_PER_CREDIT
    words = f"; the Records API, which this package does not write through, would take {plan.credits_by_records:,}"
    fewest = max(ceil(plan.rows / MAX_ROWS_PER_JOB), ceil(csv_bytes / MAX_CSV_BYTES))
    if jobs > fewest and settings.max_rows_per_job < MAX_ROWS_PER_JOB:
        return f"{words}. A larger max_rows_per_job makes fewer jobs; bulk is cheaper beyond {even:,} rows a job"
    if jobs == 1:
        return f"{words}. If it can wait, gather more rows: bulk is cheaper beyond {even:,} rows a job"
    return words


def _rows_per_day(plan: Plan) -> str:
    """Return what the credits of 24 hours carry (Bigin v1, api-limits)."""
    lines = plan.rows_per_day[["edition", "rows_per_day", "days"]].values.tolist()
    return "; ".join(f"{edition}: {rows:,}, this in {counted(days, 'day')}" for edition, rows, days in lines)


def _told_apart(plan: Plan) -> str:
    names = ", ".join(map(visible, plan.echoed)) + " (sent back by Bigin)"
    if not plan.undistinguished:
        return f"{names}: no two rows of a job are alike"
    alike = f"{counted(plan.undistinguished, 'row')} of the same job alike"
    settled = "settled by order or by reading records back, if either proves it, else UNREPORTED"
    return f"{names}: {alike}, {settled}. A column with another value in each row would prevent that"


def _key(plan: Plan, settings: Settings) -> str:
    if settings.find_by is None:
        return "none: without find_by rows are not compared with each other"
    shared = len(plan.duplicates)
    if not shared:
        return f"{visible(settings.find_by)}: no two rows share one"
    if settings.on_duplicate == "refuse":
        return f"{visible(settings.find_by)}: {counted(shared, 'row')} invalid because others share it"
    kept = f"on_duplicate={settings.on_duplicate!r} sends the {settings.on_duplicate} of those that share one"
    return f"{visible(settings.find_by)}: {counted(shared, 'row')} left out as SKIPPED, {kept}"


def _columns(plan: Plan) -> str:
    mapping = plan.mapping
    pairs = zip(mapping["column"], mapping["field"], mapping["by"].isna() & mapping["type"].isna(), strict=True)
    return listed([f"(default) -> {f}" if fixed else f"{visible(str(c))} -> {f}" for c, f, fixed in pairs], _MOST_NAMES)


def _others(plan: Plan, settings: Settings) -> str:
    fate = {"insert": "stay empty", "update": "stay as they are", "upsert": "stay as they are, empty in new records"}
    if not plan.unmapped:
        return "none: every field that may be written is"
    return f"{len(plan.unmapped):,} {fate[settings.operation]}: {listed(plan.unmapped, _MOST_NAMES)}"
