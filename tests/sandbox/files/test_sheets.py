"""A CSV is read whatever its delimiter, encoding and line ends are."""

from __future__ import annotations

import pytest

from bigin_frames.sandbox import Sandbox
from tests.sandbox.caller import Caller, Change, zipped
from tests.sandbox.rows import MAPPINGS, NAMED_HEADER, NAMED_ROWS


def test_fewer_rows_may_be_allowed(caller: Caller, behave: Change) -> None:
    behave(row_limit=3)
    assert caller.finish(caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS))["status"] == "COMPLETED"
    behave(row_limit=3, header_counts=True)
    assert caller.finish(caller.start(NAMED_HEADER, NAMED_ROWS, mappings=MAPPINGS))["status"] == "FAILED"


def test_blank_lines_may_be_rows(caller: Caller, behave: Change) -> None:
    file = zipped("Last_Name\nAnn\n\nBob\n")
    assert caller.run(["Last_Name"], [], file=file).column("STATUS") == ["ADDED", "ADDED"]
    behave(blank_lines="rows")
    assert caller.run(["Last_Name"], [], file=file).column("STATUS") == ["ADDED", "SKIPPED", "ADDED"]


def test_a_byte_order_mark_may_be_kept_as_text(caller: Caller, behave: Change) -> None:
    file = zipped("\ufeffLast_Name\nAnn\n")
    assert caller.run(["Last_Name"], [], file=file).text.startswith(b"Last_Name")
    behave(upload_bom="kept")
    assert caller.run(["Last_Name"], [], file=file).text.startswith(b"\xef\xbb\xbfLast_Name")


def test_the_delimiter_may_not_be_detected(caller: Caller, behave: Change) -> None:
    file = zipped("Last_Name;Title\nAnn;Dr\n")
    assert caller.run(["Last_Name", "Title"], [], file=file).header[0] == "Last_Name"
    behave(detect_delimiter="comma")
    assert caller.run(["Last_Name;Title"], [], file=file, mappings=MAPPINGS[:1]).header[0] == "Last_Name;Title"


@pytest.mark.parametrize("delimiter", [",", ";", ":", "|"])
def test_the_delimiter_is_seen_in_the_header(box: Sandbox, caller: Caller, delimiter: str) -> None:
    text = f"Last_Name{delimiter}Title\nAnn{delimiter}Dr\n"
    caller.run(["Last_Name", "Title"], [], file=zipped(text))

    assert [(r["Last_Name"], r["Title"]) for r in box.records("Contacts")] == [("Ann", "Dr")]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("latin-1", None), ("cp1252", "windows-1252")],
)
def test_the_encoding_is_detected_or_declared(
    box: Sandbox, caller: Caller, encoding: str, declared: str | None
) -> None:
    more = {"character_encoding": declared} if declared else {}
    caller.run(["Last_Name"], [], file=zipped("Last_Name\nMüller\n".encode(encoding)), **more)

    assert box.records("Contacts")[0]["Last_Name"] == "Müller"


def test_quoted_newlines_quotes_and_delimiters_are_kept(box: Sandbox, caller: Caller) -> None:
    text = 'a "b", c\r\nd\ne'
    result = caller.run(["Last_Name", "Description"], [["Ann", text]])

    assert box.records("Contacts")[0]["Description"] == text
    assert result.lines[0][1] == text
