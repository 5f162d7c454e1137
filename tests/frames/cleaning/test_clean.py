"""A cleaned frame, its log, and what is true of every cleaning."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.errors import OptionError
from bigin_frames.frames.checking.check import check
from bigin_frames.frames.cleaning.clean import clean, replay
from tests.support.cleaned import mapped, one
from tests.support.dose import WHOLE
from tests.support.frames_strategy import LISTS, NUMBERS, STRINGS, TRUTHS, WHOLES


def test_rows_are_identified_by_position_and_the_given_frame_is_unchanged():
    frame = pd.DataFrame({"Last_Name": ["a", " b", " c"]}, index=[7, 7, 7])
    kept = frame.copy()
    cleaned, log = clean(frame, mapped(frame))

    pd.testing.assert_frame_equal(frame, kept)
    assert cleaned.index.tolist() == [7, 7, 7]
    assert (log["row"].tolist(), log["row"].dtype) == ([1, 2], np.int64)


def test_a_frame_without_rows_has_an_empty_log():
    frame = pd.DataFrame({"Last_Name": pd.Series([], dtype=object)})
    result = clean(frame, mapped(frame))

    assert (len(result.frame), len(result.log), len(result.left)) == (0, 0, 0)
    assert result.log["row"].dtype == result.left["row"].dtype == np.int64


def test_the_repr_counts_and_shows_no_cell():
    result = one("First_Name", [" Secret", "b"])[1]

    assert repr(result) == "<Cleaned: 1 cell of 2 rows changed, 0 left unchanged>"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rules": ["date"]}, "did you mean 'dates'"),
        ({"rules": {"qqq": True}}, "the rules are unicode"),
        ({"rules": "dates"}, "must be a mapping"),
        ({"rules": 1}, "must be a mapping"),
        ({"rules": [["dates"]]}, "There is no rule"),
        ({"rules": pd.Series(["dates"])}, "must be a mapping"),
        ({"dates": np.array(["ymd", "dmy"])}, "dates must be one of"),
        ({"rules": {"dates": "off"}}, "must be True or False"),
        ({"dates": "ydm"}, "dates must be one of"),
    ],
)
def test_an_unknown_rule_or_order_is_refused(options, words):
    with pytest.raises(OptionError, match=words) as refused:
        one("First_Name", ["a"], **options)

    assert refused.value.option in options


COMPARABLE = [make for make in STRINGS if "view" not in str(make(["a"]).dtype)]  # pandas cannot compare views


MESS = st.sampled_from(["", " ", "\u200b", "\u00a0", "\u0301", "\r\n", "mailto:", "<", ">", ".0", ";", ",", "https://"])


BASES = {
    "Last_Name": ["Ann", "e\u0301", "ann", "O\u200b'Neil", "A  B"],
    "Email": ["ann@x.org", "Ann <ann@x.org>", "ANN@x.org", "bo@x.org", "nobody", "mailto:bo@x.org"],
    "Phone": ["4155550100", "4155550100.0", "55.0", "no, really", "9007199254740993.0"],
    "Mailing_Zip": ["90210.0", "2458.0", "02458", "SW1A 1AA"],
    "Website": ["www.x.org", "x.org", "ann@x.org", "http://x.org", "w" * 251 + ".org"],
    "Lead_Source": ["Web", "web", "Trade  show", "Wbe", "-None-"],
    "Courses": ["Analytics", "bigdata;analytics", "Analytics,Bigdata", "Foo;Bigdata"],
    "Tags": ["a; b", "b", "; ;"],
    "Joined": ["2024-01-31", "31/01/2024", "01/02/2024", "Jan 3, 2024", "31.1.2024 00:00"],
    "Seen": ["2024-01-31 10:00", "31/01/2024 10:00 PM", "01/02/2024 9:00", "2024/1/2 3:04Z"],
    "Opted_Out": ["Yes", "n", "TRUE", "1", "maybe"],
    "Age": ["12", " 12", "1.5"],
}


OTHERS = {
    "Phone": (st.sampled_from([4155550100.0, 55.0, 1.5, 2.0**53, -0.0]), NUMBERS),
    "Mailing_Zip": (st.sampled_from([90210, 2458]), WHOLES),
    "Opted_Out": (st.booleans(), TRUTHS),
    "Courses": (st.lists(st.sampled_from(["Analytics", "bigdata", "Foo", ""]), max_size=3), LISTS),
}


@st.composite
def messy(draw):
    size = draw(st.integers(0, 8))
    names = draw(st.lists(st.sampled_from(list(BASES)), unique=True, max_size=4))
    columns = {name: draw(_column(name, size)) for name in dict.fromkeys(["Last_Name", "Email", *names])}
    return pd.DataFrame(columns).set_axis(draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))


@st.composite
def _column(draw, name, size):
    texts = st.tuples(MESS, st.sampled_from(BASES[name]) | st.text(max_size=6), MESS).map("".join)
    cells, backends = texts, COMPARABLE
    if name in OTHERS and draw(st.booleans()):
        cells, backends = OTHERS[name]
    drawn = draw(st.lists(st.none() | cells, min_size=size, max_size=size))
    try:
        return draw(st.sampled_from(backends))(drawn)
    except UnicodeEncodeError:  # pragma: no cover - only object columns can have a lone surrogate
        return pd.Series(drawn, dtype=object)


ORDER = st.sampled_from([None, "ymd", "dmy", "mdy"])


KEYED = {"operation": "upsert", "find_by": "Email"}


WAYS = st.sampled_from([{}, KEYED])


@settings(deadline=None, max_examples=250 if WHOLE else 80)
@given(messy(), ORDER, WAYS)
def test_cleaning_twice_is_cleaning_once(frame, order, way):
    once = clean(frame, mapped(frame, **way), dates=order)
    twice = clean(once.frame, mapped(frame, **way), dates=order)

    assert twice.log.empty
    pd.testing.assert_frame_equal(twice.frame, once.frame)


@settings(deadline=None, max_examples=250 if WHOLE else 80)
@given(messy(), ORDER, WAYS)
def test_nothing_changes_that_the_log_does_not_list(frame, order, way):
    cleaned, log = clean(frame, mapped(frame, **way), dates=order)
    listed = set(zip(log["row"], log["column"], strict=True))

    assert cleaned.index.equals(frame.index)
    assert cleaned.columns.equals(frame.columns)
    for name in frame:
        before, after = (held[name].to_numpy(dtype=object) for held in (frame, cleaned))
        same = [_same(one, other) for one, other in zip(before, after, strict=True)]
        assert [(row, name) not in listed for row in range(len(frame))] == same
        if all(same):
            assert cleaned[name].dtype == frame[name].dtype


def _same(one, other):
    if isinstance(one, list | np.ndarray) or isinstance(other, list | np.ndarray):
        return type(one) is type(other) and list(one) == list(other)
    return bool((pd.isna(one) and pd.isna(other)) or (type(one) is type(other) and one == other))


@settings(deadline=None, max_examples=250 if WHOLE else 80)
@given(messy(), ORDER, WAYS)
def test_the_log_replayed_on_the_input_gives_the_output(frame, order, way):
    cleaned, log = clean(frame, mapped(frame, **way), dates=order)

    pd.testing.assert_frame_equal(replay(frame, log), cleaned)


@settings(deadline=None, max_examples=250 if WHOLE else 80)
@given(messy(), ORDER, WAYS)
def test_no_row_fails_after_cleaning_that_did_not_before(frame, order, way):
    plan, operation = mapped(frame, **way), way.get("operation", "insert")
    before, after = (
        check(held, plan, operation=operation).report.mask for held in (frame, clean(frame, plan, dates=order).frame)
    )

    assert not (after & ~before).any()
