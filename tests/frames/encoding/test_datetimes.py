"""Dates and datetimes as wire text."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from dateutil import tz as dateutil_zones
from hypothesis import given, settings
from hypothesis import strategies as st

from bigin_frames.errors import OptionError
from bigin_frames.frames.encoding.encode import encode
from tests.support.encoded import CANARY, arrow_column, column, faults, some_field, texts
from tests.support.frames_strategy import ZONES


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_datetimes_at_midnight_are_dates(unit):
    series = column(np.array(["1969-12-31", "2024-02-29", "NaT"], f"datetime64[{unit}]"), f"datetime64[{unit}]")

    assert texts(series, "date") == ["1969-12-31", "2024-02-29", None]


@pytest.mark.parametrize(
    "value", ["2024-01-01 00:00:01", "1969-12-31 23:59:59.999999999", "1969-12-31 00:00:00.000000001"]
)
def test_a_time_of_day_in_a_date_field_is_refused(value):
    found = faults(pd.Series(np.array([value, "2024-01-01"], "datetime64[ns]")), "date")

    assert list(found) == [0]
    assert ".dt.normalize()" in found[0]


@pytest.mark.parametrize("zone", ["Europe/Rome", timezone(timedelta(hours=-3)), timezone(timedelta(seconds=3661))])
def test_zoned_datetimes_are_the_day_their_own_zone_begins(zone):
    stamps = [pd.Timestamp("2024-07-01", tz=zone), None]

    assert texts(column(stamps), "date") == ["2024-07-01", None]
    assert texts(pd.Series(pd.DatetimeIndex(stamps)), "date") == ["2024-07-01", None]
    assert list(faults(column([pd.Timestamp("2024-07-01 02:00", tz=zone)]), "date")) == [0]


def test_arrow_zoned_midnights_are_dates_of_their_zone():
    series = arrow_column([datetime(2024, 6, 30, 22, tzinfo=UTC)], pa.timestamp("us", "Europe/Rome"))

    assert texts(series, "date") == ["2024-07-01"]


def test_dates_and_datetimes_in_one_column_are_each_checked():
    mixed = column([date(2024, 1, 1), datetime(2024, 1, 2), datetime(2024, 1, 3, 4), "2024-01-05", None])

    found = faults(mixed, "date")

    assert list(found) == [2]
    assert encode(mixed, some_field("date")).text.to_pylist() == ["2024-01-01", "2024-01-02", None, "2024-01-05", None]
    assert set(faults(mixed, "datetime")) == {0, 3}


@pytest.mark.parametrize("dtype", [object, "string[python]", "category"])
def test_text_dates_are_accepted_if_they_are_real_days(dtype):
    assert texts(column(["2024-02-29", "0001-01-01", "9999-12-31", None], dtype), "date") == [
        "2024-02-29", "0001-01-01", "9999-12-31", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024-00-10", "2024-01-00", "0000-01-01", "01/02/2024",
        "2024-1-1", "2024-01-01 ", "2024-01-01T00:00:00", "20240101", "2024-01-01\n", CANARY,
    ],
)  # fmt: skip
def test_text_that_is_not_a_real_day_is_refused(value):
    found = faults(column([None, value]), "date")

    assert list(found) == [1]
    assert "pd.to_datetime" in found[1]


@settings(deadline=None)
@given(st.dates())
def test_every_day_of_the_calendar_is_written_as_iso(day):
    assert texts(column([day]), "date") == texts(column([day.isoformat()]), "date") == [day.isoformat()]


def test_years_without_four_digits_are_refused():
    days = column(np.array(["0000-12-31", "0001-01-01", "9999-12-31", "10000-01-01"], "datetime64[s]"), "datetime64[s]")

    assert set(faults(days, "date")) == set(faults(days, "datetime")) == {0, 3}
    assert set(faults(arrow_column([-719_163, 2_932_897], pa.date32()), "date")) == {0, 1}
    assert set(faults(arrow_column([-(2**62), 2**62], pa.timestamp("s")), "datetime")) == {0, 1}
    assert set(faults(arrow_column([-(2**63) + 1, 2**63 - 1], pa.timestamp("s", "Europe/Rome")), "datetime")) == {0, 1}
    assert "1 to 9999" in faults(days, "datetime")[3]


@pytest.mark.parametrize("value", [20240101, 1.5, True, Decimal(5), ["2024-01-01"]])
@pytest.mark.parametrize("data_type", ["date", "datetime"])
def test_numbers_for_dates_are_refused(value, data_type):
    assert "pd.to_datetime" in faults(column([value]), data_type)[0]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_naive_datetimes_are_wall_times_of_the_zone(unit):
    series = column(
        np.array(["2024-01-01T10:00:00", "2024-07-01T10:00:00", "NaT"], f"datetime64[{unit}]"), f"datetime64[{unit}]"
    )

    assert texts(series, "datetime", zone="Europe/Rome") == [
        "2024-01-01T10:00:00+01:00", "2024-07-01T10:00:00+02:00", None,
    ]  # fmt: skip
    assert texts(series, "datetime")[0] == "2024-01-01T10:00:00+00:00"


def test_zoned_datetimes_keep_their_instant_and_are_written_in_the_zone():
    instant = pd.Timestamp("2024-01-01T10:00:00", tz="America/New_York")
    whole = (
        pd.Series([instant]),
        column([instant]),
        pd.Series([instant]).astype(pd.ArrowDtype(pa.timestamp("ns", "UTC"))),
    )

    for series in whole:
        assert texts(series, "datetime", zone="Africa/Nairobi") == ["2024-01-01T18:00:00+03:00"]
        assert texts(series, "datetime") == ["2024-01-01T15:00:00+00:00"]


def test_objects_of_several_zones_keep_their_instants():
    values = [
        datetime(2024, 1, 1, 10, tzinfo=timezone(timedelta(hours=3))),
        pd.Timestamp("2024-01-01 10:00", tz="Asia/Kolkata"),
        datetime(2024, 1, 1, 10, tzinfo=dateutil_zones.tzoffset(None, -3600)),
        datetime(2024, 1, 1, 10),
        None,
    ]

    assert texts(column(values), "datetime") == [
        "2024-01-01T07:00:00+00:00", "2024-01-01T04:30:00+00:00", "2024-01-01T11:00:00+00:00",
        "2024-01-01T10:00:00+00:00", None,
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_fractions_of_a_second_are_floored_before_1970_too(unit):
    series = pd.Series(np.array(["1969-12-31T23:59:59.5", "2024-01-01T00:00:00.999"], f"datetime64[{unit}]"))

    assert texts(series, "datetime") == ["1969-12-31T23:59:59+00:00", "2024-01-01T00:00:00+00:00"]
    assert texts(series.dt.tz_localize("UTC"), "datetime") == texts(series, "datetime")
    assert texts(series.astype(object), "datetime") == texts(series, "datetime")


def test_wall_times_that_a_zone_skips_or_has_twice_are_refused():
    series = pd.Series(
        pd.to_datetime(["2024-03-31 02:30", "2024-06-01 00:00", "2024-10-27 02:30", None, "2024-03-31 03:00"])
    )

    found = faults(series, "datetime", zone="Europe/Rome")

    assert set(found) == {0, 2}
    assert "skips" in found[0]
    assert "nonexistent=" in found[0]
    assert "twice" in found[2]
    assert "ambiguous=" in found[2]
    assert texts(series, "datetime", zone="UTC")[0] == "2024-03-31T02:30:00+00:00"


def test_the_repeated_hour_is_distinguished_by_its_offset():
    series = pd.Series(pd.to_datetime(["2024-10-27 00:30", "2024-10-27 01:30"]).tz_localize("UTC"))

    assert texts(series, "datetime", zone="Europe/Rome") == ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"]


def test_local_mean_time_is_written_in_utc_because_its_offset_has_seconds():
    series = pd.Series(np.array(["1850-01-01T00:00:00"], "datetime64[s]"))

    [text] = texts(series, "datetime", zone="Europe/Rome")

    assert text == "1849-12-31T23:10:04+00:00"


@settings(deadline=None)
@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), st.sampled_from(ZONES))
def test_an_instant_is_the_same_in_every_zone(moment, zone):
    series = arrow_column([moment.replace(microsecond=0, tzinfo=UTC)], pa.timestamp("us", "UTC"))

    [text] = texts(series, "datetime", zone=zone)

    assert datetime.fromisoformat(text) == moment.replace(microsecond=0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("2024-01-01T10:00:00+03:00", "2024-01-01T10:00:00+03:00"),
        ("2024-01-01 10:00:00+0530", "2024-01-01T10:00:00+05:30"),
        ("2024-01-01 10:00:00-03", "2024-01-01T10:00:00-03:00"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00+00:00"),
        ("2024-01-01T10:00:00-00:00", "2024-01-01T10:00:00+00:00"),
        ("2024-01-01T10:00:00.987654-03:30", "2024-01-01T10:00:00-03:30"),
        ("1969-12-31 23:59:59.5", "1969-12-31T23:59:59+01:00"),
        ("2024-07-01 10:00", "2024-07-01T10:00:00+02:00"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("", None),
    ],
)
def test_iso_text_keeps_its_offset_or_takes_the_zones(value, written):
    assert texts(column([value, "2024-01-01 00:00:00"]), "datetime", zone="Europe/Rome") == [
        written, "2024-01-01T00:00:00+01:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-01", "2024-02-30 10:00:00", "2024-01-01 24:00:00", "2024-01-01 10:60:00", "2024-01-01 10:00:60",
        "2024-01-01  10:00:00", "2024-01-01 10", "2024-01-01 10:00:00 +03:00", "2024-01-01T10:00:00+15:00",
        "2024-01-01T10:00:00+03:60", "0000-01-01 00:00:00", "01/01/2024 10:00", "2024-01-01T10:00:00z\n", CANARY,
    ],
)  # fmt: skip
def test_text_that_is_not_a_real_time_is_refused(value):
    found = faults(column([None, value]), "datetime")

    assert list(found) == [1]
    assert "pd.to_datetime" in found[1]


def test_text_at_a_skipped_or_repeated_wall_time_is_refused_unless_it_has_an_offset():
    series = column(["2024-03-31T02:30:00", "2024-10-27 02:30:00", "2024-10-27 02:30:00+01:00", "nonsense"])

    found = faults(series, "datetime", zone="Europe/Rome")

    assert set(found) == {0, 1, 3}
    assert len(set(found.values())) == 3


def test_the_year_counts_where_it_is_written():
    edge = arrow_column([-62135596800 - 1800, 253402300799 + 1800], pa.timestamp("s", "UTC"))

    assert encode(edge, some_field("datetime"), zone="Etc/GMT-5").text.to_pylist() == [
        "0001-01-01T04:30:00+05:00",
        None,
    ]
    assert encode(edge, some_field("datetime"), zone="Etc/GMT+5").text.to_pylist() == [
        None,
        "9999-12-31T19:29:59-05:00",
    ]
    assert set(faults(edge, "datetime")) == {0, 1}


def test_dates_in_a_datetime_field_are_refused_because_they_have_no_time():
    for series in (column([date(2024, 1, 1)]), arrow_column([date(2024, 1, 1)], pa.date32())):
        assert "time of day" in faults(series, "datetime")[0]


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "", "CANARY/../etc"])
def test_an_unknown_zone_is_refused_even_without_rows(zone):
    with pytest.raises(OptionError, match="zone") as caught:
        encode(column([]), some_field("datetime"), zone=zone)

    assert caught.value.option == "zone"
