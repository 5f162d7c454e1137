"""The command line: the package's functions as commands. Each of these modules adds commands of one kind.

- `local`: sandbox, demo
- `login`: login
- `org`: whoami, modules, fields
- `looks`: check, clean, plan
- `writes`: insert, update, upsert
- `runs`: runs, show, resume

They share `columns` (which column becomes which field), `files`, `file_kinds` and `sheets` (files that are read),
`exports` (files that are written), `reports` and `words` (what is printed).

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Final

from bigin_frames.cli import local, login, looks, org, runs, writes
from bigin_frames.cli.words import MISUSED, NOTHING_DONE, PENDING, UNDER_WAY, failed, plain_warnings
from bigin_frames.errors import BiginError, OptionError

_EXAMPLES: Final = """\
examples:
  bigin-frames demo
  bigin-frames check people.xlsx --module Contacts
  bigin-frames insert people.xlsx --module Contacts --out done.xlsx

bigin-frames COMMAND --help says more.
"""


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
    try:
        with plain_warnings():
            return run(options)
    except BrokenPipeError:  # whoever read our words, such as head, has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOTHING_DONE
    except OptionError as problem:
        return failed(problem, MISUSED)
    except UNDER_WAY as problem:
        return failed(problem, PENDING)
    except (BiginError, OSError) as problem:
        return failed(problem, NOTHING_DONE)
    except KeyboardInterrupt:
        return failed("stopped", NOTHING_DONE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bigin-frames",
        description="Write tables to Zoho Bigin, with one true verdict for every row.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bigin-frames {version('bigin_frames')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for room in (login, org, looks, writes, runs, local):
        room.add(commands)
    return parser
