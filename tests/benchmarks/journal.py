"""Timing of the journal: ``python -m tests.benchmarks.journal [rows]``.

What each write of one batch takes, from the call to the return, and the journal's share of a whole run: against the
local Bigin, which answers at once, and against one that takes a second for an upload and three for a job, as the real
one does at least. Both serve from a process of their own, or their work would count as the journal's waiting.
"""

from __future__ import annotations

import functools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from bigin_frames.client.client import Client
from bigin_frames.client.settings import home, home_in
from bigin_frames.journal.journal import Journal
from bigin_frames.plans import plan
from bigin_frames.sandbox import Behaviour, Fault, Sandbox

RUNS = {"the local Bigin": 9, "1 s an upload, 3 s a job": 3}
WRITES = ("begin", "move")
READS = ("latest", "runs", "batches", "states", "handed_over")
spent: dict[str, list[tuple[float, float]]] = defaultdict(list)  # by what was written or read: wall and CPU seconds


@contextmanager
def timed(name: str) -> Iterator[None]:
    wall, processor = time.perf_counter(), time.thread_time()
    try:
        yield
    finally:
        spent[name].append((time.perf_counter() - wall, time.thread_time() - processor))


class Timed(Journal):
    """A journal that records the time of each call."""

    @property
    def salt(self) -> bytes:
        with timed("salt"):  # the first read: the file is opened, created and checked here
            return super().salt


def noting(name: str) -> Callable[..., Any]:
    plain = getattr(Journal, name)

    @functools.wraps(plain)
    def asked(self: Journal, *given: Any, **named: Any) -> Any:
        with timed(given[3].value if name == "move" else name):
            return plain(self, *given, **named)

    return asked


for name in (*WRITES, *READS):
    setattr(Timed, name, noting(name))


def serve(slow: str) -> None:
    with Sandbox(behaviour=Behaviour(seconds_in_progress=3, polls_added=0) if slow else None) as box:
        if slow:
            box.faults.add("upload", Fault.edited(late), times=None)
        print(*(f"{name}={value}" for name, value in box.environment().items()), flush=True)
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        stop = threading.Event()
        stop.wait()


def late(answer: Any) -> Any:
    time.sleep(1)
    return answer


@contextmanager
def served(slow: bool) -> Iterator[Client]:
    command = [sys.executable, "-c", "import sys; from tests.benchmarks import journal; journal.serve(sys.argv[1])"]
    with subprocess.Popen([*command, "slow" * slow], stdout=subprocess.PIPE, text=True) as box:  # noqa: S603 - ours
        line = box.stdout.readline() if box.stdout else ""
        try:
            yield Client.from_env(dict(pair.split("=", 1) for pair in line.split()))
        finally:
            box.terminate()


def main(rows: int = 25_000) -> None:
    vars(plan)["Journal"] = Timed
    print(f"{rows:,} rows in one job; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    whole: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for server, runs in RUNS.items():
        with tempfile.TemporaryDirectory() as folder, home_in(folder), served("upload" in server) as client:
            shares, seconds, processor = [], [], []
            for run in range(runs):
                spent.clear()
                frame = pd.DataFrame({"Last_Name": [f"Name {run} {i}" for i in range(rows)], "Title": ["Dr"] * rows})
                began = time.perf_counter()
                frame.bigin.insert("Contacts", client=client, progress=False)
                seconds.append(time.perf_counter() - began)
                shares.append(sum(wall for times in spent.values() for wall, _ in times) / seconds[-1])
                processor.append(sum(cpu for times in spent.values() for _, cpu in times) / seconds[-1])
                for name, times in spent.items():
                    whole[name] += times
            size = (home() / "journal.sqlite3").stat().st_size / runs
        print(
            f"{server}: {runs} runs, median {statistics.median(seconds):.2f} s; the journal's share of it "
            f"{statistics.median(shares):.2%} (from {min(shares):.2%} to {max(shares):.2%}), of which processor "
            f"{statistics.median(processor):.2%}; {size:,.0f} bytes a run"
        )
    report(whole)


def report(whole: dict[str, list[tuple[float, float]]]) -> None:
    asked = {"salt", *READS}
    print(f"{'median of':<24}{'ms':>8}{'p99':>8}{'processor ms':>14}")
    for name, times in whole.items():
        line(name, times)
    line("a commit", [one for name, times in whole.items() if name not in asked for one in times])
    print(f"commits of a batch: {sum(name not in asked for name in whole)}")


def line(name: str, times: list[tuple[float, float]]) -> None:
    walls = [wall * 1e3 for wall, _ in times]
    last = statistics.quantiles(walls, n=100, method="inclusive")[98]
    processor = statistics.median(cpu * 1e3 for _, cpu in times)
    print(f"{name:<24}{statistics.median(walls):>8.2f}{last:>8.2f}{processor:>14.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
