"""The jobs that were accepted, and the outcome of each row of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request

from bigin_frames.sandbox.bulk.details import DONE, stage
from bigin_frames.sandbox.metadata.fields import ID
from bigin_frames.sandbox.metadata.modules import MODULES
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.markup import Html, address, join, link, named, table, tag
from bigin_frames.sandbox.page.paging import paged
from bigin_frames.sandbox.page.words import count, time_text
from bigin_frames.sandbox.store.ledger import LedgerRow

COUNTS = ("total_count", "added_count", "updated_count", "skipped_count")
HEADS = ("State", "Job", "Rows", "Added", "Updated", "Skipped", "Accepted", "File", "Id")
VERDICT_HEADS = ("Row", "Verdict", "Record", "Errors")


def show_jobs(org: Org, request: Request) -> Html:
    """Show all jobs, newest first."""
    accepted = org.store.jobs()[::-1]
    shown, pager = paged(accepted, request, {})
    about = "Every bulk write job that was accepted, even if its client never got the answer."
    return join(tag("h1", "Jobs"), tag("p", about, class_="quiet"), job_table(org, shown), pager)


def job_table(org: Org, listed: Sequence[Mapping[str, Any]]) -> Html:
    """Return a table of jobs."""
    if not listed:
        return tag("p", "No job yet.", class_="empty")
    return table(HEADS, [_row(org, job) for job in listed], class_="jobs")


def show_job(org: Org, request: Request, job_id: str) -> Html:
    """Show one job and its rows; `only` keeps the rows of one verdict."""
    found = org.store.jobs(job_id)
    if not found:
        raise NotFound("There is no job with this id.")
    body, rows, only = found[0]["body"], org.store.ledger_rows(job_id), request.args.get("only", "")
    shown, pager = paged([row for row in rows if only in ("", row.status)], request, {"only": only})
    facts = {
        "State": _state(org, found[0]),
        "Operation": body["operation"],
        "Module": MODULES[body["module"]][1],
        "Matched by": body["find_by"],
        "File": body["file_name"],
        "Accepted": time_text(found[0]["created"]),
        "Result": _result(found[0]["outcome"]),
    }
    return join(
        tag("p", link("/jobs", "← Jobs")),
        tag("h1", "Job ", tag("code", job_id)),
        named(facts),
        _verdicts(job_id, rows, only),
        table(VERDICT_HEADS, [_verdict(body["module"], row) for row in shown]) if rows else None,
        pager,
    )


def badge(word: str) -> Html:
    """Return a status in its colour."""
    return tag("span", word, class_=f"badge {_COLOURS.get(word, 'grey')}")


def _row(org: Org, job: Mapping[str, Any]) -> list[Html | str]:
    body, numbers = job["body"], (job["outcome"] or {}).get("counts") or {}
    texts = [f"{numbers[name]:,}" if name in numbers else "" for name in COUNTS]
    return [
        _state(org, job),
        link(f"/jobs/{job[ID]}", body["operation"], " ", MODULES[body["module"]][1]),
        *[tag("span", text, class_="number") for text in texts],
        time_text(job["created"], org.clock()),
        tag("small", body["file_name"]),
        tag("small", job[ID]),
    ]


def _state(org: Org, job: Mapping[str, Any]) -> Html:
    """Return the state as it is, and what a client sees where that is behind."""
    outcome, seen = job["outcome"], stage(org, job)
    if outcome is None:
        return badge("RUNNING")
    code = tag("code", outcome["code"]) if outcome["code"] else None
    behind = tag("small", f"a client still sees {seen}", class_="quiet") if seen != DONE else None
    return join(badge(outcome["status"]), " ", code, " ", behind)


def _result(outcome: Mapping[str, Any] | None) -> str:
    if outcome is None:
        return "not yet"
    return "available for download through the API" if outcome["result"] else "none"


def _verdicts(job_id: str, rows: Sequence[LedgerRow], only: str) -> Html:
    numbers = Counter(row.status for row in rows)
    if not rows:
        return tag("p", "No row of its file was processed.", class_="empty")
    pairs = [("", count(len(rows), "row")), *((word, f"{word} {number:,}") for word, number in numbers.items())]
    links = [
        link(address(f"/jobs/{job_id}", {"only": word}), text, aria_current="page" if word == only else None)
        for word, text in pairs
    ]
    return tag("nav", links, class_="tabs", aria_label="Verdicts")


def _verdict(module: str, row: LedgerRow) -> list[Html | str | None]:
    record = link(f"/records/{module}/{row.record_id}", row.record_id) if row.record_id else None
    return [f"{row.ordinal + 1:,}", badge(row.status), record, tag("code", row.errors) if row.errors else None]


_COLOURS = {
    "COMPLETED": "green",
    "ADDED": "green",
    "UPDATED": "blue",
    "RUNNING": "blue",
    "SKIPPED": "amber",
    "FAILED": "red",
    "UNPROCESSED": "red",
}
