"""The kill campaign: deliveries die at every named point, and nothing may be sent twice, lost or misreported.

::

    python -m tests.campaigns.kill --points all --seeds 500
    python -m tests.campaigns.kill --point "create sent" --seed 17

Real processes die by SIGKILL, the calls go over real sockets, the sandbox lives in a process of its own. A parent with
one thread, in which everything is imported, forks a child for each call, so that a death costs milliseconds. There are
as many such lanes as cores. "In the span" are deaths between the commit of SUBMITTING and that of SUBMITTED, of the
thread that died or of another: only these may leave rows unknown, one batch each.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path

import pandera.pandas  # noqa: F401 - here once, and in no child
import pyarrow.compute  # noqa: F401

from bigin_frames.checkpoints import POINTS
from bigin_frames.delivery import begin, history, reconcile, resume  # noqa: F401
from bigin_frames.frames.checking import check, module_schema  # noqa: F401
from bigin_frames.plans import plan, prepare  # noqa: F401
from tests.campaigns import boxes
from tests.campaigns.draws import draw
from tests.campaigns.trials import Report, run_trial, warm_up

_FORK = multiprocessing.get_context("fork")
Task = tuple[str, int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign, print a line for each point and the total; return 1 if anything was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.kill", description=__doc__.splitlines()[0])
    parser.add_argument("--points", "--point", default="all", help="all, or some of them, separated by semicolons")
    parser.add_argument("--seeds", type=int, default=20, help="trials of each point")
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--lanes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--failures", type=Path, help="a file for the seeds of failed trials")
    options = parser.parse_args(arguments)
    points = POINTS if options.points == "all" else tuple(name.strip() for name in options.points.split(";"))
    if unknown := set(points) - set(POINTS):
        parser.error(f"there is no point {', '.join(sorted(unknown))}; the points are {'; '.join(POINTS)}")
    seeds = [options.seed] if options.seed is not None else range(options.first, options.first + options.seeds)
    began = time.monotonic()
    reports: dict[str, list[Report]] = {point: [] for point in points}
    for report in _all([(point, seed) for point in points for seed in seeds], options.lanes):
        point = report.trial.point
        reports[point].append(report)
        _complain(report, options.failures)
        if len(reports[point]) == len(seeds):
            print(_line(point, reports[point]), flush=True)
    everything = [report for some in reports.values() for report in some]
    whole = len(everything) == len(points) * len(seeds)
    print(_line("total", everything), f"({time.monotonic() - began:.0f} s on the clock)")
    return int(not whole or any(report.found for report in everything))


def _all(tasks: list[Task], lanes: int) -> Iterator[Report]:
    """Distribute the tasks to the lanes and yield reports as they arrive."""
    ears = [_lane(tasks[number::lanes]) for number in range(min(lanes, len(tasks)))]
    while ears:
        for ear in wait(ears):
            try:
                yield ear.recv()  # type: ignore[union-attr]
            except EOFError:
                ears.remove(ear)  # type: ignore[arg-type]


def _lane(tasks: list[Task]) -> Connection:
    here, there = _FORK.Pipe()
    _FORK.Process(target=boxes.serve, args=(there,), daemon=True).start()
    ear, mouth = _FORK.Pipe(duplex=False)  # the box must not have it open: closing it ends the campaign
    _FORK.Process(target=_drive, args=(tasks, here, there, mouth), daemon=True).start()
    for end in (here, there, mouth):
        end.close()
    return ear


def _drive(tasks: list[Task], box: Connection, boxs_own: Connection, mouth: Connection) -> None:
    campaign = os.getppid()
    boxs_own.close()  # so that the death of the box is noticed
    warm_up(box)
    gc.collect()
    gc.freeze()  # children share these pages until one of them is changed
    for point, seed in tasks:
        if os.getppid() != campaign:
            return
        mouth.send(run_trial(draw(point, seed), box))


def _complain(report: Report, file: Path | None) -> None:
    if report.found:
        trial = report.trial
        words = [f'--point "{trial.point}" --seed {trial.seed}: {trial}', *(f"    {found}" for found in report.found)]
        print("\n".join(words), file=sys.stderr, flush=True)
        if file is not None:
            with file.open("a") as log:
                log.write("\n".join(words) + "\n")


def _line(name: str, reports: Sequence[Report]) -> str:
    kills, inside = sum(r.kills for r in reports), sum(r.inside for r in reports)
    unknown, found = sum(r.unknown for r in reports), sum(len(r.found) for r in reports)
    trials = f"{len(reports):,} trials, {kills:,} kills, {inside:,} of them in the span"
    seconds = sum(r.seconds for r in reports)
    return f"{name + ':':30}{trials}, {unknown:,} rows unknown, {found:,} violations, {seconds:.1f} s"


if __name__ == "__main__":
    sys.exit(main())
