"""The benchmarks compare like with like: the same rows, and the same verdicts for each of them. Nothing is timed."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest

from tests.benchmarks import floor, mixed, page, quick_server
from tests.benchmarks.ways import OURS, Stages, by_bigin_frames, by_floor, by_hand, our_stages

ROWS = 500


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with quick_server.served() as address:
        yield address


@pytest.fixture(params=mixed.KINDS)
def frame(request: pytest.FixtureRequest) -> pd.DataFrame:
    return mixed.mixed(ROWS, request.param)


def verdicts_of(out: pd.DataFrame) -> list[tuple[str, str, str]]:
    verdicts = out[["ID", "Status", "Error"]].astype(object)
    return list(verdicts.where(verdicts.notna(), "").itertuples(index=False, name=None))


def expected() -> list[tuple[str, str, str]]:
    added = [(str(quick_server.FIRST_ID + row), "ADDED", "") for row in range(ROWS)]
    refused = ("", "SKIPPED", "DUPLICATE_DATA-Email")
    return [added[row] if row % quick_server.REFUSED_EVERY else refused for row in range(ROWS)]


def test_every_way_gives_every_row_the_same_verdict(frame: pd.DataFrame, url: str) -> None:
    stages = Stages()
    ways = {
        "floor": by_floor(frame, stages),
        "by hand": by_hand(frame, url),
        "bigin_frames": by_bigin_frames(frame, url),
        "stage by stage": our_stages(frame, stages),
    }

    assert {name: verdicts_of(out) for name, out in ways.items()} == dict.fromkeys(ways, expected())
    assert set(stages.taken()) == {*floor.STAGES, *OURS}


def test_the_floor_notices_lines_in_another_order(frame: pd.DataFrame) -> None:
    columns = floor.convert(frame)
    result = floor.read(quick_server.result_of(floor.deflate(floor.encode(columns)))[0])

    assert floor.merge(columns, result).num_rows == ROWS
    with pytest.raises(ValueError, match="another order"):
        floor.merge(columns, result.take(list(range(ROWS))[::-1]))


def test_the_floor_and_the_script_notice_a_row_that_breaks_a_rule(frame: pd.DataFrame, url: str) -> None:
    frame = frame.assign(Email=["no address", *frame["Email"].iloc[1:]])

    assert floor.validate(floor.convert(frame)) == 1
    with pytest.raises(Exception, match="Email"):
        by_hand(frame, url)


def test_the_page_keeps_the_prose_around_the_figures(
    tmp_path: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"before {page.BEGIN} old {page.END} after")
    monkeypatch.setattr(page, "PAGE", file)

    page.write(["new"])

    assert file.read_text() == f"before {page.BEGIN}\n\nnew\n\n{page.END} after"
