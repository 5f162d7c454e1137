"""The commands that need no account: a demonstration, and a local Bigin."""

from __future__ import annotations

import argparse
import errno
import socket
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

from bigin_frames.cli.output import DONE, NOTHING_DONE, failed


def add(commands: Any) -> None:
    """Add ``demo`` and ``sandbox``."""
    shown = commands.add_parser(
        "demo",
        help="write 537 real records to a local Bigin and show the result",
        description="Write 537 real records to a local Bigin, in memory, and show the result.",
        epilog="example: bigin-frames demo",
    )
    shown.set_defaults(run=lambda options: _served(_demo, options))
    local = commands.add_parser(
        "sandbox",
        help="serve a local Bigin until Ctrl-C",
        description="Serve a local Bigin until Ctrl-C. "
        "Prints the environment variables that point other commands at it.",
        epilog="example: bigin-frames sandbox --port 8765 --data org.sqlite",
    )
    local.add_argument("--port", type=int, default=8765, help="port to listen on (default 8765; 0 takes a free one)")
    local.add_argument(
        "--host", metavar="ADDRESS", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    local.add_argument("--data", metavar="FILE", help="keep the org in this SQLite file (default: in memory)")
    local.add_argument("--behaviour", metavar="FILE", help="use behaviour recorded from a real organisation")
    local.add_argument("--manners", dest="behaviour", help=argparse.SUPPRESS)  # its former name
    local.set_defaults(run=lambda options: _served(_sandbox, options))


def _served(command: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> int:
    """Run a command that needs the local Bigin, and print what it lacks in one line."""
    try:
        command(options)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "werkzeug":
            raise
        return failed("the local Bigin needs Werkzeug: pip install 'bigin_frames[sandbox]'", NOTHING_DONE)
    except _UnusableError as refusal:
        return failed(str(refusal), NOTHING_DONE)
    except BrokenPipeError:
        raise
    except OSError as problem:
        elsewhere = isinstance(problem, socket.gaierror) or problem.errno == errno.EADDRNOTAVAIL
        advice = "--host takes an address of this machine" if elsewhere else "try another --port"
        return failed(f"{problem.strerror or problem}; {advice}", NOTHING_DONE)
    return DONE


def _demo(options: argparse.Namespace) -> None:
    from bigin_frames.client.settings import home_in
    from bigin_frames.demo import demo

    with TemporaryDirectory() as folder, home_in(folder):
        demo()


def _sandbox(options: argparse.Namespace) -> None:
    from bigin_frames.sandbox.__main__ import serve

    serve(options.port, options.data, _behaviour(options.behaviour), host=options.host)


def _behaviour(path: str | None) -> Any:
    """Return the behaviour recorded in a file, None without one."""
    from bigin_frames.sandbox import Behaviour

    if path is None:
        return None
    try:
        return Behaviour.from_observed(path)
    except ValueError as problem:
        words = str(problem)
    except OSError as problem:
        words = f"{path}: {problem.strerror or problem}"
    raise _UnusableError(words)


class _UnusableError(Exception):
    """A file of recorded behaviour that cannot be used."""
