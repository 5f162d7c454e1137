"""The plan of the package: who may import whom, how large a module is, and that no two import each other.

`PLAN` is the whole plan, without an exception for a single module. The documentation prints it from here.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "bigin_frames"
ALL = "everything but sandbox.rooms"


@dataclass(frozen=True)
class Line:
    """Wings that may import the same wings and the same other packages."""

    wings: tuple[str, ...]
    may_import: tuple[str, ...]
    packages: frozenset[str] = frozenset()


LEAVES = ("checkpoints", "deflate", "errors", "examples", "filelock", "former_names", "job_request", "limits", "model")
DATA = frozenset({"numpy", "pandas", "pyarrow", "pandera"})
FRAMES = ("frames", "frames.rules", "frames.encoding", "frames.mapping", "frames.checking", "frames.cleaning",
          "frames.merging")  # fmt: skip
NETWORK = frozenset({"keyring", "pandas", "platformdirs", "requests", "urllib3"})
FRONT = ("accessor", "cli", "dask", "demo", "main", "sandbox", "testing", "verbs")

# A wing is a folder of the package or a module at its top; `main` is its `__init__` and `__main__`. Folders of `frames`
# are wings of their own. `sandbox` is the front of the local Bigin, `sandbox.rooms` what is in its folders.
PLAN = (
    Line(LEAVES, LEAVES, frozenset({"pandas"})),
    Line(("wire", "journal"), LEAVES),
    Line(("display",), LEAVES, frozenset({"matplotlib", "pandas", "tqdm"})),
    Line(("frames",), (*LEAVES, "display"), DATA),
    Line(("frames.rules", "frames.encoding"), (*LEAVES, "display", "frames"), DATA),
    Line(("frames.mapping",), (*LEAVES, "display", *FRAMES[:3]), DATA),
    Line(("frames.checking",), (*LEAVES, "display", *FRAMES[:4]), DATA),
    Line(("frames.cleaning",), (*LEAVES, "display", *FRAMES[:5]), DATA),
    Line(("frames.merging",), (*LEAVES, "display", "frames", "frames.encoding"), DATA),
    Line(("client",), (*LEAVES, "wire", "display", *FRAMES), NETWORK),
    Line(("delivery",), (*LEAVES, "wire", "display", *FRAMES, "client", "journal"), DATA),
    Line(("plans",), (*LEAVES, "wire", "display", *FRAMES, "client", "journal", "delivery"), DATA),
    Line(("large",), (*LEAVES, "wire", "display", *FRAMES, "client", "journal", "delivery", "plans"), DATA),
    Line(FRONT, (ALL,), DATA | {"dask", "distributed", "matplotlib", "openpyxl", "pytest", "python_calamine"}),
    # The sandbox shares no code with the client: a misreading of Bigin on both sides would be invisible.
    Line(("sandbox.rooms",), ("limits",), frozenset({"werkzeug"})),
)
MOST_LINES, FEWEST_LINES, MOST_FILES = 300, 15, 16


def modules() -> dict[str, Path]:
    """Return the package's modules by name, without the package's own before it."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def wing_of(module: str) -> str:
    """Return the wing that a module is in; what is in a folder of the sandbox's is one of its rooms."""
    if module in ("", "__main__"):
        return "main"
    if module.startswith("sandbox.") and module != "sandbox.__main__":
        return "sandbox.rooms"
    names = {name for line in PLAN for name in line.wings}
    parts = module.split(".")
    return next((name for n in (2, 1) if (name := ".".join(parts[:n])) in names), parts[0])


def line_of(wing: str) -> Line:
    return next(line for line in PLAN if wing in line.wings)


def imports(source: str) -> Iterator[str]:
    """Yield every module that a file imports: at its top, inside a function, or for a type checker."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{name.name}" for name in node.names)


def inside(source: str, known: Mapping[str, Path]) -> set[str]:
    """Return which of the package's modules a file imports."""
    found = set()
    for name in imports(source):
        _, own, module = f"{name}.".partition("bigin_frames.")
        if own and name.startswith("bigin_frames"):
            module = module.removesuffix(".")
            found.add(module if module in known else module.rpartition(".")[0])
    return found


def strangers(module: str, source: str) -> set[str]:
    """Return what a module imports and may not."""
    wing, known = wing_of(module), modules()
    line = line_of(wing)
    wrong = set()
    for other in inside(source, known) - {module}:
        theirs = wing_of(other)
        own = theirs == wing or (wing == "sandbox" and theirs == "sandbox.rooms")
        if not own and theirs not in line.may_import and (ALL not in line.may_import or theirs == "sandbox.rooms"):
            wrong.add(other)
    for name in imports(source):
        package = name.partition(".")[0]
        if package not in {*sys.stdlib_module_names, "_typeshed", "bigin_frames", *line.packages}:
            wrong.add(name)
    return wrong


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Return modules that import one another, one after the other; empty if there is no such circle."""
    done: set[str] = set()

    def walk(module: str, path: list[str]) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        for other in sorted(graph.get(module, ())):
            if found := walk(other, [*path, module]):
                return found
        done.add(module)
        return []

    return next((found for module in sorted(graph) if (found := walk(module, []))), [])


def graph() -> dict[str, set[str]]:
    known = modules()
    return {name: inside(path.read_text("utf-8"), known) - {name} for name, path in known.items()}


def misfits(files: Mapping[str, int]) -> set[str]:
    """Return the files, by path, whose lines are too many or too few, and folders with too many files."""
    folders: dict[str, int] = {}
    for name in files:
        folder = name.rpartition("/")[0]
        folders[folder] = folders.get(folder, 0) + 1
    python = {name: lines for name, lines in files.items() if name.endswith(".py")}
    large = {name for name, lines in python.items() if lines > MOST_LINES}
    small = {name for name, lines in python.items() if lines < FEWEST_LINES and not name.endswith("__init__.py")}
    return large | small | {folder for folder, number in folders.items() if number > MOST_FILES}


def files() -> dict[str, int]:
    found = (path for path in PACKAGE.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
    return {str(path.relative_to(PACKAGE)): len(path.read_bytes().splitlines()) for path in found}


def test_plan_is_short_and_names_each_wing_once() -> None:
    names = [name for line in PLAN for name in line.wings]

    assert len(PLAN) <= 16
    assert len(names) == len(set(names))
    assert {wing_of(module) for module in modules()} == set(names)


@pytest.mark.parametrize("module", modules())
def test_module_imports_only_what_its_wing_may(module: str) -> None:
    assert strangers(module, modules()[module].read_text("utf-8")) == set()


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("frames.merging.pairing", "import requests"),
        ("wire.build", "from bigin_frames.client.client import Client"),
        ("sandbox.api.routes", "def f():\n    from bigin_frames.wire import build"),
        ("delivery.begin", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import bigin_frames.plans.plan"),
        ("cli.local", "from bigin_frames.sandbox.store.store import Store"),
        ("model", "import numpy as np"),
        ("frames.encoding.encode", "from bigin_frames.frames.rules import rule"),
        ("large.datasets", "from bigin_frames import verbs"),
    ],
)
def test_import_that_the_plan_does_not_allow_is_seen(module: str, source: str) -> None:
    assert strangers(module, source)


def test_no_module_imports_itself_by_a_detour() -> None:
    assert circle(graph()) == []


def test_two_modules_that_import_each_other_are_seen() -> None:
    planted = graph() | {"limits": {"model"}, "model": {"limits"}}

    assert set(circle(planted)) == {"limits", "model"}


def test_modules_and_folders_are_of_a_size_that_is_read_at_once() -> None:
    assert misfits(files()) == set()


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        ({"wire/large.py": 301}, "wire/large.py"),
        ({"wire/small.py": 14}, "wire/small.py"),
        ({f"wire/more_{n}.py": 20 for n in range(16)}, "wire"),
    ],
)
def test_size_that_does_not_fit_is_seen(planted: dict[str, int], seen: str) -> None:
    assert misfits(files() | planted) == {seen}


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "base", "manager", "misc", "core"])
def test_name_says_the_thing_and_not_its_kind(name: str) -> None:
    assert not [module for module in modules() if name in module.split(".")]


def test_each_folder_says_what_its_modules_are() -> None:
    for module, path in modules().items():
        if path.name == "__init__.py" and module:
            words = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
            rooms = {other.stem for other in path.parent.glob("*.py") if not other.stem.startswith("__")}
            if module != "sandbox":  # its front says what can be called
                assert {room for room in rooms if f"`{room}`" not in words} == set(), module


def test_transport_is_the_only_importer_of_requests() -> None:
    importers = [
        module
        for module, path in modules().items()
        if any(name.split(".")[0] == "requests" for name in imports(path.read_text("utf-8")))
    ]

    assert importers == ["client.transport"]


def test_settings_is_the_only_reader_of_the_environment() -> None:
    readers = [
        module
        for module, path in modules().items()
        if any(
            isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    ]

    assert readers == ["client.settings"]


# -- the tests have the same plan

TESTS = Path(__file__).parent
ELSEWHERE = {"benchmarks", "campaigns", "journeys", "live", "support"}  # what goes through several modules
OF_THE_PROJECT = {
    "test_completion", "test_distribution", "test_docs", "test_docs_dask", "test_docs_limits", "test_doctests",
    "test_house", "test_notebooks", "test_root_files", "test_surface",
}  # fmt: skip


def misplaced(tests: Iterable[Path], known: Collection[str]) -> set[Path]:
    """Return the test files, as paths below ``tests``, that are not where the module they are named after would be."""
    wrong = set()
    for path in tests:
        module = ".".join((*path.parent.parts, path.stem.removeprefix("test_")))
        own = module in known or (module == "cli.program" and "cli" in known)  # main() of the command line
        if not own and path.parts[0] not in ELSEWHERE and path.stem not in OF_THE_PROJECT:
            wrong.add(path)
    return wrong


def test_each_test_file_is_found_by_the_path_of_its_module() -> None:
    tests = (path.relative_to(TESTS) for path in TESTS.rglob("test_*.py"))
    of_the_sandbox = Path("sandbox")  # test_rooms.py there has a plan of its own

    assert misplaced((path for path in tests if of_the_sandbox not in path.parents), modules()) == set()


@pytest.mark.parametrize("planted", ["wire/test_retries.py", "test_nothing.py", "frames/test_pairing.py"])
def test_misplaced_test_file_is_seen(planted: str) -> None:
    assert misplaced([Path(planted)], modules()) == {Path(planted)}


def test_no_test_file_is_longer_than_600_lines() -> None:
    long = {path.name for path in TESTS.rglob("*.py") if len(path.read_bytes().splitlines()) > 600}

    assert long == set()


# -- docstrings

# Verbs that such a docstring used to begin with; words that are nouns as well (a check, a result) are left out.
DOING = {
    "ask", "be", "bear", "begin", "build", "carry", "decide", "do", "download", "draw", "find", "follow", "get", "give",
    "have", "hold", "keep", "lend", "load", "make", "name", "offer", "pace", "pair", "prepare", "prove", "put", "read",
    "resolve", "resume", "run", "say", "send", "serve", "show", "speak", "stand", "state", "take", "teach", "tell",
    "tie", "turn", "upload", "write",
}  # fmt: skip


def doing(source: str) -> set[str]:
    """Return the docstrings of a module and its classes that say what it does instead of what it is."""
    tree = ast.parse(source)
    things = [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]
    words = {ast.get_docstring(thing) or "" for thing in things}
    return {text for text in words if text.partition(" ")[0].lower() in DOING}


@pytest.mark.parametrize("module", modules())
def test_docstring_of_a_module_or_class_says_what_it_is(module: str) -> None:
    assert doing(modules()[module].read_text("utf-8")) == set()


def test_docstring_that_says_what_a_class_does_is_seen() -> None:
    assert doing('class Batch:\n    """Hold the rows of one job."""\n') == {"Hold the rows of one job."}
