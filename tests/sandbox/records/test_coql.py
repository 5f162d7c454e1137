"""The parser of COQL returns the query that a text means, or a refusal, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bigin_frames.sandbox.records.coql import BadQuery, Comparison, Pair, Query, comparisons, moment, parse

ASK = "select id from Contacts where "


def test_parse_returns_the_query() -> None:
    found = parse("Select id , Email from Contacts where (Email in ('a', 'b') and Created_Time >= 't') limit 5, 10")

    both = Pair("and", Comparison("Email", "in", ("a", "b")), Comparison("Created_Time", ">=", ("t",)))
    assert found == Query(("id", "Email"), "Contacts", both, limit=10, offset=5)
    assert comparisons(both) == [both.left, both.right]


@settings(max_examples=200, deadline=None)
@given(values=st.lists(st.text(max_size=12), min_size=1, max_size=5), quote=st.sampled_from("'\""))
def test_any_text_comes_back_from_its_literal(values: list[str], quote: str) -> None:
    listed = ",".join(quote + value.replace(quote, quote * 2) + quote for value in values)

    assert parse(f"{ASK}Email in ({listed})").criteria == Comparison("Email", "in", tuple(values))


@settings(max_examples=200, deadline=None)
@given(value=st.text("a'\"\\ \n", max_size=12))
def test_any_text_comes_back_where_a_backslash_escapes(value: str) -> None:
    written = value.replace("\\", "\\\\").replace("'", "''")

    assert parse(f"{ASK}Email = '{written}'", "escape").criteria == Comparison("Email", "=", (value,))


CODES = ("SYNTAX_ERROR", "INVALID_QUERY", "INVALID_DATA", "LIMIT_EXCEEDED", "DUPLICATE_DATA")


PIECES = ["select", "id", ",", "from", "Contacts", "where", "Email", "=", ">=", "in", "(", ")", "and", "or", "'a'",
          "'", '"', "\\", "order", "by", "limit", "offset", "3", "\u0661", ";", ".", "\x00"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join) | st.text(max_size=30))
@pytest.mark.parametrize("backslash", ["letter", "escape"])
def test_any_text_is_a_query_or_a_bad_one(backslash: Any, text: str) -> None:
    for start in ("", ASK, ASK + "Email = 'x' "):
        assert _outcome(start + text, backslash) in ("query", *CODES)


def _outcome(text: str, backslash: Any) -> str:
    try:
        return "query" if isinstance(parse(text, backslash), Query) else "nothing"
    except BadQuery as bad:
        return bad.code


@settings(max_examples=200, deadline=None)
@given(text=st.datetimes().map(str) | st.datetimes(timezones=st.timezones()).map(str) | st.text(max_size=12))
@example("0001-01-01T00:00:00+14:00")
@example("9999-12-31T23:59:59-14:00")
def test_any_text_is_a_moment_or_a_bad_one(text: str) -> None:
    try:
        seconds = moment(Comparison("Created_Time", ">", (text,)))
    except BadQuery as bad:
        seconds = float(bad.code == "INVALID_QUERY")

    assert isinstance(seconds, float)
