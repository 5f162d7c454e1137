from __future__ import annotations

import csv
import io
import random
import struct
import tracemalloc
import warnings
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames import limits
from bigin_frames.errors import BadResultError
from bigin_frames.model import RowError
from bigin_frames.wire.reasons import MAX_REASONS, parse_errors, write_errors
from bigin_frames.wire.result import ResultLayout, layout, read, utf8
from bigin_frames.wire.unzip import unzip
from tests.support.wire_samples import mapping, zipped

CSV = b"Last_Name,Email,STATUS,RECORD_ID,ERRORS\nA,a@b.c,added,4876876000000890075,\n"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("content", [CSV, b"", b"x" * 200_000])
def test_unzip_gives_the_one_file(method, content):
    assert unzip(zipped(("Contacts-bf-1.csv", content), method=method)) == content


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "C:\\x", "no extension", "n" * 60_000, "\u00e4.csv"])
def test_unzip_never_uses_the_name(name):
    assert unzip(zipped((name, CSV))) == CSV


def _patched(body: bytes, offset_in_central: int, layout_: str, value: int) -> bytes:
    at = body.rfind(b"PK\x01\x02") + offset_in_central
    return body[:at] + struct.pack(layout_, value) + body[at + struct.calcsize(layout_) :]


def _flagged(body: bytes, flag: int) -> bytes:
    return _patched(body[:6] + struct.pack("<H", flag) + body[8:], 8, "<H", flag)


def _duplicate() -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return zipped(("a.csv", CSV), ("a.csv", CSV))


GOOD = zipped(("a.csv", CSV))
BAD = {
    "empty": b"",
    "no zip": b"<html>canary</html>",
    "no member": zipped(),
    "two members": zipped(("a.csv", CSV), ("b.csv", CSV)),
    "same name twice": _duplicate(),
    "directory": zipped(("a/", b"")),
    "truncated": GOOD[:-10],
    "cut in the data": GOOD[:40] + GOOD[50:],
    "prefix": b"junk" + GOOD,
    "suffix": GOOD + b"junk",
    "encrypted": _flagged(GOOD, 0x1),
    "strongly encrypted": _flagged(GOOD, 0x41),
    "bzip2": zipped(("a.csv", CSV), method=zipfile.ZIP_BZIP2),
    "lzma": zipped(("a.csv", CSV), method=zipfile.ZIP_LZMA),
    "wrong checksum": _patched(GOOD, 16, "<I", zlib.crc32(b"other")),
    "small declared size": _patched(GOOD, 24, "<I", 5),
    "large declared size": _patched(GOOD, 24, "<I", len(CSV) + 5),
    "impossible ratio": _patched(GOOD, 24, "<I", 100_000_000),
    "impossible packed size": _patched(GOOD, 20, "<I", 10_000),
    "nested name of NUL": zipped(("a.csv", CSV)).replace(b"a.csv", b"\x00.csv"),
}


@pytest.mark.parametrize(
    "body", [pytest.param(body, id=name) for name, body in BAD.items() if name != "nested name of NUL"]
)
def test_unzip_refuses_a_zip_that_is_not_exactly_right(body):
    with pytest.raises(BadResultError, match="cannot be used") as caught:
        unzip(body)

    assert caught.value.reason
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("name", ["encrypted", "strongly encrypted"])
def test_encryption_is_named_as_the_reason(name):
    with pytest.raises(BadResultError, match="the zip is encrypted"):
        unzip(BAD[name])


def test_unzip_does_not_mind_a_name_that_is_empty_after_its_nul():
    assert unzip(BAD["nested name of NUL"]) == CSV


def test_unzip_refuses_a_body_over_the_cap(monkeypatch):
    monkeypatch.setattr(limits, "MAX_RESULT_ZIP_BYTES", 10)

    with pytest.raises(BadResultError, match="larger than any real result"):
        unzip(GOOD)


def test_unzip_refuses_content_over_the_cap(monkeypatch):
    monkeypatch.setattr(limits, "MAX_RESULT_CSV_BYTES", 10)

    with pytest.raises(BadResultError, match="larger than any real result"):
        unzip(GOOD)


def test_bomb_is_refused_without_being_unpacked():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.csv", "w") as member:
        for _ in range(150):
            member.write(bytes(2**20))
    bomb = buffer.getvalue()
    forged = _patched(bomb, 24, "<I", 1000)
    tracemalloc.start()
    for body in (bomb, forged):
        with pytest.raises(BadResultError):
            unzip(body)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 * 2**20


def test_flipped_bytes_never_give_other_content():
    dice = random.Random(7)  # noqa: S311 - the same flips in every run
    body = zipped(("a.csv", CSV * 20))
    for _ in range(2000):
        at = dice.randrange(len(body))
        flipped = body[:at] + bytes([body[at] ^ (1 << dice.randrange(8))]) + body[at + 1 :]
        try:
            content = unzip(flipped)
        except BadResultError:
            continue
        assert content == CSV * 20


def test_text_may_start_with_a_byte_order_mark():
    assert utf8(b"\xef\xbb\xbfA,\xc3\xa9") == utf8(b"A,\xc3\xa9") == b"A,\xc3\xa9"


def test_text_is_whole_however_its_characters_fall():
    content = "a" + "\u20ac" * 100_000

    assert utf8(content.encode()) == content.encode()


@pytest.mark.parametrize(
    "content",
    ["canary".encode("utf-16"), "canary".encode("utf-16-le"), b"canary \xe9", b"a\x00b", b"\xed\xa0\x80", b"cut \xc3"],
)
def test_other_encodings_prove_nothing(content):
    with pytest.raises(BadResultError, match="not UTF-8") as caught:
        utf8(content)

    assert caught.value.__cause__ is caught.value.__context__ is None


MAPPINGS = (
    mapping("Last_Name", 0),
    mapping("Email", 1, "E-mail"),
    mapping("Account_Name", 2, "Company Name"),
    mapping("Lead_Source", None, default="Fair"),
)


@pytest.mark.parametrize(
    "tail",
    [
        ["STATUS", "RECORD_ID", "ERRORS"],
        ["RECORD_ID", "STATUS", "ERRORS"],
        ["Id", "Status", "Errors"],
        ["Record Id", "status", "Error"],
        ["errors", "recordid", " Status "],
    ],
)
@pytest.mark.parametrize("where", ["end", "start"])
def test_verdict_columns_are_known_by_name_in_any_order_at_either_end(tail, where):
    echo = ["Last_Name", "Email", "Account_Name"]
    header = echo + tail if where == "end" else tail + echo
    found = layout(header, MAPPINGS)
    plain = [name.lower().replace("_", "").replace(" ", "") for name in header]

    assert plain[found.status] == "status"
    assert plain[found.record_id] in ("id", "recordid")
    assert plain[found.errors] in ("error", "errors")
    assert [found.echo[at] for at in sorted(found.echo)] == echo


def test_echo_may_be_in_any_order_and_any_number():
    assert layout(["Account_Name", "Last_Name", "STATUS", "RECORD_ID", "ERRORS"], MAPPINGS) == ResultLayout(
        status=2, record_id=3, errors=4, echo={0: "Account_Name", 1: "Last_Name"}
    )
    assert layout(["STATUS", "RECORD_ID", "ERRORS"], MAPPINGS).echo == {}


@pytest.mark.parametrize(
    "header", [["last_name", "EMAIL"], ["Last Name", "E-MAIL"], [" Last Name ", "Email"], ["Last_Name", "e-mail"]]
)
def test_echo_is_known_by_api_name_or_label_or_a_mix(header):
    assert layout([*header, "STATUS", "RECORD_ID", "ERRORS"], MAPPINGS).echo == {0: "Last_Name", 1: "Email"}


def test_echo_of_a_constant_is_known_and_left_out():
    found = layout(["Last_Name", "Lead_Source", "STATUS", "RECORD_ID", "ERRORS"], MAPPINGS)

    assert (found.echo, found.status) == ({0: "Last_Name"}, 2)


def test_field_called_like_a_verdict_is_told_apart_by_its_position():
    mappings = (mapping("id", 0, "Record Id"), mapping("Status", 1), mapping("Error", 2))

    assert layout(["id", "Status", "Error", "STATUS", "RECORD_ID", "ERRORS"], mappings) == ResultLayout(
        status=3, record_id=4, errors=5, echo={0: "id", 1: "Status", 2: "Error"}
    )
    assert layout(["Status", "STATUS", "RECORD_ID", "ERRORS"], mappings).echo == {0: "Status"}


def test_column_without_a_name_echoes_nothing():
    found = layout(["Last_Name", "", " ", "STATUS", "RECORD_ID", "ERRORS"], MAPPINGS)

    assert found == ResultLayout(status=3, record_id=4, errors=5, echo={0: "Last_Name"})


@pytest.mark.parametrize(
    "header",
    [
        [],
        ["Last_Name"],
        ["STATUS", "RECORD_ID"],
        ["Last_Name", "STATUS", "RECORD_ID"],
        ["Last_Name", "STATUS", "STATUS", "ERRORS"],
        ["Last_Name", "STATUS", "RECORD_ID", "ID"],
        ["STATUS", "Last_Name", "RECORD_ID", "ERRORS"],
        ["Last_Name", "STATUS", "RECORD_ID", "ERRORS", "Email"],
        ["Last_Name", "Nobody", "STATUS", "RECORD_ID", "ERRORS"],
        ["Last_Name", "Last_Name", "STATUS", "RECORD_ID", "ERRORS"],
        ["Last_Name", "Last Name", "STATUS", "RECORD_ID", "ERRORS"],
        ["Last_Name", "STATUS", "RECORD_ID", "ERRORS", "STATUS"],
    ],
)
def test_header_that_can_be_read_two_ways_or_none_proves_nothing(header):
    with pytest.raises(BadResultError, match="header"):
        layout(header, MAPPINGS)


@pytest.mark.parametrize("header", [["Phone"], ["Phone", "Mobile"]])
def test_name_that_is_one_fields_api_name_and_anothers_label_proves_nothing(header):
    mappings = (mapping("Phone", 0, "Mobile"), mapping("Mobile", 1, "Phone"))

    with pytest.raises(BadResultError, match="not exactly one"):
        layout([*header, "STATUS", "RECORD_ID", "ERRORS"], mappings)


def test_name_that_is_also_a_label_is_settled_by_the_other_columns():
    mappings = (mapping("Phone", 0, "Work Phone"), mapping("Mobile", 1, "Phone"), mapping("Last_Name", 2, "Surname"))

    assert layout(["Phone", "Last_Name", "STATUS", "ID", "ERRORS"], mappings).echo == {0: "Phone", 1: "Last_Name"}
    assert layout(["Phone", "Surname", "STATUS", "ID", "ERRORS"], mappings).echo == {0: "Mobile", 1: "Last_Name"}


def test_label_of_two_fields_proves_nothing():
    mappings = (mapping("A", 0, "Name"), mapping("B", 1, "name"))

    with pytest.raises(BadResultError):
        layout(["Name", "STATUS", "ID", "ERRORS"], mappings)


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("", ()),
        ("  ", ()),
        ("DUPLICATE_DATA-Email", (RowError("DUPLICATE_DATA", ("Email",)),)),
        (
            "MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email",
            (RowError("MANDATORY_NOT_FOUND", ("Company", "Last_Name")), RowError("DUPLICATE_DATA", ("Email",))),
        ),
        ("NOT_APPROVED", (RowError("NOT_APPROVED"),)),
        ("NOT_APPROVED:CANNOT_PROCESS", (RowError("NOT_APPROVED"), RowError("CANNOT_PROCESS"))),
        (
            "NOT_APPROVED : INVALID_DATA - Email , Phone",
            (RowError("NOT_APPROVED"), RowError("INVALID_DATA", ("Email", "Phone"))),
        ),
        ("INVALID_DATA-E-mail", (RowError("INVALID_DATA", ("E-mail",)),)),
        ("INVALID_DATA-Time: start", (RowError("INVALID_DATA", ("Time: start",)),)),
        ("INVALID_DATA-A:b:NOT_APPROVED", (RowError("INVALID_DATA", ("A:b",)), RowError("NOT_APPROVED"))),
        ("INVALID_DATA-", (RowError("INVALID_DATA"),)),
        ("ein Fehler", (RowError("ein Fehler"),)),
    ],
)
def test_errors_are_read_by_the_documented_grammar(text, errors):
    assert parse_errors(text) == errors


def test_errors_of_a_megabyte_are_cut():
    errors = parse_errors(":".join(["INVALID_DATA-" + "x" * 1000] * 1000))

    assert len(errors) == MAX_REASONS
    assert errors[0] == RowError("INVALID_DATA", ("x" * 255,))


@pytest.mark.parametrize("delimiter", [",", ";", "|", ":"])
def test_result_is_read_with_whatever_parts_its_columns(delimiter):
    content = CSV.replace(b",", delimiter.encode())
    found = read(zipped(("Contacts-a.csv", b"\xef\xbb\xbf" + content)), MAPPINGS)

    assert (found.csv, found.delimiter) == (content, delimiter)
    assert found.layout == ResultLayout(status=2, record_id=3, errors=4, echo={0: "Last_Name", 1: "Email"})


def test_header_longer_than_the_csv_reader_takes_proves_nothing():
    before = csv.field_size_limit(20)
    try:
        with pytest.raises(BadResultError, match="header"):
            read(zipped(("a.csv", b"x" * 30 + b",STATUS,RECORD_ID,ERRORS")), MAPPINGS)
    finally:
        csv.field_size_limit(before)


def test_result_without_echoes_is_read():
    found = read(zipped(("a.csv", b"STATUS,RECORD_ID,ERRORS\nadded,1,\n")), MAPPINGS)

    assert (found.delimiter, found.layout.echo) == (",", {})


@pytest.mark.parametrize(
    "content", [b"", b"\n", b'"' + b"x" * 200_000 + b'",STATUS,RECORD_ID,ERRORS', b"Last_Name\tSTATUS\tID\tERRORS"]
)
def test_result_without_a_header_that_can_be_read_proves_nothing(content):
    with pytest.raises(BadResultError, match="header"):
        read(zipped(("a.csv", content)), MAPPINGS)


CODES = st.from_regex(r"[A-Z][A-Z0-9_]{2,30}", fullmatch=True)
NAMES = st.text(st.characters(exclude_characters=",:", exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda name: name == name.strip() != ""
)


@given(st.lists(st.builds(RowError, CODES, st.lists(NAMES, max_size=4).map(tuple)), max_size=6).map(tuple))
def test_errors_come_back_as_they_were_written(errors):
    assert parse_errors(write_errors(errors)) == errors


@given(
    st.text(max_size=200) | st.lists(st.sampled_from([":", "-", ",", " ", "ABC", "x", "A_B"]), max_size=30).map("".join)
)
def test_any_text_is_read_without_breaking(text):
    assert all(isinstance(error, RowError) for error in parse_errors(text))
