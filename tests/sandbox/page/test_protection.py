"""Other web pages can neither read the page nor send its forms."""

from __future__ import annotations

import socket
from dataclasses import replace

import pytest
import requests

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import TIMEOUT_S
from tests.sandbox.page.browser import PAGES, fill, look, send

FORMS: list[tuple[str, dict[str, str]]] = [
    ("/switches", {"switch": "bom", "value": "True"}),
    ("/switches/defaults", {}),
    ("/faults", {"route": "org", "fault": "500 internal error", "nth": "1", "times": "1"}),
    ("/faults/none", {}),
]


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://localhost:1", "https://127.0.0.1"])
@pytest.mark.parametrize(("path", "form"), FORMS)
def test_a_form_from_another_origin_changes_nothing(
    box: Sandbox, path: str, form: dict[str, str], origin: str | None
) -> None:
    box.behaviour = replace(box.behaviour, bom=False, megabyte=1_000_000)
    box.faults.add("org", Fault.internal_error())
    page = send(box, path, origin, **form)

    assert (page.status_code, "own page only" in page.text) == (403, True)
    assert (box.behaviour.bom, box.behaviour.megabyte, len(box.faults.planned())) == (False, 1_000_000, 1)


@pytest.mark.parametrize("path", PAGES)
def test_a_name_that_was_rebound_to_this_machine_sees_nothing(box: Sandbox, path: str) -> None:
    fill(box, 1)
    page = look(box, path, Host="evil.example")

    assert page.status_code == 403
    assert "Name 000" not in page.text


def test_a_form_under_a_foreign_name_is_refused_though_its_origin_agrees(box: Sandbox) -> None:
    headers = {"Host": "evil.example", "Origin": "http://evil.example"}
    page = requests.post(f"{box.url}/switches", {"switch": "bom", "value": "True"}, headers=headers, timeout=TIMEOUT_S)

    assert (page.status_code, box.behaviour.bom) == (403, False)


def test_a_request_hidden_in_a_refused_body_is_not_answered(box: Sandbox) -> None:
    port = int(box.url.rpartition(":")[2])
    own = f"Host: 127.0.0.1:{port}\r\nOrigin: {box.url}\r\n"
    form = "switch=bom&value=True"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    hidden = f"POST /switches HTTP/1.1\r\n{own}{kind}Content-Length: {len(form)}\r\n\r\n{form}"
    head = f"POST /switches HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
        connection.sendall(f"{head}Content-Type: text/plain\r\nContent-Length: {len(hidden)}\r\n\r\n{hidden}".encode())
        with connection.makefile("rb") as answer:
            seen = answer.read()

    assert seen.startswith(b"HTTP/1.1 403 ")
    assert seen.count(b"HTTP/1.1 ") == 1
    assert box.behaviour.bom is False
