"""Offer the package's functions on the command line: ``bigin-frames demo`` and ``bigin-frames sandbox``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version
from tempfile import TemporaryDirectory


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 when the work is done, 1 when it is not, 2 for a command that makes no sense.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
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
    shown = commands.add_parser("demo", help="write 537 real records to a local Bigin and show what comes back")
    shown.set_defaults(run=_demo)
    local = commands.add_parser(
        "sandbox",
        help="serve a local Bigin until Ctrl-C",
        epilog="example: bigin-frames sandbox --port 8765 --data org.sqlite",
    )
    local.add_argument("--port", type=int, default=8765, help="port on 127.0.0.1 (default 8765; 0 takes a free one)")
    local.add_argument("--data", metavar="FILE", help="keep the org in this SQLite file (default: in memory)")
    local.set_defaults(run=_sandbox)
    return parser


def _demo(options: argparse.Namespace) -> None:
    from bigin_frames.demo import demo
    from bigin_frames.settings import home_in

    with TemporaryDirectory() as folder, home_in(folder):
        demo()


def _sandbox(options: argparse.Namespace) -> None:
    from bigin_frames.sandbox.__main__ import serve

    serve(options.port, options.data)
