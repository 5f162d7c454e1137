"""Three ways to write one frame: the floor, the script, and bigin_frames."""

from __future__ import annotations

import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

import bigin_frames  # noqa: F401 - registers df.bigin
from bigin_frames.client.client import Client
from bigin_frames.delivery.bulk.batch_zip import packed
from bigin_frames.delivery.bulk.conclude import judged
from bigin_frames.delivery.bulk.download import read_result
from bigin_frames.frames.encoding.digests import row_digests
from bigin_frames.frames.merging.attach import attach
from tests.benchmarks import floor, handwritten
from tests.benchmarks.mixed import MODULE, SAVED
from tests.benchmarks.quick_server import result_of

T = TypeVar("T")
QUIET: dict[str, Any] = {"on_error": "ignore", "progress": False, "repeat": True, "on_overlap": "ignore"}
OURS = ("check", "digests", "pack", "read and merge", "attach")


class Stages:
    """Add up the CPU seconds of named stages, and keep the results that a server would send for each file."""

    def __init__(self) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._results: dict[Any, bytes] = {}

    def timed(self, name: str, function: Callable[..., T], *given: Any) -> T:
        begun = time.process_time()
        made = function(*given)
        self.spent[name] += time.process_time() - begun
        return made

    def result(self, which: Any, packed: bytes) -> bytes:
        if which not in self._results:
            self._results[which] = result_of(packed)[0]
        return self._results[which]

    def taken(self) -> dict[str, float]:
        spent, self.spent = dict(self.spent), defaultdict(float)
        return spent


def by_floor(frame: pd.DataFrame, stages: Stages) -> pd.DataFrame:
    verdicts = []
    for number, rows in enumerate(floor.slices(frame)):
        columns = stages.timed("convert", floor.convert, rows)
        if stages.timed("validate", floor.validate, columns):
            raise ValueError("the rows are meant to be sound")
        packed = stages.timed("deflate", floor.deflate, stages.timed("encode", floor.encode, columns))
        lines = stages.timed("read", floor.read, stages.result(("floor", number), packed))
        verdicts.append(stages.timed("merge", floor.merge, columns, lines))
    return stages.timed("merge", floor.attach, frame, verdicts)


def by_hand(frame: pd.DataFrame, url: str) -> pd.DataFrame:
    return handwritten.insert(frame, url)


def by_bigin_frames(frame: pd.DataFrame, url: str) -> pd.DataFrame:
    out: pd.DataFrame = frame.bigin.insert(MODULE, client=_client(url), metadata=SAVED, **QUIET)
    return out


def our_stages(frame: pd.DataFrame, stages: Stages) -> pd.DataFrame:
    """Go through what `by_bigin_frames` does, one stage after another, without network, journal and threads."""
    plan = stages.timed("check", lambda: frame.bigin.plan(MODULE, metadata=SAVED))
    task = replace(plan._task, client=Client)
    rows = np.concatenate([batch.rows for batch in plan._batches])
    stages.timed("digests", row_digests, frame, rows, task.columns, task.zone, b"benchmark")
    parts = []
    for batch in plan._batches:
        made = stages.timed("pack", packed, task, batch)
        result = stages.result(("ours", batch.number), made.body)
        merged = stages.timed("read and merge", read_result, task, batch, result)
        parts.append((batch.rows, stages.timed("read and merge", judged, task, batch, merged)["table"]))
    return stages.timed("attach", attach, frame, parts, ("ID", "Status", "Error"))


def _client(url: str) -> Client:
    return Client.from_env(
        {
            "BIGIN_CLIENT_ID": "1000.BENCHMARK",
            "BIGIN_CLIENT_SECRET": "benchmark-secret",
            "BIGIN_REFRESH_TOKEN": "1000.benchmark.refresh",
            "BIGIN_ORG_ID": "1",
            "BIGIN_API_URL": url,
        }
    )


@contextmanager
def own_home() -> Iterator[None]:
    """Keep the journal in a temporary folder."""
    from bigin_frames.client.settings import home_in

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, home_in(os.path.join(folder, "home")):
        yield
