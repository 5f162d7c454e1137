"""A Dask DataFrame is sent once, even if a worker dies or partitions are computed again; no worker has a secret."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import dask
import dask.dataframe as dd
import distributed
import numpy as np
import pandas as pd
import pytest

import bigin_frames as bf
import bigin_frames.dask  # registers ddf.bigin
from bigin_frames import checkpoints
from bigin_frames.client.settings import home
from bigin_frames.errors import (
    FormulaWarning,
    FrameChangedError,
    InputError,
    InvalidRowsError,
    JobPending,
    MappingError,
    OptionError,
    RefusedRowsWarning,
    RowsRefusedError,
)
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from tests.support.honesty import MARK, Clock, truth_of, violations

ROWS, PARTS = 30, 3
KILLS = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills a process")


@contextlib.contextmanager
def local_cluster(**how: Any) -> Iterator[distributed.Client]:
    own = {"dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}  # None opens 8787 to all
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, **own, **how) as local,
        distributed.Client(local, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.Client]:
    """A client of two workers, each in its own process."""
    with local_cluster(processes=True) as client:
        yield client


@pytest.fixture(scope="module")
def near() -> Iterator[distributed.Client]:
    """A client of two workers in this process, for tests in which that makes no difference."""
    with local_cluster(processes=False) as client:
        yield client


@pytest.fixture
def box(bigin_sandbox: Sandbox) -> Sandbox:
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0)
    bigin_sandbox.add_field("Contacts", "Code", length=64, unique=True)
    return bigin_sandbox


@pytest.fixture
def call(near: distributed.Client, bigin_client: bf.Client) -> Iterator[dict[str, Any]]:
    """The options of a call on the workers in this process."""
    with near.as_current():
        yield {"client": bigin_client}


@pytest.fixture
def far(cluster: distributed.Client, bigin_client: bf.Client) -> Iterator[dict[str, Any]]:
    """The options of a call on the workers in other processes."""
    with cluster.as_current():
        yield {"client": bigin_client}


def people(rows: int = ROWS) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": [f"N{i:04d}" for i in range(rows)], MARK: [f"mark {i}" for i in range(rows)]})


def parted(frame: pd.DataFrame, parts: int = PARTS) -> dd.DataFrame:
    return dd.from_pandas(frame, npartitions=parts, sort=False)


def honest(ddf: dd.DataFrame, out: dd.DataFrame, box: Sandbox, **how: Any) -> pd.DataFrame:
    """Compute a returned frame, compare it with what the local Bigin saw, and return it."""
    found: pd.DataFrame = out.compute()
    assert violations(ddf.compute(), found, truth_of(box), **how) == []
    return found


def test_without_a_cluster_nothing_is_sent(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    with pytest.raises(InputError, match="no Dask cluster to work on"):
        parted(people()).bigin.insert("Contacts", client=bigin_client)

    assert bigin_sandbox.ledger() == []


# -- the frame


def test_partitions_come_back_as_they_were_with_a_verdict_on_each_row(box: Sandbox, far: dict[str, Any]) -> None:
    ddf = parted(people())
    out = ddf.bigin.insert("Contacts", **far)
    found = honest(ddf, out, box)

    assert out.divisions == ddf.divisions
    assert list(out.columns) == ["Last_Name", MARK, "ID", "Status", "Error"]
    assert out.dtypes.equals(found.dtypes)
    assert out.partitions[2].compute().equals(found.iloc[20:30])
    assert set(found["Status"]) == {"ADDED"}
    assert len(box.ledger()) == PARTS


def odd_parts() -> dd.DataFrame:
    """Unknown divisions, partitions without rows, labels that repeat, and a column that is not sent."""
    whole = people(20).assign(Kept=range(20)).set_index(pd.Index(["a", "b"] * 10, name="who"))
    whole = whole.astype("string[pyarrow]").assign(Kept=range(20))
    cuts = [(0, 0), (0, 7), (7, 7), (7, 8), (8, 20), (20, 20)]
    return dd.from_delayed(
        [dask.delayed(whole.iloc[start:stop]) for start, stop in cuts], meta=whole.iloc[:0], verify_meta=False
    )


def test_unknown_divisions_empty_partitions_and_odd_labels_are_kept(box: Sandbox, call: dict[str, Any]) -> None:
    ddf = odd_parts()
    out = ddf.bigin.insert("Contacts", columns={"Last_Name": "Last_Name", MARK: MARK}, max_rows_per_job=5, **call)
    found = honest(ddf, out, box)

    assert (out.npartitions, out.known_divisions) == (6, False)
    assert [len(part) for part in dask.compute(*out.to_delayed())] == [0, 7, 0, 1, 12, 0]
    assert found.index.tolist() == ["a", "b"] * 10
    assert found.index.name == "who"
    assert len(box.ledger()) == 2 + 1 + 3


def test_fewer_columns_of_parquet_keep_their_verdicts(tmp_path: Path, box: Sandbox, call: dict[str, Any]) -> None:
    """Dask reads several files as one partition where few of their columns are asked for."""
    for number in range(8):
        rows = people(40).iloc[number * 5 : number * 5 + 5]
        rows.assign(**{f"c{i}": 0 for i in range(12)}).to_parquet(tmp_path / f"{number}.parquet")
    ddf = dd.read_parquet(tmp_path)[["Last_Name", MARK]]
    found = honest(ddf, ddf.bigin.insert("Contacts", **call), box)

    assert found["Status"].tolist() == ["ADDED"] * 40


def test_rows_with_equal_echoed_columns_get_their_own_verdicts(box: Sandbox, far: dict[str, Any]) -> None:
    frame = people(40).assign(Last_Name="Twin", Phone="1", Mobile="2", Email=None)
    ddf = parted(frame, 2)
    found = honest(ddf, ddf.bigin.insert("Contacts", **far), box)

    assert found["ID"].is_unique
    assert set(found["Status"]) == {"ADDED"}


# -- once


def test_result_computed_again_and_call_made_again_send_nothing(box: Sandbox, call: dict[str, Any]) -> None:
    ddf = parted(people())
    out = ddf.bigin.insert("Contacts", **call)
    asked = len(box.requests)
    first, again = out.compute(), pickle.loads(cloudpickle.dumps(out)).compute()  # noqa: S301 - our own
    jobs = len(box.ledger())
    later = ddf.bigin.insert("Contacts", **call).compute()

    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first, later)
    assert [request.route for request in box.requests[asked:] if request.route != "org"] == []
    assert len(box.ledger()) == jobs


@pytest.mark.filterwarnings("ignore::bigin_frames.errors.UndecidedRowsWarning")
@pytest.mark.parametrize(
    ("point", "operation"),
    [
        ("after commit of uploaded", "insert"),
        ("before commit of merged", "upsert"),
        ("connected, nothing sent", "insert"),
        ("connected, nothing sent", "upsert"),
    ],
)
def test_call_that_was_killed_is_resumed_and_sends_no_partition_twice(
    point: str, operation: str, box: Sandbox, call: dict[str, Any], killed_at: Callable[..., None]
) -> None:
    """Only an insert whose create-job call had begun stays unknown; its rows are not sent again."""
    ddf = parted(people().assign(Code=[f"c{i}" for i in range(ROWS)]))
    call |= {"find_by": "Code"} if operation == "upsert" else {}
    killed_at(point, lambda: getattr(ddf.bigin, operation)("Contacts", **call))
    found = honest(ddf, getattr(ddf.bigin, operation)("Contacts", **call), box, answers_lost=True)
    unknown = (found["Status"] == "UNKNOWN").sum()

    assert bool(unknown) is (point == "connected, nothing sent" and operation == "insert")
    assert len(box.ledger()) == PARTS - unknown // 10
    assert set(found["Status"]) <= {"ADDED", "UNKNOWN"}


def coded(value: str, rows: int = 20) -> dd.DataFrame:
    return parted(people(rows).assign(Phone=value, Code=[f"c{i}" for i in range(rows)]), 2)


def phones(box: Sandbox) -> set[Any]:
    return {record["Phone"] for record in box.records("Contacts")}


def test_upsert_that_has_ended_runs_again_when_it_is_called_again(box: Sandbox, call: dict[str, Any]) -> None:
    call |= {"find_by": "Code"}
    for value in ("1", "1", "2", "1"):
        coded(value).bigin.upsert("Contacts", **call)
        assert phones(box) == {value}

    assert len(box.ledger()) == 4 * 2
    assert not list((home() / "calls").iterdir())


def test_interrupted_upserts_write_no_older_values_over_newer_ones(
    box: Sandbox, call: dict[str, Any], killed_at: Callable[..., None]
) -> None:
    """Of two values the last one is kept, even if a call that never ended had written the first."""
    call |= {"find_by": "Code"}
    for value in ("1", "2"):
        killed_at("before commit of merged", lambda value=value: coded(value).bigin.upsert("Contacts", **call))
    coded("1").bigin.upsert("Contacts", **call)

    assert phones(box) == {"1"}
    assert not list((home() / "calls").iterdir())


def test_update_finds_records_by_their_ids(box: Sandbox, call: dict[str, Any]) -> None:
    first = parted(people(20), 2).bigin.insert("Contacts", **call).compute()
    changed = people(20).assign(id=first["ID"], Phone=[str(i) for i in range(20)])
    out = parted(changed, 2).bigin.update("Contacts", find_by="id", **call).compute()

    assert out["ID"].tolist() == first["ID"].tolist()
    assert {record["id"]: record["Phone"] for record in box.records("Contacts")} == dict(
        zip(changed["id"], changed["Phone"], strict=True)
    )


def test_lost_answer_is_resolved_by_the_keys_of_the_rows(box: Sandbox, call: dict[str, Any], clock: Clock) -> None:
    """Equal rows of two partitions have keys of their own, and each has its record."""
    box.faults.add("create", Fault.reset_after(), nth=2)
    ddf = parted(pd.concat([people(20), people(20)], ignore_index=True), 2)
    client = box.client(transport=clock.transport())
    out = ddf.bigin.insert("Contacts", row_key="Code", client=client).compute()

    assert set(out["Status"]) == {"ADDED"}
    assert sorted(out["ID"]) == sorted(record["id"] for record in box.records("Contacts"))
    assert len(box.ledger()) == 3


# -- what a partition must be


def counting(partition: pd.DataFrame, folder: Path, first: int, *, reverse: bool) -> pd.DataFrame:
    """Return a partition with its rows in another order from the ``first``-th time it is computed."""
    times = len(list(folder.iterdir()))
    (folder / str(times)).touch()
    return partition.iloc[::-1] if reverse and times >= first else partition


@pytest.mark.parametrize(("first", "on_invalid"), [(1, "raise"), (1, "skip"), (2, "raise")])
def test_partition_that_differs_each_time_is_refused(
    first: int, on_invalid: Any, tmp_path: Path, box: Sandbox, call: dict[str, Any]
) -> None:
    """It is found before anything is sent if it is checked first, else when verdicts are joined to its rows."""
    meta = people(0).astype("string[pyarrow]")
    ddf = parted(people(10), 1).map_partitions(counting, tmp_path, first, reverse=True, meta=meta)
    with pytest.raises(FrameChangedError, match="Partition 0 has changed since it was checked"):
        # The cluster may still have the partition, and would not compute it again.
        ddf.bigin.insert("Contacts", on_invalid=on_invalid, **call).compute(scheduler="sync")

    assert len(box.ledger()) == (0 if (first, on_invalid) == (1, "raise") else 1)


def test_rows_of_an_earlier_insert_that_come_in_another_order_are_not_sent_again(
    box: Sandbox, call: dict[str, Any]
) -> None:
    """A shuffle gives the same rows in another order each time: that is no reason to insert them twice."""
    parted(people(10), 1).bigin.insert("Contacts", **call)
    with pytest.raises(FrameChangedError, match=r"Partition 0, which run .* has begun to write, has changed"):
        parted(people(10).iloc[::-1], 1).bigin.insert("Contacts", **call)
    assert len(box.ledger()) == 1
    parted(people(10).iloc[::-1], 1).bigin.insert("Contacts", on_overlap="ignore", **call)

    assert len(box.ledger()) == 2


# -- what is refused, and what is said


def test_invalid_row_of_the_last_partition_stops_all_partitions(box: Sandbox, call: dict[str, Any]) -> None:
    frame = people()
    frame.loc[[3, 27], "Last_Name"] = None
    with pytest.raises(InvalidRowsError, match="2 of 30 rows") as refusal:
        parted(frame).bigin.insert("Contacts", **call)

    assert refusal.value.report.failures["row"].tolist() == [3, 27]
    assert box.ledger() == []


def test_invalid_rows_are_reported_and_the_others_sent_with_skip(box: Sandbox, call: dict[str, Any]) -> None:
    frame = people()
    frame.loc[[3, *range(20, 30)], "Last_Name"] = None
    ddf = parted(frame)
    with pytest.warns(RefusedRowsWarning, match="11 of 30 rows were not written: 11 MANDATORY_NOT_FOUND-Last_Name"):
        out = ddf.bigin.insert("Contacts", on_invalid="skip", **call)
    found = honest(ddf, out, box)

    assert np.flatnonzero(found["Status"] == "INVALID").tolist() == [3, *range(20, 30)]
    with pytest.raises(RowsRefusedError) as refusal:
        ddf.bigin.insert("Contacts", on_invalid="skip", on_error="raise", **call)
    assert refusal.value.verdicts.fillna("").values.tolist() == [
        ["ADDED", "", 19], ["INVALID", "MANDATORY_NOT_FOUND-Last_Name", 11],
    ]  # fmt: skip
    assert refusal.value.frame.compute().equals(found)
    assert out.bigin.failed.compute().equals(found.loc[found["Status"] == "INVALID", ["Last_Name", MARK]])
    assert out.bigin.summary()["Rows"].tolist() == [19, 11]


def test_check_finds_every_problem_of_every_partition(box: Sandbox, call: dict[str, Any]) -> None:
    frame = people(20).assign(Code=[f"c{i}" for i in range(20)])
    frame.loc[[2, 18], "Last_Name"] = None
    frame.loc[[11, 13], "Code"] = "same"
    report = parted(frame, 2).bigin.check("Contacts", "upsert", find_by="Code", **call)

    assert report.rows == 20
    assert np.flatnonzero(report.mask).tolist() == [2, 11, 13, 18]
    assert report.failures["suggestion"].tolist() == [None, "same key as row 13", "same key as row 11", None]
    assert box.ledger() == []


def test_plan_says_what_the_write_then_does_and_sends_nothing(box: Sandbox, call: dict[str, Any]) -> None:
    frame = people(25)
    frame.loc[[3, 22], "Last_Name"] = None
    ddf = parted(frame, 2)
    plan = ddf.bigin.plan("Contacts", max_rows_per_job=10, **call)
    requests = {request.route for request in box.requests}

    assert repr(plan) == "<DaskPlan: insert Contacts, 23 rows in 4 jobs, 2 invalid, 2,000 credits>"
    assert np.flatnonzero(plan.report.mask).tolist() == [3, 22]
    assert requests.isdisjoint({"upload", "create"})
    ddf.bigin.insert("Contacts", max_rows_per_job=10, on_invalid="skip", on_error="ignore", **call)
    assert plan.jobs[["partition", "rows"]].to_numpy().tolist() == [[0, 10], [0, 2], [1, 10], [1, 1]]
    assert sorted(len(job.rows) for job in box.ledger()) == [1, 2, 10, 10]
    alone = frame.iloc[:13].bigin.plan("Contacts", max_rows_per_job=10, client=call["client"])
    assert plan.jobs["csv_bytes"].tolist()[:2] == alone.jobs["csv_bytes"].tolist()
    assert plan.csv_bytes == plan.jobs["csv_bytes"].sum() > alone.jobs["csv_bytes"].sum()
    assert plan.rows_per_day["days"].tolist()[0] == 1


def test_plan_of_a_frame_without_rows_has_no_jobs(call: dict[str, Any]) -> None:
    plan = parted(people(0).assign(id=""), 1).bigin.plan("Contacts", "update", find_by="id", **call)

    assert (plan.rows, plan.csv_bytes, plan.credits, len(plan.jobs), plan.report.ok) == (0, 0, 0, 0, True)
    assert plan.jobs.dtypes.tolist() == ["int64"] * 3
    assert repr(plan) == "<DaskPlan: update Contacts, 0 rows in 0 jobs, 0 credits>"


@pytest.mark.parametrize(("on_invalid", "sent"), [("raise", 0), ("skip", 1)])
def test_write_that_costs_more_than_max_credits_is_refused(
    on_invalid: Any, sent: int, box: Sandbox, call: dict[str, Any]
) -> None:
    """If partitions are not all checked first, the one that exceeds the limit is refused."""
    with pytest.raises(InputError, match="max_credits"):
        parted(people(20), 2).bigin.insert("Contacts", max_credits=999, on_invalid=on_invalid, **call)

    assert len(box.ledger()) <= sent


def test_formulas_are_warned_of_once(box: Sandbox, call: dict[str, Any]) -> None:
    ddf = parted(people(20).assign(Last_Name="=1+1"), 2)
    with pytest.warns(FormulaWarning, match="Partition 0") as said:
        ddf.bigin.insert("Contacts", **call)

    assert len(said) == 1


def test_call_whose_wait_ran_out_is_resumed(box: Sandbox, call: dict[str, Any]) -> None:
    ddf = parted(people())
    with pytest.raises(JobPending):
        ddf.bigin.insert("Contacts", wait=0, **call)
    found = honest(ddf, ddf.bigin.insert("Contacts", **call), box)

    assert set(found["Status"]) == {"ADDED"}
    assert len(box.ledger()) == PARTS


def test_deals_are_checked_by_their_pipelines(box: Sandbox, call: dict[str, Any]) -> None:
    deal = {"Deal_Name": "Big", "Sub_Pipeline": "No such thing", "Stage": "Qualification"}
    report = parted(pd.DataFrame([deal] * 4), 2).bigin.check("Pipelines", **call)

    assert set(report.failures["field"]) >= {"Sub_Pipeline"}


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"repeat": True}, OptionError, "repeat=True would send the finished partitions again"),
        ({"on_overlap": "skip"}, OptionError, "Leave on_overlap out"),
        ({"on_invalidd": "skip"}, OptionError, "did you mean on_invalid"),
        ({"columns": {"Lastname": "Last_Name"}}, MappingError, "Lastname"),
        ({"result_columns": ("Last_Name", "b", "c")}, OptionError, "already has a column 'Last_Name'"),
    ],
    ids=lambda value: str(value)[:25],
)
def test_call_that_cannot_be_made_computes_and_sends_nothing(
    change: dict[str, Any], error: type[Exception], words: str, tmp_path: Path, box: Sandbox, call: dict[str, Any]
) -> None:
    ddf = parted(people(10), 1).map_partitions(counting, tmp_path, 9, reverse=False, meta=people(0))
    for verb in (ddf.bigin.insert, ddf.bigin.plan):
        with pytest.raises(error, match=words):
            verb("Contacts", **{**call, **change})

    assert not list(tmp_path.iterdir())
    assert box.ledger() == []


# -- secrets


def test_neither_graph_nor_workers_hold_a_secret(
    cluster: distributed.Client, box: Sandbox, far: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in box.environment().items():
        monkeypatch.setenv(name, value)
    before = cluster.run(_variables)
    out = parted(people(20), 2).bigin.insert("Contacts")
    secrets = [value for name, value in box.environment().items() if name in SECRET]
    pickled = cloudpickle.dumps((out, out.dask)) + cloudpickle.dumps(out.optimize().dask)

    assert len(secrets) == len(SECRET)
    assert not [1 for secret in [*secrets, "Zoho-oauthtoken"] if secret.encode() in pickled]
    assert Journal(home()).salt not in pickled
    assert not any(name in SECRET for names in (*before.values(), *cluster.run(_variables).values()) for name in names)


SECRET = ("BIGIN_CLIENT_ID", "BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")


def _variables() -> list[str]:
    return [name for name in os.environ if name.startswith("BIGIN_")]


def test_pickle_with_a_secret_is_noticed(bigin_client: bf.Client) -> None:
    with pytest.raises(TypeError, match="Client cannot be pickled"):
        cloudpickle.dumps(dask.delayed(bigin_client))


# -- workers that die: last, because their replacements take a moment to start


@KILLS
@pytest.mark.parametrize("point", ["after commit of uploaded", "after commit of submitted"])
def test_killed_worker_duplicates_loses_and_misreports_no_row(
    point: str, cluster: distributed.Client, box: Sandbox, far: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker with most partitions dies while they are sent; the other one takes over its work."""
    passed: list[str] = []
    killed: list[int] = []

    def at(name: str) -> None:
        passed.append(name)
        if passed.count(point) == 2 and name == point:
            processes, held = cluster.run(os.getpid), cluster.has_what()
            killed.append(processes[max(processes, key=lambda worker: len(held.get(worker, ())))])
            os.kill(killed[0], signal.SIGKILL)

    monkeypatch.setattr(checkpoints, "at", at)
    ddf = parted(people())
    found = honest(ddf, ddf.bigin.insert("Contacts", **far), box)

    assert passed.count(point) == PARTS
    assert killed[0] not in cluster.run(os.getpid).values()
    assert set(found["Status"]) == {"ADDED"}


@KILLS
def test_partition_that_differs_after_a_worker_died_is_not_matched(
    tmp_path: Path, cluster: distributed.Client, box: Sandbox, far: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(name: str) -> None:
        if name == "after commit of submitted":
            processes, held = cluster.run(os.getpid), cluster.has_what()
            for worker in filter(held.get, processes):
                os.kill(processes[worker], signal.SIGKILL)

    meta = people(0).astype("string[pyarrow]")
    ddf = parted(people(10), 1).map_partitions(counting, tmp_path, 1, reverse=True, meta=meta)
    monkeypatch.setattr(checkpoints, "at", at)
    with pytest.raises(FrameChangedError, match="Partition 0 has changed since it was checked"):
        ddf.bigin.insert("Contacts", on_invalid="skip", **far)

    assert len(box.ledger()) == 1
    assert bf.runs()["state"].tolist() == ["unfinished"]
