"""The lines of a result archive can be edited without damage to their texts."""

from __future__ import annotations

import csv
import io

from bigin_frames.sandbox import Fault, Sandbox
from tests.sandbox.caller import Caller, csv_text
from tests.sandbox.rows import HEADER, ROWS


def test_lines_of_the_result_may_be_edited(box: Sandbox, caller: Caller) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.edited_rows(lambda lines: [lines[0], lines[2]]))

    assert caller.result(url).column("Last_Name") == ["Bob"]
    assert caller.result(url).column("Last_Name") == ["Ann", "Bob"]


def test_edited_rows_keep_quoted_text(box: Sandbox, caller: Caller) -> None:
    text = 'a,"b"\nc'
    url = caller.finish(caller.start(["Last_Name", "Description"], [["A", text]]))["result"]["download_url"]
    box.faults.add("download", Fault.edited_rows(lambda lines: lines))
    result = caller.result(url)

    assert result.lines[0][1] == text
    assert next(csv.reader(io.StringIO(csv_text(result.header, [])))) == result.header
