"""The overview counts what there is, and says how to begin."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.page.overview import SNIPPET
from tests.sandbox.caller import Caller
from tests.sandbox.page.browser import cells, look, words
from tests.sandbox.rows import HEADER


def test_an_empty_organisation_says_how_to_begin(box: Sandbox) -> None:
    page = look(box)
    shown = [words(text) for text in re.findall(r"<pre>(.*?)</pre>", page.text, re.DOTALL)]

    environment = box.environment()
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert shown[1] == SNIPPET
    assert [line for line in shown[0].splitlines() if line.startswith("export")] == [
        f"export {name}={environment[name]}"
        for name in environment
        if name not in ("BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")
    ]


def test_the_first_lines_a_client_is_shown_write_three_records(
    box: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in box.environment().items():
        monkeypatch.setenv(name, value)
    exec(SNIPPET, {})  # noqa: S102 - our own text

    assert [record["Last_Name"] for record in box.records("Contacts")] == ["Noether", "Curie", "Lovelace"]
    assert capsys.readouterr().out.count("ADDED") == 3
    assert "First steps" in look(box).text.split("<details>")[1]


def test_the_overview_counts_records_jobs_and_switches(box: Sandbox, caller: Caller) -> None:
    caller.run(HEADER, [["Ann", "ann@example.com"], ["Bob", "bob@example.com"]])
    box.behaviour = replace(box.behaviour, bom=True)
    box.faults.add("org", Fault.internal_error())
    page = look(box)

    assert re.findall(r'class="card">(.*?)</a>', page.text)[0] == "<strong>2</strong><span>Contacts</span>"
    assert cells(page)[0][:6] == ["COMPLETED", "insert Contacts", "2", "2", "0", "0"]
    assert "1 switch set: bom. 1 fault planned." in words(page.text)
