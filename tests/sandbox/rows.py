"""Rows that many tests write: people by field name, with a title, and under headers of their own with a mapping."""

from __future__ import annotations

from typing import Any

from tests.sandbox.caller import Caller, Result

HEADER = ["Last_Name", "Email"]
ROWS = [["Ann", "ann@example.com"], ["Bob", "bob@example.com"]]

TITLED_HEADER = ["Last_Name", "Email", "Title"]
TITLED_ROWS = [["Ann", "ann@example.com", "Dr"], ["Bob", "bob@example.com", ""]]

NAMED_HEADER = ["name", "mail", "job", "more"]
MAPPINGS = [
    {"api_name": "Last_Name", "index": 0},
    {"api_name": "Email", "index": 1},
    {"api_name": "Title", "index": 2},
    {"api_name": "Description", "index": 3},
]
NAMED_ROWS = [
    ["Ann", "ann@example.com", " Dr ", "x"],
    ["", "bob@example.com", "Cafe\u0301", "y"],
    ["Cid", "cid@example.com", "A  B\r\nC", "z"],
]


def run_named(caller: Caller, **options: Any) -> Result:
    return caller.run(NAMED_HEADER, NAMED_ROWS, **({"mappings": MAPPINGS} | options))
