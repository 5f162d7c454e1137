"""Write what the page on the package's plan shows: the table that a test keeps, and what each module is."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "bigin_frames"
sys.path.insert(0, str(ROOT))
from tests import test_house  # noqa: E402 - the tests lie beside the documentation, and are not installed


def write(folder: Path) -> None:
    """Write the table of imports and the list of modules into a folder."""
    (folder / "imports.md").write_text(import_table(), "utf-8")
    (folder / "modules.md").write_text("\n\n".join(module_lists()) + "\n", "utf-8")


def import_table() -> str:
    """Return the plan as a table, in the words of a reader."""
    lines = ["| wings | may import | other packages |", "|---|---|---|"]
    for line in test_house.PLAN:
        wings = "folders of `sandbox`" if line.wings == ("sandbox.rooms",) else _code(line.wings)
        lines.append(f"| {wings} | {_allowed(line.may_import)} | {_code(sorted(line.packages)) or 'none'} |")
    return "\n".join(lines) + "\n"


def _allowed(names: Sequence[str]) -> str:
    if test_house.ALL in names:
        return "everything but the folders of `sandbox`"
    said = []
    for words, group in {"leaves": test_house.LEAVES, "`frames` with its folders": test_house.FRAMES}.items():
        if set(group) <= set(names):
            said.append(words)
            names = [name for name in names if name not in group]
    return ", ".join([*said, _code(names)] if names else said)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def module_lists() -> Iterator[str]:
    """Yield each folder with the first lines of its ``__init__``, which say what its modules are."""
    for path in sorted(PACKAGE.rglob("__init__.py")):
        name = str(path.parent.relative_to(PACKAGE.parent))
        words = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        if path.parent not in (PACKAGE, PACKAGE / "sandbox"):
            yield f"**{name}**: {_as_code(words)}"


def _as_code(words: str) -> str:
    """Return a docstring as Markdown, where code stands between single backticks too."""
    return re.sub(r"``([^`]+)``", r"`\1`", words)
