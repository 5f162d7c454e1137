"""Claims about job details and result files."""

from __future__ import annotations

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Fault
from tests.support.honesty import MARK
from tests.support.switches.bench import SENT, TAKEN, TWINS, Bench, check_proven, guests, proven


def polled(bench: Bench) -> None:
    proven(bench)
    assert bench.calls("details") == 1 + bench.box.behaviour.polls_added + bench.box.behaviour.polls_in_progress


def in_time(bench: Bench) -> None:
    proven(bench)
    assert bench.calls("details") > 1 or not (
        bench.box.behaviour.seconds_added + bench.box.behaviour.seconds_in_progress
    )


def partly_counted(bench: Bench) -> None:
    bench.set(polls_in_progress=2)
    proven(bench)


def job_forgotten(bench: Bench) -> None:
    """A job that cannot be found may have written its rows."""
    bench.set(job_life_s=0)
    out = bench.insert()
    assert {(out["Status"].iloc[i], out["Error"].iloc[i]) for i in SENT} == {("UNKNOWN", "JOB_NOT_FOUND")}
    assert bench.calls("create") == 1


def result_gone(bench: Bench) -> None:
    bench.set(retention_s=0)
    out = bench.insert()
    assert {(out["Status"].iloc[i], out["Error"].iloc[i]) for i in SENT} == {("UNREPORTED", "RESULT_GONE")}


def only_verdicts_of(bench: Bench, rows: set[int]) -> None:
    """Only these rows have a verdict from Bigin; the others say that there is none."""
    out = bench.insert()
    assert {i for i in SENT if out["Status"].iloc[i] in ("ADDED", "SKIPPED")} == rows
    assert {out["Error"].iloc[i] for i in SENT if i not in rows} <= {"NO_RESULT_LINE", "AMBIGUOUS_RESULT"}


def some_dropped(bench: Bench) -> None:
    only_verdicts_of(bench, set(SENT[::2]) - set(TWINS))  # it is undefined which of two equal rows is listed


def only_skipped(bench: Bench) -> None:
    only_verdicts_of(bench, {TAKEN})


def none_listed(bench: Bench) -> None:
    only_verdicts_of(bench, set())


def no_echo(bench: Bench) -> None:
    """Without an echo lines are matched by the records, if there are any and they differ."""
    only_verdicts_of(bench, set(SENT) - {TAKEN, *TWINS})


def columns_few(bench: Bench) -> None:
    """A frame of two columns has two echoes."""
    proven(bench)
    frame = guests()[["Last_Name", MARK]].drop(index=guests().index[12])
    out = bench.insert(frame=frame, columns=None)
    assert set(out["Status"]) == {"ADDED"}


def skipped_with_id(bench: Bench) -> None:
    """The record that a rejection names is the one that was there before."""
    old = bench.box.records("Contacts")[0]["id"]
    out = bench.insert()
    check_proven(bench, out)
    assert out["ID"].iloc[TAKEN] == old if bench.box.behaviour.skipped_has_id else pd.isna(out["ID"].iloc[TAKEN])


def ids_damaged(bench: Bench) -> None:
    """A rounded id is dropped, the verdict stays; nothing can be read back, so equal echoes stay undecided."""
    out = bench.insert()
    assert out["ID"].isna().all()
    alone = [i for i in SENT if pd.notna(guests()["Email"].iloc[i])]
    assert [out["Status"].iloc[i] for i in alone] == ["SKIPPED" if i == TAKEN else "ADDED" for i in alone]
    assert {out["Error"].iloc[i] for i in SENT if out["Status"].iloc[i] == "ADDED"} == {"UNREADABLE_ID"}


def reason_named(bench: Bench) -> None:
    out = bench.insert()
    check_proven(bench, out)
    bare = bench.box.behaviour.errors_name == "none"
    assert out["Error"].iloc[TAKEN] == ("DUPLICATE_DATA" if bare else "DUPLICATE_DATA-Email")


def never_called_back(bench: Bench) -> None:
    proven(bench)
    assert bench.box.callbacks == []


def looked_up(bench: Bench) -> None:
    """Rows whose job's answer was lost are found by their key, once it is visible; none gets another row's record."""
    frame = pd.DataFrame({"Last_Name": ["Lost", "Found", "O'Hara"], "Badge": ["lost-1", "FOUND-2", "o'hara-3"]})
    bench.box.faults.add("create", Fault.reset_after())
    with pytest.warns(bf.UndecidedRowsWarning):
        frame.bigin.insert("Contacts", client=bench.client())
    for _ in range(1 + bench.box.behaviour.coql_lag):
        out = bf.resume(bf.runs()["run"].iloc[0], frame, client=bench.client()).reconcile()
    held = {record.get("Badge"): record["id"] for record in bench.box.records("Contacts")}

    assert out["Status"].tolist() == ["ADDED", "ADDED", "UNKNOWN"]  # a key with a quote is not looked up
    assert out["ID"].tolist()[:2] == [held["lost-1"], held["FOUND-2"]]
    assert len(held) == 4
