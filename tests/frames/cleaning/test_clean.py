from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.errors import OptionError
from bigin_frames.frames.checking.check import check
from bigin_frames.frames.cleaning.clean import RULES, clean, replay
from bigin_frames.frames.mapping.columns import map_columns
from bigin_frames.model import Lookup
from tests.support.contacts import CONTACTS, field
from tests.support.dose import WHOLE
from tests.support.frames_strategy import LISTS, NUMBERS, STRINGS, TRUTHS, WHOLES, category

FIELDS = (
    *CONTACTS,
    *(field(name) for name in ("Mailing_Zip", "Billing_Code", "homePhone")),
    field("Notes", "textarea"),
    field("Tags", "multiselectpicklist"),
)


def mapped(frame, operation="insert", **options):
    return map_columns(frame.columns, FIELDS, module="Contacts", operation=operation, **options)


def one(name, cells, **options):
    """The cleaned cells of one column beside a sound mandatory one, and the result itself."""
    cells = cells if isinstance(cells, pd.Series) else pd.Series(cells, dtype=object)
    frame = pd.DataFrame({"Last_Name": ["N"] * len(cells), name: cells})
    result = clean(frame, mapped(frame), **options)
    return result.frame[name].tolist(), result


CHANGES = [
    ("unicode", "First_Name", "Jose\u0301", "José"),
    ("unicode", "Notes", "A\u030angstro\u0308m", "Ångström"),
    ("unicode", "First_Name", "\x93Ann\x94 \x96 o\x92Neil", "\u201cAnn\u201d \u2013 o\u2019Neil"),
    ("spaces", "First_Name", "  Ann\u00a0 \t Lee\u200b\ufeff\r\n", "Ann Lee"),
    ("spaces", "Notes", "\n a  b\n\n c\u200b \n", "a  b\n\n c"),
    ("spaces", "Age", " 12 ", "12"),
    ("spaces", "First_Name", "\u3000", ""),
    ("spaces", "First_Name", "\u200b", ""),
    ("spaces", "First_Name", "a\x85b\x81", "a b"),
    ("numbers", "Phone", "4155550100.0", "4155550100"),
    ("numbers", "Phone", 4155550100.0, "4155550100"),
    ("numbers", "Phone", np.float32(2**24 - 2), "16777214"),
    ("numbers", "Mailing_Zip", "90210.0", "90210"),
    ("numbers", "First_Name", 7.0, "7"),
    ("numbers", "Billing_Code", "90210.0", "90210"),
    ("numbers", "homePhone", "90210.0", "90210"),
    ("numbers", "Account_Name", 4876876000001.0, "4876876000001"),
    *(("booleans", "Opted_Out", word, "true") for word in ("Yes", "y", "T", "on", "1", "1.0", 1, 1.0)),
    *(("booleans", "Opted_Out", word, "false") for word in ("No", "N", "f", "OFF", "0", "0.0", 0, 0.0, -0.0)),
    ("dates", "Joined", "31/01/2024", "2024-01-31"),
    ("dates", "Joined", "01/31/2024", "2024-01-31"),
    ("dates", "Joined", "5.5.2024", "2024-05-05"),
    ("dates", "Joined", "2024/1/2", "2024-01-02"),
    ("dates", "Joined", "31 Jan 2024", "2024-01-31"),
    ("dates", "Joined", "31-January-2024", "2024-01-31"),
    ("dates", "Joined", "Sept. 3, 2024", "2024-09-03"),
    ("dates", "Joined", "2024-01-31T00:00:00", "2024-01-31"),
    ("dates", "Joined", "31.01.2024 12:00 AM", "2024-01-31"),
    ("dates", "Joined", "2024-01-31 00:00:00.000", "2024-01-31"),
    ("dates", "Seen", "31/01/2024 10:05 PM", "2024-01-31T22:05:00"),
    ("dates", "Seen", "2024/01/31 9:05:06.5 +0300", "2024-01-31T09:05:06.5+0300"),
    ("dates", "Seen", "Jan 31, 2024, 12:00 p.m.", "2024-01-31T12:00:00"),
    ("choices", "Lead_Source", "trade  SHOW", "Trade Show"),
    ("choices", "Lead_Source", "Tradeshow", "Trade Show"),
    ("choices", "Lead_Source", " Pärtner", "Partner"),
    ("choices", "Courses", " analytics ;BigData;; analytics", "Analytics;Bigdata"),
    ("choices", "Courses", "Bigdata, Analytics", "Bigdata;Analytics"),
    ("choices", "Courses", ["bigdata", "Analytics"], "Bigdata;Analytics"),
    ("choices", "Tags", "b ; a;;b", "b;a"),
    ("emails", "Email", "MAILTO:ann@x.org", "ann@x.org"),
    ("emails", "Email", "Ann Lee <ann@x.org>", "ann@x.org"),
    ("emails", "Email", "<mailto: ann@x.org>", "ann@x.org"),
    ("websites", "Website", "www.x.org", "https://www.x.org"),
    ("websites", "Website", "x.org:80/a?b=1", "https://x.org:80/a?b=1"),
]


@pytest.mark.parametrize(("rule", "name", "cell", "wanted"), CHANGES)
def test_a_rule_changes_what_is_certain_and_says_so(rule, name, cell, wanted):
    cells, result = one(name, [cell])

    assert cells == [wanted]
    assert result.log["rule"].tolist()[-1] == rule
    assert (result.log["before"].iloc[0], result.log["after"].iloc[-1]) == (cell, wanted)


@pytest.mark.parametrize(("rule", "name", "cell", "wanted"), CHANGES)
def test_a_rule_that_is_switched_off_changes_nothing(rule, name, cell, wanted):
    _, result = one(name, [cell], rules={rule: False})

    assert rule not in set(result.log["rule"])
    assert one(name, [cell], rules=[])[0] == [cell]


KEPT = [
    ("First_Name", ["Ann", "José", "1.0", "", "a\u200db", "www.x.org", "01/31/2024", "Yes"]),
    ("Phone", ["+49 40 1", "0171 1", "9007199254740993.0"]),
    ("Phone", [123.5, float("inf"), 2.0**53]),
    ("First_Name", [3, True]),
    ("Phone", [10**30, 10**400]),
    ("Opted_Out", [10**30, -(10**400)]),
    ("Account_Name", ["4876876000000123456", "9007199254740992.0"]),
    ("Email", ["ann@x.org", "a@x.org, b@x.org", "<ann>", "ann@x.org <b@x.org>", 1.0]),
    ("Lead_Source", ["Pa\u094drtner"]),
    ("Website", ["https://x.org", "ftp://x.org", "hhttps://x.org", "ann@x.org", "see the page", "1.2.3.4"]),
    ("Lead_Source", ["Web", "Wbe", "-None-"]),
    ("Courses", ["Analytics", "Analytics;Foo", ";", ["Analytics", "Bigdata"], ["a;b"], ["Analytics", None]]),
    ("Opted_Out", ["true", "FALSE", "maybe", 2, 0.5, True]),
    ("Joined", ["2024-01-31", "01/02/2024", "2024-02-30", "1/2/24", "20240131", "13/13/2024", "today", "2024-1-2024"]),
    ("Joined", ["31/01/2024 10:00", "31/01/2024 00:00Z", "31 Foo 2024", "45322", pd.Timestamp("2024-01-31 10:00")]),
    ("Seen", ["2024-01-31 10:00", "2024-01-31T10:00:00Z", "31/01/2024", "01/02/2024 10:00", "31/01/2024 25:00"]),
    ("Seen", ["2024-02-30 10:00", "2024-01-31 24:00", "2024-01-31T10:00+19:00"]),
    ("Seen", ["31/01/2024 13:00 PM", "31/01/2024 0:30 am", "31/01/2024 10:00 +19:00"]),
    ("Age", ["1,000", "1.0", 1.0]),
    ("Budget", ["$5", "1.234,5"]),
]


@pytest.mark.parametrize(("name", "cells"), KEPT)
def test_what_is_not_certain_stays_as_it_is(name, cells):
    for cell in cells:
        done, result = one(name, [cell])

        assert done == [cell]
        assert result.log.empty


@pytest.mark.parametrize(("order", "wanted"), [("dmy", "2024-02-01"), ("mdy", "2024-01-02"), ("ymd", "01/02/2024")])
def test_the_stated_order_decides_dates_that_could_be_two(order, wanted):
    assert one("Joined", ["01/02/2024"], dates=order)[0] == [wanted]


def test_a_date_against_the_stated_order_is_left():
    cells, result = one("Joined", ["31/01/2024", "20240131"], dates="mdy")

    assert cells == ["31/01/2024", "20240131"]
    assert len(result.left) == 2
    assert one("Joined", ["20240131"], dates="ymd")[0] == ["2024-01-31"]


def test_what_is_left_has_a_reason_and_the_nearest_choice():
    left = one("Lead_Source", ["Web", "Wbe", "zzz"])[1].left

    assert left.to_dict("list") == {
        "row": [1, 2],
        "column": ["Lead_Source"] * 2,
        "field": ["Lead_Source"] * 2,
        "kind": ["text"] * 2,
        "why": ["is not among the 3 values of the picklist"] * 2,
        "suggestion": ["Web", None],
    }


def test_an_ambiguous_date_is_reported():
    left = one("Joined", ["01/02/2024"])[1].left

    assert left["why"].tolist() == [
        "is a date whose day and month cannot be told apart; say dates='dmy' or dates='mdy'"
    ]


@pytest.mark.parametrize("cells", [pd.Series([90210, 2458]), pd.Series([90210, 2458], dtype="Int64")])
def test_a_whole_number_that_may_have_lost_a_zero_is_left_too(cells):
    done, result = one("Mailing_Zip", cells)

    assert done == [90210, 2458]
    assert result.left[["row", "kind"]].to_numpy().tolist() == [[1, "int"]]
    assert one("Mailing_Zip", cells, rules={"numbers": False})[1].left.empty


def test_a_column_is_known_as_zips_by_its_own_name_too():
    frame = pd.DataFrame({"n": ["N"], "zip": ["90210.0"]})
    plan = mapped(frame, columns={"n": "Last_Name", "zip": "First_Name"})

    assert clean(frame, plan).frame["zip"].tolist() == ["90210"]


def test_a_voiced_sign_is_no_accent():
    frame = pd.DataFrame({"Kind": ["ハハ", "パパ"]})
    plan = map_columns(frame.columns, [field("Kind", "picklist", picklist=("パパ",))], module="X", operation="insert")

    assert clean(frame, plan).left["row"].tolist() == [0]


def test_an_empty_key_is_not_made_of_an_invisible_one():
    frame = pd.DataFrame({"Code": ["\u200b", "a "]})
    fields = [field("Code", unique=True)]
    keyed, free = (
        clean(frame, map_columns(frame.columns, fields, module="X", operation=operation, find_by=key))
        for operation, key in (("upsert", "Code"), ("insert", None))
    )

    assert keyed.log["row"].tolist() == [1]
    assert free.log["row"].tolist() == [0, 1]


def test_options_that_fold_alike_are_never_guessed():
    frame = pd.DataFrame({"Size": ["xl", "XL", "s"]})
    fields = [field("Size", "picklist", picklist=("XL", "X l", "S"))]
    plan = map_columns(frame.columns, fields, module="Contacts", operation="insert")

    assert clean(frame, plan).frame["Size"].tolist() == ["xl", "XL", "S"]


def test_a_number_shorter_than_its_fellows_is_left_for_it_may_have_lost_a_zero():
    cells, result = one("Mailing_Zip", pd.Series([90210.0, 2458.0, None]))

    assert cells[:2] == ["90210", 2458.0]
    assert result.left[["row", "kind"]].to_numpy().tolist() == [[1, "float"]]
    assert one("Mailing_Zip", ["90210", "2458.0", ["x"]])[0] == ["90210", "2458.0", ["x"]]


def test_a_float_column_of_whole_numbers_becomes_text():
    cells, result = one("Phone", pd.Series([4155550100.0, None]))

    assert cells[0] == "4155550100"
    assert result.frame["Phone"].isna().tolist() == [False, True]
    assert result.frame["Phone"].dtype == pd.Series(["a", None]).dtype


@pytest.mark.parametrize("backend", STRINGS)
def test_text_columns_keep_their_kind_of_dtype(backend):
    column = backend([" a", None, "b"])
    cells, result = one("First_Name", column)
    kept = not (
        isinstance(column.dtype, pd.ArrowDtype) and column.dtype.pyarrow_dtype not in (pa.string(), pa.large_string())
    )

    assert cells[0::2] == ["a", "b"]
    assert result.frame["First_Name"].isna().tolist() == [False, True, False]
    if kept and not isinstance(column.dtype, pd.CategoricalDtype):
        assert result.frame["First_Name"].dtype == column.dtype
    assert isinstance(result.frame["First_Name"].dtype, pd.CategoricalDtype) == (backend is category)


def test_a_sound_cell_is_never_made_unsound():
    frame = pd.DataFrame({"Last_Name": ["\u200b", "x"], "Website": ["www." + "x" * 247 + ".org", "www.x.org"]})
    result = clean(frame, mapped(frame))

    assert result.log["row"].tolist() == [1]
    assert result.left["row"].tolist() == [0, 0]


def test_no_row_comes_to_share_its_key():
    emails = ["ann@x.org", "mailto:ann@x.org", "<bo@x.org>", "mailto:bo@x.org", "<cy@x.org>"]
    frame = pd.DataFrame({"Last_Name": ["N"] * 5, "Email": emails})
    result = clean(frame, mapped(frame, "upsert", find_by="Email"))

    assert result.frame["Email"].tolist() == [*emails[:4], "cy@x.org"]
    assert result.left["why"].tolist() == ["would share its key with another row once it is cleaned"] * 3


def test_rows_that_shared_a_key_do_not_draw_in_a_third():
    frame = pd.DataFrame({"Last_Name": [" a\u200b", "a\u200b", "a"]})
    fields = [field("Last_Name", unique=True)]
    plan = map_columns(frame.columns, fields, module="Contacts", operation="upsert", find_by="Last_Name")
    result = clean(frame, plan)

    assert result.log.empty
    assert result.left["row"].tolist() == [0, 1]


def test_owners_by_mail_and_lookups_by_name_are_cleaned_as_such():
    frame = pd.DataFrame({"n": ["N"], "o": ["Ann <ann@x.org>"], "a": ["  Acme   Inc "], "unmapped": [" x "]})
    columns = {"n": "Last_Name", "o": Lookup("Owner", by="email"), "a": Lookup("Account_Name", by="Account_Name")}
    result = clean(frame, mapped(frame, columns=columns))

    assert result.frame.iloc[0].tolist() == ["N", "ann@x.org", "Acme Inc", " x "]
    assert result.log[["column", "field"]].to_numpy().tolist() == [["o", "Owner"], ["a", "Account_Name"]]


def test_rows_are_told_by_position_and_the_frame_given_is_untouched():
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

    assert repr(result) == "<Cleaned: 1 cells of 2 rows changed, 0 let alone>"


def test_rules_have_one_line_each():
    assert all(words.endswith(".") and "\n" not in words for words in RULES.values())
    assert {rule for rule, *_ in CHANGES} == set(RULES)


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
def test_an_option_that_cannot_be_meant_is_refused(options, words):
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
    except UnicodeEncodeError:  # pragma: no cover - a lone surrogate is text for objects alone
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
