"""A job as job details show it (Bigin v2 docs, bulk-write/job-details), at the pace that `Behaviour` sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.bulk.java_order import hash_order
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.server.answers import Refusal

LONGEST_WORK_S = 60  # so long a call that should see the end waits for it: the number of polls is exact

ADDED, IN_PROGRESS, DONE = "ADDED", "IN PROGRESS", "DONE"


def see_job(org: Org, job_id: str, wait: Callable[[str, float], bool], url: str) -> dict[str, Any]:
    """Count a call of job details and return its answer; `url` is the address that the caller uses."""
    org.store.count_poll(job_id)
    if stage(org, find_job(org, job_id)) == DONE:
        wait(job_id, LONGEST_WORK_S)
    return show_job(org, job_id, url)


def find_job(org: Org, job_id: str) -> dict[str, Any]:
    """Return a job, or refuse an id that is unknown or no longer kept."""
    found = org.store.jobs(job_id)
    life = org.behaviour.job_life_s
    if not found or (life is not None and org.clock() > found[0]["created"] + life):
        raise Refusal("RESOURCE_NOT_FOUND", status=org.behaviour.job_not_found_status)
    return found[0]


def stage(org: Org, job: Mapping[str, Any]) -> str:
    """Return how far the job is, by the pace of polls and seconds."""
    behaviour, state = org.behaviour, job["state"]
    if state.get("stuck"):
        return ADDED if state["stuck"] == "ADDED" else IN_PROGRESS
    if state.get("told"):  # the callback said it is done
        return DONE
    age = org.clock() - job["created"]
    if state["polls"] <= behaviour.polls_added or age < behaviour.seconds_added:
        return ADDED
    last = behaviour.polls_added + behaviour.polls_in_progress + state.get("more_polls", 0)
    if state["polls"] <= last or age < behaviour.seconds_added + behaviour.seconds_in_progress:
        return IN_PROGRESS
    return DONE


def show_job(org: Org, job_id: str, url: str, *, ended: bool = False) -> dict[str, Any]:
    """Return job details as JSON; keys that are not known yet are absent, as in the recorded samples.

    `url` is the address of the sandbox for the reader of these details. `ended` is for a callback, which reports the
    end whether or not a call sees it yet.
    """
    job = find_job(org, job_id)
    body, outcome = job["body"], job["outcome"]
    at = DONE if ended else stage(org, job)
    if at == DONE and outcome is None:
        at = IN_PROGRESS
    status, code = _words(org.behaviour, at, outcome)
    answer: dict[str, Any] = {"status": status}
    if at == DONE and (encoding := outcome.get("encoding") or body["character_encoding"]):
        answer["character_encoding"] = encoding
    answer["resource"] = [_resource(org, job, at, status, code)]
    answer["id"] = job_id
    if body["callback"]:
        answer["callback"] = body["callback"]
    if at == DONE and outcome["result"] and _url_is_due(org.behaviour, job):
        answer["result"] = {"download_url": download_url(org, job_id, url)}
    answer["created_by"] = org.creator()
    answer["ignore_empty"] = body["ignore_empty"]
    answer["operation"] = body["operation"]
    answer["created_time"] = org.time_text(job["created"])
    return answer


def as_answered(org: Org, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return job details as the body of a call or a callback."""
    return {"data": [details]} if org.behaviour.details_wrapped else dict(details)


def download_url(org: Org, job_id: str, url: str) -> str:
    """Return the address of the result, in one of the recorded forms."""
    behaviour = org.behaviour
    path = f"{behaviour.download_path}/{org.store.org['zgid']}/bulk-write/{job_id}/{job_id}.zip"
    if behaviour.download_url == "relative":
        return f"/v7/{path}"
    return f"{behaviour.download_host or url}/v2/{path}"


def _words(behaviour: Behaviour, at: str, outcome: Mapping[str, Any] | None) -> tuple[str, str]:
    """Return the status word and the resource's code."""
    if at == ADDED:
        return "ADDED", "ADDED"
    if at == IN_PROGRESS or outcome is None:
        return behaviour.in_progress_word, "ADDED"
    if outcome["status"] == "FAILED":
        return "FAILED", outcome["code"]
    return "COMPLETED", behaviour.done_code


def _resource(org: Org, job: Mapping[str, Any], at: str, status: str, code: str) -> dict[str, Any]:
    body, outcome = job["body"], job["outcome"] or {}
    mappings = body["mappings"] or (outcome.get("mappings") if at == DONE else None)
    resource: dict[str, Any] = {
        "status": status,
        "type": "data",
        "module": {"id": org.store.module_ids()[body["module"]], "api_name": body["module"]},
    }
    if mappings:
        resource["field_mappings"] = _mappings(org.behaviour, mappings)
    resource["file"] = _file(org.behaviour, job, at, status)
    resource["code"] = code
    return resource


def _mappings(behaviour: Behaviour, mappings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    names = [mapping["api_name"] for mapping in mappings]
    order = hash_order(names) if behaviour.mappings_echo == "hash" else range(len(names))
    keys = ("api_name", "index", "format", "find_by", "module", "default_value")
    return [{key: mappings[n].get(key) for key in keys} for n in order]


def _file(behaviour: Behaviour, job: Mapping[str, Any], at: str, status: str) -> dict[str, Any]:
    counts = (job["outcome"] or {}).get("counts")
    file: dict[str, Any] = {"status": status}
    if at == ADDED:
        return file
    file["name"] = job["body"]["file_name"]
    if counts and at == DONE:
        return {**file, **counts}
    if counts and behaviour.partial_counts:
        half = {key: count // 2 for key, count in counts.items() if key != "total_count"}
        return file | half | {"total_count": sum(half.values())}
    return file


def _url_is_due(behaviour: Behaviour, job: Mapping[str, Any]) -> bool:
    if behaviour.url_shown == "when completed":
        return True
    polls = behaviour.polls_added + behaviour.polls_in_progress + job["state"].get("more_polls", 0)
    return bool(job["state"]["polls"] > polls + 1)
