"""A writer of many rows that is killed delivers each once, in flat memory.

This is a small sample: ``python -m tests.campaigns.large --rows 20000000 --kills 5`` is the campaign.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.benchmarks.quick_server import FIRST_ID, REFUSED_EVERY, Ledger
from tests.campaigns.large import Account, judged, main

ROWS, PART = 300, 100
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads memory from /proc")


@LINUX
def test_writer_that_is_killed_twice_delivers_each_row_once_in_little_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--rows", "200000", "--part-rows", "20000", "--kills", "2", "--folder", str(tmp_path)])
    said = capsys.readouterr()

    assert code == 0, said.err
    assert "0 doubled, 0 lost, 0 violations" in said.out
    assert said.out.count(": killed, peak") == 2
    assert list(tmp_path.iterdir()) == []


@LINUX
def test_campaign_fails_when_a_writer_takes_more_memory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--rows", "500", "--kills", "0", "--folder", str(tmp_path), "--most-mb", "10"])

    assert code == 1
    assert "a writer took" in capsys.readouterr().err


# -- the judge


def sound_parts() -> list[dict[str, list[str | None]]]:
    """Return what the parts say where everything went well, and one batch of the last stayed unknown."""
    lines = []
    for row in range(ROWS):
        verdict: tuple[str | None, ...] = (str(FIRST_ID + row), "ADDED", None)
        if row % REFUSED_EVERY == 0:
            verdict = (None, "SKIPPED", "DUPLICATE_DATA-Email")
        if row >= 290:
            verdict = (None, "UNKNOWN", "CUT_SHORT")
        lines.append((f"a.b{row}@x.org", *verdict))
    names = ("Email", "ID", "Status", "Error")
    return [
        dict(zip(names, map(list, zip(*lines[start : start + PART], strict=True)), strict=True))
        for start in range(0, ROWS, PART)
    ]


def account_of(folder: Path, parts: list[dict[str, list[str | None]]], times: np.ndarray, kills: int = 1) -> Account:
    for number, columns in enumerate(parts):
        table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
        parquet.write_table(table, folder / f"part-{number:05d}.parquet")
    return judged(folder, times, ROWS, kills)


def carried() -> np.ndarray:
    times = np.ones(2 * ROWS, np.uint8)
    times[295:] = 0  # some of the unknown rows were carried, others not
    return times


def test_judge_is_content_with_what_went_well(tmp_path: Path) -> None:
    account = account_of(tmp_path, sound_parts(), carried())

    assert account.wrong == []
    assert (account.added, account.skipped, account.unknown, account.doubled, account.lost) == (287, 3, 10, 0, 0)


def doubled(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    times[17] = 2


def lost(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    times[17] = 0


def other_id(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    parts[1]["ID"][3] = str(FIRST_ID + 104)


def no_id(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    parts[1]["ID"][3] = None


def other_status(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    parts[0]["Status"][0] = "ADDED"


def no_reason(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    parts[0]["Error"][0] = None


def other_order(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    for cells in parts[0].values():
        cells[1], cells[2] = cells[2], cells[1]


def no_part(parts: list[dict[str, list[str | None]]], times: np.ndarray) -> None:
    parts.pop()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (doubled, "1 rows were carried by two jobs"),
        (lost, "part-00000.parquet: 1 rows were carried by no job"),
        (other_id, "part-00001.parquet: an id is not the one that was given"),
        (no_id, "part-00001.parquet: an id is not the one that was given"),
        (other_status, "part-00000.parquet: a status is not the one that was given"),
        (no_reason, "part-00000.parquet: a reason is missing, or too many"),
        (other_order, "part-00000.parquet: other rows, or in another order"),
        (no_part, "the parts have 200 rows of 300"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_judge_sees_a_planted_fault(
    fault: Callable[[list[dict[str, list[str | None]]], np.ndarray], None], words: str, tmp_path: Path
) -> None:
    parts, times = sound_parts(), carried()
    fault(parts, times)

    assert words in account_of(tmp_path, parts, times).wrong


def test_judge_allows_one_batch_of_unknown_rows_for_each_death(tmp_path: Path) -> None:
    assert account_of(tmp_path, sound_parts(), carried(), kills=0).wrong == ["10 rows are unknown after 0 kills"]


def test_ledger_counts_how_often_a_job_has_carried_each_row() -> None:
    ledger = Ledger()
    for rows in ([3, 1], [], [3], [500]):
        ledger.enter(np.array(rows, np.int32))
    times = np.frombuffer(ledger.read(), np.uint8)

    assert {int(row): int(times[row]) for row in np.flatnonzero(times)} == {1: 1, 3: 2, 500: 1}
