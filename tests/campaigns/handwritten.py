"""The script people write today, at its best: one page of requests, zipfile and pandas, from Bigin's public pages.

It keeps text as text, sets a time-out for every call, reads answers by their body, and matches the result with its rows
by the echoed columns, equal ones in their order. For each row it reports the result's own STATUS; if anything goes
wrong it raises, and the user runs it again.
"""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping
from typing import Any

import pandas as pd
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

VERDICT = ["STATUS", "RECORD_ID", "ERRORS"]
ERRORS = (OSError, RuntimeError, LookupError, ValueError, zipfile.BadZipFile)  # the errors it ends with


def adapter() -> HTTPAdapter:
    """Return requests' own way of sending: each call once."""
    return HTTPAdapter()


def retrying_adapter() -> HTTPAdapter:
    """Return the adapter that articles on flaky APIs advise to mount."""
    return HTTPAdapter(max_retries=Retry(total=3, backoff_factor=0, status_forcelist=[502, 503, 504]))


def insert(
    frame: pd.DataFrame,
    module: str,
    columns: Mapping[str, str],
    settings: Mapping[str, str],
    sending: HTTPAdapter,
    *,
    timeout_s: float = 60,
    poll_s: float = 5,
    polls: int = 360,
) -> pd.DataFrame:
    """Add every row as a record, and return the frame with STATUS, RECORD_ID and ERRORS."""
    with requests.Session() as session:
        session.mount("http://", sending)
        session.mount("https://", sending)
        session.headers["Authorization"] = f"Zoho-oauthtoken {_token(session, settings, timeout_s)}"
        payload = frame[list(columns)].rename(columns=dict(columns))
        file_id = _upload(session, settings, payload, module, timeout_s)
        job_id = _create(session, settings, payload, module, file_id, timeout_s)
        url = _wait(session, settings, job_id, timeout_s, poll_s, polls)
        answer = session.get(url, timeout=timeout_s)
        answer.raise_for_status()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive, archive.open(archive.namelist()[0]) as file:
        result = pd.read_csv(file, dtype=str, keep_default_na=False)
    return _merged(frame, payload, result)


def _token(session: requests.Session, settings: Mapping[str, str], timeout_s: float) -> str:
    form = {name: settings[f"BIGIN_{name.upper()}"] for name in ("client_id", "client_secret", "refresh_token")}
    url = f"{settings['BIGIN_ACCOUNTS_URL']}/oauth/v2/token"
    answer = session.post(url, data={**form, "grant_type": "refresh_token"}, timeout=timeout_s)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _upload(
    session: requests.Session, settings: Mapping[str, str], payload: pd.DataFrame, module: str, timeout_s: float
) -> str:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{module}.csv", payload.to_csv(index=False))
    url = f"{settings['BIGIN_CONTENT_URL']}/bigin/v2/upload"
    headers = {"feature": "bulk-write", "X-CRM-ORG": settings["BIGIN_ORG_ID"]}
    files = {"file": (f"{module}.zip", packed.getvalue())}
    return str(_details(session.post(url, headers=headers, files=files, timeout=timeout_s))["file_id"])


def _create(
    session: requests.Session,
    settings: Mapping[str, str],
    payload: pd.DataFrame,
    module: str,
    file_id: str,
    timeout_s: float,
) -> str:
    mappings = [{"api_name": name, "index": place} for place, name in enumerate(payload)]
    resource = {"type": "data", "module": {"api_name": module}, "file_id": file_id, "field_mappings": mappings}
    body = {"operation": "insert", "resource": [resource]}
    url = f"{settings['BIGIN_API_URL']}/bigin/bulk/v2/write"
    return str(_details(session.post(url, json=body, timeout=timeout_s))["id"])


def _details(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    body = answer.json()
    if body.get("status") != "success":
        raise RuntimeError(f"Bigin refused: {body}")
    details: dict[str, Any] = body["details"]
    return details


def _wait(
    session: requests.Session, settings: Mapping[str, str], job_id: str, timeout_s: float, poll_s: float, polls: int
) -> str:
    for _ in range(polls):
        answer = session.get(f"{settings['BIGIN_API_URL']}/bigin/bulk/v2/write/{job_id}", timeout=timeout_s)
        answer.raise_for_status()
        job = answer.json()
        if job["status"] == "FAILED":
            raise RuntimeError(f"job {job_id} failed")
        if job["status"] == "COMPLETED":
            url = str(job["result"]["download_url"])
            return url if url.startswith("http") else settings["BIGIN_API_URL"] + url
        time.sleep(poll_s)
    raise TimeoutError(f"job {job_id} is still not done")


def _merged(frame: pd.DataFrame, payload: pd.DataFrame, result: pd.DataFrame) -> pd.DataFrame:
    """Pair by the echoed columns; the n-th of equal lines belongs to the n-th of equal rows."""
    echo = [name for name in result.columns if name in payload.columns]
    sent = payload[echo].fillna("").astype(str).reset_index(drop=True)
    sent["n"], result["n"] = sent.groupby(echo).cumcount(), result.groupby(echo).cumcount()
    verdicts = sent.merge(result, on=[*echo, "n"], how="left")[VERDICT]
    return frame.assign(**{name: verdicts[name].array for name in VERDICT})
