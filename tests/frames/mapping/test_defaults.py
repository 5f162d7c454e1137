"""Values for empty cells, and for fields without a column."""

from __future__ import annotations

import pandas as pd
import pytest

from bigin_frames.errors import OptionError
from bigin_frames.model import Lookup
from tests.support.mappings import mapped, refusal


def test_a_default_replaces_a_mandatory_column():
    assert mapped(["Email"], defaults={"Last_Name": "Unknown"}).constants == {"Last_Name": "Unknown"}


def test_a_default_of_a_mapped_field_fills_its_empty_cells():
    result = mapped(["n", "s"], columns={"n": "Last_Name", "s": "Lead_Source"}, defaults={"Lead_Source": "Web"})

    assert [column.default for column in result.columns] == [None, "Web"]
    assert result.constants == {}


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Joined", pd.Timestamp("2020-01-31"), "2020-01-31"),
        ("Seen", pd.Timestamp("2020-01-31 10:00"), "2020-01-31T10:00:00+03:00"),
        ("Opted_Out", True, "true"),
        ("Budget", 1.5, "1.5"),
        ("Courses", ["Analytics", "Bigdata"], "Analytics;Bigdata"),
        ("Owner", "7618134000000020005", "7618134000000020005"),
    ],
)
def test_defaults_are_written_as_their_field_is(name, value, text):
    assert mapped(["Last_Name"], defaults={name: value}, zone="Africa/Nairobi").constants == {name: text}


def test_a_default_of_a_lookup_column_is_of_the_kind_in_the_column():
    columns = {"n": "Last_Name", "o": Lookup("Owner", by="email")}

    result = mapped(["n", "o"], columns=columns, defaults={"Owner": "p.boyle@zylker.com"})

    assert result.columns[1].default == "p.boyle@zylker.com"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Lead_Source", "CANARY", "picklist"),
        ("Budget", 1.234, "decimal places"),
        ("Age", "CANARY", "whole number"),
        ("Phone", None, "empty"),
        ("Phone", "  ", "empty"),
        ("Nope", "CANARY", "no field"),
        ("Created_Time", "CANARY", "cannot be written"),
        ("id", "1", "key"),
        ("Account_Name", "CANARY", "record id"),
    ],
)
def test_a_default_that_no_row_could_have_is_refused_without_its_value(name, value, said):
    error = refusal(["Last_Name"], kind=OptionError, defaults={name: value})

    assert error.option == "defaults"
    assert said in str(error)
    assert "CANARY" not in str(error)


def test_a_default_for_the_key_is_refused():
    error = refusal(["Last_Name", "Email"], "upsert", OptionError, find_by="Email", defaults={"Email": "a@b.co"})

    assert error.option == "defaults"
