"""A real browser draws the page, runs no script of a record, and sends no form of another site."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from bigin_frames import verbs
from bigin_frames.demo import COLUMNS, legislators, organise
from bigin_frames.sandbox import Sandbox
from tests.support.real_data import companies

CHROMIUM = shutil.which("chromium")


browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")


def dom(url: str, profile: Path) -> str:
    """What a page has become once a browser has drawn it."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    command += ["--virtual-time-budget=2000", "--dump-dom", url]
    return subprocess.run(command, check=True, timeout=60, capture_output=True, text=True).stdout  # noqa: S603 - our own


@browser
def test_a_browser_shows_real_records_and_finds_one(box: Sandbox, tmp_path: Path) -> None:
    organise(box)
    client, frame = box.client(), legislators()
    verbs.insert(frame, "Contacts", columns=COLUMNS, client=client, progress=False, on_error="ignore")
    names = {"Account_Name": "Account_Name"}
    verbs.insert(companies()[["Account_Name"]], "Accounts", columns=names, client=client, progress=False)
    overview = dom(f"{box.url}/", tmp_path)
    found = dom(f"{box.url}/records/Contacts?search=sanders+VT", tmp_path)

    assert overview.count('class="badge green">COMPLETED') == 2
    assert "<strong>537</strong><span>Companies</span>" in overview
    assert "1 record with" in found
    assert "<td>Sanders</td>" in found


@browser
def test_a_browser_runs_no_script_of_a_record(box: Sandbox, tmp_path: Path) -> None:
    box.add_record(
        "Contacts", {"Last_Name": "<script>document.title='hit'</script><img src=x onerror=document.title=1>"}
    )
    drawn = dom(f"{box.url}/records/Contacts", tmp_path)

    assert "<title>Records - Bigin sandbox</title>" in drawn
    assert "<td>&lt;script&gt;document.title='hit'" in drawn


ATTACK = """<!doctype html><form method="post" action="{url}/switches">
<input name="switch" value="bom"><input name="value" value="True"></form><script>document.forms[0].submit()</script>"""


@pytest.fixture
def evil(box: Sandbox) -> Iterator[str]:
    """A site of another origin that sends the sandbox's own form."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = ATTACK.format(url=box.url).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it
            """Keep the terminal quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@browser
def test_a_browser_on_another_site_cannot_set_a_switch(box: Sandbox, evil: str, tmp_path: Path) -> None:
    drawn = dom(evil, tmp_path)

    assert "own page only" in drawn
    assert box.behaviour.bom is False
