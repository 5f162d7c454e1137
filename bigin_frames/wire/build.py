"""The requests of each call, without the access token (see `message.signed`)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from bigin_frames.errors import InputError, OptionError
from bigin_frames.job_request import FieldMapping, JobRequest
from bigin_frames.limits import MAX_QUERY_ROWS
from bigin_frames.model import Credentials, Secret
from bigin_frames.wire.hosts import Region
from bigin_frames.wire.message import Parts, Request

_JSON = {"Accept": "application/json"}


def token(where: Region, credentials: Credentials) -> Request:
    """Build the refresh of the access token (Bigin v2, refresh)."""
    asked: dict[str, str | Secret] = {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
    return _token(where, credentials.client_id, credentials.client_secret, asked)


def grant(where: Region, client_id: str, client_secret: Secret, code: Secret) -> Request:
    """Build the exchange of a self client's grant code, valid once (Bigin v2, self-client-get-access-token)."""
    return _token(where, client_id, client_secret, {"grant_type": "authorization_code", "code": code})


def _token(where: Region, client_id: str, client_secret: Secret, asked: Mapping[str, str | Secret]) -> Request:
    """Put everything in the form body: addresses end up in logs and in other libraries' error texts."""
    given = {"client_id": client_id, "client_secret": client_secret, **asked}
    form = urlencode({name: v.reveal() if isinstance(v, Secret) else v for name, v in given.items()})
    headers = {**_JSON, "Content-Type": "application/x-www-form-urlencoded"}
    return Request("token", "POST", f"{where.accounts}/oauth/v2/token", headers, Secret(form), authorized=False)


def org(where: Region) -> Request:
    """Build the request for the organisation (Bigin v2, get-org-data)."""
    return Request("org", "GET", f"{where.api}/bigin/v2/org", _JSON)


def modules(where: Region) -> Request:
    """Build the request for all modules (Bigin v2, modules-api)."""
    return Request("modules", "GET", f"{where.api}/bigin/v2/settings/modules", _JSON)


def fields(where: Region, module: str) -> Request:
    """Build the request for a module's fields (Bigin v2, field-meta)."""
    query = urlencode({"module": _name(module, "module")})
    return Request("fields", "GET", f"{where.api}/bigin/v2/settings/fields?{query}", _JSON)


def layouts(where: Region, module: str) -> Request:
    """Build the request for a module's layouts (Bigin v1, layouts-meta-data; v2 by family)."""
    query = urlencode({"module": _name(module, "module")})
    return Request("layouts", "GET", f"{where.api}/bigin/v2/settings/layouts?{query}", _JSON)


def upload(where: Region, zgid: str, file_name: str, zip_bytes: bytes) -> Request:
    """Build the upload of a zip (Bigin v2, bulk-write/upload-file).

    The header is X-CRM-ORG in Bigin too, and takes the organisation's zgid. The zip is not copied.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", file_name, re.ASCII):
        raise InputError("The uploaded file's name must be letters, digits, '.', '_' and '-' only.")
    # Made from the content: the same frame gives the same bytes, and no content can contain its own digest.
    boundary = f"bigin-frames-{hashlib.sha256(zip_bytes).hexdigest()[:40]}"
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    )
    body = Parts(head.encode("ascii"), zip_bytes, f"\r\n--{boundary}--\r\n".encode("ascii"))
    headers = {
        **_JSON,
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "feature": "bulk-write",
        "X-CRM-ORG": _digits(zgid, "org_id"),
    }
    return Request("upload", "POST", f"{where.content}/bigin/v2/upload", headers, body)


def create(where: Region, job: JobRequest, file_id: str) -> Request:
    """Build the creation of a job (Bigin v2, bulk-write/create-job)."""
    text = json.dumps(job_body(job, file_id), allow_nan=False, separators=(",", ":"))
    headers = {**_JSON, "Content-Type": "application/json"}
    return Request("create", "POST", f"{where.api}/bigin/bulk/v2/write", headers, text.encode("ascii"))


def job_body(job: JobRequest, file_id: str) -> dict[str, Any]:
    """Return the JSON that creates a job (Bigin v2, bulk-write/create-job).

    ``ignore_empty`` is sent at both levels, because sources disagree on its place. ``file_names`` is not sent: it
    selects among several files of one zip, our zip has exactly one, and no page of Bigin and no recorded request has
    the key.

    Raises
    ------
    OptionError
        If an update or upsert has no ``find_by``, without which Bigin cannot tell which record is meant.
    """
    if job.operation != "insert" and job.find_by is None:
        raise OptionError(f"{job.operation} needs find_by: a unique field, or 'id'.", option="find_by")
    resource: dict[str, Any] = {
        "type": "data",
        "module": {"api_name": _name(job.module, "module")},
        "file_id": _digits(file_id, "file_id"),
        "ignore_empty": job.ignore_empty,
        "field_mappings": [_mapping(mapping) for mapping in job.mappings],
    }
    if job.find_by is not None:
        resource["find_by"] = job.find_by
    body: dict[str, Any] = {
        "operation": job.operation,
        "character_encoding": "UTF-8",
        "ignore_empty": job.ignore_empty,
        "resource": [resource],
    }
    if job.callback_url is not None:
        body["callback"] = {"url": job.callback_url, "method": "post"}
    return body


def _mapping(mapping: FieldMapping) -> dict[str, Any]:
    if mapping.index is None and mapping.default is None:
        raise InputError(f"The mapping of field {mapping.api_name!r} has neither a column nor a default value.")
    found = {
        "api_name": mapping.api_name,
        "index": mapping.index,
        "find_by": mapping.find_by,
        "format": mapping.format,
        "default_value": None if mapping.default is None else {"value": mapping.default},
    }
    return {key: value for key, value in found.items() if value is not None}


def job(where: Region, job_id: str) -> Request:
    """Build the request for a job's state (Bigin v2, bulk-write/job-details)."""
    return Request("job", "GET", f"{where.api}/bigin/bulk/v2/write/{_digits(job_id, 'job_id')}", _JSON)


def download(url: str) -> Request:
    """Build the download of a result from an address that `hosts.download_url` has checked."""
    return Request("download", "GET", url, {"Accept": "*/*"})


def records(where: Region, module: str, ids: Sequence[str], names: Sequence[str]) -> Request:
    """Build the request for records by id (Bigin v2, get-records); ``fields`` is required there."""
    query = urlencode(
        {
            "ids": ",".join(_digits(record_id, "ids") for record_id in ids),
            "fields": ",".join(_name(name, "fields") for name in names),
        },
        safe=",",
    )
    return Request("records", "GET", f"{where.api}/bigin/v2/{_name(module, 'module')}?{query}", _JSON)


def find(where: Region, module: str, key: str, values: Sequence[str], names: Sequence[str]) -> Request:
    """Build the request for records by the values of a field (Bigin v2, coql; COQL lags less than search).

    Values are compared as text; one that `can_be_asked_for` refuses would need an escape, which Bigin does not
    document.
    """
    for value in values:
        if not can_be_asked_for(value):
            raise InputError(
                "COQL cannot search for a value that contains a quote, a backslash or a control character."
            )
    wanted = ", ".join(dict.fromkeys(("id", *(_name(name, "fields") for name in names))))
    listed = ", ".join(f"'{value}'" for value in values)
    what = f"{_name(module, 'module')} where {_name(key, 'key')} in ({listed}) limit {MAX_QUERY_ROWS}"
    query = f"select {wanted} from {what}"  # noqa: S608 - no database of ours, and each part is checked
    headers = {**_JSON, "Content-Type": "application/json"}
    body = json.dumps({"select_query": query}).encode()
    return Request("find", "POST", f"{where.api}/bigin/v2/coql", headers, body)


def can_be_asked_for(value: str) -> bool:
    """Return whether a text can be written in a COQL literal without escapes."""
    return value != "" and value.isprintable() and not set(value) & {"'", "\\"}


def _name(name: str, option: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_]{1,100}", name, re.ASCII):
        raise OptionError(f"{option} takes API names: letters, digits and '_', such as 'Last_Name'.", option=option)
    return name


def _digits(text: str, option: str) -> str:
    if not re.fullmatch(r"[0-9]{1,32}", text, re.ASCII):
        raise OptionError(f"{option} takes ids as text of digits only, such as '4876876000000890075'.", option=option)
    return text
