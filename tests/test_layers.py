"""The rooms of the house import only what they may; a planted fault shows that the check can fail."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "bigin_frames"
LEAVES = {"errors", "limits", "model"}
DATA = {"pandas", "numpy", "pyarrow", "pandera"}
ABOVE = {"batches", "credits", "jobs", "delivery", "run", "plans"}

# room -> (rooms inside the package, third parties); the first match from the top counts.
RULES: dict[str, tuple[set[str], set[str]]] = {
    "errors": (set(), {"pandas"}),  # for the type of one attribute, never at run time
    "limits": (set(), set()),
    "deflate": (set(), set()),
    "model": ({"errors", "limits"}, set()),
    "frames": (LEAVES | {"deflate", "frames"}, DATA),
    "wire": (LEAVES | {"deflate", "wire"}, set()),
    "checkpoints": (set(), set()),
    "filelock": (set(), set()),
    "raw_results": ({"filelock"}, set()),
    "callback": ({"errors"}, set()),
    "connections": ({"checkpoints"}, {"urllib3"}),
    "transport": ({"errors", "limits", "wire", "connections"}, {"requests", "urllib3"}),
    "tokens": (LEAVES | {"wire", "filelock"}, set()),
    "calls": (LEAVES | {"wire", "transport", "tokens"}, set()),
    "known": (LEAVES | {"wire"}, set()),
    "records": (LEAVES | {"wire", "known"}, {"pandas"}),
    "client": (LEAVES | {"frames", "wire", "transport", "calls", "known", "records", "settings"}, {"pandas"}),
    "keyrings": ({"model"}, {"keyring"}),
    "settings": ({"errors", "model", "wire", "client", "keyrings"}, {"platformdirs"}),
    "metadata": (LEAVES | {"client"}, set()),
    "options": (LEAVES | {"client", "metadata", "callback"}, {"pandera"}),
    "journal": ({"errors", "model", "checkpoints", "journal_file"}, set()),
    "journal_file": ({"errors", "checkpoints", "deflate", "filelock"}, set()),
    "batches": (LEAVES | {"frames", "client", "wire", "journal", "callback"}, {"pandas", "numpy", "pyarrow"}),
    "credits": (LEAVES | {"batches", "journal"}, set()),
    "jobs": (
        LEAVES | {"raw_results", "frames", "client", "wire", "batches", "credits", "journal", "checkpoints", "proofs"},
        {"pandas", "numpy"},
    ),
    "overlap": (LEAVES | {"frames", "batches", "journal", "options"}, {"pandas", "numpy"}),
    "delivery": (
        LEAVES | {"raw_results", "frames", "client", "batches", "journal", "options", "overlap"},
        {"pandas", "numpy"},
    ),
    "proofs": (LEAVES | {"frames", "batches"}, {"pandas", "numpy"}),
    "reconcile": (LEAVES | {"frames", "batches", "jobs", "proofs"}, {"pandas", "numpy"}),
    "history": (
        LEAVES | ABOVE | {"raw_results", "overlap", "frames", "client", "journal", "settings"},
        {"pandas", "numpy"},
    ),
    "run": (
        LEAVES | {"frames", "client", "batches", "credits", "jobs", "delivery", "reconcile", "progress", "run_words"},
        {"pandas"},
    ),
    "plans": (
        LEAVES | ABOVE | {"raw_results", "frames", "options", "plan_words", "settings", "wire", "journal"},
        {"pandas", "numpy"},
    ),
    "plan_words": (LEAVES | {"batches", "frames", "options", "plans"}, set()),
    "prepare": (LEAVES | ABOVE | {"frames", "client", "metadata", "options", "settings"}, {"pandas", "numpy"}),
    "run_words": (LEAVES | {"batches", "credits", "frames"}, {"pandas"}),
    "progress": (set(), {"tqdm"}),
    "plots": (LEAVES | {"frames", "wire"}, {"pandas", "matplotlib"}),
    "sources": ({"errors"}, {"pandas", "pyarrow"}),
    "datasets": (
        LEAVES | ABOVE | {"frames", "client", "options", "prepare", "history", "progress", "sources"},
        {"pandas", "numpy", "pyarrow"},
    ),
    "partitions": (
        LEAVES | ABOVE | {"frames", "client", "options", "prepare"},
        {"pandas", "numpy", "pyarrow"},
    ),
    "totals": (LEAVES | {"options", "wire"}, {"pandas"}),
    "dask_plans": (LEAVES | {"frames", "credits"}, {"pandas"}),
    "coordinator": (
        LEAVES
        | ABOVE
        | {"frames", "client", "options", "history", "journal", "overlap", "credits", "partitions", "settings"}
        | {"totals"},
        {"pandas", "numpy"},
    ),
    "dask": (
        LEAVES
        | {"frames", "client", "options", "prepare", "progress", "metadata", "journal", "settings"}
        | {"partitions", "coordinator", "credits", "datasets", "totals", "verbs", "dask_plans"},
        {"pandas", "dask", "distributed"},
    ),
    "verbs": (
        LEAVES | ABOVE | {"frames", "client", "metadata", "options", "prepare", "wire", "plots"},
        {"pandas", "numpy", "pandera", "matplotlib"},
    ),
    "accessor": (LEAVES | ABOVE | {"frames", "client", "options", "verbs"}, {"pandas", "pandera", "matplotlib"}),
    "demo": (LEAVES | {"verbs", "client", "sandbox", "accessor"}, {"pandas"}),
    "cli": (
        LEAVES
        | ABOVE
        | {"verbs", "demo", "sandbox", "client", "settings", "datasets", "journal", "wire"}
        | {"cli", "frames", "history", "keyrings", "metadata", "sources"},
        {"pandas", "pyarrow", "openpyxl", "python_calamine"},
    ),
    # The sandbox shares no code with the client: a misreading of Bigin on both sides would be invisible. Its front
    # door alone hands credentials to the client's settings.
    "sandbox.__init__": ({"limits", "sandbox", "settings", "client"}, {"werkzeug"}),
    "sandbox": ({"limits", "sandbox"}, {"werkzeug"}),
    "testing": ({"sandbox", "client"}, {"pytest"}),
    "__init__": (
        LEAVES
        | {"accessor", "callback", "client", "metadata", "plans", "verbs", "run", "history", "datasets"}
        | {"frames", "sandbox", "testing", "cli"},
        set(),
    ),
}


def _imports(source: str) -> set[str]:
    """Every module a file imports, at its top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            found |= {f"{base}.{name.name}" for name in node.names} if base == "bigin_frames" else {base}
    return found


def _broken(room: str, source: str) -> set[str]:
    key = next(name for name in (room, room.split(".")[0]) if name in RULES)
    inside, outside = RULES[key]
    wrong = set()
    for name in _imports(source):
        top, _, rest = name.partition(".")
        if top == "bigin_frames":
            if rest.split(".")[0] not in inside:
                wrong.add(name)
        elif top not in {*sys.stdlib_module_names, "_typeshed"} and top not in outside:
            wrong.add(name)
    return wrong


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_room_imports_only_what_it_may(path: Path) -> None:
    room = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)

    assert _broken(room, path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("frames.merge", "import requests"),
        ("wire.build", "from bigin_frames.client.client import Client"),
        ("sandbox.rules", "def f():\n    from bigin_frames.wire import build"),
        ("jobs", "import bigin_frames.verbs"),
        ("model", "import numpy as np"),
    ],
)
def test_layer_check_sees_a_planted_fault(room: str, source: str) -> None:
    assert _broken(room, source)


def test_transport_is_the_only_importer_of_requests() -> None:
    importers = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "requests" for name in _imports(path.read_text("utf-8")))
    ]

    assert importers == ["transport.py"]


def test_settings_is_the_only_reader_of_the_environment() -> None:
    readers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(
            isinstance(n, ast.Attribute) and n.attr in ("environ", "getenv")
            for n in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    }

    assert readers == {"settings.py"}
