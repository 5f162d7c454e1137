"""Deletions of records (Bigin v2 docs, delete-records): up to 100 ids per call, one answer for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.metadata.modules import WRITABLE
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.server.answers import Refusal, json_response

MAX_IDS = 100  # Bigin v2 docs, delete-records


def delete_records(org: Org, request: Request, module: str) -> Response:
    """Answer `DELETE /bigin/v2/{module}?ids=`; a company's contacts are deleted with it, as on a live organisation."""
    if module not in WRITABLE:
        raise Refusal("INVALID_MODULE")
    if not request.args.get("ids"):
        raise Refusal("REQUIRED_PARAM_MISSING", details={"param": "ids"})
    ids = request.args["ids"].split(",")
    if len(ids) > MAX_IDS:
        raise Refusal("LIMIT_EXCEEDED", details={"param": "ids", "limit": MAX_IDS})
    there = org.store.delete(module, ids)
    if module == "Accounts":
        org.store.delete("Contacts", _contacts_of(org, there))
    return json_response({"data": [_answer(record_id, record_id in there) for record_id in ids]})


def _contacts_of(org: Org, companies: set[str]) -> Sequence[str]:
    contacts = org.store.records("Contacts") if companies else []
    # A lookup that was sent as a name has the company's id in its normal form only.
    return [r["id"] for r in contacts if (r["cells"] | r["values"]).get("Account_Name") in companies]


def _answer(record_id: str, deleted: bool) -> dict[str, Any]:
    # An id that is deleted already gets "record not deleted" (CRM v7 docs, delete-records).
    word = ("SUCCESS", "record deleted", "success") if deleted else ("INVALID_DATA", "record not deleted", "error")
    code, message, status = word
    return {"code": code, "details": {"id": record_id}, "message": message, "status": status}
