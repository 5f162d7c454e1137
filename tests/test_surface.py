"""The public names are those that users' code relies on, documented, sorted, and there."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import errors

ROOT = Path(__file__).parents[1]
NAMES = {
    "insert", "update", "upsert", "submit", "plan", "check", "clean", "validate", "schema", "ids", "Cleaned",
    "Plan", "Metadata", "load_metadata", "save_metadata",
    "Client", "Credentials", "Lookup", "Run", "Secret", "Status", "ValidationReport", "sandbox",
    "Callback", "purge", "resume", "runs", "write_dataset", "Field", "Job", "Layout", "Module", "Org", "SubPipeline",
}  # fmt: skip


def test_all_is_sorted_and_complete() -> None:
    raised = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and kind.__module__ == errors.__name__ and name[0] != "_"
    }

    assert bf.__all__ == sorted(bf.__all__, key=lambda name: (name[0].islower(), name))
    assert set(bf.__all__) == NAMES | raised


@pytest.mark.parametrize("name", bf.__all__)
def test_public_name_is_there_and_documented(name: str) -> None:
    assert inspect.getdoc(getattr(bf, name))


def test_every_public_name_comes_with_a_star() -> None:
    found: dict[str, object] = {}
    exec("from bigin_frames import *", found)  # noqa: S102

    assert set(bf.__all__) <= set(found)


def test_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = bf.nonsense


METHODS = ["insert", "update", "upsert", "submit", "plan", "check", "validate", "retry", "errors", "summary", "plot"]


@pytest.mark.parametrize("name", [*METHODS, "failed"])
def test_accessor_offers_the_name(name: str) -> None:
    assert inspect.getdoc(getattr(type(pd.DataFrame().bigin), name))


def test_statuses_are_the_closed_set() -> None:
    assert {status.value for status in bf.Status} == {
        "ADDED", "UPDATED", "SKIPPED", "UNPROCESSED", "INVALID", "UNSENT", "UNREPORTED", "UNKNOWN", "PENDING",
    }  # fmt: skip


def test_every_error_is_in_the_tree_at_the_top_of_its_file() -> None:
    for name in set(bf.__all__) - NAMES:
        assert name in (errors.__doc__ or "")
        assert issubclass(getattr(bf, name), bf.BiginError | bf.BiginWarning)


def test_import_loads_neither_pandera_nor_the_sandbox_nor_pyarrow_rules() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "import bigin_frames, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    unwanted = {"pandera", "werkzeug", "tqdm", "pytest", "bigin_frames.sandbox", "bigin_frames.delivery.run"}
    unwanted |= {"difflib", "bigin_frames.examples", "bigin_frames.client.metadata"}
    assert not unwanted & set(seen)


def test_names_and_help_work_without_werkzeug_and_pytest() -> None:
    code = """
import sys
sys.modules |= {"werkzeug": None, "pytest": None}
import bigin_frames
from tests.bare_install import failures
print(failures(bigin_frames), hasattr(bigin_frames, "testing"), bigin_frames.sandbox.Behaviour().callback)
try:
    bigin_frames.sandbox.Sandbox()
except ImportError as problem:
    print(problem)
"""
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603

    assert seen.stdout.splitlines() == [
        f"[] False {bf.sandbox.Behaviour().callback}",
        "The local Bigin needs Werkzeug: pip install 'bigin_frames[sandbox]'",
    ]


def test_sandbox_hides_no_other_missing_module() -> None:
    code = "import sys; sys.modules['markupsafe'] = None; from bigin_frames.sandbox import Sandbox; Sandbox()"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603

    assert seen.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of markupsafe halted")


def test_dir_has_the_public_names_alone() -> None:
    assert dir(bf) == sorted([*bf.__all__, "__version__"])
    assert re.fullmatch(r"[0-9]+[.][0-9]+.*", bf.__version__)
