"""The public names are those that users' code relies on, documented, sorted, and there."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import errors

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


def test_every_public_name_is_listed_and_comes_with_a_star() -> None:
    found: dict[str, object] = {}
    exec("from bigin_frames import *", found)  # noqa: S102

    assert set(bf.__all__) <= set(dir(bf))
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
    assert not unwanted & set(seen)
