"""The memory that a write uses beyond the frame itself: ``python -m tests.benchmarks.peak_memory``.

The sandbox runs in a process of its own. Linux only: the peak is read from the kernel (VmHWM), so that Arrow's own
allocations count too.
"""

from __future__ import annotations

import gc
import platform
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import bigin_frames as bf
from bigin_frames.client.client import Client
from bigin_frames.limits import MAX_CSV_BYTES

MEGABYTE = 1e6


def main() -> None:
    print(f"Python {platform.python_version()}, pandas {pd.__version__}, pyarrow {pa.__version__}")
    print(f"{'frame':<42}{'CSV MB':>8}{'jobs':>6}{'seconds':>9}{'beyond the frame MB':>21}{'full batches':>17}")
    for name, frame in (
        ("60,001 rows x 8, short text", short_rows(60_001)),
        ("2,000 rows of 32,000 characters", long_rows(2_000)),
    ):
        for kind in ("object", "str"):
            measure(f"{name}, {kind}", frame.astype(kind if kind == "object" else pd.StringDtype("pyarrow")))


def measure(name: str, frame: pd.DataFrame) -> None:
    command = [sys.executable, "-m", "bigin_frames.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as box:  # noqa: S603 - our own interpreter
        lines = [box.stdout.readline() for _ in range(8)] if box.stdout else []
        client = Client.from_env(dict(line.removeprefix("export ").strip().split("=", 1) for line in lines))
        bf.insert(short_rows(10), "Contacts", client=client)  # imports and first allocations
        gc.collect()
        before, begun = reset_peak(), time.perf_counter()
        run = bf.submit(frame, "Contacts", client=client)
        run.wait(progress=False)
        seconds, beyond = time.perf_counter() - begun, (memory("VmHWM") - before) / MEGABYTE
        jobs, size = repr(run).split("jobs: ")[1].split()[0], csv_bytes(frame) / MEGABYTE
        box.send_signal(signal.SIGINT)
        box.communicate()
    print(f"{name:<42}{size:>8.1f}{jobs:>6}{seconds:>9.1f}{beyond:>21.1f}{beyond * MEGABYTE / MAX_CSV_BYTES:>17.2f}")


def short_rows(rows: int) -> pd.DataFrame:
    names = "Last_Name First_Name Title Phone Mailing_City Mailing_State Mailing_Zip Description"
    return pd.DataFrame({field: [f"{i} {field} {i:08d}" for i in range(rows)] for field in names.split()})


def long_rows(rows: int) -> pd.DataFrame:
    letters = "".join(np.random.default_rng(7).choice(list("abcdefghijklmnopqrstuvwxyz "), 64_000))
    texts = [letters[i * 7 : i * 7 + 32_000] + "" for i in range(rows)]
    return short_rows(rows).assign(Description=texts)


def csv_bytes(frame: pd.DataFrame) -> int:
    return int(sum(frame[column].astype("object").str.len().sum() + len(frame) for column in frame))


def reset_peak() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(name: str) -> int:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


if __name__ == "__main__":
    main()
