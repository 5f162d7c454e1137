"""Each data type takes the documented values and refuses what is too long, of another kind or too big."""

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
    ("data_type", "text"),
    [
        ("text", "x" * 255),
        ("text", " kept as it is "),
        ("textarea", "one\ntwo " * 200),
        ("email", "a.b+c@sub.example.com"),
        ("email", "x" * 88 + "@example.com"),
        ("email", "用户@例子.广告"),
        ("email", "e\u0301va@b\u00fccher.de"),
        ("email", "_x+1@a_b-c.co"),
        ("phone", "91(987)654321"),
        ("phone", "1-800-FLOWERS"),
        ("phone", "0049.30.1"),
        ("phone", "123,45;6#7"),
        ("phone", "+49 (40) 12-34.5"),
        ("phone", "1" * 30),
        ("website", "https://example.com/a?b=c"),
        ("website", "www.example.com"),
        ("website", "ftp://bücher.example/a b/\u00a0?c d"),
        ("website", "example.com:8080?q#top"),
        ("integer", "-999999999"),
        ("bigint", "9" * 18),
        ("double", "1234567.123456789"),
        ("currency", "9999999.999999999"),
        ("currency", ".5"),
        ("percent", "99.5"),
        ("picklist", "A"),
        ("picklist", "a value nobody has seen"),
        ("multiselectpicklist", "A;B"),
    ],
)
def test_a_documented_value_is_taken_as_it_is(data_type: str, text: str) -> None:
    assert _read(data_type, text, values=("A", "B")) == text


@pytest.mark.parametrize(
    ("data_type", "text"),
    [
        ("text", "x" * 256),
        ("textarea", "x" * 2001),
        ("email", "nobody"),
        ("email", "a b@example.com"),
        ("email", "a@b"),
        ("email", "a@b.c"),
        ("email", "a@b.c2"),
        ("email", "a@-b.co"),
        ("email", ".a@b.co"),
        ("email", "☎@b.co"),
        ("email", "x" * 89 + "@example.com"),
        ("phone", "call me!"),
        ("phone", "+"),
        ("phone", "040/1234"),
        ("phone", "-5"),
        ("phone", "(+49) 30"),
        ("phone", "(49).30"),
        ("phone", "1  2"),
        ("phone", "123#6"),
        ("phone", "1\n"),
        ("phone", "1" * 31),
        ("website", "not a site"),
        ("website", "a b.com"),
        ("website", "https://a.co\n"),
        ("website", "mailto:a@b.co"),
        ("website", "http://localhost:80/x"),
        ("website", "https://example.com/" + "x" * 236),
        ("integer", "1" * 10),
        ("integer", "1.5"),
        ("integer", "12 345"),
        ("integer", "٣"),
        ("bigint", "1" * 19),
        ("double", "1" * 17),
        ("double", "1e5"),
        ("double", "nan"),
        ("double", "0.1234567890"),
        ("currency", "$5"),
        ("currency", "1,234.50"),
        ("currency", "12345678.123456789"),
        ("currency", "."),
        ("percent", "123456"),
        ("percent", "5%"),
        ("boolean", "TRUE"),
        ("boolean", "yes"),
        ("boolean", "1"),
        ("date", "31.12.2001"),
        ("date", "2001-02-30"),
        ("date", "2001-2-3"),
        ("datetime", "2001-02-03"),
        ("datetime", "2001-02-03T25:00:00+00:00"),
        ("datetime", "2001-02-03T05:00:00+05:75"),
        ("multiselectpicklist", "A;;B"),
        ("picklist", "x" * 121),
    ],
)
def test_a_wrong_value_is_refused(data_type: str, text: str) -> None:
    with pytest.raises(Refused) as caught:
        _read(data_type, text, values=("A", "B"))

    assert caught.value.code == "INVALID_DATA"


@pytest.mark.parametrize("text", ["true", "false"])
def test_booleans_are_two_lower_case_words(text: str) -> None:
    assert _read("boolean", text) == text


@pytest.mark.parametrize(
    ("choice", "data_type", "text", "value"),
    [
        ({"over_length": "truncated"}, "text", "x" * 300, "x" * 255),
        ({"long_numbers": "rounded"}, "integer", "1.5", "2"),
        ({"thousands": "accepted"}, "currency", "1,234.50", "1234.50"),
        ({"boolean_words": "any case"}, "boolean", "TRUE", "true"),
        ({"boolean_words": "words"}, "boolean", "No", "false"),
        ({"date_default": ("dd/MM/yyyy",)}, "date", "31/12/2001", "2001-12-31"),
        ({"datetime_default": ("yyyyMMdd",)}, "datetime", "20011231", "2001-12-31T00:00:00+05:30"),
    ],
)
def test_an_open_question_can_be_answered_the_other_way(
    choice: dict[str, object], data_type: str, text: str, value: str
) -> None:
    with pytest.raises(Refused):
        _read(data_type, text)

    assert _read(data_type, text, Behaviour(**choice)) == value  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("choice", "data_type", "text"),
    [({"phone_form": "digits"}, "phone", "+49 40"), ({"picklist_unknown": "refused"}, "picklist", "New")],
)
def test_a_stricter_reading_refuses_more(choice: dict[str, object], data_type: str, text: str) -> None:
    assert _read(data_type, text) == text

    with pytest.raises(Refused):
        _read(data_type, text, Behaviour(**choice))  # type: ignore[arg-type]


@given(st.integers(-999_999_999, 999_999_999))
def test_every_integer_of_nine_digits_is_taken(number: int) -> None:
    assert _read("integer", str(number)) == str(number)
