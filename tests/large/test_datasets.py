"""More rows than fit in memory: every row is written once, and its verdict is in the file of its part."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pytest
from pyarrow import feather, parquet

import bigin_frames as bf
from bigin_frames.errors import InputError, OptionError, RefusedRowsWarning
from bigin_frames.sandbox import Sandbox

ROWS = 57


def people(rows: int = ROWS) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": [f"N{i:05d}" for i in range(rows)], "Phone": [f"0{i:06d}" for i in range(rows)]})


def as_parquet(folder: Path) -> Any:
    people().iloc[:30].to_parquet(folder / "a.parquet")
    people().iloc[30:].to_parquet(folder / "b.parquet", row_group_size=7)
    return [folder / "a.parquet", folder / "b.parquet"]


def as_csv(folder: Path) -> Any:
    people().to_csv(folder / "a.csv", index=False)
    return str(folder / "a.csv")


def as_arrow(folder: Path) -> Any:
    feather.write_feather(pa.Table.from_pandas(people(), preserve_index=False), folder / "a.feather")
    return folder / "a.feather"


def as_dataset(folder: Path) -> Any:
    return pyarrow.dataset.dataset(as_parquet(folder), format="parquet")


def as_frames(folder: Path) -> Any:
    return (people().iloc[start : start + 10] for start in range(0, ROWS, 10))


SOURCES = [as_parquet, as_csv, as_arrow, as_dataset, as_frames]


def parts_in(folder: Path) -> pd.DataFrame:
    return pd.concat([parquet.read_table(path).to_pandas() for path in sorted(folder.glob("part-*.parquet"))])


def written(box: Sandbox) -> list[str]:
    return sorted(str(record["Last_Name"]) for record in box.records("Contacts"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_every_source_gives_the_same_rows_in_their_order_with_their_ids(
    source: Callable[[Path], Any], tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    found = bf.write_dataset(source(tmp_path), "Contacts", out=tmp_path / "out", rows_per_part=10, client=bigin_client)
    parts = parts_in(tmp_path / "out")
    stored = {record["id"]: record for record in bigin_sandbox.records("Contacts")}

    assert found.fillna("").values.tolist() == [["ADDED", "", ROWS]]
    assert parts["Last_Name"].tolist() == people()["Last_Name"].tolist()
    assert [stored[identity]["Phone"] for identity in parts["ID"]] == people()["Phone"].tolist()


def test_repeated_call_makes_no_request(tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    source, out = as_parquet(tmp_path), tmp_path / "out"
    first = bf.write_dataset(source, "Contacts", out=out, rows_per_part=10, client=bigin_client)
    asked = len(bigin_sandbox.requests)
    again = bf.write_dataset(source, "Contacts", out=out, rows_per_part=10, client=bigin_client)

    pd.testing.assert_frame_equal(first, again)
    assert len(bigin_sandbox.requests) == asked


@pytest.mark.parametrize("operation", ["insert", "upsert"])
def test_part_without_a_file_is_not_written_again(
    operation: str, tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    bigin_sandbox.add_field("Contacts", "Code", length=40, unique=True)
    source, out = people().assign(Code=[f"c{i}" for i in range(ROWS)]), tmp_path / "out"
    how: dict[str, Any] = {"operation": operation, "rows_per_part": 10, "client": bigin_client, "out": out}
    how |= {"find_by": "Code"} if operation == "upsert" else {}
    bf.write_dataset(iter([source]), "Contacts", **how)
    ids = parts_in(out)["ID"].tolist()
    for number in (1, 5):
        (out / f"part-{number:05d}.parquet").unlink()
    jobs = len(bigin_sandbox.ledger())
    bf.write_dataset(iter([source]), "Contacts", **how)

    assert parts_in(out)["ID"].tolist() == ids
    assert len(bigin_sandbox.ledger()) == jobs


def test_values_that_are_written_again_after_others_are_sent_again(
    tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    record = bigin_sandbox.add_record("Contacts", {"Last_Name": "Lee"})
    for number, name in enumerate(["Ash", "Birch", "Ash"]):
        source = iter([pd.DataFrame({"id": [record], "Last_Name": [name]})])
        out = tmp_path / str(number)
        bf.write_dataset(source, "Contacts", operation="update", find_by="id", out=out, client=bigin_client)
        assert parts_in(out)["Status"].tolist() == ["UPDATED"]
        assert written(bigin_sandbox) == [name]


def test_insert_into_another_folder_is_not_sent_again(
    tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a", "b"):
        bf.write_dataset(iter([people()]), "Contacts", out=tmp_path / name, client=bigin_client)

    assert parts_in(tmp_path / "a")["ID"].tolist() == parts_in(tmp_path / "b")["ID"].tolist()
    assert len(bigin_sandbox.ledger()) == 1
    assert "has already written these rows" in caplog.text


def test_equal_parts_are_each_delivered(tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    same = pd.DataFrame({"Last_Name": ["Twin"] * 5})
    bf.write_dataset(iter([same, same]), "Contacts", out=tmp_path / "out", client=bigin_client)

    assert written(bigin_sandbox) == ["Twin"] * 10
    assert parts_in(tmp_path / "out")["ID"].is_unique


def test_invalid_rows_have_their_verdict_in_their_part(tmp_path: Path, bigin_client: bf.Client) -> None:
    frame = people(12)
    frame.loc[7, "Last_Name"] = None
    with pytest.warns(RefusedRowsWarning, match="1 of 12 rows"):
        found = bf.write_dataset(iter([frame]), "Contacts", out=tmp_path / "out", rows_per_part=5, client=bigin_client)

    assert found.fillna("").values.tolist() == [["ADDED", "", 11], ["INVALID", "MANDATORY_NOT_FOUND-Last_Name", 1]]
    assert parts_in(tmp_path / "out")["Status"].tolist()[7] == "INVALID"


def test_leading_zeros_and_the_surname_na_survive_csv(
    tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    (tmp_path / "a.csv").write_text('Last_Name,Phone\nNA,0044\n"two\nlines",\n', encoding="utf-8")
    bf.write_dataset(tmp_path / "a.csv", "Contacts", out=tmp_path / "out", client=bigin_client)

    assert [(r["Last_Name"], r.get("Phone")) for r in bigin_sandbox.records("Contacts")] == [
        ("NA", "0044"),
        ("two\nlines", None),
    ]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"rows_per_part": 9}, InputError, "parts of another call"),
        ({"module": "Accounts"}, InputError, "parts of another call"),
        ({"rows_per_part": 0}, OptionError, "whole number"),
        ({"source": "missing.parquet"}, InputError, "no file 'missing.parquet'"),
        ({"source": "a.xlsx"}, InputError, "is not a .parquet"),
        ({"source": iter([1])}, InputError, "DataFrames, not int"),
        ({"rows_pr_part": 3}, OptionError, "did you mean rows_per_part"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_call_that_cannot_be_made_sends_nothing(
    change: dict[str, Any], error: type[Exception], words: str, tmp_path: Path, bigin_sandbox: Sandbox,
    bigin_client: bf.Client, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.xlsx").write_bytes(b"x")
    how: dict[str, Any] = {"source": as_csv(tmp_path), "module": "Contacts", "rows_per_part": 10}
    bf.write_dataset(**how, out=tmp_path / "out", client=bigin_client)
    jobs = len(bigin_sandbox.ledger())

    with pytest.raises(error, match=words):
        bf.write_dataset(**{**how, **change}, out=tmp_path / "out", client=bigin_client)
    assert len(bigin_sandbox.ledger()) == jobs


def test_source_that_is_another_one_is_noticed(tmp_path: Path, bigin_client: bf.Client) -> None:
    out = tmp_path / "out"
    bf.write_dataset(iter([people(20)]), "Contacts", out=out, rows_per_part=10, client=bigin_client)
    with pytest.raises(InputError, match="not the source that this folder was begun with"):
        bf.write_dataset(iter([people(15)]), "Contacts", out=out, rows_per_part=10, client=bigin_client)


@pytest.mark.parametrize("before", [0, 1, 4])
def test_source_that_raises_half_way_keeps_the_parts_before_and_the_same_call_resumes(
    before: int, tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    """Rows that were given have their verdicts, rows that never came are not sent, and none is sent twice."""

    def broken() -> Iterator[pd.DataFrame]:
        yield from (people().iloc[10 * one : 10 * one + 10] for one in range(before))
        raise OSError("the disk with the frames is gone")

    call: dict[str, Any] = {"module": "Contacts", "out": tmp_path, "rows_per_part": 10, "client": bigin_client}
    with pytest.raises(OSError, match="the disk with the frames is gone"):
        bf.write_dataset(broken(), **call)
    files = sorted(tmp_path.glob("part-*.parquet"))
    bigin_sandbox.settle()
    assert len(files) <= before
    assert not files or set(parts_in(tmp_path)["Status"]) == {"ADDED"}
    assert set(written(bigin_sandbox)) <= set(people(10 * before)["Last_Name"])
    first = {path: path.read_bytes() for path in files}

    counts = bf.write_dataset(as_frames(tmp_path), **call)
    assert counts["Rows"].tolist() == [ROWS]
    assert parts_in(tmp_path)["Last_Name"].tolist() == written(bigin_sandbox) == people()["Last_Name"].tolist()
    assert {path: path.read_bytes() for path in files} == first


KILLED = """
import os, signal, sys
import bigin_frames as bf
from bigin_frames import checkpoints
passed = 0
def at(name):
    global passed
    passed += name == sys.argv[3]
    if passed == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
checkpoints.at = at
source = [f"{sys.argv[1]}/{name}.parquet" for name in "ab"]
bf.write_dataset(source, "Contacts", out=sys.argv[2], rows_per_part=10)
"""


# Werkzeug's reader of a form that broke off half-way closes its file when it is collected.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
def test_call_that_is_killed_repeatedly_writes_each_row_once(
    tmp_path: Path, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    """Real processes, real kills; only a job whose answer was lost may leave its rows unknown."""
    source, out = as_parquet(tmp_path), tmp_path / "out"
    ends = []
    for point in ("upload half sent", "after commit of submitted", "before commit of merged", "create sent", "nothing"):
        script = [sys.executable, "-c", KILLED, str(tmp_path), str(out), point, "2"]
        environ = {**os.environ, **bigin_sandbox.environment()}
        ends.append(subprocess.run(script, env=environ, capture_output=True, check=False).returncode)  # noqa: S603
    assert ends[:3] == [-signal.SIGKILL] * 3
    assert ends[4] == 0
    parts = parts_in(out)
    names = written(bigin_sandbox)

    assert parts["Last_Name"].tolist() == people()["Last_Name"].tolist()
    assert set(parts["Status"]) <= {"ADDED", "UNKNOWN"}
    assert (parts["Status"] == "UNKNOWN").sum() <= 10 * (len(ends) - 1)  # at most one job for each death
    assert len(names) == len(set(names))
    assert set(parts.loc[parts["Status"] == "ADDED", "Last_Name"]) <= set(names)
    assert (
        bf.write_dataset(source, "Contacts", out=out, rows_per_part=10, client=bigin_client, on_error="ignore")[
            "Rows"
        ].sum()
        == ROWS
    )
