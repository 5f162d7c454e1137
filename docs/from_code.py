"""Write the pages that come from the code alone, so that they cannot go stale: options, errors, the command line."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from bigin_frames import errors
from bigin_frames.cli import _parser
from bigin_frames.plans.option_help import described_options
from bigin_frames.plans.options import Settings

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COLUMNS = "80"  # of the terminal that the help is written for


def write(folder: Path) -> None:
    """Write all pages into a folder, and copies of the notebooks, which Sphinx takes from below its own folder only."""
    for kind in ("notebooks", "code"):
        shutil.rmtree(folder / kind, ignore_errors=True)
        (folder / kind).mkdir(parents=True)
    for notebook in sorted(NOTEBOOKS.glob("*.ipynb")):
        text = notebook.read_text("utf-8").replace("](../docs/", "](../../")  # a copy lies elsewhere
        (folder / "notebooks" / notebook.name).write_text(text, "utf-8")
    pages = {"options.rst": option_list(), "errors.txt": error_tree(), "commands.md": command_pages()}
    for name, text in pages.items():
        (folder / "code" / name).write_text(text, "utf-8")


def option_list() -> str:
    """Return the options as definitions: name, kind, default, and what the docstring says."""
    defaults = {field.name: field.default for field in fields(Settings)}
    return "\n".join(_definition(name, *words, defaults[name]) for name, words in described_options().items())


def _definition(name: str, kind: str, words: str, default: object) -> str:
    head = f".. _option-{name.replace('_', '-')}:\n\n**{name}** : {kind}\n"
    return f"{head}{textwrap.indent(f'{words} *Default:* ``{default!r}``.', '    ')}\n"


def error_tree() -> str:
    """Return the tree of errors as the top of errors.py draws it."""
    (tree,) = re.findall(r"The tree::\n\n(.*?)\n(?=\S)", errors.__doc__ or "", re.S)
    return textwrap.dedent(tree).replace("``", "").rstrip() + "\n"


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Yield the parser of each command, in the order of ``--help``; those of a command follow it."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield command
                yield from commands(command)


def command_pages() -> str:
    """Return the help of the program and of each command as sections of one page."""
    before = {name: os.environ.get(name) for name in ("COLUMNS", "NO_COLOR")}
    os.environ.update(COLUMNS=COLUMNS, NO_COLOR="1")
    try:
        parser = _parser()
        return "\n".join(
            f"## {command.prog}\n\n```text\n{command.format_help().rstrip()}\n```\n"
            for command in (parser, *commands(parser))
        )
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({} if value is None else {name: value})
