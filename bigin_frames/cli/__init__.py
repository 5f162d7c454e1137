"""The command line: the package's functions as commands. Each of these modules adds some of the commands.

- `sandbox`: sandbox, demo
- `login`: login
- `org`: whoami, modules, fields
- `previews`: check, clean, plan
- `writes`: insert, update, upsert
- `runs`: runs, show, resume

They share `columns` (which column becomes which field), `files`, `file_kinds` and `sheets` (reading files),
`output_files` (writing files), `reports` and `output` (what is printed), and `hints` (the library's messages as the
command line says them).

Nothing heavy is imported before a command runs, so that ``--help`` is fast.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib.metadata import version
from typing import Final, NoReturn

from bigin_frames.cli import login, org, previews, runs, sandbox, writes
from bigin_frames.cli.output import MISUSED, NOTHING_DONE, PENDING, UNDER_WAY, failed, plain_warnings
from bigin_frames.errors import BiginError, OptionError

_EXAMPLES: Final = """\
examples:
  bigin-frames demo
  bigin-frames check people.xlsx --module Contacts
  bigin-frames insert people.xlsx --module Contacts --out done.xlsx

bigin-frames COMMAND --help shows the options of a command.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default ``sys.argv[1:]``.

    Returns
    -------
    int
        0 for success, 1 for failure, 2 for a usage error; 3 and 4 as ``--help`` says.
    """
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        with plain_warnings():
            return run(options)
    except BrokenPipeError:  # the reader of stdout, such as head, has ended
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


class _Parser(argparse.ArgumentParser):
    """A parser that suggests the nearest command for a misspelt one."""

    commands: Sequence[str] = ()

    def error(self, message: str) -> NoReturn:
        for name in re.findall(r"argument COMMAND: invalid choice: '([^']+)'", message):
            for nearest in get_close_matches(name, self.commands, 1):
                message = f"there is no command {name!r}; did you mean {nearest!r}?"
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="bigin-frames",
        description="Write tables to Zoho Bigin, with a verdict for every row.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"bigin-frames {version('bigin_frames')}")
    commands = parser.add_subparsers(
        title="commands", required=True, metavar="COMMAND", parser_class=argparse.ArgumentParser
    )
    for module in (login, org, previews, writes, runs, sandbox):
        module.add(commands)
    parser.commands = list(commands.choices)
    return parser
