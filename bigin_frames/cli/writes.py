"""The commands that write files to Bigin: insert, update and upsert."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.cli.columns import add_target, columns_of
from bigin_frames.cli.output import (
    CODES,
    MISUSED,
    NOTHING_DONE,
    PENDING,
    UNDER_WAY,
    code_of,
    failed,
    say,
    show_json,
    show_table,
)
from bigin_frames.display.words import counted
from bigin_frames.errors import (
    AlreadyDelivered,
    BiginError,
    InvalidRowsError,
    OptionError,
)
from bigin_frames.model import OPERATIONS, UNDECIDED, WRITTEN

if TYPE_CHECKING:
    import pandas as pd

    from bigin_frames.delivery.run import Run
    from bigin_frames.large.sources import Source

_EXAMPLE: Final = """\
examples:
  bigin-frames {0} people.xlsx --module Contacts --out done.xlsx{1}
  bigin-frames {0} new-*.parquet --module Contacts --out results/{1}
"""
_WHAT: Final = """\
{} the rows of files in bulk. The credentials are read from the environment
(BIGIN_CLIENT_ID and others). If it is interrupted, run the same command again
to resume.
"""
_NOT_SENT: Final = frozenset({"prepared", "uploaded", "rejected"})


def add(commands: Any) -> None:
    """Add ``insert``, ``update`` and ``upsert``."""
    for operation in OPERATIONS:
        _add(commands, operation)


def _add(commands: Any, operation: str) -> None:
    found = "" if operation == "insert" else " --find-by Email"
    made = commands.add_parser(
        operation,
        help=f"{operation} the rows of files, in bulk",
        description=_WHAT.format(operation.capitalize()),
        epilog=f"{_EXAMPLE.format(operation, found)}\n{CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("files", nargs="+", metavar="FILE", help="one or more files: CSV, Excel, ODS, Parquet or Arrow")
    made.add_argument(
        "--out", required=True, metavar="FILE|FOLDER",
        help="where to write the rows with ID, Status and Error: a .csv, .xlsx or .parquet file for one FILE, or a "
        "folder for many or very large files",
    )  # fmt: skip
    add_target(made)
    made.add_argument(
        "--on-invalid", choices=("skip", "raise"), default="skip",
        help="skip rows that break a rule (default), or send nothing if there are any",
    )  # fmt: skip
    made.add_argument("--max-credits", type=int, metavar="N", help="refuse a write that costs more (a job costs 500)")
    made.add_argument("--credits-per-day", type=int, metavar="N", help="credits the organisation has per 24 hours")
    made.add_argument("--wait-for-credits", action="store_true", help="wait for new credits, for days if needed")
    made.set_defaults(run=_write, operation=operation)


def _write(options: argparse.Namespace) -> int:
    from bigin_frames.cli.files import names_of
    from bigin_frames.cli.output_files import is_file_name

    def write() -> int:
        if is_file_name(options.out):
            return _to_file(options)
        return to_folder(_source(options), names_of(options.files[0], options.sheet), options)

    return coded(write)


def coded(write: Callable[[], int]) -> int:
    """Run a write and return its exit code; if it fails after rows were handed over, they may be in Bigin."""

    def ended(problem: object, code: int) -> int:
        return failed(problem, code if _handed_over() == before else PENDING)

    before = 0
    try:
        before = _handed_over()
        return write()
    except OptionError as problem:
        return ended(problem, MISUSED)
    except UNDER_WAY as problem:
        return ended(problem, PENDING)
    except InvalidRowsError as problem:
        rows = counted(int(problem.report.mask.sum()), "row")
        return ended(f"{rows} broke a rule, and nothing more was sent. `bigin-frames check` lists them: fix them, or "
                    "leave them out with --on-invalid skip.", NOTHING_DONE)  # fmt: skip
    except (BiginError, OSError) as problem:
        return ended(problem, NOTHING_DONE)
    except Exception:
        if _handed_over() == before:
            raise
        traceback.print_exc()
        return ended("internal error; run the same command again to resume", PENDING)
    except KeyboardInterrupt:
        return ended("stopped; run the same command again to resume", PENDING)


def to_folder(source: Source, names: Sequence[str], options: argparse.Namespace) -> int:
    """Write any number of rows, part by part, with `write_dataset`; ``names`` are those of the columns."""
    from bigin_frames.client.settings import home
    from bigin_frames.journal.journal import Journal
    from bigin_frames.large.datasets import write_dataset

    known = {run.id for run in Journal(home()).runs()}
    counts = write_dataset(
        source, options.module, out=options.out, operation=options.operation, on_error="ignore",
        **_given(options, names),
    )  # fmt: skip
    begun = [run.id for run in Journal(home()).runs() if run.id not in known]
    return _ended(counts, options, begun, frozenset())


def _to_file(options: argparse.Namespace) -> int:
    """Write one file, and save its rows with their verdicts as another."""
    from bigin_frames.cli.files import read
    from bigin_frames.cli.output_files import refuse_unfit, save
    from bigin_frames.verbs.previewing import plan
    from bigin_frames.verbs.results import summary

    if len(options.files) > 1:
        raise OptionError(
            "one output file takes one input file; name a folder with --out, such as results/.", option="out"
        )
    frame = read(options.files[0], options.sheet)
    path = refuse_unfit(frame, options.out)
    made = plan(frame, options.module, options.operation, **_given(options, list(frame.columns)))
    try:
        run = made.submit()
    except AlreadyDelivered as before:
        run = _opened(before, frame)
    written = run.wait()
    save(written, path)
    return _ended(summary(written), options, [run.id], run.fields)


def _opened(before: AlreadyDelivered, frame: pd.DataFrame) -> Run:
    from bigin_frames.delivery.resume import resume

    say(f"run {before.run_id} inserted these rows on {before.when[:10]}; nothing is sent, and its verdicts are saved")
    return resume(before.run_id, frame)


def _given(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """Return the options of the verb."""
    from bigin_frames.client.shared_client import shared_client

    same = ("find_by", "max_credits", "credits_per_day", "wait_for_credits", "on_invalid")
    return {
        "columns": columns_of(options, names, shared_client()),
        **{name: getattr(options, name) for name in same},
    }


def _source(options: argparse.Namespace) -> Source:
    """Return the source for `write_dataset`: paths of files that Arrow reads, spreadsheets as frames."""
    from bigin_frames.cli.file_kinds import is_sheet
    from bigin_frames.cli.files import read

    if any(map(is_sheet, options.files)):
        return (read(path, options.sheet) for path in options.files)
    files: Sequence[str] = options.files
    return files


def _handed_over() -> int:
    """Return how many jobs in the journal may have reached Bigin."""
    from bigin_frames.client.settings import home
    from bigin_frames.journal.journal import Journal

    journal = Journal(home())
    states = journal.states() if journal.runs() else {}
    return sum(number for run in states.values() for state, number in run.items() if state not in _NOT_SENT)


def _ended(summary: pd.DataFrame, options: argparse.Namespace, runs: Sequence[str], fields: frozenset[str]) -> int:
    """Print how many rows have each verdict, and the next step if not all of them are written."""
    counts = _codes(summary, fields)
    code = code_of({status for status, _, _ in counts})
    if options.json:
        verdicts = [{"status": status, "error": error or None, "rows": rows} for status, error, rows in counts]
        show_json(
            operation=options.operation, module=options.module, rows=sum(rows for *_, rows in counts),
            written=sum(rows for status, _, rows in counts if status in WRITTEN), verdicts=verdicts, out=options.out,
            runs=list(runs), exit_code=code,
        )  # fmt: skip
    else:
        show_table(("Status", "Error", "Rows"), counts)
    _advise(counts, options.out)
    return code


def _advise(counts: Sequence[tuple[str, str, int]], out: str) -> None:
    open_ = sum(rows for status, _, rows in counts if status in UNDECIDED)
    lost = sum(rows for status, _, rows in counts if status not in UNDECIDED | WRITTEN)
    if lost:
        say(f"{counted(lost, 'row')} not written: {out} has the reasons. Fix them in a separate file, and run the "
            "command on that.")  # fmt: skip
    if open_:
        say(f"{counted(open_, 'row')} may or may not be in Bigin: look for them there before you write them again. "
            "`bigin-frames runs` lists the runs.")  # fmt: skip


def _codes(summary: pd.DataFrame, fields: frozenset[str]) -> list[tuple[str, str, int]]:
    """Keep only the code of each reason: the rest of a server's text may be data."""
    from bigin_frames.wire.reasons import plain_errors

    reasons = [plain_errors(error, fields) if isinstance(error, str) else "" for error in summary["Error"]]
    sums = summary.assign(Error=reasons).groupby(["Status", "Error"], as_index=False, sort=False)[["Rows"]].sum()
    return [(str(status), str(error), int(rows)) for status, error, rows in sums.itertuples(index=False)]
