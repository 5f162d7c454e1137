"""Bigin's answers: the error envelope, its codes with their status lines and messages, and headers.

The tables are those of the bulk-write pages (Bigin v2 docs, bulk-write/upload-file and create-job; CRM v7 docs, same
pages, for the rows Bigin's pages leave out). A handler that refuses raises `Refusal`; api/app.py turns it into bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

# code -> (HTTP status, message)
ERRORS: dict[str, tuple[int, str]] = {
    "ALREADY_USED": (400, "The file is already used"),
    "AUTHENTICATION_FAILURE": (401, "Authentication failed"),
    "AUTHORIZATION_FAILED": (400, "User does not have sufficient privilege to create."),
    "COLUMN_INDEX_NOT_FOUND": (400, "The column index is not found in the file"),
    "DUPLICATE_DATA": (400, "duplicate data"),
    "FILE_NOT_FOUND": (400, "The file is not found"),
    "FILE_NOT_SUPPORTED": (400, "File not supported for bulk write"),
    "FILE_TOO_LARGE": (413, "File size too large to process"),
    "HEADER_LIMIT_EXCEEDED": (400, "The number of mapped columns is over the limit"),
    "INTERNAL_ERROR": (500, "Internal Server Error"),
    "INVALID_CALLBACK_METHOD": (400, "The callback method is not supported"),
    "INVALID_CALLBACK_URL": (400, "The callback url is not a valid one"),
    "INVALID_DATA": (400, "The data is not valid"),
    "INVALID_FIELD": (400, "invalid mapping. invalid api_name {}."),
    "INVALID_FILE_FORMAT": (400, "invalid file format. only zip format is supported"),
    "INVALID_FILE_ID": (400, "improper file id"),
    "INVALID_FORMAT": (400, "The format is not a valid one"),
    "INVALID_MODULE": (400, "the module name given seems to be invalid"),
    "INVALID_QUERY": (400, "Invalid query formed"),
    "INVALID_REQUEST": (400, "unable to process your request. please verify if the method/parameter is right"),
    "INVALID_REQUEST_METHOD": (400, "The http request method type is not a valid one"),
    "INVALID_TOKEN": (401, "invalid oauth token"),
    "INVALID_URL_PATTERN": (404, "Please check if the URL trying to access is a correct one"),
    "LIMIT_EXCEEDED": (400, "The limit is exceeded"),
    "MANDATORY_FIELDS_NOT_MAPPED": (400, "All mandatory fields are not mapped for the layout [{}]"),
    "MANDATORY_NOT_FOUND": (400, "Required key {} is not available"),
    "MEDIA_TYPE_NOT_SUPPORTED": (415, "The media type is not supported"),
    "MISSING_REQUIRED_KEY": (400, "required key {} is not found in request body."),
    "MODULE_NOT_AVAILABLE": (400, "Requested module '{}' is not available."),
    "NO_PERMISSION": (403, "Permission denied to create"),
    "NOT_SUPPORTED_FEATURE": (400, "Feature is not supported"),
    "OAUTH_SCOPE_MISMATCH": (401, "Unauthorized"),
    "REQUEST_BODY_NOT_SUPPORTED": (400, "The request body is not supported"),
    "REQUIRED_PARAM_MISSING": (400, "One of the expected parameter is missing"),
    "RESOURCE_NOT_FOUND": (404, "The requested resource doesn't exist."),
    "SYNTAX_ERROR": (400, "error occured while parsing the query"),  # in Bigin's spelling
    "TOO_MANY_REQUESTS": (429, "Too many requests within the allowed time"),
}

# As recorded on live calls; "ZGS" is the Server line, set by the request handler.
LIVE_HEADERS = {
    "Cache-Control": "no-store, no-cache, must-revalidate, private",
    "Content-Disposition": "attachment; filename=response.json",
    "Pragma": "no-cache",
}


class Refusal(Exception):
    """A refusal with one of Bigin's codes; `body` replaces the envelope where a host uses another one."""

    def __init__(
        self,
        code: str,
        about: str = "",
        *,
        details: Mapping[str, Any] | None = None,
        status: int | None = None,
        message: str | None = None,
        body: Any = None,
    ) -> None:
        documented, text = ERRORS[code]
        self.code = code
        self.status = documented if status is None else status
        self.body = body if body is not None else envelope(code, message or text.replace("{}", about), details)
        super().__init__(code)


def envelope(code: str, message: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the error body used by every JSON route."""
    return {"code": code, "details": dict(details or {}), "message": message, "status": "error"}


def gateway(status: int, message: str, about: str) -> dict[str, Any]:
    """Return the other error body, sent by the content host before the API sees the call: no code, no status."""
    return {"ERROR_CODE": status, "ERROR_MESSAGE": message, "x-error": about, "info": message, "http_status": status}


def answer(
    content: bytes | str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    content_type: str | None = None,
) -> Response:
    """Return any response."""
    from werkzeug.wrappers import Response  # here, so that the sandbox can be imported without it

    return Response(content, status, headers, content_type=content_type)


def json_response(body: Any, status: int = 200) -> Response:
    """Return a JSON response with the headers of a live call."""
    text = json.dumps(body, ensure_ascii=False)
    return answer(text, status, LIVE_HEADERS, content_type="application/json;charset=UTF-8")


def no_content() -> Response:
    """Return 204 without a body: a read that finds nothing."""
    response = answer(b"", 204, LIVE_HEADERS)
    del response.headers["Content-Type"]
    return response


def refused(code: str, about: str = "", status: int | None = None) -> Response:
    """Return a refusal as a response, for faults that answer instead of a handler."""
    refusal = Refusal(code, about, status=status)
    return json_response(refusal.body, refusal.status)
