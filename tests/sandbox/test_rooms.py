"""The sandbox's sub-packages import only those below them, and its tree says what is where."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

import bigin_frames.sandbox as sandbox

ROOT = Path(sandbox.__file__).parent
NAME = "bigin_frames.sandbox"
FEWEST_LINES, MOST_LINES, MOST_FILES = 15, 300, 16
KINDS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "core", "shared", "tools"}

# sub-package -> the others that it may import; each line names sub-packages of lines above it only
MAY_IMPORT: dict[str, str] = {
    "behaviour": "",
    "metadata": "",
    "verdicts": "behaviour metadata",
    "files": "behaviour",
    "server": "",
    "faults": "files server",
    "store": "metadata verdicts",
    "organisation": "behaviour verdicts server faults store",
    "bulk": "behaviour metadata verdicts files server faults store organisation",
    "records": "behaviour metadata verdicts server organisation bulk",
    "page": "behaviour metadata verdicts server faults store organisation bulk",
    "api": "metadata verdicts server faults organisation bulk records page",
}


def imports(source: str, package: Mapping[str, str]) -> set[str]:
    """The modules of a package that a file imports: at its top, inside functions and for type checking."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                found.add(inner if inner in package else node.module)
    return found


def modules() -> dict[str, str]:
    """The source of each module of the sandbox by its full name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join([NAME, *(part for part in parts if part != "__init__")])] = path.read_text("utf-8")
    return found


MODULES = modules()


def room(module: str) -> str:
    """The sub-package of a module; "" for the front door and its neighbours."""
    inside = module.removeprefix(NAME).removeprefix(".")
    return inside.partition(".")[0] if inside.partition(".")[0] in MAY_IMPORT else ""


def wrong_imports(module: str, source: str) -> set[str]:
    """What a module of a sub-package imports although it may not."""
    allowed = {room(module), *MAY_IMPORT[room(module)].split()}
    ours = {name for name in imports(source, MODULES) if name.partition(".")[0] == "bigin_frames"}
    return {name for name in ours if room(name) not in allowed} - {"bigin_frames.limits"}


def mutual(sources: Mapping[str, str]) -> set[frozenset[str]]:
    """The pairs of modules that import each other."""
    seen = {name: imports(source, sources) for name, source in sources.items()}
    return {frozenset((a, b)) for a in seen for b in seen[a] if b != a and a in seen.get(b, ())}


@pytest.mark.parametrize("module", [name for name in MODULES if room(name)])
def test_a_sub_package_imports_only_those_it_may(module: str) -> None:
    assert wrong_imports(module, MODULES[module]) == set()


@pytest.mark.parametrize(
    "source",
    [
        "from bigin_frames.sandbox.store.store import Store",
        "from bigin_frames.sandbox import Behaviour",
        "def f():\n    import bigin_frames.sandbox.page.page",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from bigin_frames.wire import hosts",
    ],
)
def test_a_forbidden_import_is_seen(source: str) -> None:
    assert wrong_imports("bigin_frames.sandbox.verdicts.judge", source)


def test_each_sub_package_is_in_the_table_and_above_those_that_import_it() -> None:
    order = list(MAY_IMPORT)

    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == set(order)
    assert [(a, b) for a in order for b in MAY_IMPORT[a].split() if order.index(b) >= order.index(a)] == []


def test_the_table_allows_nothing_that_no_module_needs() -> None:
    used = {(room(name), room(found)) for name, source in MODULES.items() for found in imports(source, MODULES)}

    assert [(a, b) for a in MAY_IMPORT for b in MAY_IMPORT[a].split() if (a, b) not in used] == []


def test_only_the_front_door_imports_the_rest_of_the_package() -> None:
    outside = {
        name
        for name, source in MODULES.items()
        if any(i.startswith("bigin_frames.") and not i.startswith(NAME) for i in imports(source, MODULES))
    }

    assert outside == {NAME}


def test_no_two_modules_import_each_other() -> None:
    assert mutual(MODULES) == set()


def test_two_modules_that_import_each_other_are_seen() -> None:
    knot = {"a": "from b import x", "b": "def f():\n    from a import y", "c": "import a"}

    assert mutual(knot) == {frozenset("ab")}


@pytest.mark.parametrize("module", list(MODULES))
def test_a_module_has_a_size_that_can_be_read(module: str) -> None:
    lines = MODULES[module].count("\n")
    only_docstring = len(ast.parse(MODULES[module]).body) == 1

    assert lines <= MOST_LINES
    assert lines >= FEWEST_LINES or only_docstring


@pytest.mark.parametrize("folder", [ROOT, *(path.parent for path in sorted(ROOT.glob("*/__init__.py")))])
def test_a_folder_can_be_taken_in_at_a_glance(folder: Path) -> None:
    files = [path for path in folder.iterdir() if path.is_file()]

    assert len(files) <= MOST_FILES
    assert not {path.stem for path in files} & KINDS


@pytest.mark.parametrize("package", list(MAY_IMPORT))
def test_a_sub_package_says_what_each_of_its_modules_is(package: str) -> None:
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text("utf-8"))) or ""
    listed = [line.partition("`")[2].partition("`")[0] for line in docstring.splitlines() if line.startswith("- `")]

    assert docstring.splitlines()[0].endswith(".")
    assert sorted(listed) == sorted({path.stem for path in (ROOT / package).glob("*.py")} - {"__init__"})


def test_the_front_door_lists_the_sub_packages_from_the_bottom_up() -> None:
    docstring = sandbox.__doc__ or ""
    listed = [line.partition("`")[2].partition("`")[0] for line in docstring.splitlines() if line.startswith("- `")]

    assert listed == list(MAY_IMPORT)


@pytest.mark.parametrize("test", sorted(Path(__file__).parent.glob("*/test_*.py")), ids=lambda path: path.stem)
def test_tests_are_found_by_the_path_of_their_module(test: Path) -> None:
    through_a_browser = test.stem == "test_in_chromium"

    assert through_a_browser or (ROOT / test.parent.name / f"{test.stem.removeprefix('test_')}.py").exists()
