"""Answers as Bigin sends them, written from the documented and recorded shapes; ids and names are invented."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from bigin_frames.job_request import FieldMapping, JobRequest
from bigin_frames.wire.message import Response

JOB_ID = "4876876000000890075"
FILE_ID = "4876876000000890001"
CSV = b"Last_Name,Email,STATUS,RECORD_ID,ERRORS\nA,a@b.c,added,4876876000000890075,\n"


def answer(body: Any, status: int = 200, **headers: str) -> Response:
    """Return a response with a JSON body, or with the bytes or text given."""
    if isinstance(body, str):
        body = body.encode()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def refusal(code: str, **details: str) -> dict[str, Any]:
    return {"code": code, "details": details, "message": "words that may hold a cell value", "status": "error"}


TOKEN = {
    "access_token": "1000.canary-access.token",
    "expires_in": 3600,
    "api_domain": "https://www.zohoapis.com",
    "token_type": "Bearer",
}
ORG = {
    "org": [{"id": "7618134000000020005", "zgid": "942010964", "company_name": "Mill", "time_zone": "Africa/Nairobi"}]
}
UPLOADED = {
    "status": "success",
    "code": "FILE_UPLOAD_SUCCESS",
    "message": "file uploaded.",
    "details": {"file_id": FILE_ID, "created_time": "2026-10-09T12:00:00-12:00"},
}
CREATED = {
    "status": "success",
    "code": "SUCCESS",
    "message": "success",
    "details": {"id": JOB_ID, "created_by": {"id": "111111000000035795", "name": "Pat"}},
}
ADDED_JOB = {
    "status": "ADDED",
    "resource": [
        {
            "status": "ADDED",
            "type": "data",
            "module": {"api_name": "Contacts"},
            "code": "ADDED",
            "file": {"status": "ADDED"},
        }
    ],
    "id": JOB_ID,
    "operation": "insert",
}
COMPLETED_JOB = {
    "status": "COMPLETED",
    "character_encoding": "UTF-8",
    "resource": [
        {
            "status": "COMPLETED",
            "type": "data",
            "module": {"id": "4876876000000002175", "api_name": "Contacts"},
            "field_mappings": [],
            "file": {
                "status": "COMPLETED",
                "name": "bf-1.csv",
                "added_count": 9,
                "skipped_count": 2,
                "updated_count": 0,
                "total_count": 11,
            },
            "code": "COMPLETED",
        }
    ],
    "id": JOB_ID,
    "result": {"download_url": f"https://download-accl.zoho.com/v2/crm/694902309/bulk-write/{JOB_ID}/{JOB_ID}.zip"},
    "ignore_empty": True,
    "operation": "insert",
}
MODULES = {
    "modules": [
        {
            "api_name": "Contacts",
            "plural_label": "Contacts",
            "api_supported": True,
            "creatable": True,
            "editable": True,
        },
        {
            "api_name": "Accounts",
            "plural_label": "Companies",
            "api_supported": True,
            "creatable": True,
            "editable": True,
        },
        {"api_name": "Social", "plural_label": None, "api_supported": False, "creatable": False, "editable": False},
    ]
}
FIELDS = {
    "fields": [
        {
            "api_name": "Last_Name",
            "field_label": "Last Name",
            "data_type": "text",
            "length": 80,
            "decimal_place": None,
            "system_mandatory": True,
            "unique": {},
            "lookup": {},
            "view_type": {"view": True, "edit": True, "create": True, "quick_create": True},
            "custom_field": False,
            "pick_list_values": [],
        },
        {
            "api_name": "Email",
            "field_label": "Email",
            "data_type": "email",
            "length": 100,
            "unique": {"casesensitive": "0"},
            "view_type": {"edit": True, "create": True},
        },
        {
            "api_name": "Account_Name",
            "field_label": "Company Name",
            "data_type": "lookup",
            "length": 120,
            "lookup": {"api_name": "Contacts", "module": {"api_name": "Accounts", "id": "7618134000000002177"}},
            "view_type": {"edit": True, "create": True},
        },
        {
            "api_name": "Created_Time",
            "display_label": "Created Time",
            "data_type": "datetime",
            "read_only": False,
            "view_type": {"edit": False, "create": False},
        },
        {
            "api_name": "Grade",
            "field_label": "Grade",
            "data_type": "picklist",
            "custom_field": True,
            "view_type": {"edit": True, "create": True},
            "pick_list_values": [
                {"display_value": "-None-", "actual_value": "-None-", "type": "used"},
                {"display_value": "Best", "actual_value": "A\u00a01", "type": "used"},
                {"display_value": "Old", "actual_value": "Old", "type": "unused"},
                {"display_value": "B"},
            ],
        },
        {"api_name": "Rate", "data_type": "double", "length": 16, "decimal_place": 2},
    ]
}


def mapping(api_name: str, index: int | None = 0, label: str | None = None, **more: str) -> FieldMapping:
    return FieldMapping(api_name=api_name, label=label or api_name.replace("_", " "), index=index, **more)


def job_request(**changes: Any) -> JobRequest:
    facts: dict[str, Any] = {
        "module": "Contacts",
        "operation": "insert",
        "mappings": (mapping("Last_Name", 0), mapping("Email", 1)),
        "file_name": "bf-1.csv",
    }
    return JobRequest(**{**facts, **changes})


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


def leaks(error: BaseException, canary: str) -> list[str]:
    """Return where an exception shows the canary: its text and facts, its chain, the locals of the library's frames."""
    shown = {"text": str(error), "args": repr(error.args), "facts": repr(vars(error))}
    frame, number = error.__traceback__, 0
    while frame is not None:
        if "/bigin_frames/" in frame.tb_frame.f_code.co_filename:
            shown[f"{number} {frame.tb_frame.f_code.co_name}"] = repr(frame.tb_frame.f_locals)
        frame, number = frame.tb_next, number + 1
    found = [place for place, text in shown.items() if canary in text]
    chained = [inner for inner in (error.__cause__, error.__context__) if inner is not None]
    return found + [f"chained {place}" for inner in chained for place in leaks(inner, canary)]
