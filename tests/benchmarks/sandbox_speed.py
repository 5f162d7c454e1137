"""Timing of the sandbox's own work on 25,000 rows: ``python -m tests.benchmarks.sandbox_speed``."""

from __future__ import annotations

import platform
import statistics
import time
from dataclasses import replace

import bigin_frames as bf
from tests.benchmarks.peak_memory import short_rows

RUNS = 5


def main() -> None:
    frame = short_rows(25_000)
    spent = []
    for _ in range(RUNS):
        with bf.sandbox.Sandbox() as box:
            box.behaviour = replace(box.behaviour, polls_added=0, polls_in_progress=0)
            begun = time.perf_counter()
            run = bf.submit(frame, "Contacts", client=box.client())
            submitted = time.perf_counter()
            run.wait(progress=False)
            spent.append((submitted - begun, time.perf_counter() - submitted))
    check, rest = (statistics.median(part) for part in zip(*spent, strict=True))
    print(f"Python {platform.python_version()}, 25,000 rows x {frame.shape[1]}, medians of {RUNS} runs")
    print(
        f"check {check:.2f} s; upload, judge, store, result and merge {rest:.2f} s (client and sandbox in one process)"
    )


if __name__ == "__main__":
    main()
