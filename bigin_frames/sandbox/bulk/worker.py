"""The worker: it runs accepted jobs one after the other in the background, as a live organisation does."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from bigin_frames.sandbox.bulk.callbacks import post, post_when_due
from bigin_frames.sandbox.bulk.columns import auto_mappings, make_judge
from bigin_frames.sandbox.faults.job_fault import JobFault
from bigin_frames.sandbox.files.sheets import BadFile, Sheet, read_sheet
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.verdicts.verdict import ADDED, SKIPPED, UNPROCESSED, UNTOUCHED, UPDATED, Verdict


class Worker:
    """The thread that runs jobs and posts callbacks."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._tasks: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._finished: dict[str, threading.Event] = {}
        self._thread = threading.Thread(target=self._run, name="bigin-jobs", daemon=True)

    def start(self) -> None:
        """Begin to work; jobs that an earlier process accepted and did not finish come first."""
        for job in self._org.store.jobs():
            if job["outcome"] is None:
                self.add(job["id"])
        self._thread.start()

    def stop(self) -> None:
        """Finish the waiting jobs and stop."""
        self._tasks.put(None)
        self._thread.join()

    def add(self, job_id: str) -> None:
        """Queue an accepted job."""
        self._finished[job_id] = threading.Event()
        self._tasks.put(lambda: self._do(job_id))

    def wait(self, job_id: str, timeout_s: float) -> bool:
        """Wait until a job's work is done, whatever its details show; return whether it is."""
        return self._finished[job_id].wait(timeout_s) if job_id in self._finished else True

    def settle(self) -> None:
        """Wait until every accepted job is finished and every callback is posted."""
        if self._thread.is_alive():
            self._tasks.join()

    def post_callback(self, job_id: str) -> None:
        """Post a job's details to its callback, after the work that is queued already."""
        self._tasks.put(lambda: post(self._org, job_id))

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except Exception as error:
                self._org.errors.append(error)
            finally:
                self._tasks.task_done()
        self._tasks.task_done()

    def _do(self, job_id: str) -> None:
        try:
            job = self._org.store.jobs(job_id)[0]
            outcome = self._outcome(job)
        except BaseException:
            self._org.store.finish_job(job_id, _failed("INTERNAL_ERROR"))
            raise
        else:
            self._org.store.finish_job(job_id, outcome)
        finally:
            self._finished[job_id].set()
        post_when_due(self._org, job, outcome)

    def _outcome(self, job: Mapping[str, Any]) -> dict[str, Any]:
        planned = self._org.faults.take("job")
        fault = (planned.job if planned else None) or JobFault()
        if fault.stuck or fault.polls:
            self._org.store.note_state(job["id"], stuck=fault.stuck, more_polls=fault.polls)
        if rows := self._org.store.ledger_rows(job["id"]):  # an earlier process wrote them and stopped right after
            return _completed([row.status for row in rows], {})
        try:
            sheet = self._sheet(job["body"])
            verdicts, facts = self._judge(job, sheet, fault)
        except BadFile as bad:
            return _failed(bad.code)
        done = _completed([verdict.status for verdict in verdicts], facts)
        broken = {"status": "FAILED", "code": fault.code, "result": fault.with_result}
        return done if fault.code is None else done | broken

    def _sheet(self, body: Mapping[str, Any]) -> Sheet:
        return read_sheet(self._org.store.file_body(body["file_id"]), body["character_encoding"], self._org.behaviour)

    def _judge(self, job: Mapping[str, Any], sheet: Sheet, fault: JobFault) -> tuple[list[Verdict], dict[str, Any]]:
        org, body = self._org, job["body"]
        judge = make_judge(org.store, body, sheet, org.behaviour, org.clock())
        rows = sheet.rows if fault.code is None else sheet.rows[: fault.rows]
        verdicts = [judge.judge(row) for row in rows]
        verdicts += [UNTOUCHED] * (len(sheet.rows) - len(rows))
        for column in judge.columns:
            if column.field.data_type in ("picklist", "multiselectpicklist"):
                values = [v for verdict in verdicts for v in _picked(verdict, column.field.api_name)]
                org.store.add_picklist_values(body["module"], column.field.api_name, values)
        org.store.write(body["module"], verdicts, org.clock(), job["id"])
        mappings = body["mappings"] or auto_mappings(org.store, body["module"], sheet.header)
        return verdicts, {"mappings": mappings, "encoding": sheet.encoding}


def _picked(verdict: Verdict, name: str) -> list[str]:
    text = verdict.cells.get(name)
    return text.split(";") if text else []


def _completed(statuses: list[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    counted = Counter(statuses)
    counts = {
        "added_count": counted[ADDED],
        "skipped_count": counted[SKIPPED] + counted[UNPROCESSED],
        "updated_count": counted[UPDATED],
        "total_count": len(statuses),
    }
    return {"status": "COMPLETED", "code": None, "result": True, "counts": counts} | dict(facts)


def _failed(code: str) -> dict[str, Any]:
    return {"status": "FAILED", "code": code, "result": False, "counts": None}
