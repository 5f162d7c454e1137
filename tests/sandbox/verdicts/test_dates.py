"""Dates and datetimes are read by the format of their mapping."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigin_frames.sandbox import Behaviour
from bigin_frames.sandbox.metadata.fields import LENGTHS, Field
from bigin_frames.sandbox.verdicts.cells import Refused, make_check


def _field(data_type: str, **more: object) -> Field:
    return replace(Field("X", data_type, "X", LENGTHS.get(data_type, 120), custom=True), **more)  # type: ignore[arg-type]


def _read(
    data_type: str, text: str, behaviour: Behaviour | None = None, pattern: str | None = None, **more: object
) -> str:
    return make_check(_field(data_type, **more), behaviour or Behaviour(), pattern=pattern)(text)


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        (None, "2001-02-03", "2001-02-03"),
        (None, "02/03/2001", "2001-02-03"),
        ("yyyy-MM-dd", "2001-02-03", "2001-02-03"),
        ("MM/dd/yyyy", "02/03/2001", "2001-02-03"),
        ("dd/MM/yyyy", "03/02/2001", "2001-02-03"),
        ("yyyy/MM/dd", "2001/02/03", "2001-02-03"),
        ("d.M.yyyy", "3.2.2001", "2001-02-03"),
        ("dd-MMM-yyyy", "03-Feb-2001", "2001-02-03"),
    ],
)
def test_dates_are_read_by_their_format(pattern: str | None, text: str, value: str) -> None:
    assert _read("date", text, pattern=pattern) == value


@pytest.mark.parametrize(
    ("pattern", "text", "value"),
    [
        (None, "2001-02-03T04:05:06+01:00", "2001-02-03T04:05:06+01:00"),
        (None, "02/03/2001 04:05:06", "2001-02-03T04:05:06+05:30"),
        ("yyyy-MM-dd'T'HH:mm:ssXXX", "2001-02-03T04:05:06Z", "2001-02-03T04:05:06+00:00"),
        ("yyyy-MM-dd'T'HH:mm:ssZ", "2001-02-03T04:05:06-0330", "2001-02-03T04:05:06-03:30"),
        ("yyyy-MM-dd HH:mm:ss", "2001-02-03 04:05:06", "2001-02-03T04:05:06+05:30"),
        ("dd/MM/yyyy hh:mm a", "03/02/2001 12:05 AM", "2001-02-03T00:05:00+05:30"),
        ("dd/MM/yyyy hh:mm a", "03/02/2001 12:05 pm", "2001-02-03T12:05:00+05:30"),
    ],
)
def test_datetimes_are_read_by_their_format_and_get_the_organisations_zone(
    pattern: str | None, text: str, value: str
) -> None:
    assert _read("datetime", text, pattern=pattern) == value


@pytest.mark.parametrize("pattern", ["", "yyyy-QQ", "yyyy-MM-dd'", "'open yyyy", "yyyy yyyy"])
def test_a_pattern_that_java_would_not_know_is_an_error(pattern: str) -> None:
    from bigin_frames.sandbox.verdicts.dates import compile_pattern

    with pytest.raises(ValueError, match="not a date pattern"):
        compile_pattern(pattern)


def test_an_hour_of_the_half_day_ends_at_twelve() -> None:
    assert _read("datetime", "01.02.2003 12 PM", pattern="dd.MM.yyyy hh a") == "2003-02-01T12:00:00+05:30"

    with pytest.raises(Refused):
        _read("datetime", "01.02.2003 13 PM", pattern="dd.MM.yyyy hh a")


@given(st.dates())
def test_every_date_survives_its_format(day: object) -> None:
    from datetime import date

    assert isinstance(day, date)
    assert _read("date", day.strftime("%d/%m/") + f"{day.year:04d}", pattern="dd/MM/yyyy") == day.isoformat()
