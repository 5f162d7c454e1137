"""A switch can be set by a form, to a value that it can have."""

from __future__ import annotations

from html import unescape

import pytest

from bigin_frames.sandbox import Behaviour, Sandbox
from tests.sandbox.caller import Caller
from tests.sandbox.page.browser import look, send


def test_every_choice_of_a_switch_can_be_set(box: Sandbox) -> None:
    for name, choice in (("line_end", "\r\n"), ("bom", True), ("created_status", 202), ("result_delimiter", ";")):
        assert send(box, "/switches", switch=name, value=repr(choice)).headers["Location"] == f"/switches#{name}"
        assert getattr(box.behaviour, name) == choice

    page = look(box, "/switches").text
    assert "Not at their defaults: created_status, line_end, bom, result_delimiter." not in page
    assert "Not at their defaults: created_status, bom, line_end, result_delimiter." in page
    assert "default: \\n</strong>" in page


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("daily_credits", "5000", 5000),
        ("daily_credits", " ", None),
        ("token_life_s", "2.5", 2.5),
        ("download_host", "https://files.example", "https://files.example"),
        ("status_header", "Verdict", "Verdict"),
        ("date_default", "dd.MM.yyyy\r\nyyyy-MM-dd\r\n", ("dd.MM.yyyy", "yyyy-MM-dd")),
        ("verdict_order", "id\r\nstatus\r\nerrors", ("id", "status", "errors")),
    ],
)
def test_a_switch_takes_what_is_typed(box: Sandbox, name: str, text: str, value: object) -> None:
    assert send(box, "/switches", switch=name, value=text).status_code == 303
    assert getattr(box.behaviour, name) == value
    assert look(box, "/switches").status_code == 200


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nonsense", "1", "no such switch"),
        ("__class__", "1", "no such switch"),
        ("bom", "maybe", "bom: one of yes, no"),
        ("created_status", "500", "created_status: one of 201, 200, 202"),
        ("foreign_rows", "", "a whole number"),
        ("foreign_rows", "1.5", "a whole number"),
        ("token_life_s", "nan", "from 0 to"),
        ("token_life_s", "-1", "from 0 to"),
        ("token_life_s", "1e300", "from 0 to"),
        ("date_default", "qq", "not a date pattern"),
        ("verdict_order", "id\nnothing", "lines of status, id, errors"),
        ("status_header", "x" * 301, "at most 300 characters"),
    ],
)
def test_a_value_that_a_switch_cannot_have_is_refused(box: Sandbox, name: str, text: str, said: str) -> None:
    page = send(box, "/switches", switch=name, value=text)

    assert (page.status_code, said in unescape(page.text)) == (400, True)
    assert box.behaviour == Behaviour()


def test_a_switch_set_by_form_changes_what_the_api_answers(box: Sandbox, caller: Caller) -> None:
    assert caller.upload(b"no zip").status_code == 200
    send(box, "/switches", switch="upload_error_status", value="400")
    assert caller.upload(b"no zip").status_code == 400
    send(box, "/switches/defaults")

    assert box.behaviour == Behaviour()
