"""The questions that single calls, the creation of jobs and their details answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bigin_frames.sandbox.bulk.java_order import hash_order
from bigin_frames.wire.hosts import host_of
from tests.live.files import KEY_COUNTRY
from tests.live.found import UNSEEN, Found, one_of
from tests.live.seen import Seen


def missing_auth(seen: Seen) -> Found:
    code = seen.calls.get("code without token")
    return one_of(code, ("AUTHENTICATION_FAILURE", "INVALID_TOKEN"), f"{code}")


def upload_error_status(seen: Seen) -> Found:
    status, code = seen.calls.get("no zip", (None, None))
    return one_of(status if code else None, (200, 400), f"HTTP {status}, {code}")


def gateway_errors(seen: Seen) -> Found:
    status, code = seen.calls.get("no feature", (None, None))
    return Found(code.startswith("HTTP_"), f"HTTP {status}, {code}") if code else UNSEEN


def job_not_found_status(seen: Seen) -> Found:
    status, code = seen.calls.get("no job", (None, None))
    return one_of(status if code else None, (404, 400), f"HTTP {status}, {code}")


def stage_maps(seen: Seen) -> Found:
    if "layouts" not in seen.calls:
        return UNSEEN
    values = [value for one in _fields(seen.calls["layouts"], "Sub_Pipeline") for value in one["pick_list_values"]]
    told = sum(bool(value.get("maps")) for value in values)
    return Found(told > 0, f"{told} of {len(values)} sub-pipelines name stages")


def _fields(layouts: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    sections = [section for layout in layouts["layouts"] for section in layout["sections"]]
    return [one for section in sections for one in section["fields"] if one.get("api_name") == name]


# -- creation


def created_status(seen: Seen) -> Found:
    if "r" not in seen.jobs:
        return UNSEEN
    status = seen.jobs["r"].created_status
    return one_of(status, (201, 200, 202), f"HTTP {status}")


def module_as_string(seen: Seen) -> Found:
    return _tried(seen, "r", "module as string", "accepted")


def many_resources(seen: Seen) -> Found:
    found = _tried(seen, "p", "two resources", "first only")
    if found.value != "first only":
        return found
    job = seen.jobs["p"]
    resources, total = len(job.details.get("resource", ())), job.details["resource"][0]["file"].get("total_count")
    evidence = f"taken; details show {resources} resource(s), {total} rows"
    return Found("first only", evidence) if (resources, total) == (1, 4) else Found(None, evidence, new=True)


def _tried(seen: Seen, letter: str, what: str, word: str) -> Found:
    if letter not in seen.jobs:
        return UNSEEN
    if what in seen.refused:
        return Found("refused", f"refused with {seen.refused[what]}, taken without")
    return Found(word, "taken")


def file_id_reuse(seen: Seen) -> Found:
    if code := seen.refused.get("file again"):
        return one_of(code, ("INVALID_FILE_ID", "ALREADY_USED"), f"refused with {code}")
    return Found("allowed", "a second job was made from one file") if "u" in seen.jobs else UNSEEN


def find_by_any_field(seen: Seen) -> Found:
    job = seen.jobs.get("u")
    if job is None:
        return UNSEEN
    if job.plan.find_by != KEY_COUNTRY:
        return Found("refused", f"refused with {seen.refused.get('key that is not unique')}")
    cities = {mark: seen.updated.get(mark, {}).get("Mailing_City") for mark in ("r17", "r18")}
    changed = [which for which, mark in (("first", "r17"), ("last", "r18")) if str(cities[mark]).endswith("u06")]
    if not changed:
        return UNSEEN
    return Found(changed[0], "one changed") if len(changed) == 1 else Found(None, "both changed", new=True)


# -- details


def details_wrapped(seen: Seen) -> Found:
    polls = seen.jobs["r"].polls if "r" in seen.jobs else []
    return Found("data" in polls[0], f"keys {', '.join(list(polls[0])[:3])}") if polls else UNSEEN


def in_progress_word(seen: Seen) -> Found:
    words = [word for job in seen.jobs.values() for word in _words(job.polls)]
    found = next((word for word in words if word.upper().replace(" ", "").replace("_", "") == "INPROGRESS"), None)
    return one_of(found, ("INPROGRESS", "IN PROGRESS", "In Progress"), f"words {sorted(set(words))}")


def _words(polls: list[Mapping[str, Any]]) -> list[str]:
    return [str((poll["data"][0] if "data" in poll else poll).get("status"))[:20] for poll in polls]


def done_code(seen: Seen) -> Found:
    resources = seen.jobs["r"].details.get("resource") if "r" in seen.jobs else None
    if not resources or seen.jobs["r"].details.get("status") != "COMPLETED":
        return UNSEEN
    code = resources[0].get("code")
    return one_of(code, ("COMPLETED", "SUCCESS"), f"{code}")


def mappings_echo(seen: Seen) -> Found:
    resources = seen.jobs["r"].details.get("resource") if "r" in seen.jobs else None
    listed = [one.get("api_name") for one in (resources or [{}])[0].get("field_mappings") or ()]
    if not listed:
        return UNSEEN
    request = list(seen.jobs["r"].plan.columns)
    orders = {"hash": [request[n] for n in hash_order(request)], "request": request}
    found = next((word for word, order in orders.items() if order == listed), "another")
    return one_of(found, orders, f"order of {found}")


def url_shown(seen: Seen) -> Found:
    if "r" not in seen.jobs or seen.jobs["r"].url is None:
        return UNSEEN
    late = _words(seen.jobs["r"].polls).count("COMPLETED") - 1
    return Found("one poll late" if late else "when completed", f"{late} poll(s) showed COMPLETED without an address")


def download_url(seen: Seen) -> Found:
    url = _url(seen)
    return Found("relative" if url.startswith("/") else "absolute", "see the host below") if url else UNSEEN


def download_path(seen: Seen) -> Found:
    parts = urlsplit(_url(seen)).path.split("/")
    found = next((word for word in ("crm", "bigin") if word in parts), None)
    return one_of(found, ("crm", "bigin"), f"a path with {found}")


def download_host(seen: Seen) -> Found:
    """Return the host of results; it is not a switch here, since a sandbox cannot answer for another host."""
    url = _url(seen)
    if not url:
        return UNSEEN
    host = "the API host" if url.startswith("/") else host_of(url)
    unknown = [job.problem for job in seen.jobs.values() if job.problem and "does not know" in job.problem]
    return Found(host, unknown[0] if unknown else "known to the library", new=bool(unknown))


def _url(seen: Seen) -> str:
    return next((job.url for job in seen.jobs.values() if job.url), "")


# -- queries


def coql_lag(seen: Seen) -> Found:
    misses = seen.calls.get("queries that saw nothing")
    return UNSEEN if misses is None else Found(misses, f"queries that saw nothing, five seconds apart: {misses}")


def coql_case(seen: Seen) -> Found:
    if "case" not in seen.calls or "r01" not in seen.people:
        return UNSEEN
    found = bool(seen.calls["case"])
    return Found("insensitive" if found else "exact", f"upper case {'finds' if found else 'does not find'} lower case")


def coql_backslash(seen: Seen) -> Found:
    ids = {reading: seen.people.get(mark, {}).get("id") for reading, mark in (("letter", "r09"), ("escape", "r10"))}
    if "backslash" not in seen.calls or None in ids.values():
        return UNSEEN
    hits = [reading for reading, record_id in ids.items() if record_id in seen.calls["backslash"]]
    return Found(hits[0], "one of two records found") if len(hits) == 1 else Found(None, f"{len(hits)} found", new=True)
