"""Answers: a success, an error that Bigin reports, or neither; the body decides, not the status line alone.

Bigin answers some upload and token errors with HTTP 200 (CRM v7, bulk-write/upload-file; recorded samples), its
content host has an envelope of its own (``ERROR_CODE``), and a proxy may answer with HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, NoReturn

from bigin_frames import limits
from bigin_frames.errors import AnswerError, ApiError, AuthError, RateLimitError, UnreadableAnswerError
from bigin_frames.wire.hosts import host_of
from bigin_frames.wire.message import Response

MAX_DEPTH: Final = 32  # ours; the deepest recorded answer, the fields' metadata, has 6

# Auth codes: CRM v8, token-validity and status-codes; "HTTP_401" is a gateway's answer without a code.
DEAD_TOKEN_CODES: Final = frozenset({"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "AUTHENTICATION_FAILURE", "HTTP_401"})
_RIGHTS_CODES: Final = frozenset({"OAUTH_SCOPE_MISMATCH", "NO_PERMISSION", "AUTHORIZATION_FAILED", "HTTP_403"})
_RATE_CODES: Final = frozenset({"TOO_MANY_REQUESTS", "HTTP_429"})


class Json(dict[str, Any]):
    """A JSON object whose repr shows no value: tracebacks that record local variables print reprs."""

    def __repr__(self) -> str:
        return f"<JSON object of {len(self)} keys>"


def success(call: str, response: Response) -> Json:
    """Return the answer's JSON object if the answer is a success.

    Raises
    ------
    ApiError, AuthError, RateLimitError
        If the body is an error in either of Bigin's envelopes, whatever the status line says.
    UnreadableAnswerError
        If it is neither.
    """
    found = read_json(response.body)
    if isinstance(found, Json):
        refusal = _refusal(call, response, unwrapped(found))
        if refusal is not None:
            raise refusal
    if not 200 <= response.status < 300:
        raise unreadable(call, response, _status_words(response))
    if not isinstance(found, Json):
        raise unreadable(call, response, "the body is not a JSON object")
    return found


def unwrapped(found: Json) -> Json:
    """Return the one envelope inside ``data``, where a newer version of the API puts it, or the object itself."""
    inner = found.get("data")
    if isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], Json) and "status" in inner[0]:
        return inner[0]
    return found


def unreadable(call: str, response: Response, why: str) -> UnreadableAnswerError:
    """Return the error for an answer that is not understood; ``why`` never quotes the answer."""
    message = f"The answer to {call!r} cannot be read (HTTP {response.status}): {why}."
    return UnreadableAnswerError(message, call=call, status=response.status)


def read_json(body: bytes) -> Any:
    """Return the JSON value of a body, objects as `Json` and fractions as Decimal; None if it is not valid JSON.

    Refused: more than `limits.MAX_JSON_BYTES`, other encodings than UTF-8, duplicate keys, NaN and Infinity, more
    than `MAX_DEPTH` levels.
    """
    if len(body) > limits.MAX_JSON_BYTES:
        return None
    try:
        text = body.decode("utf-8-sig")
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):
        return None  # the exception holds the body, so it is not passed on
    return None if _deeper_than(found, MAX_DEPTH) else found


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    found = Json(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _deeper_than(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels):
        inner = [item.values() if isinstance(item, dict) else item for item in layer if isinstance(item, (dict, list))]
        layer = [value for values in inner for value in values]
    return any(isinstance(item, (dict, list)) for item in layer)


def _refusal(call: str, response: Response, found: Json) -> ApiError | None:
    code = _code(found)
    if code is None:
        return None
    retry_after = retry_after_s(response.headers)
    message = f"Bigin refused {call!r}: {code} (HTTP {response.status}){_place(found)}.{_fix(call, code)}"
    kind = _kind(code, response.status)
    return kind(message, call=call, status=response.status, code=code, retry_after_s=retry_after)


def _code(found: Json) -> str | None:
    """Return the error code, ``HTTP_nnn`` for the gateway's envelope, None if the body is not an error."""
    if found.get("status") in ("error", "failure") and "code" in found and "id" not in found:
        return code_word(found.get("code")) or "NO_CODE"
    gateway = next((found[key] for key in ("ERROR_CODE", "http_status") if key in found), None)
    return f"HTTP_{gateway}" if re.fullmatch(r"[1-5][0-9]{2}", str(gateway), re.ASCII) else None


def code_word(value: Any) -> str | None:
    """Return a server's code if it looks like a documented one: any other text could contain a cell value."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{1,63}", value, re.ASCII) else None


def _kind(code: str, status: int) -> type[ApiError]:
    if code in _RATE_CODES or status == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimitError
    if code in DEAD_TOKEN_CODES | _RIGHTS_CODES or status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return AuthError
    return ApiError


def _place(found: Json) -> str:
    """Return the key of the request that Bigin points at: lower-case JSON keys, which cannot be a cell value."""
    details = found.get("details")
    path = details.get("json_path") if isinstance(details, Json) else None
    keys = isinstance(path, str) and re.fullmatch(r"\$?(\.?[a-z_]+|\[[0-9]{1,3}\])*", path, re.ASCII)
    return f" at {path}" if keys and path else ""


_RIGHTS_FIX: Final = (
    "The token's user may not do this in Bigin; change the user's profile, or use another user's token."
)
_FIXES: Final[Mapping[str, str]] = {
    "OAUTH_SCOPE_MISMATCH": "The token lacks a scope for this call: {scope}; create a refresh token that has it.",
    "NO_PERMISSION": _RIGHTS_FIX,
    "AUTHORIZATION_FAILED": _RIGHTS_FIX,
    "INVALID_TOKEN": "Check that the region is the one the token was created in, and that it was not revoked.",
    "HTTP_401": "Check the region and the org id (the organisation's zgid), and that the token was not revoked.",
    "TOO_MANY_REQUESTS": "Wait, or make fewer calls at a time; a bulk write job costs 500 of the day's API credits.",
    "MODULE_NOT_AVAILABLE": "Bigin's bulk write does not support this module.",
    "MANDATORY_FIELDS_NOT_MAPPED": "Map every mandatory field of the module and its layout.",
    "FILE_TOO_LARGE": "Send fewer rows per job (max_rows_per_job).",
}
# Scopes: the "Scope" part of each call's Bigin v2 page.
_SCOPES: Final[Mapping[str, str]] = {
    "org": "ZohoBigin.org.READ",
    "modules": "ZohoBigin.settings.modules.READ",
    "fields": "ZohoBigin.settings.fields.READ",
    "layouts": "ZohoBigin.settings.layouts.READ",
    "upload": "ZohoFiles.files.ALL",
    "create": "ZohoBigin.bulk.CREATE and ZohoBigin.modules.ALL",
    "job": "ZohoBigin.bulk.CREATE",
    "download": "ZohoBigin.bulk.CREATE",
    "records": "ZohoBigin.modules.READ",
    "find": "ZohoBigin.coql.READ",
}


def _fix(call: str, code: str) -> str:
    words = _FIXES.get(code)
    return f" {words.format(scope=_SCOPES.get(call, 'see the README'))}" if words else ""


def _status_words(response: Response) -> str:
    location = response.headers.get("location")
    if 300 <= response.status < 400 and location is not None:
        return f"it is a redirect to {host_of(location)}, which was not followed"
    return "the body is not an error that Bigin documents"


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Retry-After asks for, at least 0, None if it has no usable value.

    A date is measured against the answer's own Date header: the server's clock, not ours.
    """
    said = headers.get("retry-after", "").strip()
    if re.fullmatch(r"-?[0-9]{1,12}", said, re.ASCII):
        return max(0.0, float(said))
    then, now = _date(said), date_of(headers)
    if then is None or now is None:
        return None
    return max(0.0, (then - now).total_seconds())


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of the answer by its Date header, to the second; None if there is none."""
    return _date(headers.get("date", ""))


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year or an offset that no date has
        return None
    return found if found.tzinfo is not None else None


def was_not_applied(error: AnswerError) -> bool:
    """Return whether the answer proves that a call changed nothing: Bigin's own error, not a broken connection.

    408, 425 and 499 are about the connection, 5xx and INTERNAL_ERROR about a server that failed at an unknown moment.
    An error inside an HTTP 200 counts; anything else inside one proves nothing.
    """
    code = error.code if isinstance(error, ApiError) else ""
    numbers = [error.status] + ([int(code[5:])] if re.fullmatch(r"HTTP_[0-9]+", code) else [])
    refused = [400 <= number < 500 and number not in _CONNECTION_STATUSES for number in numbers]
    if isinstance(error, ApiError) and 200 <= error.status < 300:
        refused[0] = True
    return all(refused) and code != "INTERNAL_ERROR"


_CONNECTION_STATUSES: Final = (408, 425, 499)
