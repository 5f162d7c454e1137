"""Time the journal: ``python -m tests.benchmarks.journal [rows]``.

Commits of one batch, their median and 99th percentile, and the journal's share of a whole run against the sandbox
(which is quicker than Bigin: a true share is smaller).
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from bigin_frames import journal
from bigin_frames.sandbox import Sandbox
from bigin_frames.settings import home, home_in

RUNS = 3


class Timed(journal.Journal):
    """Be a journal that keeps how long each of its transactions took, by name; reads have none."""

    spent: list[tuple[str | None, float]] = []

    @contextmanager
    def _transaction(self, name: str | None = None) -> Iterator[journal.sqlite3.Connection]:
        began = time.perf_counter()
        try:
            with super()._transaction(name) as db:
                yield db
        finally:
            self.spent.append((name, time.perf_counter() - began))


def main(rows: int = 25_000) -> None:
    from bigin_frames import plans

    plans.Journal = Timed  # type: ignore[misc]
    frame = pd.DataFrame({"Last_Name": [f"Name {i}" for i in range(rows)], "Title": ["Dr"] * rows})
    print(f"{rows:,} rows in one job, {RUNS} runs")
    commits: list[float] = []
    for run in range(RUNS):
        with tempfile.TemporaryDirectory() as folder, home_in(folder), Sandbox() as box:
            client = box.client()
            Timed.spent.clear()
            began = time.perf_counter()
            frame.bigin.insert("Contacts", client=client, progress=False)
            whole = time.perf_counter() - began
            size = (home() / journal.NAME).stat().st_size
        written = [seconds for name, seconds in Timed.spent if name]
        commits += written
        share = sum(seconds for _, seconds in Timed.spent) / whole
        print(f"run {run}: {len(written)} commits, {whole:.2f} s, journal {share:.2%}, {size:,} bytes on disk")
    cuts = statistics.quantiles(commits, n=100, method="inclusive")
    print(f"commit: median {statistics.median(commits) * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.2f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
