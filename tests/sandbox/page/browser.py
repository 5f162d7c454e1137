"""What a browser does with the page of a sandbox: it looks, it sends forms, and a person reads."""

from __future__ import annotations

import re
from html import unescape

import requests

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import TIMEOUT_S

PAGES = ["/", "/records/Contacts", "/records/Accounts", "/jobs", "/requests", "/switches"]


def look(box: Sandbox, path: str = "/", **headers: str) -> requests.Response:
    """What a browser gets, without any token."""
    return requests.get(box.url + path, headers=headers, timeout=TIMEOUT_S)


def send(box: Sandbox, path: str, origin: str | None = "", **form: str) -> requests.Response:
    """What a browser sends for a form of the page itself, or of another origin, or with none."""
    headers = {} if origin is None else {"Origin": origin or box.url}
    return requests.post(box.url + path, data=form, headers=headers, allow_redirects=False, timeout=TIMEOUT_S)


def cells(page: requests.Response) -> list[list[str]]:
    """The texts of the page's tables, a list for each row."""
    rows = re.findall(r"<tr>(.*?)</tr>", page.text, re.DOTALL)
    return [[words(cell) for cell in re.findall(r"<td>(.*?)</td>", row, re.DOTALL)] for row in rows if "<td>" in row]


def words(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", markup)).strip()


def fill(box: Sandbox, number: int) -> list[str]:
    return [box.add_record("Contacts", {"Last_Name": f"Name {n:03d}", "Title": "Dr"}) for n in range(number)]
