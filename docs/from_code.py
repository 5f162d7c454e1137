"""Write the pages that come from the code alone, so that they cannot go stale: options, errors, the command line."""

from __future__ import annotations

import argparse
import inspect
import os
import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from bigin_frames import errors
from bigin_frames.cli import _parser
from bigin_frames.plans.options import Options, Settings

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


def documented_options() -> dict[str, tuple[str, str]]:
    """Return each option that the docstring of `Options` has, with its kind and what it says."""
    _, _, listed = inspect.cleandoc(Options.__doc__ or "").partition("----------\n")
    found = re.findall(r"^(\w+) : (.*)\n((?:    .*\n?)+)", listed, re.M)
    return {name: (kind, textwrap.dedent(words).strip()) for name, kind, words in found}


def option_list() -> str:
    """Return the options as definitions: name, kind, default, and what the docstring says."""
    defaults = {field.name: field.default for field in fields(Settings)}
    return "\n".join(_definition(name, *told, defaults[name]) for name, told in documented_options().items())


def _definition(name: str, kind: str, words: str, default: object) -> str:
    head = f".. _option-{name.replace('_', '-')}:\n\n**{name}** : {kind}\n"
    tail = "" if default is None else f" *Default:* ``{default!r}``."
    return f"{head}{textwrap.indent(words + tail, '    ')}\n"


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
