"""Reasons are read by the documented grammar, and any other text without breaking."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.wire.reasons import MAX_REASONS, RowError, parse_errors, write_errors


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


CODES = st.from_regex(r"[A-Z][A-Z0-9_]{2,30}", fullmatch=True)
NAMES = st.text(st.characters(exclude_characters=",:", exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda name: name == name.strip() != ""
)


@given(st.lists(st.builds(RowError, CODES, st.lists(NAMES, max_size=4).map(tuple)), max_size=6).map(tuple))
def test_written_reasons_are_read_back_the_same(errors):
    assert parse_errors(write_errors(errors)) == errors


@given(
    st.text(max_size=200) | st.lists(st.sampled_from([":", "-", ",", " ", "ABC", "x", "A_B"]), max_size=30).map("".join)
)
def test_any_text_is_read_without_breaking(text):
    assert all(isinstance(error, RowError) for error in parse_errors(text))
