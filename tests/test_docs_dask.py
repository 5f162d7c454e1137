"""The page on Dask shows what happens: its examples are run against the local Bigin, in the order of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dask.distributed
import distributed
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.dask import BiginDaskAccessor
from bigin_frames.sandbox import Sandbox

PAGE = (Path(__file__).parents[1] / "docs" / "dask.md").read_text("utf-8")
BLOCK = re.compile(r"```python\n(.*?)```", re.S)
NOT_OFFERED = {"submit", "retry", "validate", "clean"}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the page's `Client()` find workers in this process rather than start some."""
    own = {"dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=False, **own) as local:
        started: list[distributed.Client] = []

        def client() -> distributed.Client:
            started.append(distributed.Client(local))
            return started[-1]

        monkeypatch.setattr(dask.distributed, "Client", client)
        yield
        for one in started:
            one.close()


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # Dask's own, where it writes Parquet with pandas 3.1
@pytest.mark.usefixtures("cluster")
def test_every_example_runs(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, polls_added=0, polls_in_progress=0)
    monkeypatch.chdir(tmp_path)
    people = tmp_path / "people"
    people.mkdir()
    for part in range(2):
        names = pd.DataFrame({"Last_Name": [f" N{part}{row} " for row in range(3)]}, dtype="string[pyarrow]")
        names.to_parquet(people / f"{part}.parquet")
    known: dict[str, Any] = {"client": bigin_client}
    sending, cleaning, without = BLOCK.findall(PAGE)

    exec(compile(sending, "dask.md", "exec"), known)  # noqa: S102 - our own example
    assert set(known["out"].compute()["Status"]) == {"ADDED"}
    assert len(pd.read_parquet(tmp_path / "written")) == 6
    assert len(known["out"].bigin.failed) == 0
    exec(compile(cleaning, "dask.md", "exec"), known)  # noqa: S102
    cleaned = known["people"].map_partitions(known["cleaned"], meta=known["people"]._meta)
    assert cleaned.compute()["Last_Name"].tolist() == [f"N{part}{row}" for part in range(2) for row in range(3)]
    sent = len(bigin_sandbox.ledger())
    exec(compile(without.replace("written/", "written too/"), "dask.md", "exec"), known)  # noqa: S102
    assert len(bigin_sandbox.ledger()) - sent == 1
    assert len(pd.read_parquet(tmp_path / "written too" / "part-00000.parquet")) == 3


def test_page_tells_apart_what_is_offered_and_what_not() -> None:
    offered = {name for name in vars(BiginDaskAccessor) if not name.startswith("_")}

    assert all(f"`{name}`" in PAGE for name in offered)
    assert all(f"**`{name}`**" in PAGE and hasattr(bf.accessor.BiginAccessor, name) for name in NOT_OFFERED)
    assert offered.isdisjoint(NOT_OFFERED)
