"""One trial: a call that is killed at a named point, others that resume it, and the verdict on all of them."""

from __future__ import annotations

import logging
import os
import pickle
import select
import shutil
import signal
import sqlite3
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pandas as pd

import bigin_frames as bf
from bigin_frames import checkpoints
from bigin_frames.client.client import Client
from bigin_frames.delivery import threads
from bigin_frames.delivery.history import purge
from bigin_frames.errors import AlreadyDelivered
from bigin_frames.journal.database import MIGRATIONS, NAME
from tests.campaigns.boxes import Opened
from tests.campaigns.draws import CANARY, MIGRATION, Death, Trial, draw, frame_of, options_of, records_of
from tests.support.checker import MARK, OPEN, Written, violations
from tests.support.honesty import read_journal

_PATIENCE_S = 60.0
_MEMORY = "/dev/shm"  # noqa: S108 - a death by SIGKILL loses no page that was written; waiting for a disk proves nothing


@dataclass(frozen=True)
class Died:
    """The last report of a process; ``inside``: a job was being created, by any thread."""

    death: Death
    inside: bool


@dataclass
class Report:
    """The result of a trial."""

    trial: Trial
    kills: int = 0
    inside: int = 0  # of them while a job was being created
    unknown: int = 0
    found: list[str] = field(default_factory=list)
    seconds: float = 0.0


# -- in the parent, which has one thread


def warm_up(pipe: Connection) -> None:
    """Do once what takes time at the first use, so that no child has to."""
    trial = draw("create sent", 0)
    pipe.send(({}, [], False))
    frame = frame_of(trial, ["1" * 19] * trial.rows)
    client = Client.from_env(pipe.recv().environment)
    if not len(frame.bigin.plan("Contacts", columns={"Last_Name": "Last_Name", MARK: MARK}, client=client).jobs):
        raise RuntimeError("the rehearsal packed nothing")
    pipe.send(None)
    pipe.recv()


def run_trial(trial: Trial, pipe: Connection) -> Report:
    """Run a trial against the sandbox behind a pipe."""
    began = time.monotonic()
    report = Report(trial)
    home = Path(tempfile.mkdtemp(prefix="bigin-kill-", dir=_MEMORY if os.path.isdir(_MEMORY) else None))
    try:
        pipe.send((trial.behaviour, records_of(trial), "key" in trial.mode))
        opened = pipe.recv()
        if trial.point == MIGRATION:
            _older_journal(home, trial.seed % len(MIGRATIONS))
        _judge(trial, report, home, opened, list(_calls(trial, report, home, opened)), pipe)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    report.seconds = time.monotonic() - began
    return report


def _older_journal(home: Path, version: int) -> None:
    """Create a journal in an older format, or none."""
    if version:
        with sqlite3.connect(home / NAME) as db:
            db.executescript(";".join(MIGRATIONS[:version]))
            db.execute(f"pragma user_version = {version}")
        db.close()


def _calls(trial: Trial, report: Report, home: Path, opened: Opened) -> Iterator[dict[str, Any]]:
    """Make the calls of a trial one after the other; yield the reports of those that survive."""
    named = next(at for at, (_, death) in enumerate(trial.calls) if death is not None)
    for number, (way, death) in enumerate(trial.calls):
        said, status = _forked(lambda way=way, death=death: _child(trial, way, death, home, opened))
        where = f"call {number + 1} ({way})"
        died = isinstance(said, Died) and said.death == death and os.WTERMSIG(status) == signal.SIGKILL
        report.kills += died
        report.inside += died and said.inside
        if isinstance(said, dict):
            yield {**said, "where": where}
        elif not died:
            report.found.append(f"{where}: {said or 'the process ended without a word'}, status {status}")
        if number == named and not died:
            report.found.append(f"{where} did not pass {death.point!r} {death.passing} times")  # type: ignore[union-attr]


def _forked(work: Callable[[], None]) -> tuple[Any, int]:
    """Do the work in a child; return what it wrote before it ended, and its status."""
    global _report_to
    here, there = os.pipe()
    child = os.fork()
    if not child:
        os.close(here)
        _report_to = there
        try:
            work()
        finally:
            os._exit(3)
    os.close(there)
    said, ends = b"", time.monotonic() + _PATIENCE_S
    with os.fdopen(here, "rb", 0) as pipe:
        while select.select([pipe], [], [], max(0.0, ends - time.monotonic()))[0]:
            if not (piece := pipe.read(1 << 16)):
                break
            said += piece
        else:
            os.kill(child, signal.SIGKILL)
            said = pickle.dumps(f"it hung for {_PATIENCE_S:.0f} s")
    _, status = os.waitpid(child, 0)
    return (pickle.loads(said) if said else None), status  # noqa: S301 - our own child's


_report_to = -1


# -- in the children


def _child(trial: Trial, way: str, death: Death | None, home: Path, opened: Opened) -> None:
    os.environ["BIGIN_FRAMES_HOME"] = str(home)
    threads.BATCHES_AT_ONCE = trial.at_once
    logging.basicConfig(filename=home / "log.txt", level=logging.DEBUG, force=True)
    logging.captureWarnings(True)
    warnings.simplefilter("always")
    if death is not None:
        checkpoints.at = _Killer(death)
    frame = frame_of(trial, opened.ids)
    client = Client.from_env(opened.environment)
    try:
        said = {"purge": _purge, "call": _call, "resume": _resume}[way](trial, frame, client, death is None)
    except BaseException as error:
        logging.exception("the call ended")
        said = {"error": f"{type(error).__name__}: {error}"}
    checkpoints.at = None
    _say(said)
    os._exit(0)


def _say(thing: Any) -> None:
    content = pickle.dumps(thing)
    while content:
        content = content[os.write(_report_to, content) :]


class _Killer:
    """End this process, as the kernel would, at the n-th passing of a point."""

    def __init__(self, death: Death) -> None:
        self._death, self._left, self._inside, self._lock = death, death.passing, False, threading.Lock()

    def __call__(self, name: str) -> None:
        with self._lock:
            if name == "after commit of submitted":
                self._inside = False
            if name == self._death.point:
                self._left -= 1
                if not self._left:  # the lock is never released: no other thread passes a point any more
                    _say(Died(self._death, self._inside))
                    os.kill(os.getpid(), signal.SIGKILL)
            if name == "before commit of submitting":
                self._inside = True


def _purge(trial: Trial, frame: pd.DataFrame, client: bf.Client, last: bool) -> dict[str, Any]:
    return {"purged": purge("0 s")}


def _call(trial: Trial, frame: pd.DataFrame, client: bf.Client, last: bool) -> dict[str, Any]:
    verb = "insert" if "key" in trial.mode else trial.mode
    try:
        run = frame.bigin.submit("Contacts", verb, client=client, **options_of(trial))
    except AlreadyDelivered as already:
        return {"run": already.run_id, "shown": [_again(already.run_id, frame)]}
    return _ended(trial, run, frame, last)


def _resume(trial: Trial, frame: pd.DataFrame, client: bf.Client, last: bool) -> dict[str, Any]:
    known = bf.runs()
    if not len(known):
        return _call(trial, frame, client, last)
    return _ended(trial, bf.resume(known["run"].iloc[0], frame, client=client), frame, last)


def _ended(trial: Trial, run: bf.Run, frame: pd.DataFrame, last: bool) -> dict[str, Any]:
    shown = [run.frame(), run.wait(_PATIENCE_S, progress=False)]
    if last and trial.mode != "insert":  # what can be sent again without harm is sent again on request
        shown.append(run.reconcile())
    if last:
        shown.append(_again(run.id, frame))
    return {"run": run.id, "shown": shown}


def _again(run_id: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Open a run that has ended again, without a client: it makes no request."""
    return bf.resume(run_id, frame).frame()


# -- the judgement


def _judge(
    trial: Trial, report: Report, home: Path, opened: Opened, said: list[dict[str, Any]], pipe: Connection
) -> None:
    pipe.send(None)
    truth, errors = pipe.recv()
    report.found += [f"the sandbox: {error}" for error in errors]
    report.found += [f"{one['where']} raised {one['error']}" for one in said if "error" in one]
    if "shown" not in said[-1]:
        report.found.append("the last call gave no frame")
        return
    shown = [frame for one in said if one.get("run") == said[-1]["run"] for frame in one["shown"]]
    written = read_journal(home / NAME)
    frame, out = frame_of(trial, opened.ids), shown[-1]
    report.found += violations(
        frame,
        out,
        truth,
        answers_lost=True,
        written=written,
        before=shown[:-1],
        said={"the log": (home / "log.txt").read_text()},
        unspeakable=[CANARY, *opened.secrets],
    )
    report.unknown = int((out["Status"] == "UNKNOWN").sum())
    report.found += [
        f"N5 row {row}: {status} after an undisturbed call"
        for row, status in enumerate(out["Status"])
        if status in OPEN and status != "UNKNOWN"
    ]
    report.found += _unwarranted(trial, report, written)


def _unwarranted(trial: Trial, report: Report, written: Written) -> Iterator[str]:
    """Yield doubts without a cause: only a keyless insert may have one, for each death while a job was created."""
    doubtful = [batch for batch in written.batches if batch.state == "unknown"]
    if report.unknown and trial.mode != "insert":
        yield f"N4 {report.unknown} rows of an {trial.mode} are unknown in the end"
    if len(doubtful) > report.inside:
        yield f"N4 {len(doubtful)} batches are unknown after {report.inside} deaths while a job was being created"
    for batch in doubtful:
        states = [state for state, _ in batch.events]
        if states[states.index("unknown") - 1] != "submitting":
            yield f"N4 batch {batch.number} is unknown, and was not being submitted"
