"""The report of a check in the terminal: counts by reason and the first rows of each, and no cell value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bigin_frames.cli.file_kinds import first_number
from bigin_frames.cli.hints import as_here
from bigin_frames.cli.output import folded, show_json

if TYPE_CHECKING:
    import pandas as pd

    from bigin_frames.frames.checking.report import ValidationReport

_FIRST: Final = 5
_MOST_REASONS: Final = 20


def show_report(report: ValidationReport, path: str, module: str, *, as_json: bool) -> None:
    """Print a report: rows by their numbers in a spreadsheet, in JSON by their positions."""
    reasons = [] if report.ok else list(_reasons(report.failures))
    notes = [as_here(note) for note in report.notes]
    failing = int(report.mask.sum())
    if as_json:
        show_json(file=path, module=module, rows=report.rows, failing=failing, problems=reasons, notes=notes)
        return
    print(f"{failing:,} of {report.rows:,} rows cannot be written to {module} as they are{':' if failing else '.'}")
    wide = max((len(f"{one['rows']:,}") for one in reasons), default=0)
    for one in reasons[:_MOST_REASONS]:
        gap = " " * (wide + 2)
        where = "the row" if one["column"] is None else one["column"]
        into = f" -> {one['field']}" if one["field"] not in (None, one["column"]) else ""
        print()
        print(folded(f"{where}{into}: {one['code']}", first=f"{one['rows']:>{wide},}  ", rest=gap))
        print(folded(one["rule"], first=gap, rest=gap))
        print(folded(_numbers(one["positions"], first_number(path)), first=gap, rest=gap))
    if len(reasons) > _MOST_REASONS:
        print(f"\nand {len(reasons) - _MOST_REASONS:,} more reasons: --json lists all")
    for note in notes:
        print("\n" + folded(f"Also note: {note}."))
    if failing and first_number(path) > 1:
        print("\nRow numbers are those of the spreadsheet (header = row 1).")


def _reasons(failures: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each reason with its rows, the most frequent first."""
    names = ["column", "field", "code", "rule"]
    found = [
        {**dict(zip(names, reason, strict=True)), "rows": len(rows), "positions": rows.tolist()}
        for reason, rows in failures.groupby(names, dropna=False, sort=False)["row"]
    ]
    plain = [{key: None if value != value else value for key, value in one.items()} for one in found]
    plain = [{**one, "rule": as_here(str(one["rule"]))} for one in plain]
    return sorted(plain, key=lambda one: -int(one["rows"]))


def _numbers(positions: list[int], first: int) -> str:
    shown = ", ".join(f"{position + first:,}" for position in positions[:_FIRST])
    return f"{'row' if len(positions) == 1 else 'rows'} {shown}{', ...' if len(positions) > _FIRST else ''}"
