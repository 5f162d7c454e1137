"""Callbacks: the details of a finished job, posted to the address that its creation named."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bigin_frames.sandbox.bulk.details import as_answered, show_job
from bigin_frames.sandbox.organisation.log import PostedCallback
from bigin_frames.sandbox.organisation.org import Org

TIMEOUT_S = 5
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def post_when_due(org: Org, job: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    """Post the callback of a job that has just finished, as often as `Behaviour` says."""
    behaviour = org.behaviour
    silent = outcome["status"] == "FAILED" and not behaviour.callback_on_failure
    stuck = org.store.jobs(job["id"])[0]["state"].get("stuck")  # such a job never ends
    if job["body"]["callback"] is None or silent or stuck or behaviour.callback in ("never", "after"):
        return
    if behaviour.callback != "before" and _is_reachable(job["body"]["callback"]["url"]):
        org.store.note_state(job["id"], told=True)
    for _ in range(2 if behaviour.callback == "twice" else 1):
        post(org, job["id"])


def post(org: Org, job_id: str) -> None:
    """Post the details of a job, and log how the receiver answered.

    The receiver is on this machine, so the details name the address that is reached from here.
    """
    url = org.store.jobs(job_id)[0]["body"]["callback"]["url"]
    org.callbacks.append(PostedCallback(url, job_id, _posted(org, url, job_id)))


def _posted(org: Org, url: str, job_id: str) -> str:
    if not _is_reachable(url):
        return "not sent: the sandbox sends to loopback addresses only"
    data = json.dumps(as_answered(org, show_job(org, job_id, org.address.url, ended=True))).encode()
    headers = {"Content-Type": "application/json;charset=UTF-8"}
    request = urllib.request.Request(url, data, headers)  # noqa: S310 - http or https, checked at job creation
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            return str(answer.status)
    except (OSError, ValueError) as error:
        return type(error).__name__


_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _is_reachable(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK
