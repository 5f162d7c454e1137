"""Files are read completely, and memory use depends only on the rows of a part."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather, parquet

from bigin_frames.errors import InputError
from bigin_frames.large.sources import frames_of

PART = 10_000
SMALL, LARGE = 60_000, 240_000
# In a process of its own, which ends with no clean-up: Arrow crashes when a counted pool goes before its last buffer.
MEASURE = """
import os, sys
import pyarrow as pa, pyarrow.dataset
from pyarrow import parquet
from bigin_frames.large.sources import frames_of
folder, part, *sizes = sys.argv[1], *map(int, sys.argv[2:])
usual, counted = pa.default_memory_pool(), []
for rows in sizes:
    path = os.path.join(folder, str(rows), "a.parquet")
    os.mkdir(os.path.dirname(path))
    texts = [f"{row:0200d}" for row in range(rows)]
    # As pandas does by default: one row group.
    parquet.write_table(pa.table({"Description": texts}), path, row_group_size=rows)
    for source in (path, os.path.dirname(path), pyarrow.dataset.dataset(path)):
        counted.append(pa.proxy_memory_pool(usual))
        pa.set_memory_pool(counted[-1])
        assert {len(frame) for frame in frames_of(source, part)} == {part}
print(*[pool.max_memory() for pool in counted], flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def most_held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, int]]:
    """Return the peak of Arrow's memory, in bytes, while a small and a large file are read part by part."""
    folder = tmp_path_factory.mktemp("groups")
    command = [sys.executable, "-c", MEASURE, str(folder), *map(str, (PART, SMALL, LARGE))]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()  # noqa: S603
    most = [int(number) for number in printed]
    return {name: (most[place], most[place + 3]) for place, name in enumerate(("file", "folder", "dataset"))}


@pytest.mark.parametrize("given_as", ["file", "folder"])
def test_memory_depends_on_the_part_and_not_on_the_row_group(
    given_as: str, most_held: dict[str, tuple[int, int]]
) -> None:
    small, large = most_held[given_as]

    assert large < 1.2 * small


def test_measure_sees_a_reader_that_takes_whole_row_groups(most_held: dict[str, tuple[int, int]]) -> None:
    assert most_held["dataset"][1] > 4 * most_held["file"][1]


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5), step=st.integers(1, 50), part=st.integers(1, 60))
def test_every_row_comes_once_and_in_order_however_it_is_stored(
    sizes: list[int], step: int, part: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, rows = tmp_path_factory.mktemp("parts"), 0
    for number, size in enumerate(sizes):
        table = pa.table({"row": range(rows, rows + size), "name": [f"n{row}" for row in range(rows, rows + size)]})
        parquet.write_table(table, folder / f"{number}.parquet", row_group_size=step)
        rows += size
    frames = list(frames_of(folder, part))

    assert [len(frame) for frame in frames] == [part] * (rows // part) + [rows % part] * (rows % part > 0)
    assert pd.concat(frames)["row"].tolist() == list(range(rows))


def folder_of(folder: Path, *tables: pa.Table) -> Path:
    for number, table in enumerate(tables):
        parquet.write_table(table, folder / f"{number}.parquet")
    return folder


def test_files_of_a_folder_take_the_types_and_the_order_of_the_first(tmp_path: Path) -> None:
    first = pa.table({"Last_Name": ["A"], "Visits": pa.array([1], pa.int64())})
    other = pa.table({"Visits": pa.array([2], pa.int32()), "Last_Name": pa.array(["B"], pa.large_string())})
    empty = pa.table({"Last_Name": ["C"], "Visits": pa.nulls(1)})
    (frame,) = frames_of(folder_of(tmp_path, first, other, empty), 10)

    assert frame.astype(object).where(frame.notna(), None).to_numpy().tolist() == [["A", 1], ["B", 2], ["C", None]]
    assert frame.dtypes.tolist() == [pd.ArrowDtype(pa.string()), pd.ArrowDtype(pa.int64())]


@pytest.mark.parametrize("names", [("Last_Name",), ("Last_Name", "Visits", "Phone"), ("Last_Name", "visits")])
def test_file_of_a_folder_with_other_columns_is_refused_and_none_is_left_out(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    first, other = (pa.table({name: ["x"] for name in some}) for some in (("Last_Name", "Visits"), names))
    with pytest.raises(InputError, match="differ in their columns or types"):
        list(frames_of(folder_of(tmp_path, first, other), 1))


def test_relative_path_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some people").mkdir()
    folder_of(tmp_path / "some people", pa.table({"Last_Name": ["A"]}))
    monkeypatch.chdir(tmp_path)

    for path in ("some people", Path("some people"), "some people/0.parquet"):
        assert [frame["Last_Name"].tolist() for frame in frames_of(path, 10)] == [["A"]]


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def written_as(kind: str, folder: Path) -> Iterator[Path]:
    table = pa.table({"Last_Name": [f"N{row}" for row in range(5)]})
    path = folder / f"a.{kind}"
    {"parquet": parquet.write_table, "feather": feather.write_feather}[kind](table, path)
    yield path


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_damaged_file_is_named_with_its_kind(kind: str, tmp_path: Path) -> None:
    (path,) = written_as(kind, tmp_path)
    assert [len(frame) for frame in frames_of(path, 10)] == [5]
    damaged(path)
    with pytest.raises(InputError, match=rf"'a\.{kind}' cannot be read as"):
        list(frames_of(path, 10))
