"""Calls in any order, with deaths anywhere: the frames agree with the sandbox's ledger.

The house profile draws a sample; ``pytest --hypothesis-profile=campaign`` with this file draws 200
examples of 30 steps.
"""

from __future__ import annotations

import gc
import itertools
import os
import tempfile
import threading
import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import bigin_frames as bf
from bigin_frames import checkpoints
from bigin_frames.errors import (
    AlreadyDelivered,
    ApiError,
    BrokenRunError,
    FrameChangedError,
    InputError,
    JobPending,
    TransportError,
)
from bigin_frames.model import REFUSED
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from tests.support.checker import Truth
from tests.support.dose import WHOLE
from tests.support.honesty import MARK, Clock, so_far, truth_of, violations

# An upload that dies half-way leaves a file in the sandbox's form parser, which does not close it.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed file <tempfile.Spooled:ResourceWarning")

KEY = "Load_Key"
WAIT_S = 20
FAULTS: dict[str, tuple[str, Callable[[], Fault]]] = {
    "create lost, taken": ("create", Fault.reset_after),
    "create lost, not taken": ("create", Fault.reset_before),
    "create 500, taken": ("create", lambda: Fault.internal_error(applied=True)),
    "create refused": ("create", lambda: Fault.refused("INVALID_DATA", 400)),
    "create unreadable, taken": ("create", lambda: Fault.malformed_json(applied=True)),
    "upload refused": ("upload", lambda: Fault.refused("INVALID_REQUEST", 400)),
    "poll fails": ("details", lambda: Fault.html(502)),
    "rights lost": ("details", Fault.scope_mismatch),
    "download cut": ("download", Fault.truncated),
    "job fails half-way": ("job", lambda: Fault.job_failed(rows=1)),
    "job fails with a result": ("job", lambda: Fault.job_failed(rows=1, with_result=True)),
}
faults = st.none() | st.sampled_from(sorted(FAULTS))
deaths = st.none() | st.integers(1, 24)  # the n-th point that is passed


class Killed(BaseException):
    """A stand-in for the end of a process."""


class Machine(RuleBasedStateMachine):
    """Writes, deaths, resumes and purges, in any order."""

    box: Sandbox
    serial = itertools.count()

    @initialize()
    def begin(self) -> None:
        self.clock = Clock()
        self.home = tempfile.TemporaryDirectory()
        os.environ["BIGIN_FRAMES_HOME"] = self.home.name
        self.client = self.box.client(transport=self.clock.transport())
        self.since = so_far(self.box)
        self.frames: list[tuple[pd.DataFrame, dict[str, Any]]] = []  # what was inserted without a key, and how
        self.keyed: list[pd.DataFrame] = []
        self.allowed: Counter[str] = Counter()  # by mark: how often an insert may add the row
        self.shown: list[tuple[pd.DataFrame, pd.DataFrame]] = []  # what was given, and what was returned
        self.looked_at = 0

    def teardown(self) -> None:
        checkpoints.at = None
        if hasattr(self, "home"):
            self.clock.stop()
            self.box.faults.clear()
            self.home.cleanup()

    # -- what a caller does

    @rule(rows=st.integers(1, 3), fault=faults, death=deaths)
    def insert(self, rows: int, fault: str | None, death: int | None) -> None:
        self._insert(self._rows(rows), fault, death)

    @rule(which=st.integers(0), fault=faults, death=deaths)
    def insert_the_same_again(self, which: int, fault: str | None, death: int | None) -> None:
        if self.frames:
            self._insert(self.frames[which % len(self.frames)][0], fault, death)

    @rule(which=st.integers(0), rows=st.integers(1, 2), fault=faults, death=deaths)
    def insert_with_yesterdays_rows(self, which: int, rows: int, fault: str | None, death: int | None) -> None:
        if self.frames:
            frame = pd.concat([self.frames[which % len(self.frames)][0], self._rows(rows)], ignore_index=True)
            self._insert(frame.drop_duplicates(MARK, ignore_index=True), fault, death)

    @rule(which=st.integers(0), fault=faults, death=deaths)
    def insert_once_more_as_asked(self, which: int, fault: str | None, death: int | None) -> None:
        if self.frames:
            frame = self.frames[which % len(self.frames)][0]
            self.allowed.update(frame[MARK])
            self._write(frame, lambda: frame.bigin.insert("Contacts", repeat=True, **self._options()), fault, death)

    @rule(rows=st.integers(1, 3), fault=faults, death=deaths, again=st.integers(0))
    def insert_by_key(self, rows: int, fault: str | None, death: int | None, again: int) -> None:
        frame = self.keyed[again % len(self.keyed)] if self.keyed and again % 2 else self._rows(rows)
        self.keyed.append(frame)
        self._write(frame, lambda: frame.bigin.insert("Contacts", row_key=KEY, **self._options()), fault, death)

    @rule(rows=st.integers(1, 2), fault=faults, death=deaths)
    def upsert(self, rows: int, fault: str | None, death: int | None) -> None:
        frame = self._rows(rows).assign(Email=lambda f: f[MARK].str.replace(" ", "-") + "@example.org")
        self._write(frame, lambda: frame.bigin.upsert("Contacts", find_by="Email", **self._options()), fault, death)

    @rule(text=st.text("ab", min_size=1, max_size=3), fault=faults, death=deaths)
    def update(self, text: str, fault: str | None, death: int | None) -> None:
        out = next((out for _, out in reversed(self.shown) if out["ID"].notna().any()), None)
        if out is not None:
            known = out[out["ID"].notna()].drop_duplicates("ID")
            frame = pd.DataFrame({"id": known["ID"].to_numpy(), "First_Name": text, MARK: known[MARK].to_numpy()})
            self._write(frame, lambda: frame.bigin.update("Contacts", **self._options()), fault, death)

    @rule(which=st.integers(0), reconcile=st.booleans(), death=deaths)
    def resume(self, which: int, reconcile: bool, death: int | None) -> None:
        known = bf.runs()
        if len(known) and self.frames:
            run_id = known["run"][which % len(known)]
            frame = self.frames[which % len(self.frames)][0]

            def go_on() -> pd.DataFrame:
                run = bf.resume(run_id, frame, client=self.client)
                _ended()  # a run is released a moment after it counts as ended, and `reconcile` may come in between
                return run.reconcile() if reconcile else run.wait(WAIT_S, progress=False)

            self._write(frame, go_on, None, death)

    @rule()
    def purge_what_is_old(self) -> None:
        assert bf.purge("1 day") == 0  # no run is that old; and unknown runs are never deleted

    # -- how it is done

    def _rows(self, rows: int) -> pd.DataFrame:
        marks = [f"mark {next(self.serial)}" for _ in range(rows)]
        return pd.DataFrame({"Last_Name": [f"Lee {mark[5:]}" for mark in marks], MARK: marks})

    def _options(self) -> dict[str, Any]:
        return {"client": self.client, "progress": False, "wait": WAIT_S, "on_error": "ignore"}

    def _insert(self, frame: pd.DataFrame, fault: str | None, death: int | None) -> None:
        self.frames.append((frame, {}))
        for mark in frame[MARK]:
            self.allowed[mark] = max(self.allowed[mark], 1)
        self._write(frame, lambda: frame.bigin.insert("Contacts", on_overlap="skip", **self._options()), fault, death)

    def _write(
        self, frame: pd.DataFrame, call: Callable[[], pd.DataFrame], fault: str | None, death: int | None
    ) -> None:
        if fault is not None:
            route, made = FAULTS[fault]
            self.box.faults.add(route, made())
        checkpoints.at = _killer(death)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", bf.BiginWarning)
                self.shown.append((frame, call()))
        except (BrokenRunError, JobPending) as open_end:
            if isinstance(open_end, BrokenRunError) and not isinstance(open_end.__cause__, Killed):
                raise
            _ended()
            self.shown.append((frame, open_end.run.frame()))
        except (AlreadyDelivered, ApiError, FrameChangedError, InputError, TransportError, Killed):
            pass  # an error, or the end: nothing was returned
        finally:
            _ended()  # while each point that they pass still kills them
            checkpoints.at = None
            self.box.faults.clear()

    # -- what is promised

    @invariant()
    def frames_tell_what_the_ledger_holds(self) -> None:
        if not hasattr(self, "shown"):
            return
        truth = truth_of(self.box, self.since)
        jobs = {job.id: job for job in truth.jobs}
        keyless = Counter[str]()
        for entry in truth.entries:
            # What Bigin has rejected may be sent again: for example a row that a failed job had not reached.
            keyless_insert = jobs[entry.job].operation == "insert" and jobs[entry.job].find_by is None
            if keyless_insert and entry.status not in REFUSED:
                keyless[entry.mark] += 1
        assert not {mark for mark, number in keyless.items() if number > self.allowed[mark]}, "N3 sent too often"
        keys = Counter(record[KEY] for record in self.box.records("Contacts") if record.get(KEY))
        assert not keys or max(keys.values()) == 1, "N3 a key has two records"
        handed = Counter(mark for frame, _ in self.shown for mark in frame[MARK])
        fresh, self.looked_at = self.shown[self.looked_at :], len(self.shown)
        for frame, out in fresh:
            # A row that was sent before may be in Bigin although this call says that it sent nothing.
            sent = [mark for mark, status in zip(out[MARK], out["Status"], strict=True)
                    if status != "UNSENT" or handed[mark] == 1]  # fmt: skip
            own = Truth((), [entry for entry in truth.entries if entry.mark in sent], ())
            found = violations(frame, out, own, answers_lost=True)
            assert not [violation for violation in found if not violation.startswith("N3")]  # that is above


def _ended() -> None:
    """Wait for the threads of every run: a dead process has no threads, and one that waits leaves none."""
    for thread in threading.enumerate():
        if thread.name.startswith("bigin-frames-"):
            thread.join(WAIT_S)


def _killer(death: int | None) -> Callable[[str], None] | None:
    if death is None:
        return None
    left, lock = [death], threading.Lock()

    def at(name: str) -> None:
        with lock:
            left[0] -= 1
            if left[0] <= 0:
                raise Killed(name)  # and at every point after it: a dead process does nothing

    return at


def _bounds(examples: int, steps: int, phases: list[Phase]) -> settings:
    return settings(max_examples=examples, stateful_step_count=steps, phases=phases, database=None)


def _played(machine: type[Machine], examples: int, steps: int, *, shrink: bool = True) -> None:
    phases = [Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])]
    with Sandbox(behaviour=Behaviour(tokens_per_10_minutes=None, live_tokens=None)) as box:
        box.add_field("Contacts", KEY, "text", length=64, unique=True)
        machine.box = box
        try:
            run_state_machine_as_test(machine, settings=_bounds(examples, steps, phases))
        finally:
            gc.collect()


class Careless(Machine):
    """Insert again what was inserted before, without saying so."""

    def _insert(self, frame: pd.DataFrame, fault: str | None, death: int | None) -> None:
        super()._insert(frame, fault, death)
        self._write(frame, lambda: frame.bigin.insert("Contacts", repeat=True, **self._options()), None, None)


class Liar(Machine):
    """Show the first row's verdict with another record."""

    def _write(
        self, frame: pd.DataFrame, call: Callable[[], pd.DataFrame], fault: str | None, death: int | None
    ) -> None:
        super()._write(frame, call, fault, death)
        self.shown = [
            (given, out.assign(ID="1") if "ADDED" in set(out["Status"]) else out) for given, out in self.shown
        ]


@pytest.mark.parametrize(
    ("machine", "says"), [(Careless, "N3 sent too often"), (Liar, "the ledger does not say ADDED 1")]
)
def test_planted_fault_is_found(machine: type[Machine], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGIN_FRAMES_HOME", "")
    with pytest.raises(AssertionError, match=says):
        _played(machine, 150, 8, shrink=False)  # ends with the first example that shows it


def test_frames_are_honest_through_every_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIGIN_FRAMES_HOME", "")  # put back at the end
    _played(Machine, *((200, 30) if WHOLE else (10, 12)))
