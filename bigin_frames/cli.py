"""Offer the package's functions on the command line: write files, show a demonstration, serve a local Bigin."""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.errors import (
    BiginError,
    BiginWarning,
    BrokenRunError,
    JobPending,
    JournalError,
    OptionError,
    RunBusy,
)
from bigin_frames.model import OPERATIONS, UNDECIDED, WRITTEN

if TYPE_CHECKING:
    import pandas as pd

_CODES: Final = """\
exit codes:
  0  all rows are written
  1  nothing was done
  2  the command makes no sense
  3  some rows were refused; the parts say which, and why
  4  some rows are under way, or nobody knows their fate; the same command goes on
"""
_EXAMPLE: Final = """\
example:
  bigin-frames {0} new-*.parquet --module Contacts --out results/{1}
"""
_WHAT: Final = """\
{} the rows of Parquet, CSV or Arrow files in bulk. The credentials are read
from the environment (BIGIN_CLIENT_ID and others). Killed and run again, the
same command goes on.
"""
_PENDING: Final = 4
_AT_HOME: Final = frozenset({"prepared", "uploaded", "rejected"})
# After these, rows may be in Bigin.
_UNDER_WAY: Final = (BrokenRunError, JobPending, JournalError, RunBusy)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 when the work is done, 1 when it is not, 2 for a command that makes no sense; 3 and 4 as ``--help`` says.
    """
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    return run(options)


def _served(command: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> int:
    """Run a command that needs the local Bigin."""
    try:
        command(options)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "werkzeug":
            raise
        print("The local Bigin needs Werkzeug: pip install 'bigin_frames[sandbox]'", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"bigin-frames: {problem.strerror or problem}; another --port may be free", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bigin-frames", description="Write tables to Zoho Bigin, with one true verdict for every row."
    )
    parser.add_argument("--version", action="version", version=f"bigin-frames {version('bigin_frames')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for operation in OPERATIONS:
        _add_write(commands, operation)
    shown = commands.add_parser("demo", help="write 537 real records to a local Bigin and show what comes back")
    shown.set_defaults(run=lambda options: _served(_demo, options))
    local = commands.add_parser(
        "sandbox",
        help="serve a local Bigin until Ctrl-C",
        epilog="example: bigin-frames sandbox --port 8765 --data org.sqlite",
    )
    local.add_argument("--port", type=int, default=8765, help="port on 127.0.0.1 (default 8765; 0 takes a free one)")
    local.add_argument("--data", metavar="FILE", help="keep the org in this SQLite file (default: in memory)")
    local.set_defaults(run=lambda options: _served(_sandbox, options))
    return parser


def _add_write(commands: Any, operation: str) -> None:
    found = "" if operation == "insert" else " --find-by Email"
    made = commands.add_parser(
        operation,
        help=f"{operation} the rows of files, in bulk",
        description=_WHAT.format(operation.capitalize()),
        epilog=f"{_EXAMPLE.format(operation, found)}\n{_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("files", nargs="+", metavar="FILE", help="Parquet, CSV or Arrow; one after the other")
    made.add_argument("--module", required=True, help="API name, such as Contacts")
    made.add_argument("--out", required=True, metavar="FOLDER", help="where the rows go with ID, Status and Error")
    made.add_argument("--find-by", metavar="FIELD", help="field by which Bigin finds records: id, or a unique one")
    made.add_argument(
        "--map", action="append", type=_pair, metavar="COLUMN=FIELD",
        help="send this column to this field; others are not sent then (may be repeated)",
    )  # fmt: skip
    made.add_argument("--max-credits", type=int, metavar="N", help="refuse what costs more; a job is 500")
    made.add_argument("--credits-per-day", type=int, metavar="N", help="what the org may spend in 24 hours")
    made.add_argument("--wait-for-credits", action="store_true", help="take as many days as the credits ask for")
    made.set_defaults(run=_write, operation=operation)


def _pair(text: str) -> tuple[str, str]:
    column, is_pair, field = text.rpartition("=")
    if not (column and is_pair and field):
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=FIELD")
    return column, field


def _write(options: argparse.Namespace) -> int:
    """Write the files as `write_dataset` does, and say in one number how it went."""
    from bigin_frames.datasets import write_dataset

    def failed(problem: object, code: int) -> int:
        print(f"bigin-frames: {problem}", file=sys.stderr)
        return code if _handed_over() == before else _PENDING

    given = {name: getattr(options, name) for name in ("find_by", "max_credits", "credits_per_day", "wait_for_credits")}
    before = 0
    try:
        before = _handed_over()
        with _plain_warnings():
            told = write_dataset(
                options.files, options.module, out=options.out, operation=options.operation, on_error="ignore",
                columns=dict(options.map) if options.map else None, **given,
            )  # fmt: skip
    except OptionError as problem:
        return failed(problem, 2)
    except _UNDER_WAY as problem:
        return failed(problem, _PENDING)
    except (BiginError, OSError) as problem:
        return failed(problem, 1)
    except KeyboardInterrupt:
        return failed("stopped; the same command goes on", _PENDING)
    print(_codes(told).to_string(index=False))
    statuses = set(told["Status"])
    return _PENDING if statuses & set(UNDECIDED) else 0 if statuses <= set(WRITTEN) else 3


def _handed_over() -> int:
    """Return how many jobs the journal knows that may have reached Bigin."""
    from bigin_frames.journal import Journal
    from bigin_frames.settings import home

    journal = Journal(home())
    states = journal.states() if journal.runs() else {}
    return sum(number for run in states.values() for state, number in run.items() if state not in _AT_HOME)


def _codes(told: pd.DataFrame) -> pd.DataFrame:
    """Leave of each reason its code: other words of a server may be anybody's data."""
    from bigin_frames.wire.result import plain_errors

    reasons = [plain_errors(error, ()) if isinstance(error, str) else "" for error in told["Error"]]
    return told.assign(Error=reasons).groupby(["Status", "Error"], as_index=False, sort=False)[["Rows"]].sum()


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Give warnings as one line each, without the place in this package that they come from."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", BiginWarning)
        warnings.showwarning = lambda message, *_, **__: print(f"bigin-frames: {message}", file=sys.stderr)
        yield


def _demo(options: argparse.Namespace) -> None:
    from bigin_frames.demo import demo
    from bigin_frames.settings import home_in

    with TemporaryDirectory() as folder, home_in(folder):
        demo()


def _sandbox(options: argparse.Namespace) -> None:
    from bigin_frames.sandbox.__main__ import serve

    serve(options.port, options.data)
