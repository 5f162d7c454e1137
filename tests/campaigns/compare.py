"""The comparison: what happens to rows when something goes wrong, with four ways of writing them.

::

    python -m tests.campaigns.compare --runs 1000

Each seed draws sixty rows and one fault. The fault is the same for the script people write, for the same script with
`Retry(total=3)`, and for bigin_frames without and with a key for each row; each meets it in a fresh sandbox. All are
run in the same way: a call that ends with an error is made once more. Then the records are compared with the last
report.
"""

from __future__ import annotations

import argparse
import logging
import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pandas as pd
import requests
from requests.adapters import HTTPAdapter

import bigin_frames as bf
from bigin_frames.client import settings
from bigin_frames.sandbox import Sandbox
from bigin_frames.wire.message import Request
from tests.campaigns import handwritten
from tests.campaigns.account import Account, Reported, Word, account, table, total
from tests.campaigns.nights import COLUMNS, KEY, MARK, NIGHTS, ROWS, Death, Killed, Night, draw
from tests.support.honesty import Clock

GUIDE: Final = Path(__file__).parents[2] / "docs" / "delivery.md"
MARKERS: Final = ("<!-- measured: begin -->", "<!-- measured: end -->")
PATIENCE_POLLS: Final = 12
_PATIENCE_S, _SHORT_S = 60.0, 0.05  # until a caller stops waiting for its job; a slow job ends within the polls
_MEMORY = "/dev/shm"  # noqa: S108 - journals of a campaign need not outlive the machine

Report = list[Reported]


@dataclass(frozen=True)
class End:
    """How a call ended: what it said about each row, if anything, and whether that was all."""

    report: Report | None = None
    well: bool = False


@dataclass
class Scene:
    """One night with one writer: its organisation, the drawn death, and whether it is over."""

    night: Night
    box: Sandbox
    death: Death | None
    later: bool = False

    def passes(self, when: str, method: str, url: str) -> None:
        """Let a writer die here, if it is to."""
        if self.death is not None:
            self.death.passes(when, method, url)


Writer = Callable[[Scene], End]


# -- the writers


def script(scene: Scene) -> End:
    """Write with the script people write."""
    return _by_hand(scene, handwritten.adapter())


def script_with_retry(scene: Scene) -> End:
    """Write with the same script, which mounts urllib3's Retry."""
    return _by_hand(scene, handwritten.retrying_adapter())


def ours(scene: Scene) -> End:
    """Write with bigin_frames, and do with its errors what the guide says."""
    return _call_of_ours(scene)


def ours_with_key(scene: Scene) -> End:
    """Write with bigin_frames and a key for each row, in a unique field of the organisation."""
    return _call_of_ours(scene, row_key=KEY)


WRITERS: Final[dict[str, Writer]] = {
    "a script": script,
    "the script with `Retry(total=3)`": script_with_retry,
    "bigin_frames": ours,
    "bigin_frames with `row_key`": ours_with_key,
}
_SAID: Final[Mapping[str, Word]] = {
    **dict.fromkeys(("ADDED", "UPDATED"), "written"),
    **dict.fromkeys(("SKIPPED", "UNPROCESSED", "INVALID", "UNSENT"), "not written"),
    **dict.fromkeys(("UNKNOWN", "UNREPORTED", "PENDING"), "unknown"),
    "no line": "nothing",
}


def _by_hand(scene: Scene, sending: HTTPAdapter) -> End:
    try:
        out = handwritten.insert(
            scene.night.rows, "Contacts", COLUMNS, scene.box.environment(), _MortalAdapter(scene, sending),
            timeout_s=scene.night.timeout_s, poll_s=0, polls=PATIENCE_POLLS,
        )  # fmt: skip
    except (*handwritten.ERRORS, Killed):
        return End()
    return End(_read(out["STATUS"].fillna("no line"), out["RECORD_ID"]), well=True)


def _call_of_ours(scene: Scene, **options: Any) -> End:
    clock = Clock()
    client = scene.box.client(transport=_MortalTransport(scene, clock))
    options |= {"wait": _SHORT_S if scene.night.slow and not scene.later else _PATIENCE_S, "progress": False}
    try:
        out = scene.night.rows.bigin.insert(
            "Contacts", columns=COLUMNS, client=client, on_invalid="skip", on_error="ignore", **options
        )
    except bf.AlreadyDelivered as already:
        out = bf.resume(already.run_id).frame()
    except bf.JobPending as pending:
        clock.stop()  # the process ends with the error, and makes no more requests
        while pending.run.status == "running":
            time.sleep(0.001)
        shown = pending.run.frame()
        return End(_read(shown["Status"], shown["ID"]))
    except bf.BrokenRunError as broken:
        if not isinstance(broken.__cause__, Killed):
            raise
        return End()
    except (bf.BiginError, Killed):
        return End()
    finally:
        clock.stop()
    return End(_read(out["Status"], out["ID"]), well=True)


def _read(statuses: pd.Series, ids: pd.Series) -> Report:
    return [
        Reported(_SAID[status], None if pd.isna(made) or not made else str(made))
        for status, made in zip(statuses, ids, strict=True)
    ]


class _MortalAdapter(HTTPAdapter):
    """Send as another adapter does, and die where the night says."""

    def __init__(self, scene: Scene, sending: HTTPAdapter) -> None:
        super().__init__()
        self._scene, self._sending = scene, sending

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send."""
        call = str(request.method), str(request.url)
        self._scene.passes("before", *call)
        answer = self._sending.send(request, *args, **kwargs)
        self._scene.passes("after", *call)
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._sending.close()


class _MortalTransport:
    """Send as the library's own transport does, and die where the night says."""

    def __init__(self, scene: Scene, clock: Clock) -> None:
        self._scene = scene
        self._transport = clock.transport(read_timeout_s=scene.night.timeout_s)
        self.sleep, self.now = self._transport.sleep, self._transport.now

    def send(self, request: Request, **options: Any) -> Any:
        """Send."""
        self._scene.passes("before", request.method, request.url)
        answer = self._transport.send(request, **options)
        self._scene.passes("after", request.method, request.url)
        return answer


# -- who runs them


def run(night: Night, writer: Writer) -> Account:
    """Let a writer meet a night, and judge what is there in the end."""
    memory = _MEMORY if os.path.isdir(_MEMORY) else None
    with warnings.catch_warnings(), tempfile.TemporaryDirectory(prefix="bigin-compare-", dir=memory) as folder:
        warnings.simplefilter("ignore", bf.BiginWarning)
        with settings.home_in(folder), Sandbox() as box:
            night.prepare(box)
            scene = Scene(night, box, night.death())
            report = _last_report(scene, lambda: writer(scene))
            return account(_records(box, night.rows), report)


def _last_report(scene: Scene, call: Callable[[], End]) -> Report | None:
    """Make a call as people do, once more if it fails; return the last report, None if there is none."""
    runs = scene.night.runs
    ends = _at_once(call) if runs == "two at once" else [call()]
    if runs == "twice" or not ends[-1].well:
        _an_hour_passes(scene)
        ends.append(call())
    return next((end.report for end in reversed(ends) if end.report is not None), None)


def _at_once(call: Callable[[], End]) -> list[End]:
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(call) for _ in range(2)]
        return [one.result() for one in both]


def _an_hour_passes(scene: Scene) -> None:
    """Wait for the end of a slow job."""
    scene.later = True
    if scene.night.slow:
        client, job = scene.box.client(), scene.box.ledger()[0]
        while client.job(job.id).status != "COMPLETED":
            pass


def _records(box: Sandbox, rows: pd.DataFrame) -> list[list[str]]:
    made: dict[str, list[str]] = {}
    for record in box.records("Contacts"):
        made.setdefault(record.get("Description", ""), []).append(record["id"])
    return [made.get(mark, []) for mark in rows[MARK]]


# -- the campaign


def campaign(seeds: Sequence[int], writers: Mapping[str, Writer]) -> list[tuple[Night, list[Account]]]:
    """Let each writer meet the night of each seed."""
    nights = map(draw, seeds)
    return [(night, [run(night, writer) for writer in writers.values()]) for night in nights]


def report(results: Sequence[tuple[Night, Sequence[Account]]], names: Sequence[str], how: str) -> str:
    """Return the campaign in Markdown: a line for each writer, then one for each thing that went wrong."""
    totals = [total(accounts) for accounts in zip(*(accounts for _, accounts in results), strict=True)]
    sums = [
        (name, a.doubled, a.lost, a.false, a.unknown, a.silent, a.runs) for name, a in zip(names, totals, strict=True)
    ]
    kinds = {name: [accounts for night, accounts in results if night.name == name] for name, _, _ in NIGHTS}
    by_kind: list[tuple[str | int, ...]] = [
        (name, len(some), *(total(accounts).runs for accounts in zip(*some, strict=True)))
        for name, some in kinds.items()
        if some
    ]
    header = ("", "doubled", "lost", "falsely reported", "said to be unknown", "without a verdict", "runs gone wrong")
    return "\n\n".join([how, table(header, sums), _BY_KIND, table(("what went wrong", "runs", *names), by_kind)])


_BY_KIND: Final = "The same runs by what went wrong, and in how many a row was doubled, lost or falsely reported:"


def write_down(text: str, guide: Path) -> None:
    """Put a text between the two markers of a page."""
    page = guide.read_text("utf-8")
    head, rest = page.split(MARKERS[0])
    _, tail = rest.split(MARKERS[1])
    guide.write_text(f"{head}{MARKERS[0]}\n\n{text}\n\n{MARKERS[1]}{tail}", "utf-8")


def _how(runs: int, first: int) -> str:
    names = ("bigin_frames", "requests", "urllib3", "pandas")
    parts = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"{runs:,} runs of {ROWS} rows each, seeds {first:,} to {first + runs - 1:,}; {parts}, "
        f"Python {platform.python_version()}."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign, print its tables and put them into the guide."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.compare", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1000, help="nights that each writer meets")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--guide", type=Path, default=GUIDE, help="the page with the two markers")
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    began = time.monotonic()
    results = campaign(range(options.first, options.first + options.runs), WRITERS)
    text = report(results, list(WRITERS), _how(options.runs, options.first))
    write_down(text, options.guide)
    sys.stdout.write(f"{text}\n\n({time.monotonic() - began:.0f} s)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
