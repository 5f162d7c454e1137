"""The benchmark: bigin_frames, the least work its stages need, and a careful script: ``python -m tests.benchmarks``.

Each cell of the table runs in a process of its own, with a server in another; within it the ways alternate, so that
other work on the machine affects all of them. The table and the chart go into the documentation's page.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from typing import Any

from tests.benchmarks.cell import MOST_BY_HAND, UPLOAD_S, UPLOADS, WAYS
from tests.benchmarks.floor import STAGES
from tests.benchmarks.mixed import KINDS
from tests.benchmarks.page import SPEED, Line, draw, stage_table, table, write
from tests.benchmarks.ways import OURS

PACKAGES = ("pandas", "numpy", "pyarrow", "pandera", "requests")
STARTS = 5


def main() -> None:
    options = _options()
    rows = [2_500] if options.quick else options.rows
    rounds, kinds = (1, ("str",)) if options.quick else (options.rounds, options.kinds)
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the start"
    head = f"{_machine()}; medians of {rounds} rounds; {load}.\n\n" + "\n".join(_starts(options.quick))
    print(head, flush=True)
    lines: list[Line] = []
    stages = []
    for number in rows:
        for kind in kinds if number <= MOST_BY_HAND else ("str",):
            found = _cell("speed", kind, number, rounds)
            peaks = {name: _cell("peak", kind, number, name) for name in WAYS if name in found}
            lines.append(_line(kind, number, found, peaks))
            stages.append((kind, number, _stages(found["floor"]), _stages(found["ours"])))
            print(table([lines[-1]], header=len(lines) == 1), flush=True)
            if not options.quick:  # after each cell: an interrupted benchmark keeps what it has
                write([head, table(lines), stage_table(stages, STAGES, OURS)])
        if not options.quick and number <= MOST_BY_HAND:
            draw([line for line in lines if line.rows == number])
    print("\n" + stage_table(stages, STAGES, OURS))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[25_000, 100_000, 1_000_000, 5_000_000], metavar="N")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS, help="how the text is held (default all)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds to take the medians of (default 3)")
    parser.add_argument("--quick", action="store_true", help="2,500 rows of str columns, once; the page stays as it is")
    return parser.parse_args()


def _cell(*given: object) -> Any:
    command = [sys.executable, "-m", "tests.benchmarks.cell", *map(str, given)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)  # noqa: S603


def _line(kind: str, rows: int, found: dict[str, Any], peaks: dict[str, float]) -> Line:
    floors = [sum(stages.values()) for stages in found["floor"]]
    # The floor keeps no journal: there is nothing to compare the digests of rows with.
    ours = [sum(spent for name, spent in stages.items() if name != "digests") for stages in found["ours"]]
    cpu, wall = ({name: [run[i] for run in found[name]] for name in WAYS if name in found} for i in (0, 1))
    return Line(
        kind=kind,
        rows=rows,
        floor=statistics.median(floors),
        stages=statistics.median(ours),
        over_floor=_ratio(ours, floors),
        cpu={name: statistics.median(runs) for name, runs in cpu.items()},
        wall={name: statistics.median(runs) for name, runs in wall.items()},
        gain={
            name: _ratio(runs["by hand"], runs["bigin_frames"])
            for name, runs in (("cpu", cpu), ("wall", wall))
            if "by hand" in runs
        },
        peaks=peaks,
    )


def _ratio(above: list[float], below: list[float]) -> float:
    """Return the median of the ratios of the rounds: a disturbance affects both sides of a round."""
    return statistics.median(one / other for one, other in zip(above, below, strict=True))


def _stages(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


def _starts(quick: bool) -> list[str]:
    """Return what does not depend on the rows: slow uploads, the import, the start of the command."""
    wall, uploads = _cell("slow_uploads", "str"), UPLOADS * UPLOAD_S
    own = statistics.median(_import_s("bigin_frames") - _import_s("pandas") for _ in range(1 if quick else STARTS))
    shown = statistics.median(_help_s() for _ in range(1 if quick else STARTS))
    return [
        f"- {UPLOADS} batches over a line that takes {UPLOAD_S:g} s for each: {wall:.2f} s, {wall / uploads:.2f}x the "
        "uploads' own time.",
        f"- `import bigin_frames` adds {own:.2f} s to `import pandas`.",
        f"- `bigin-frames --help` answers in {shown:.2f} s.",
    ]


def _import_s(name: str) -> float:
    command = [sys.executable, "-X", "importtime", "-c", f"import {name}"]
    report = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True).stderr  # noqa: S603 - our own
    return max(int(us) for us in re.findall(rf"\| +(\d+) \| {name}$", report, re.MULTILINE)) / 1e6


def _help_s() -> float:
    command = [os.path.join(os.path.dirname(sys.executable), "bigin-frames"), "--help"]
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
    return time.perf_counter() - begun


def _machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Python {platform.python_version()}, {packages}, {SPEED} deflate"


if __name__ == "__main__":
    main()
