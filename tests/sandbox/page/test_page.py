"""The page shows no secret and no foreign markup, and leaves the API's paths alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

import bigin_frames.sandbox as sandbox
from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import TIMEOUT_S, Caller
from tests.sandbox.page.browser import PAGES, cells, look, send
from tests.sandbox.rows import HEADER


@pytest.mark.parametrize("path", PAGES)
def test_no_secret_is_on_any_page(box: Sandbox, caller: Caller, path: str) -> None:
    caller.run(HEADER, [["Ann", "ann@example.com"]])
    requests.get(f"{box.url}/bigin/v2/org?token={caller.token}", timeout=TIMEOUT_S)
    requests.get(f"{box.url}/{caller.token}", timeout=TIMEOUT_S)
    page = look(box, path)

    environment = box.environment()
    for secret in (caller.token, environment["BIGIN_CLIENT_SECRET"], environment["BIGIN_REFRESH_TOKEN"]):
        assert secret not in page.text
        assert secret not in str(page.headers)


@pytest.mark.parametrize("path", ["/records/Calls", "/records/Contacts/1", "/records/Calls/1", "/jobs/1"])
def test_what_is_not_there_is_a_page_that_says_so(box: Sandbox, path: str) -> None:
    page = look(box, path)

    assert (page.status_code, "<h1>Not Found</h1>" in page.text) == (404, True)


EVIL = "<script>alert('x')</script>\"&amp;"


def test_stored_text_is_never_markup(box: Sandbox, caller: Caller) -> None:
    record = box.add_record("Contacts", {"Last_Name": EVIL, "Description": "a\0b"})
    box.add_field("Contacts", "Evil", label=EVIL)
    box.add_user(EVIL, EVIL)
    caller.start(HEADER, [[EVIL, EVIL]], resource={"file_names": [f"{EVIL}.csv"]})
    requests.get(f"{box.url}/bigin/v2/{EVIL}", timeout=TIMEOUT_S)
    box.behaviour = replace(box.behaviour, status_header=EVIL)
    paths = [*PAGES, f"/records/Contacts/{record}", f"/jobs/{box.ledger()[0].id}", f"/records/Contacts?search={EVIL}"]
    pages = [look(box, path) for path in paths]

    assert all(page.status_code == 200 for page in pages)
    assert all("<script" not in page.text for page in pages)
    assert EVIL in [row[1] for row in cells(pages[1])]


def test_the_apis_own_paths_are_not_the_pages(box: Sandbox) -> None:
    for path in ("/bigin/v2/Contacts", "/record", "/jobs/x", "/switches/", "/favicon.ico"):
        assert look(box, path).headers["Content-Type"].startswith("application/json")

    assert len(box.requests) == 5


def test_a_form_that_is_too_long_is_refused(box: Sandbox) -> None:
    assert send(box, "/switches", switch="bom", value="x" * 70_000).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", "GET, HEAD"),
        ("PUT", "/switches", "GET, HEAD, POST"),
        ("GET", "/faults", "POST"),
        ("OPTIONS", "/jobs", "GET, HEAD"),
    ],
)
def test_other_methods_are_refused(box: Sandbox, method: str, path: str, allowed: str) -> None:
    page = requests.request(method, box.url + path, headers={"Origin": box.url}, timeout=TIMEOUT_S)

    assert (page.status_code, allowed in page.text) == (405, True)
    assert requests.head(box.url + "/", timeout=TIMEOUT_S).status_code == 200


def test_an_error_of_the_page_comes_out_at_the_end() -> None:
    def run() -> None:
        with Sandbox() as box:
            box._org.store.jobs = None  # type: ignore[method-assign, assignment]
            page = look(box, "/jobs")
            assert (page.status_code, "raised when the sandbox stops" in page.text) == (500, True)

    with pytest.raises(sandbox.SandboxError):
        run()
