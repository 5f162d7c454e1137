"""A read that cannot be answered is refused with the code of its table, and 204 means that nothing was found."""

from __future__ import annotations

import pytest

from tests.sandbox.caller import Caller, code_of


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/bigin/v2/settings/fields?module=Cats", (400, "INVALID_MODULE")),
        ("/bigin/v2/settings/fields", (400, "REQUIRED_PARAM_MISSING")),
        ("/bigin/v2/settings/modules/Cats", (400, "INVALID_MODULE")),
        ("/bigin/v2/settings/layouts?module=Cats", (400, "INVALID_MODULE")),
        ("/bigin/v2/settings/layouts/1", (400, "REQUIRED_PARAM_MISSING")),
        ("/bigin/v2/Contacts", (400, "REQUIRED_PARAM_MISSING")),
        ("/bigin/v2/Cats?fields=id", (400, "INVALID_MODULE")),
        ("/bigin/v2/Contacts?fields=Email&per_page=201", (400, "INVALID_DATA")),
        ("/bigin/v2/Contacts?fields=Email&ids=" + ",".join("1" * 101), (400, "LIMIT_EXCEEDED")),
        ("/bigin/v2/Contacts?fields=" + ",".join("F" * 51), (400, "LIMIT_EXCEEDED")),
        ("/bigin/v2", (404, "INVALID_URL_PATTERN")),
        ("/bigin/v2/upload", (400, "INVALID_MODULE")),
        ("/bigin/bulk/v2/write", (400, "INVALID_REQUEST_METHOD")),
    ],
)
def test_a_read_is_refused(caller: Caller, path: str, error: tuple[int, str]) -> None:
    assert code_of(caller.get(path)) == error


def test_nothing_found_is_204_without_a_body(caller: Caller) -> None:
    for path in ("/bigin/v2/Contacts?fields=Email", "/bigin/v2/Contacts/123", "/bigin/v2/settings/fields?module=Tasks"):
        answer = caller.get(path)

        assert (answer.status_code, answer.content) == (204, b"")
