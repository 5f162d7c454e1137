"""Twenty million rows of Parquet, written by a process that is killed repeatedly: each row once, in flat memory.

::

    python -m tests.campaigns.large --rows 20000000 --kills 5

The server is a process of its own and counts which row each job carried. The writer dies by SIGKILL when drawn parts
are done, and is started again with the same call. Only rows of a batch whose create-job call was cut off may stay
unknown, one batch for each death at most. Linux only: memory is what the kernel marked as each writer's highest.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from bigin_frames.limits import MAX_ROWS_PER_JOB
from tests.benchmarks.mixed import MODULE, SAVED, _arrow
from tests.benchmarks.quick_server import FIRST_ID, REFUSED_EVERY, served

MEGABYTE = 1e6
LONGEST_DELAY_S = 2.0  # from the end of a drawn part to the death
GLANCE_S = 0.02
WRITE = "import sys; from tests.campaigns.large import write; write(*sys.argv[1:])"


@dataclass
class Account:
    """How many rows have each status, and what must not happen."""

    rows: int = 0
    added: int = 0
    skipped: int = 0
    unknown: int = 0
    doubled: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"{self.rows:,} rows: {self.added:,} added, {self.skipped:,} skipped, {self.unknown:,} unknown"
        return f"{counts}, {self.doubled:,} doubled, {self.lost:,} lost, {len(self.wrong):,} violations"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; return 1 if a row was doubled, lost or misreported, or a writer took too much memory."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.large", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--part-rows", type=int, default=100_000, help="rows of one part, as write_dataset cuts them")
    parser.add_argument("--seed", type=int, default=1, help="draws the rows and the moments of death")
    parser.add_argument("--most-mb", type=float, default=600.0, help="memory that a writer may take, in 10**6 bytes")
    parser.add_argument("--folder", type=Path, help="where the files go, and are deleted again")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=options.folder, prefix="large-") as kept, served() as url:
        folder = Path(kept)
        (folder / "source").mkdir()
        print(f"{generate(folder / 'source', options.rows, options.seed) / MEGABYTE:,.0f} MB of Parquet", flush=True)
        began = time.monotonic()
        ends, peaks = deliver(folder, url, options.part_rows, deaths(options), options.seed)
        seconds = time.monotonic() - began
        account = judged(folder / "out", ledger(url), options.rows, ends.count(-9))
    for number, (end, peak) in enumerate(zip(ends, peaks, strict=True)):
        print(f"writer {number}: {'killed' if end == -9 else f'ended with {end}'}, peak {peak / MEGABYTE:,.0f} MB")
    if max(peaks) > options.most_mb * MEGABYTE:
        account.wrong.append(f"a writer took {max(peaks) / MEGABYTE:,.0f} MB")
    if ends != [-9] * options.kills + [0]:
        account.wrong.append(f"the writers ended with {ends}")
    print(f"{account}; {options.rows / seconds:,.0f} rows/s over {seconds:,.0f} s, {ends.count(-9)} kills")
    print("\n".join(account.wrong), end="", file=sys.stderr)
    return int(bool(account.wrong))


def generate(folder: Path, rows: int, seed: int, file_rows: int = 500_000) -> int:
    """Write fifteen mixed columns of real names and places, each file one row group; return their bytes."""
    draw = np.random.default_rng(seed)
    for start in range(0, rows, file_rows):
        table = _arrow(start, min(rows, start + file_rows), draw)
        parquet.write_table(table, folder / f"{start:011d}.parquet", row_group_size=file_rows, compression="zstd")
    return sum(path.stat().st_size for path in folder.iterdir())


def write(source: str, out: str, part_rows: str) -> None:
    """Make the call that is killed, as a user's script would."""
    import bigin_frames as bf

    files = sorted(Path(source).iterdir())
    bf.write_dataset(
        files, MODULE, out=out, rows_per_part=int(part_rows), metadata=SAVED, on_error="ignore", progress=False
    )


# -- dying


def deaths(options: argparse.Namespace) -> list[int]:
    """Draw after how many parts each writer dies."""
    parts = -(-options.rows // options.part_rows)
    return sorted(random.Random(options.seed).sample(range(1, parts), options.kills))  # noqa: S311 - not a secret


def deliver(
    folder: Path, url: str, part_rows: int, after_parts: Sequence[int], seed: int
) -> tuple[list[int], list[int]]:
    """Start one writer after another; return how each ended, and its peak in bytes."""
    draw, out = random.Random(seed), folder / "out"  # noqa: S311 - not a secret
    command = [sys.executable, "-W", "ignore", "-c", WRITE, str(folder / "source"), str(out), str(part_rows)]
    environ = {**os.environ, **account_at(url), "BIGIN_FRAMES_HOME": str(folder / "home")}
    ends, peaks = [], []
    for parts in [*after_parts, None]:
        with (folder / "words").open("a+") as words:
            with subprocess.Popen(command, env=environ, stderr=words) as writer:  # noqa: S603 - our own words
                peaks.append(followed(writer, out, parts, draw.uniform(0, LONGEST_DELAY_S)))
            ends.append(writer.returncode)
            if ends[-1] != -9:
                words.seek(0)
                print(words.read() if ends[-1] else "", end="", file=sys.stderr)
                break
    return ends, peaks


def account_at(url: str) -> dict[str, str]:
    names = {"CLIENT_ID": "1000.LARGE", "CLIENT_SECRET": "large-secret", "REFRESH_TOKEN": "1000.large", "ORG_ID": "1"}
    return {**{f"BIGIN_{name}": value for name, value in names.items()}, "BIGIN_API_URL": url}


def followed(writer: subprocess.Popen[bytes], out: Path, parts: int | None, delay_s: float) -> int:
    """Watch a writer until it ends, or kill it a moment after so many parts are done; return its peak."""
    peak, dies_at = 0, float("inf")
    while writer.poll() is None:
        peak = max(peak, peak_of(writer.pid))
        if parts is not None and dies_at == float("inf") and len(list(out.glob("part-*.parquet"))) >= parts:
            dies_at = time.monotonic() + delay_s
        if time.monotonic() >= dies_at:
            writer.kill()
            writer.wait()
        time.sleep(GLANCE_S)
    return peak


def peak_of(process: int) -> int:
    """Return the highest resident memory of a process so far in bytes, 0 for one that has just ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


# -- judging


def ledger(url: str) -> np.ndarray:
    """Return how often a job has carried each row, by its number."""
    with urllib.request.urlopen(f"{url}/ledger") as answer:  # noqa: S310 - our own server
        return np.frombuffer(answer.read(), np.uint8)


def judged(out: Path, times: np.ndarray, rows: int, kills: int) -> Account:
    """Compare what the parts say with what the server saw."""
    account = Account()
    times = np.pad(times[:rows], (0, max(0, rows - len(times))))
    account.doubled = int((times > 1).sum())
    for path in sorted(out.glob("part-*.parquet")):
        table = parquet.read_table(path, columns=["Email", "ID", "Status", "Error"])
        account.wrong += [f"{path.name}: {words}" for words in faults(table, account, times)]
    if account.rows != rows:
        account.wrong.append(f"the parts have {account.rows:,} rows of {rows:,}")
    if account.doubled:
        account.wrong.append(f"{account.doubled:,} rows were carried by two jobs")
    if account.unknown > kills * MAX_ROWS_PER_JOB:
        account.wrong.append(f"{account.unknown:,} rows are unknown after {kills} kills")
    return account


def faults(table: pa.Table, account: Account, times: np.ndarray) -> Iterator[str]:
    """Say what is wrong with a part, and count its rows."""
    start = account.rows
    account.rows += len(table)
    number = pc.extract_regex(table["Email"], "(?P<n>[0-9]+)@").combine_chunks().field("n").cast(pa.int64()).to_numpy()
    status = table["Status"].to_numpy().astype(str)
    known, counted = status != "UNKNOWN", times[start : start + len(table)]
    account.added += int((status == "ADDED").sum())
    account.skipped += int((status == "SKIPPED").sum())
    account.unknown += int((~known).sum())
    account.lost += int((counted[known] == 0).sum())
    if not np.array_equal(number, np.arange(start, start + len(table))):
        yield "other rows, or in another order"
    if (counted[known] == 0).any():
        yield f"{int((counted[known] == 0).sum()):,} rows were carried by no job"
    refused = number % REFUSED_EVERY == 0
    if not np.array_equal(status[known], np.where(refused, "SKIPPED", "ADDED")[known]):
        yield "a status is not the one that was given"
    ids = table["ID"].combine_chunks().cast(pa.int64())
    expected = pa.array(number + FIRST_ID, mask=refused | ~known)
    if not ids.equals(expected):
        yield "an id is not the one that was given"
    reasons = pc.is_valid(table["Error"]).combine_chunks().to_numpy(zero_copy_only=False)
    if not np.array_equal(reasons, refused | ~known):
        yield "a reason is missing, or too many"


if __name__ == "__main__":
    sys.exit(main())
