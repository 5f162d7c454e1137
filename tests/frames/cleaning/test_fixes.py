"""What each cleaning rule changes, and what it leaves unchanged."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bigin_frames.frames.cleaning.clean import RULES, clean
from bigin_frames.frames.mapping.columns import map_columns
from bigin_frames.model import Lookup
from tests.support.cleaned import mapped, one
from tests.support.contacts import field

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
def test_what_is_not_certain_stays_unchanged(name, cells):
    for cell in cells:
        done, result = one(name, [cell])

        assert done == [cell]
        assert result.log.empty


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


@pytest.mark.parametrize("cells", [pd.Series([90210, 2458]), pd.Series([90210, 2458], dtype="Int64")])
def test_a_whole_number_that_may_have_lost_a_zero_is_left_too(cells):
    done, result = one("Mailing_Zip", cells)

    assert done == [90210, 2458]
    assert result.left[["row", "kind"]].to_numpy().tolist() == [[1, "int"]]
    assert one("Mailing_Zip", cells, rules={"numbers": False})[1].left.empty


def test_a_number_shorter_than_the_others_is_left_because_it_may_have_lost_a_zero():
    cells, result = one("Mailing_Zip", pd.Series([90210.0, 2458.0, None]))

    assert cells[:2] == ["90210", 2458.0]
    assert result.left[["row", "kind"]].to_numpy().tolist() == [[1, "float"]]
    assert one("Mailing_Zip", ["90210", "2458.0", ["x"]])[0] == ["90210", "2458.0", ["x"]]


def test_a_column_of_zip_codes_is_recognised_by_its_own_name_too():
    frame = pd.DataFrame({"n": ["N"], "zip": ["90210.0"]})
    plan = mapped(frame, columns={"n": "Last_Name", "zip": "First_Name"})

    assert clean(frame, plan).frame["zip"].tolist() == ["90210"]


def test_a_voicing_mark_is_not_an_accent():
    frame = pd.DataFrame({"Kind": ["ハハ", "パパ"]})
    plan = map_columns(frame.columns, [field("Kind", "picklist", picklist=("パパ",))], module="X", operation="insert")

    assert clean(frame, plan).left["row"].tolist() == [0]


def test_options_that_fold_to_the_same_text_are_never_guessed():
    frame = pd.DataFrame({"Size": ["xl", "XL", "s"]})
    fields = [field("Size", "picklist", picklist=("XL", "X l", "S"))]
    plan = map_columns(frame.columns, fields, module="Contacts", operation="insert")

    assert clean(frame, plan).frame["Size"].tolist() == ["xl", "XL", "S"]


def test_owners_by_email_and_lookups_by_name_are_cleaned_as_such():
    frame = pd.DataFrame({"n": ["N"], "o": ["Ann <ann@x.org>"], "a": ["  Acme   Inc "], "unmapped": [" x "]})
    columns = {"n": "Last_Name", "o": Lookup("Owner", by="email"), "a": Lookup("Account_Name", by="Account_Name")}
    result = clean(frame, mapped(frame, columns=columns))

    assert result.frame.iloc[0].tolist() == ["N", "ann@x.org", "Acme Inc", " x "]
    assert result.log[["column", "field"]].to_numpy().tolist() == [["o", "Owner"], ["a", "Account_Name"]]


def test_rules_have_one_line_each():
    assert all(words.endswith(".") and "\n" not in words for words in RULES.values())
    assert {rule for rule, *_ in CHANGES} == set(RULES)
