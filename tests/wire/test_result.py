"""A result's columns are recognised exactly, or the result is refused."""

from __future__ import annotations

import csv

import pytest

from bigin_frames.errors import BadResultError
from bigin_frames.wire.result import ResultLayout, layout, read, utf8
from tests.support.wire_samples import CSV, mapping, zipped


def test_text_may_start_with_a_byte_order_mark():
    assert utf8(b"\xef\xbb\xbfA,\xc3\xa9") == utf8(b"A,\xc3\xa9") == b"A,\xc3\xa9"


def test_text_is_complete_whatever_character_a_block_ends_in():
    content = "a" + "\u20ac" * 100_000

    assert utf8(content.encode()) == content.encode()


@pytest.mark.parametrize(
    "content",
    ["canary".encode("utf-16"), "canary".encode("utf-16-le"), b"canary \xe9", b"a\x00b", b"\xed\xa0\x80", b"cut \xc3"],
)
def test_other_encodings_are_refused(content):
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
def test_verdict_columns_are_recognised_by_name_in_any_order_at_either_end(tail, where):
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
def test_echo_is_recognised_by_api_name_or_label_or_a_mix(header):
    assert layout([*header, "STATUS", "RECORD_ID", "ERRORS"], MAPPINGS).echo == {0: "Last_Name", 1: "Email"}


def test_echo_of_a_constant_is_recognised_and_left_out():
    found = layout(["Last_Name", "Lead_Source", "STATUS", "RECORD_ID", "ERRORS"], MAPPINGS)

    assert (found.echo, found.status) == ({0: "Last_Name"}, 2)


def test_field_named_like_a_verdict_is_distinguished_by_its_position():
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
def test_ambiguous_or_unknown_header_is_refused(header):
    with pytest.raises(BadResultError, match="header"):
        layout(header, MAPPINGS)


@pytest.mark.parametrize("header", [["Phone"], ["Phone", "Mobile"]])
def test_name_that_is_one_fields_api_name_and_anothers_label_is_refused(header):
    mappings = (mapping("Phone", 0, "Mobile"), mapping("Mobile", 1, "Phone"))

    with pytest.raises(BadResultError, match="not exactly one"):
        layout([*header, "STATUS", "RECORD_ID", "ERRORS"], mappings)


def test_name_that_is_also_a_label_is_settled_by_the_other_columns():
    mappings = (mapping("Phone", 0, "Work Phone"), mapping("Mobile", 1, "Phone"), mapping("Last_Name", 2, "Surname"))

    assert layout(["Phone", "Last_Name", "STATUS", "ID", "ERRORS"], mappings).echo == {0: "Phone", 1: "Last_Name"}
    assert layout(["Phone", "Surname", "STATUS", "ID", "ERRORS"], mappings).echo == {0: "Mobile", 1: "Last_Name"}


def test_label_of_two_fields_is_refused():
    mappings = (mapping("A", 0, "Name"), mapping("B", 1, "name"))

    with pytest.raises(BadResultError):
        layout(["Name", "STATUS", "ID", "ERRORS"], mappings)


@pytest.mark.parametrize("delimiter", [",", ";", "|", ":"])
def test_result_is_read_with_any_delimiter(delimiter):
    content = CSV.replace(b",", delimiter.encode())
    found = read(zipped(("Contacts-a.csv", b"\xef\xbb\xbf" + content)), MAPPINGS)

    assert (found.csv, found.delimiter) == (content, delimiter)
    assert found.layout == ResultLayout(status=2, record_id=3, errors=4, echo={0: "Last_Name", 1: "Email"})


def test_header_longer_than_the_csv_reader_allows_is_refused():
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
def test_result_without_a_readable_header_is_refused(content):
    with pytest.raises(BadResultError, match="header"):
        read(zipped(("a.csv", content)), MAPPINGS)
