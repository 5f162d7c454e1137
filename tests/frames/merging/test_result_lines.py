"""The lines of a result file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bigin_frames.errors import BadResultError
from bigin_frames.frames.merging.result_lines import MAX_ERROR_TEXT, Lines, read_lines
from bigin_frames.limits import MAX_ROWS_PER_JOB
from tests.support.result_files import Job, Line, Manner, ResultFile, column

HEADER = b"Name,STATUS,RECORD_ID,ERRORS\n"


def read(body: bytes, header: bytes = HEADER) -> Lines:
    return read_lines(header + body, status=1, record_id=2, errors=3, echo={0: "Name"})


def echoed(lines: Lines) -> list[str]:
    return lines.echo["Name"].to_pylist()


# A cell as it can be in a frame, and so in an echo.
_CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    cells=st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=5),
    quote_all=st.booleans(),
    line_end=st.sampled_from(["\n", "\r\n"]),
    verdict_first=st.booleans(),
)
@example([("", ""), ("\r", "\n"), ('"', '""'), (",", "\r\n")], False, "\n", False)
def test_read_lines_returns_every_echoed_cell_unchanged(cells, quote_all, line_end, verdict_first):
    manner = Manner(echo=(1, 0), quote_all=quote_all, line_end=line_end, verdict_first=verdict_first)
    written = tuple(Line(None, cell, "ADDED", "1", "") for cell in cells)
    job = Job((column("A"), column("B")), ())

    lines = ResultFile(job, manner, written).read()

    assert list(zip(lines.echo["B"].to_pylist(), lines.echo["A"].to_pylist(), strict=True)) == cells
    assert lines.record_id.tolist() == ["1"] * len(cells)


@pytest.mark.parametrize(
    "cell", ["NA", "N/A", "null", "NULL", "None", "nan", "#N/A", "", "0012", "1e5", "1.0", "true", "2024-01-01", "-"]
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_read_lines_treats_no_cell_as_missing_or_as_a_number(cell, quote):
    """R12: "NA" is a surname and 0012 a customer number."""
    lines = read(f"{quote}{cell}{quote},SKIPPED,,{quote}{cell}{quote}\n".encode())

    assert echoed(lines) == [cell]
    assert lines.error.tolist() == [cell]


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "=1+1", "@SUM(A1)", "+1", "-1"])
def test_read_lines_does_not_change_formula_text(text):
    """R24."""
    assert echoed(read(f"{text},ADDED,1,\n".encode())) == [text]


def test_read_lines_follows_quoted_newlines_over_block_borders():
    """R7: Arrow reads blocks of 1 MiB; a cell may begin in one and end in the next."""
    cells = [f"line {i}\nline, {i}\r\n\n" + "x" * (i % 97) for i in range(40_000)]
    body = "".join(f'"{cell}",ADDED,{i + 1},\n' for i, cell in enumerate(cells)).encode()

    lines = read(body)

    assert len(body) > 2 * 2**20
    assert echoed(lines) == cells
    assert lines.record_id.tolist() == [str(i + 1) for i in range(40_000)]


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n\n"])
def test_read_lines_finds_no_line_in_an_empty_table(body):
    """R16."""
    lines = read(body)

    assert len(lines) == 0
    assert echoed(lines) == []
    assert len(lines.take(np.array([], np.int64))) == 0


def test_read_lines_reads_a_last_line_without_an_end():
    assert read(b"a,SKIPPED,,E\nb,ADDED,7,").record_id.tolist() == [None, "7"]


BROKEN = {
    "nothing": (b"", b""),
    "a short line": (HEADER, b"a,ADDED,1,\nb,ADDED,2\n"),
    "a long line": (HEADER, b"a,ADDED,1,\nb,ADDED,2,,\n"),
    "an open quote": (HEADER, b'"a,ADDED,1,\n'),
    "latin-1 echo": (HEADER, "Müller,ADDED,1,\n".encode("latin-1")),
    "latin-1 error": (HEADER, "a,SKIPPED,,ungültig\n".encode("latin-1")),
    "half a letter": (HEADER, "a,ADDED,1,ü".encode()[:-1]),
    "a surrogate": (HEADER, b"\xed\xa0\x80,ADDED,1,\n"),
    "UTF-16": ("Name,STATUS,RECORD_ID,ERRORS\n".encode("utf-16"), "a,ADDED,1,\n".encode("utf-16")),
    "a web page": (b"<html>\n", b"<body>Sorry, try again, later</body></html>"),
    "a cell over two blocks": (HEADER, b"a,SKIPPED,," + b"x" * (3 * 2**20) + b"\n"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_read_lines_refuses_what_is_not_one_table_of_text(fault):
    """R8, R16, R21, R23."""
    header, body = BROKEN[fault]

    with pytest.raises(BadResultError) as refused:
        read(body, header)

    assert refused.value.reason in str(refused.value)
    assert refused.value.__cause__ is None


def test_read_lines_refuses_more_than_four_lines_for_each_row_of_the_largest_job():
    line, most = b"a,ADDED,1,\n", 4 * MAX_ROWS_PER_JOB

    assert len(read(line * most)) == most
    with pytest.raises(BadResultError, match="more lines than a job can have rows"):
        read(line * (most + 1))


def test_read_lines_keeps_cells_out_of_its_refusal():
    with pytest.raises(BadResultError) as refused:
        read(b"canary-4711,ADDED,1\n")

    assert "canary" not in str(refused.value)


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=60) | st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b"\r", b"\xfc", b"1"])))
def test_read_lines_raises_nothing_but_bad_result_whatever_follows_the_header(body):
    try:
        lines = read(body if isinstance(body, bytes) else b"".join(body))
    except BadResultError:
        return

    assert len(lines) == len(lines.record_id) == len(lines.error) == len(echoed(lines))


@pytest.mark.parametrize(
    "csv",
    [
        (HEADER + b"a,ADDED,1,\nb,ADDED,2,\n").replace(b"\n", b"\r"),
        b'"Name\nof it",STATUS,RECORD_ID,ERRORS\na,ADDED,1,\nb,ADDED,2,\n',
    ],
    ids=["CR ends lines", "newline in the header"],
)
def test_read_lines_reads_text_whatever_ends_the_header(csv):
    assert read(b"", csv).record_id.tolist() == ["1", "2"]


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_read_lines_splits_columns_at_the_given_delimiter(delimiter):
    others = "".join(mark for mark in ",;|:" if mark != delimiter)
    csv = delimiter.join(["A", "STATUS", "RECORD_ID", "ERRORS", "B"]) + "\n"
    csv += delimiter.join([f"a{others}", "ADDED", "0012", f"E-A{others}", f'"b{delimiter}"']) + "\n"

    lines = read_lines(csv.encode(), status=1, record_id=2, errors=3, echo={0: "A", 4: "B"}, delimiter=delimiter)

    assert lines.record_id.tolist() == ["0012"]
    assert lines.error.tolist() == [f"E-A{others}"]
    assert (lines.echo["A"].to_pylist(), lines.echo["B"].to_pylist()) == ([f"a{others}"], [f"b{delimiter}"])


# ------------------------------------------------------------------------------------------------- the verdict


@pytest.mark.parametrize("word", ["ADDED", "added", "Added", " added ", "aDDeD\t"])
def test_read_lines_takes_status_words_in_any_case(word):
    """R10."""
    assert read(f'a,"{word}",1,\n'.encode()).verdict(0) == ("ADDED", "")


@pytest.mark.parametrize("word", ["", "MERGED", "ADDED?", "SUCCESS", "UNREPORTED", "INVALID", "PENDING", "AD DED"])
def test_read_lines_reports_nothing_of_a_word_it_does_not_know(word):
    """R10: not even the id, which may be an unwritten record's. Our own statuses are not Bigin's either."""
    lines = read(f"a,{word},1,SOME_CODE-Name\n".encode())

    assert lines.verdict(0) == ("UNREPORTED", "UNKNOWN_STATUS")
    assert lines.record_id.tolist() == [None]


@pytest.mark.parametrize(
    ("cell", "record"),
    [
        ("4876876000000890075", "4876876000000890075"),
        ("876876000000890075", "876876000000890075"),
        ("1", "1"),
        ("1 ", "1"),
        ('="4876876000000890075"', "4876876000000890075"),
        ('"=""4876876000000890075"""', "4876876000000890075"),
        (" 1", "1"),
        ("", None),
        ("4.87688E+18", None),
        ("4.87E18", None),
        ("4876876000000890075.0", None),
        ("48768760000008900751", None),
        ("4,876", None),
        ("-5", None),
        ("0x1F", None),
        ("null", None),
        ("\u0661\u0662", None),
    ],
)
def test_read_lines_takes_only_digits_for_an_id(cell, record):
    """R11: a rounded id is another record's; it is dropped, and the row's error says so."""
    quoted = f'"{cell}"' if cell == "4,876" else cell

    lines = read(f"a,ADDED,{quoted},\na,SKIPPED,{quoted},E-Name\n".encode())

    assert lines.record_id.tolist() == [record, record]
    assert lines.verdict(0) == ("ADDED", "" if record else "UNREADABLE_ID")
    assert lines.verdict(1) == ("SKIPPED", "E-Name")


@pytest.mark.parametrize(
    "error",
    [
        "MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email",
        "INVALID_DATA-Account_Name.id",
        "LIMIT_EXCEEDED",
        "Feld „Größe“ ist ungültig",
        "-:,",
    ],
)
def test_read_lines_keeps_reasons_as_they_are_spelled(error):
    """R15."""
    assert read(f'a,SKIPPED,,"{error}"\n'.encode()).error.tolist() == [error]


def test_read_lines_makes_one_line_of_a_reason():
    assert read(b'a,SKIPPED,,"  one\r\ntwo\x1b[31m\tthree \n"\n').error.tolist() == ["one two [31m three"]


@pytest.mark.parametrize("letter", ["x", "ü", "\U0001f600"])
def test_read_lines_cuts_a_reason_that_is_longer_than_any_honest_one(letter):
    """R15: cut between letters, not within one."""
    error = read(f"a,SKIPPED,,{letter * 200_000}\nb,ADDED,1,\n".encode()).error

    assert error.tolist() == [letter * MAX_ERROR_TEXT, ""]


def test_take_returns_lines_in_the_order_asked_for():
    lines = read(b"a,ADDED,1,\nb,SKIPPED,,E\nc,UPDATED,3,\n")

    taken = lines.take(np.array([2, 0]))

    assert echoed(taken) == ["c", "a"]
    assert taken.record_id.tolist() == ["3", "1"]
    assert taken.status.tolist() == ["UPDATED", "ADDED"]
