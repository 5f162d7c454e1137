"""All other tests rely on the checker: each kind of planted violation is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bigin_frames.delivery.batches.batch import batches_of
from bigin_frames.delivery.batches.states import State
from bigin_frames.journal.database import NAME
from bigin_frames.journal.entries import BatchRecord, RunRecord
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import LedgerJob
from tests.support.checker import MARK, Entry, Truth, Written, WrittenBatch, violations
from tests.support.fake_batch import sizes_of, task_of
from tests.support.honesty import read_journal

RUN = "0123abcd"
DONE = ("prepared", "uploaded", "submitting", "submitted", "completed", "fetched", "merged")


def batch(number: int, rows: list[int], states: tuple[str, ...] = DONE, **facts: Any) -> WrittenBatch:
    known = {"code": "CUT_SHORT", "failure": "process ended"}
    events = [(state, known if state == "unknown" else {}) for state in states]
    given = {"name": f"f{number}", "job_id": f"{number}1", "verdicts": None, **facts}
    return WrittenBatch(RUN, number, rows, states[-1], events=events, **given)


class Delivery:
    """Four rows: two added, one skipped because of a record with its key, one unknown whose job exists after all."""

    def __init__(self) -> None:
        self.frame = pd.DataFrame({MARK: ["a", "b", "c", "d"], "n": [1, 2, 3, 4]}, index=[5, 5, 6, 7])
        self.out = self.frame.assign(
            ID=["100", "101", None, None],
            Status=["ADDED", "ADDED", "SKIPPED", "UNKNOWN"],
            Error=[None, None, "DUPLICATE_DATA-Email", "CUT_SHORT"],
        )
        self.entries = [
            Entry("a", "01", "ADDED", "100"),
            Entry("b", "01", "ADDED", "101"),
            Entry("c", "11", "SKIPPED", None, "DUPLICATE_DATA-Email", "99"),
            Entry("d", "21", "ADDED", "102"),
        ]
        self.jobs = [
            LedgerJob(f"{n}1", "Contacts", "insert", f"file {n}", f"f{n}", None, "COMPLETED", []) for n in range(3)
        ]
        self.batches = [
            batch(0, [0, 1], verdicts={"ID": ["100", "101"], "Status": ["ADDED", "ADDED"]}),
            batch(1, [2], verdicts={"ID": [None], "Status": ["SKIPPED"]}),
            batch(2, [3], (*DONE[:3], "unknown"), job_id=None),
        ]
        self.creates: list[int | None] = [201, 201, 201]
        self.before = [self.out.assign(ID=None, Status=["PENDING", "UNKNOWN", "UNSENT", "UNKNOWN"])]
        self.said = {"the log": "run 0123abcd batch 0: merged"}
        self.kept = ""
        self.secrets_in_addresses = 0

    def found(self) -> list[str]:
        return violations(
            self.frame,
            self.out,
            Truth(self.jobs, self.entries, self.creates, self.secrets_in_addresses),
            answers_lost=True,
            written=Written([RUN], self.batches, self.kept),
            before=self.before,
            said=self.said,
            unspeakable=["Sesame", "Quokka"],
        )


def test_honest_delivery_is_found_honest() -> None:
    assert Delivery().found() == []


Fault = Callable[[Delivery], object]


def row(delivery: Delivery, at: int, **verdict: Any) -> None:
    for name, value in verdict.items():
        delivery.out.iloc[at, delivery.out.columns.get_loc(name)] = value


def swap_ids(delivery: Delivery) -> None:
    row(delivery, 0, ID="101")
    row(delivery, 1, ID="100")


def double_the_job(delivery: Delivery) -> None:
    delivery.jobs.append(replace(delivery.jobs[0], id="91", file_id="file 9", file_name="f9"))
    delivery.entries += [replace(entry, job="91", record_id="200") for entry in delivery.entries[:2]]
    delivery.creates.append(201)
    delivery.batches.append(replace(delivery.batches[0], number=9, name="f9", job_id="91"))


def forget_the_evidence(delivery: Delivery) -> None:
    delivery.batches[2] = batch(2, [3], ("prepared", "uploaded"), job_id=None)


def replan(delivery: Delivery, number: int, **facts: Any) -> None:
    delivery.batches[number] = replace(delivery.batches[number], **facts)


PLANTED: dict[str, tuple[str, Fault]] = {
    "a row is deleted": ("N1", lambda d: setattr(d, "out", d.out.iloc[1:])),
    "rows are shuffled": ("N1", lambda d: setattr(d, "out", d.out.iloc[[1, 0, 2, 3]])),
    "the caller's cell changes": ("N1", lambda d: row(d, 1, n=7)),
    "a result column is missing": ("N1", lambda d: d.out.pop("Error")),
    "a verdict of no known word": ("N1", lambda d: row(d, 1, Status="DONE")),
    "two ids are swapped": ("N2", swap_ids),
    "a verdict is flipped": ("N2", lambda d: row(d, 2, Status="ADDED", ID="99", Error=None)),
    "a reason is another one": ("N2", lambda d: row(d, 2, Error="INVALID_DATA-Email")),
    "an added row was only skipped": ("N2", lambda d: d.entries.__setitem__(0, Entry("a", "01", "SKIPPED", None, "X"))),
    "a row that a job holds is unsent": ("N2", lambda d: row(d, 1, Status="UNSENT", ID=None, Error="NOT_SENT")),
    "a reason is missing": ("N2", lambda d: row(d, 3, Error=None)),
    "an open verdict has an id": ("N2", lambda d: row(d, 3, ID="102")),
    "the journal's job is not in Bigin": ("N2", lambda d: replan(d, 1, job_id="77")),
    "a job is doubled": ("N3", double_the_job),
    "two jobs share a file": ("N3", lambda d: d.jobs.__setitem__(1, replace(d.jobs[1], file_id="file 0"))),
    "more jobs than calls": ("N3", lambda d: d.creates.pop()),
    "sent again in doubt": ("N3", lambda d: replan(d, 0, events=[(s, {}) for s in (*DONE[:3], "unknown", *DONE)])),
    "unknown without a call": ("N4", forget_the_evidence),
    "unknown without evidence": ("N4", lambda d: replan(d, 2, events=[(s, {}) for s in (*DONE[:3], "unknown")])),
    "unknown though merged": ("N4", lambda d: replan(d, 2, state="merged", verdicts={"ID": [None], "Status": [None]})),
    "unknown in no batch": ("N4", lambda d: d.batches.pop()),
    "a definite verdict changes": ("N5", lambda d: d.before.append(d.before[0].assign(Status="ADDED", ID="55"))),
    "the journal has another verdict": ("N5", lambda d: replan(d, 1, verdicts={"ID": [None], "Status": ["UPDATED"]})),
    "the journal has no verdict": ("N5", lambda d: d.batches.__setitem__(1, batch(1, [2], DONE[:4]))),
    "the last event is another state": ("N5", lambda d: replan(d, 0, events=d.batches[0].events[:-1])),
    "a merged batch continues": ("N5", lambda d: d.batches.__setitem__(0, batch(0, [0, 1], (*DONE, "uploaded")))),
    "a job has a row too many": ("N6", lambda d: d.entries.append(Entry("a", "11", "SKIPPED"))),
    "a line of no row": ("N7", lambda d: d.entries.append(Entry("z", "01", "ADDED", "300"))),
    "a job of no batch": ("N7", lambda d: d.jobs.append(replace(d.jobs[0], id="91", file_id="x", file_name="x"))),
    "a job of another batch": ("N7", lambda d: replan(d, 1, job_id="01")),
    "a row of no frame": ("N7", lambda d: d.batches.append(batch(3, [8], ("prepared",), job_id=None))),
    "a secret in the log": ("N8", lambda d: d.said.update({"the log": "token SESAME refused"})),
    "a cell in the journal": ("N8", lambda d: setattr(d, "kept", '{"Error": "quokka is no e-mail"}')),
    "a secret in an address": ("N8", lambda d: setattr(d, "secrets_in_addresses", 1)),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_violation_is_found_under_its_rule(fault: str) -> None:
    rule, plant = PLANTED[fault]
    delivery = Delivery()
    plant(delivery)
    assert rule in {violation[:2] for violation in delivery.found()}


def test_cell_value_is_not_repeated_by_the_violation() -> None:
    delivery = Delivery()
    delivery.said["the log"] = "Quokka"

    assert delivery.found() == ["N8 the log holds secret or cell value 1"]


def test_key_that_was_added_twice_is_found() -> None:
    delivery = Delivery()
    double_the_job(delivery)
    delivery.jobs = [replace(job, find_by="Load_Key") for job in delivery.jobs]

    assert "N3 rows [0]: added 2 times" in delivery.found()


def test_person_may_settle_a_doubt_and_the_batch_be_sent_again() -> None:
    delivery = Delivery()
    settled = [*delivery.batches[2].events, ("rejected", {"resolved": "not_applied"}), *((s, {}) for s in DONE)]
    delivery.batches[2] = batch(2, [3], verdicts={"ID": ["102"], "Status": ["ADDED"]})
    replan(delivery, 2, events=settled)
    row(delivery, 3, ID="102", Status="ADDED", Error=None)

    assert delivery.found() == []


def test_journal_is_read_as_it_was_written(tmp_path: Any) -> None:
    frame = pd.DataFrame({"name": ["N0", "N1", "N2"]})
    task = task_of(None, frame)
    made = batches_of(RUN, task, np.arange(3), sizes_of(task), 2)
    journal = Journal(tmp_path)
    record = RunRecord(
        id=RUN, key="k", org="1", module="Contacts", operation="insert", rows=3, spec={"zone": "UTC"},
        decided={"rows": [], "Status": [], "Error": []},
    )  # fmt: skip
    kept = [BatchRecord(number=b.number, rows=b.rows.tobytes(), csv_bytes=b.csv_bytes, state=b.state) for b in made]
    journal.begin(record, kept)
    for one in made:
        one.journal = journal
    made[0].move(State.REJECTED, code="NOT_SENT")

    written = read_journal(tmp_path / NAME)

    assert written.runs == [RUN]
    assert [list(b.rows) for b in written.batches] == [[0, 1], [2]]
    assert [b.state for b in written.batches] == ["rejected", "prepared"]
    assert written.batches[0].events == [("rejected", {"code": "NOT_SENT"})]
    assert {row: b.number for row, b in written.newest().items()} == {0: 0, 1: 0, 2: 1}
    assert "NOT_SENT" in written.text
    assert '{"rows":[],"Status":[],"Error":[]}' in written.text
