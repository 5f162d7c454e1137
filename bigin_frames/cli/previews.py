"""The commands that read a file and send nothing: check, clean and plan."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.cli.columns import add_target, columns_of
from bigin_frames.cli.hints import as_here
from bigin_frames.cli.output import DONE, SOME_REFUSED, folded, show_facts, show_json, show_table
from bigin_frames.display.words import counted, listed
from bigin_frames.errors import OptionError
from bigin_frames.model import OPERATIONS

if TYPE_CHECKING:
    import pandas as pd

    from bigin_frames.plans.plan import Plan

_MOST_NAMES: Final = 8
_CHECKED: Final = "exit codes: 0 no problems, 1 failed, 2 usage error, 3 problems were found"
_OFFLINE: Final = "\n\nTo work offline: --metadata FILE, saved by `bigin-frames modules --save FILE`."


def add(commands: Any) -> None:
    """Add ``check``, ``clean`` and ``plan``."""
    checked = _add(commands, "check", "find every problem of every row, and send nothing", "")
    checked.set_defaults(run=_check)
    cleaned = _add(
        commands, "clean", "clean unambiguous cells, log every change, and send nothing", " --out clean.csv"
    )  # fmt: skip
    cleaned.add_argument(
        "--out", required=True, metavar="FILE", help="file for the cleaned rows: .csv, .xlsx or .parquet"
    )
    cleaned.add_argument("--log", metavar="FILE", help="file for the changes: one per line, cells before and after")
    cleaned.set_defaults(run=_clean)
    planned = _add(commands, "plan", "show what a write would do (dry run), and send nothing", " --operation insert")
    planned.set_defaults(run=_plan)


def _add(commands: Any, name: str, what: str, more: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example:\n  bigin-frames {name} people.csv --module Contacts{more}{_OFFLINE}\n\n{_CHECKED}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("file", metavar="FILE", help="CSV, Excel, ODS, Parquet or Arrow")
    made.add_argument(
        "--operation", choices=OPERATIONS, default="insert", help="operation to check against (default: insert)"
    )
    made.add_argument("--metadata", metavar="FILE", help="saved metadata, used instead of calling Bigin")
    add_target(made)
    return made


def _check(options: argparse.Namespace) -> int:
    from bigin_frames.cli.reports import show_report
    from bigin_frames.verbs.previewing import check

    frame, given = _read(options)
    report = check(frame, options.module, options.operation, **given)
    show_report(report, options.file, options.module, as_json=options.json)
    return DONE if report.ok else SOME_REFUSED


def _clean(options: argparse.Namespace) -> int:
    from bigin_frames.cli.output_files import refuse_unfit, save
    from bigin_frames.verbs.previewing import clean

    frame, given = _read(options)
    out = refuse_unfit(frame, options.out)
    log = refuse_unfit(frame.iloc[:0], options.log) if options.log else None
    if log == out:
        raise OptionError("--log and --out name the same file; name another one for the changes.", option="log")
    done = clean(frame, options.module, options.operation, **given)
    save(done.frame, out)
    if log:
        save(done.log.assign(row=done.log["row"] + _first(options)), log)
    changed = done.log.drop_duplicates(["row", "column"])
    if options.json:
        show_json(
            file=options.file, module=options.module, rows=len(frame), cells_changed=len(changed), out=options.out,
            log=options.log, changes=_counts(done.log, "rule"), left=_counts(done.left, "why"),
        )  # fmt: skip
        return DONE
    print(f"{counted(len(changed), 'cell')} of {counted(len(frame), 'row')} changed; the rows are in {out.name}.")
    _show_counts(done.log, "rule", "Rule")
    if len(done.left):
        print(f"\n{counted(len(done.left), 'more cell')} left unchanged, though likely wrong:")
        _show_counts(done.left, "why", "The cell")
    return DONE


def _plan(options: argparse.Namespace) -> int:
    from bigin_frames.cli.reports import show_report
    from bigin_frames.verbs.previewing import plan

    frame, given = _read(options)
    made = plan(frame, options.module, options.operation, **given)
    ok = made.report.ok
    if options.json:
        show_json(
            file=options.file, module=options.module, operation=options.operation, rows=len(frame), sent=made.rows,
            jobs=len(made.jobs), csv_bytes=int(made.jobs["csv_bytes"].sum()), credits=made.credits,
            columns={str(c): f for c, f in zip(made.mapping["column"], made.mapping["field"], strict=True)},
        )  # fmt: skip
        return DONE if ok else SOME_REFUSED
    print(f"{options.operation} {options.file}: {options.module}\n")
    show_facts(list(_facts(made, options)))
    if not ok:
        print()
        show_report(made.report, options.file, options.module, as_json=False)
    print("\n" + folded(f"Nothing was sent. `bigin-frames {options.operation} ... --out FILE` sends it."))
    return DONE if ok else SOME_REFUSED


def _read(options: argparse.Namespace) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the file's rows, and the options of the verb."""
    from bigin_frames.cli.files import read
    from bigin_frames.client.metadata import load_metadata
    from bigin_frames.client.shared_client import shared_client

    frame = read(options.file, options.sheet)
    source = load_metadata(options.metadata) if options.metadata else None
    columns = columns_of(options, list(frame.columns), source or shared_client())
    return frame, {"columns": columns, "find_by": options.find_by, "metadata": source}


def _first(options: argparse.Namespace) -> int:
    from bigin_frames.cli.file_kinds import first_number

    return first_number(options.file)


def _counts(cells: pd.DataFrame, why: str) -> list[dict[str, Any]]:
    found = cells.groupby(["column", why], sort=False).size().reset_index(name="cells")
    return [
        {"column": column, why: as_here(reason), "cells": int(number)} for column, reason, number in found.to_numpy()
    ]


def _show_counts(cells: pd.DataFrame, why: str, title: str) -> None:
    lines = [(one["cells"], one["column"], one[why]) for one in _counts(cells, why)]
    if lines:
        print()
        show_table(("Cells", "Column", title), lines)


def _facts(made: Plan, options: argparse.Namespace) -> Iterator[tuple[str, str]]:
    jobs = made.jobs
    yield "rows", f"{made.rows:,} of {made.report.rows:,} can be sent"
    yield "jobs", f"{len(jobs):,}"
    yield "bytes", f"{int(jobs['csv_bytes'].sum()):,} as CSV, {int(jobs['zip_bytes'].sum()):,} zipped"
    yield "credits", f"{made.credits:,}"
    days = made.rows_per_day[["edition", "rows_per_day", "days"]].values.tolist()
    yield from _listed(
        "rows per day", [f"{edition}: {rows:,}, so {counted(n, 'day')} for this write" for edition, rows, n in days]
    )
    alike = f"; {counted(made.undistinguished, 'row')} of one job have the same values" if made.undistinguished else ""
    yield "results matched by", f"{', '.join(made.echoed)}{alike}"
    if options.find_by:
        yield "key", f"{options.find_by}; {counted(len(made.duplicates), 'row')} left out because they share it"
    pairs = zip(made.mapping["column"], made.mapping["field"], strict=True)
    yield from _listed("columns", [f"{column} -> {field}" for column, field in pairs])
    yield "Bigin fields not written", listed(made.unmapped, _MOST_NAMES) or "none"


def _listed(name: str, lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield lines under one name, which only the first of them shows."""
    yield from zip([name, *[""] * (len(lines) - 1)], lines, strict=True) if lines else ()
