"""One cell of the table, measured in a process of its own; used by ``python -m tests.benchmarks``."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa

from tests.benchmarks.mixed import mixed
from tests.benchmarks.peak_memory import memory, reset_peak
from tests.benchmarks.quick_server import served
from tests.benchmarks.ways import Stages, by_bigin_frames, by_floor, by_hand, our_stages, own_home

WAYS: dict[str, Callable[[pd.DataFrame, str], pd.DataFrame]] = {"by hand": by_hand, "bigin_frames": by_bigin_frames}
MOST_BY_HAND = 1_000_000
UPLOAD_S, UPLOADS = 1.0, 10
_WARM_UP_ROWS = 1_000


def speed(kind: str, rows: int, rounds: int) -> dict[str, Any]:
    """Run all ways in turn; the first round, in which the server sees each file for the first time, does not count."""
    frame, stages = mixed(rows, kind), Stages()
    ways = {name: way for name, way in WAYS.items() if name != "by hand" or rows <= MOST_BY_HAND}
    found: dict[str, list[Any]] = {"floor": [], "ours": [], **{name: [] for name in ways}}
    with own_home(), served() as url:
        for _ in range(rounds + 1):
            by_floor(frame, stages)
            found["floor"].append(stages.taken())
            our_stages(frame, stages)
            found["ours"].append(stages.taken())
            for name, way in ways.items():
                found[name].append(spent(way, frame, url))
    return {name: measured[1:] for name, measured in found.items()}


def spent(way: Callable[[pd.DataFrame, str], pd.DataFrame], frame: pd.DataFrame, url: str) -> tuple[float, float]:
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    way(frame, url)
    return time.process_time() - cpu, time.perf_counter() - wall


def peak(kind: str, rows: int, name: str) -> float:
    """Return the megabytes that one way uses beyond the frame, from the kernel's peak value."""
    frame = mixed(rows, kind)
    with own_home(), served() as url:
        WAYS[name](frame.iloc[:_WARM_UP_ROWS], url)  # imports and first allocations
        gc.collect()
        pa.default_memory_pool().release_unused()  # memory that was used to make the frame must not be reused
        before = reset_peak()
        WAYS[name](frame, url)
        return (memory("VmHWM") - before) / 1e6


def slow_uploads(kind: str) -> float:
    """Return the wall seconds of ten batches against a server whose line takes one file a second."""
    frame = mixed(UPLOADS * 25_000, kind)
    with own_home():
        with served() as url:
            by_bigin_frames(frame.iloc[:_WARM_UP_ROWS], url)
        with served(UPLOAD_S) as url:
            by_bigin_frames(frame, url)  # the server learns the files
            return spent(by_bigin_frames, frame, url)[1]


if __name__ == "__main__":
    measure: dict[str, Callable[..., Any]] = {"speed": speed, "peak": peak, "slow_uploads": slow_uploads}
    given = [int(word) if word.isdecimal() else word for word in sys.argv[2:]]
    print(json.dumps(measure[sys.argv[1]](*given)))
