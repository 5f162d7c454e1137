"""The comparison is correct, fair to the script, and its small sample shows what the documentation promises."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Behaviour, Fault, Faults, Sandbox
from tests.campaigns import compare, handwritten
from tests.campaigns.account import Account, Reported, account, table, total
from tests.campaigns.compare import WRITERS, End, Scene
from tests.campaigns.nights import COLUMNS, MARK, NIGHTS, ROWS, TAKEN, Arm, Death, Killed, Night, draw

WELL, NO, UNSURE, SILENCE = Reported("written", "1"), Reported("not written"), Reported("unknown"), Reported("nothing")
QUIET = replace(draw(0), name="nothing goes wrong", route=None, fault=None)
REFUSED = 2  # rows of each night that Bigin takes from nobody


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize(
    ("ids", "reported", "found"),
    [
        (["1"], WELL, Account()),
        (["1"], Reported("written"), Account()),
        ([], NO, Account()),
        (["1", "2"], WELL, Account(doubled=1, runs=1)),
        (["1", "2"], UNSURE, Account(doubled=1, unknown=1, runs=1)),
        ([], WELL, Account(lost=1, false=1, runs=1)),
        ([], SILENCE, Account(lost=1, silent=1, runs=1)),
        (["1"], SILENCE, Account(silent=1)),
        (["1"], NO, Account(false=1, runs=1)),
        (["2"], WELL, Account(false=1, runs=1)),
        (["1", "2"], NO, Account(doubled=1, false=1, runs=1)),
        ([], UNSURE, Account(unknown=1)),
        (["1"], UNSURE, Account(unknown=1)),
    ],
)
def test_one_row_is_judged_by_its_records(ids: list[str], reported: Reported, found: Account) -> None:
    assert account([ids], [reported]) == found


def test_error_at_the_end_reports_nothing_and_loses_nothing() -> None:
    assert account([[], ["1"], ["2", "3"]], None) == Account(doubled=1, silent=3, runs=1)


def test_rows_are_counted_and_runs_once() -> None:
    one = account([["1", "2"], ["3", "4"], []], [WELL, WELL, WELL])

    assert one == Account(doubled=2, lost=1, false=2, runs=1)
    assert total([one, one, Account(unknown=5)]) == Account(doubled=4, lost=2, false=4, unknown=5, runs=2)


def test_report_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        account([["1"], []], [WELL])


def test_table_is_markdown() -> None:
    assert table(("", "rows"), [("a", 1234)]).splitlines() == ["|  | rows |", "| --- | ---: |", "| a | 1,234 |"]


# -- the nights


def test_weights_are_of_a_hundred_and_names_differ() -> None:
    assert sum(weight for _, weight, _ in NIGHTS) == 100
    assert len({name for name, _, _ in NIGHTS}) == len(NIGHTS)


@pytest.mark.parametrize(("name", "arm"), [(name, arm) for name, _, arm in NIGHTS])
def test_every_night_has_exactly_one_fault(name: str, arm: Arm) -> None:
    night = Night(0, name, QUIET.rows, **arm(random.Random(0)))  # noqa: S311 - to be repeatable
    script, behaviour = Faults(), replace(Behaviour(), **night.behaviour)
    if night.route and night.fault:
        script.add(night.route, night.fault, nth=night.nth)

    assert [bool(script.waiting()), behaviour != Behaviour(), night.dies is not None, night.runs != "once"].count(
        True
    ) == 1


def test_same_seed_is_the_same_night() -> None:
    one, same, other = draw(7), draw(7), draw(8)

    assert one.rows.equals(same.rows)
    assert (one.name, one.nth, one.dies) == (same.name, same.nth, same.dies)
    assert not one.rows.equals(other.rows)


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_of_the_kinds_that_cause_trouble_in_practice(seed: int) -> None:
    rows = draw(seed).rows

    assert len(rows) == ROWS
    assert rows[MARK].is_unique
    assert rows["zip"].str.startswith("0").sum() == ROWS // 2
    assert rows.duplicated(["last_name", "first_name"]).any()
    assert rows["last_name"].isna().sum() + (rows["email"] == TAKEN).sum() == REFUSED
    assert rows["first_name"].str.endswith(" ").sum() == 1


@pytest.mark.parametrize(
    ("route", "call"),
    [
        ("token", ("POST", "http://h/oauth/v2/token")),
        ("upload", ("POST", "http://h/bigin/v2/upload")),
        ("create", ("POST", "http://h/bigin/bulk/v2/write")),
        ("details", ("GET", "http://h/bigin/bulk/v2/write/12?x=1")),
        ("download", ("GET", "http://h/v2/crm/1/bulk-write/12/12.zip")),
    ],
)
def test_process_dies_once_at_the_drawn_call(route: str, call: tuple[str, str]) -> None:
    death = Death(route, "after")
    for other in ("token", "upload", "create", "details", "download"):
        if other != route:
            Death(other, "after").passes("after", *call)
    death.passes("before", *call)
    with pytest.raises(Killed):
        death.passes("after", *call)

    death.passes("after", *call)
    assert death.came


# -- the writers


@pytest.mark.parametrize("writer", WRITERS.values(), ids=WRITERS)
def test_every_writer_is_right_without_a_fault(writer: compare.Writer) -> None:
    assert compare.run(QUIET, writer) == Account()


def test_dose_of_nights() -> None:
    names = ["a script", "the script with `Retry(total=3)`", "bigin_frames"]
    results = compare.campaign(range(10), {name: WRITERS[name] for name in names})
    script, retrying, ours = (total(accounts) for accounts in zip(*(accounts for _, accounts in results), strict=True))

    assert (ours.doubled, ours.lost, ours.false, ours.silent) == (0, 0, 0, 0)
    assert script.doubled > retrying.doubled > 0


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({"route": "job", "fault": Fault.job_slow(40), "slow": True}, 0),
        ({"runs": "twice"}, 0),
        ({"runs": "two at once"}, 0),
        ({"dies": ("create", "after")}, ROWS - 1),
        ({"dies": ("token", "before")}, 0),
    ],
)
def test_library_holds_its_promise_where_the_script_doubles_or_dies(changes: dict[str, object], unknown: int) -> None:
    night: Night = replace(QUIET, **changes)  # type: ignore[arg-type]

    assert compare.run(night, compare.ours) == Account(unknown=unknown)
    assert compare.run(night, compare.ours_with_key) == Account()
    assert compare.run(night, compare.script).doubled == (0 if changes.get("dies") == ("token", "before") else 58)


# -- writers that are wrong


def _liar(scene: Scene) -> End:
    return End([WELL] * ROWS, well=True)


def _silent(scene: Scene) -> End:
    return End()


def _twice(scene: Scene) -> End:
    compare.script(scene)
    return compare.script(scene)


def _backwards(scene: Scene) -> End:
    end = compare.script(scene)
    assert end.report is not None
    return End(end.report[::-1], well=True)


def test_planted_writers_are_seen_through() -> None:
    assert compare.run(QUIET, _liar) == Account(lost=ROWS, false=ROWS, runs=1)
    assert compare.run(QUIET, _silent) == Account(silent=ROWS)
    assert compare.run(QUIET, _twice).doubled == ROWS - REFUSED
    assert compare.run(QUIET, _backwards).false >= ROWS - 2 * REFUSED


class _Defect:
    def passes(self, when: str, method: str, url: str) -> None:
        if "/upload" in url:
            raise TypeError("planted")


def test_defect_of_the_library_does_not_pass_for_an_error_raised_on_purpose() -> None:
    with Sandbox() as box:
        QUIET.prepare(box)
        with pytest.raises(bf.BrokenRunError):
            compare.ours(Scene(QUIET, box, _Defect()))  # type: ignore[arg-type]


# -- the script


def test_refusal_ends_the_script_with_an_error() -> None:
    with Sandbox() as box:
        QUIET.prepare(box)
        box.faults.add("create", Fault.json({"status": "error", "code": "NO_PERMISSION"}))

        assert compare.script(Scene(QUIET, box, None)) == End()


def test_failed_job_ends_the_script_with_an_error() -> None:
    with Sandbox() as box:
        QUIET.prepare(box)
        box.faults.add("job", Fault.job_failed())

        assert compare.script(Scene(QUIET, box, None)) == End()


def test_script_leaves_out_what_the_result_leaves_out() -> None:
    rows = QUIET.rows.head(3)
    payload = rows[list(COLUMNS)].rename(columns=COLUMNS)
    lines = payload[["Last_Name", "First_Name", "Phone"]].fillna("").assign(STATUS="ADDED", RECORD_ID="1", ERRORS="")
    out = handwritten._merged(rows, payload, lines.iloc[[2, 0]].reset_index(drop=True))

    assert out["STATUS"].isna().tolist() == [False, True, False]


# -- the page


def test_page_takes_the_tables_between_its_markers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"above\n{compare.MARKERS[0]}\nold\n{compare.MARKERS[1]}\nbelow\n", "utf-8")
    assert compare.main(["--runs", "1", "--first", "5", "--guide", str(page)]) == 0

    text = page.read_text("utf-8")
    assert text.startswith(f"above\n{compare.MARKERS[0]}\n\n1 runs of {ROWS} rows each, seeds 5 to 5; bigin_frames ")
    assert text.endswith(f"|\n\n{compare.MARKERS[1]}\nbelow\n")
    assert "old" not in text
    assert all(f"| {name} |" in text for name in WRITERS)
    assert text.split(f"{compare.MARKERS[0]}\n\n")[1].split(f"\n\n{compare.MARKERS[1]}")[0] in capsys.readouterr().out


def test_page_without_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marker", "utf-8")
    with pytest.raises(ValueError, match="unpack"):
        compare.write_down("text", page)


def test_guide_has_both_markers_once() -> None:
    page = compare.GUIDE.read_text("utf-8")

    assert all(page.count(marker) == 1 for marker in compare.MARKERS)
