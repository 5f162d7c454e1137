"""What version 0.1 wrote is read: its journal is resumed, its pickles, schema and metadata are understood."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pa
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.former_names import MOVED, MOVED_CLASSES
from bigin_frames.sandbox import Sandbox

RELEASE = Path(__file__).parents[1] / "samples" / "release_0_1"
RUNS: dict[str, str] = json.loads((RELEASE / "runs.json").read_text("utf-8"))


def frame(name: str) -> pd.DataFrame:
    """The rows that the run began with."""
    return pd.DataFrame(
        {"Last_Name": [f"{name.title()} {i}" for i in range(3)], "Email": [f"{name}{i}@example.org" for i in range(3)]}
    )


def unpickled(name: str) -> Any:
    return pickle.loads((RELEASE / f"{name}.pickle").read_bytes())  # noqa: S301 - written by ourselves


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Sandbox]:
    """The local Bigin as it was, with the journal of its clients."""
    home().mkdir(mode=0o700, parents=True)
    shutil.copy(RELEASE / "journal.sqlite3", home())
    shutil.copy(RELEASE / "bigin.sqlite3", tmp_path)
    with Sandbox(data=tmp_path / "bigin.sqlite3") as box:
        yield box


def test_runs_are_listed(box: Sandbox) -> None:
    listed = bf.runs().set_index("run")["state"]

    assert listed.to_dict() == {run: "done" if name == "done" else "unfinished" for name, run in RUNS.items()}


@pytest.mark.parametrize("name", ["uploaded", "submitted"])
def test_run_is_resumed_to_the_records_that_it_wrote(box: Sandbox, name: str) -> None:
    out = bf.resume(RUNS[name], frame(name), client=box.client()).wait(progress=False)
    records = {record["Email"]: record["id"] for record in box.records("Contacts")}

    assert list(out["Status"]) == ["ADDED"] * 3
    assert list(out["ID"]) == [records[email] for email in out["Email"]]


def test_call_that_was_cut_off_while_a_job_was_asked_for_stays_unknown(box: Sandbox) -> None:
    with pytest.warns(bf.UndecidedRowsWarning):
        out = frame("unknown").bigin.insert("Contacts", client=box.client(), progress=False)

    assert list(out["Status"]) == ["UNKNOWN"] * 3
    assert len(box.records("Contacts")) == 7


def test_finished_run_has_its_verdicts_and_is_not_written_again(box: Sandbox) -> None:
    out = bf.resume(RUNS["done"], client=box.client()).frame()
    people = pd.DataFrame(
        {
            "Last_Name": ["Lovelace", "Hopper", "Curie", "Noether"],
            "Email": ["ada@example.org", "grace@example.org", "marie@example.org", "emmy@example.org"],
            "Phone": ["0171 1", "0171 2", "0171 3", "0171 4"],
        }
    )

    assert list(out["Status"]) == ["ADDED"] * 4
    with pytest.raises(bf.AlreadyDelivered, match=RUNS["done"]):
        people.bigin.insert("Contacts", client=box.client(), progress=False)


def test_report_and_error_are_unpickled() -> None:
    report, error = unpickled("report"), unpickled("error")

    assert isinstance(report, bf.ValidationReport)
    assert report.errors.tolist() == ["MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email"]
    assert isinstance(error, bf.InvalidRowsError)
    assert error.report.counts().tolist() == report.counts().tolist() == [1, 1]


def test_cleaned_frame_and_its_log_are_unpickled() -> None:
    cleaned, log = unpickled("cleaned")

    assert list(cleaned["Phone"]) == ["0171 1", "0171 2", "0171 3", "0171 4"]
    assert len(log) == 4


def test_saved_metadata_is_read_from_either_form() -> None:
    kept, read = unpickled("metadata"), bf.load_metadata(RELEASE / "metadata.json")

    assert kept == read
    assert bf.check(frame("new"), "Contacts", metadata=kept).ok


def test_saved_schema_finds_the_same_problems() -> None:
    import_module("bigin_frames.frames.checks")  # as the documentation of 0.1 said
    schema = pa.DataFrameSchema.from_yaml(RELEASE / "schema.yaml")
    sound = pd.DataFrame({"Last_Name": ["Ada"], "Email": ["ada@example.org"]})

    assert schema.validate(sound, lazy=True).equals(sound)
    with pytest.raises(pa.errors.SchemaErrors) as refused:
        schema.validate(sound.assign(Email="ada at example"), lazy=True)
    assert refused.value.failure_cases["column"].tolist() == ["Email"]


@pytest.mark.parametrize("former", MOVED)
def test_former_name_has_what_the_module_has(former: str) -> None:
    old, new = import_module(former), import_module(MOVED[former])

    assert {name: value for name, value in vars(new).items() if not name.startswith("__")}.items() <= vars(old).items()
    assert new.__name__ == MOVED[former]


@pytest.mark.parametrize(("module", "name"), MOVED_CLASSES)
def test_class_is_found_where_it_was(module: str, name: str) -> None:
    assert getattr(import_module(module), name) is getattr(import_module(MOVED_CLASSES[module, name]), name)


def test_name_that_no_module_had_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_module("bigin_frames.frames.nonsense")
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = bf.model.Nonsense
