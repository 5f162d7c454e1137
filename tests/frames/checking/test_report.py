"""The report of a check: what it says, and that it shows no cell and no label."""

from __future__ import annotations

import copy
import pickle
import time
import traceback

import numpy as np
import pandas as pd
import pytest

from bigin_frames.errors import InputError, InvalidRowsError, OptionError
from bigin_frames.frames.checking.findings import Finding, Reason
from bigin_frames.frames.checking.report import ValidationReport
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND
from tests.support.reports import CANARY, MAIL, NAME, SOURCE, TWIN, at, frame, report


def many(failing=100_000, rows=1_000_000):
    positions = np.arange(0, rows, rows // failing, dtype=np.int64)
    return ValidationReport(rows, [Finding(MAIL, positions), Finding(NAME, positions[::2])])


def test_a_report_without_findings_is_ok():
    empty = ValidationReport(3, frame=frame().iloc[:3])

    assert empty.ok
    assert empty.mask.tolist() == [False] * 3
    assert (len(empty.failures), len(empty.errors), len(empty.counts()), len(empty.by_field())) == (0, 0, 0, 0)
    assert len(empty.to_frame()) == 0
    assert empty.message() == "All 3 rows can be written."
    assert "all 3 rows" in repr(empty)
    assert "All 3 rows can be written." in empty._repr_html_()
    assert empty.raise_if_invalid() is None


def test_the_mask_marks_rows_by_position():
    assert report().mask.tolist() == [False, True, True, True, True]
    assert not report().ok


def test_a_report_shows_the_frame_as_it_was_when_columns_are_added_later():
    held = frame()
    made = ValidationReport(5, [Finding(MAIL, at(1))], frame=held)

    held["Reason"] = 1

    assert list(made.to_frame().columns) == ["name", "mail", "source", "Reason"]


def test_errors_have_bigins_format_by_position():
    assert report().errors.to_dict() == {
        1: "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email,Lead_Source",
        2: "INVALID_DATA-Lead_Source:DUPLICATE_DATA-Email",
        3: "INVALID_DATA-Lead_Source:DUPLICATE_DATA-Email",
        4: "INVALID_DATA-Email",
    }


def test_counts_give_rows_of_each_code_field_and_rule():
    counts = report().counts()

    assert counts.iloc[0] == 3
    assert counts.to_dict() == {
        (INVALID_DATA, "Lead_Source", SOURCE.words): 3,
        (INVALID_DATA, "Email", MAIL.words): 2,
        (DUPLICATE_DATA, "Email", TWIN.words): 2,
        (MANDATORY_NOT_FOUND, "Last_Name", NAME.words): 1,
    }


def test_positions_are_the_rows_of_a_code():
    assert report().positions(DUPLICATE_DATA).tolist() == [2, 3]
    assert report().positions(INVALID_DATA).tolist() == [1, 2, 3, 4]
    assert report().positions("ANOTHER").tolist() == []
    assert ValidationReport(3).positions(INVALID_DATA).tolist() == []


def test_by_field_counts_a_row_once_for_several_problems():
    both = ValidationReport(5, [Finding(MAIL, at(1, 2)), Finding(TWIN, at(2)), Finding(NAME, at(0))])

    assert both.by_field().to_dict() == {"Email": 2, "Last_Name": 1}


def test_to_frame_gives_the_failing_rows_with_their_reasons():
    out = report().to_frame()

    pd.testing.assert_frame_equal(out.drop(columns="Reason"), frame().iloc[1:])
    assert out["Reason"].iloc[0] == (
        "Email is not an e-mail address; write it as name@host.domain | Last_Name is empty; fill it in | "
        "Lead_Source is not among them; use one"
    )
    assert out["Reason"].iloc[3] == "Email is not an e-mail address; write it as name@host.domain"


def test_to_frame_needs_another_name_if_the_frame_has_that_column():
    held = frame().rename(columns={"name": "Reason"})
    made = ValidationReport(5, [Finding(MAIL, at(1))], frame=held)

    with pytest.raises(OptionError, match="another") as caught:
        made.to_frame()

    assert caught.value.option == "reason"
    assert list(made.to_frame("Why").columns)[-1] == "Why"


def test_the_message_says_how_many_where_why_and_how_to_fix_it():
    lines = report().message().splitlines()

    assert lines[0] == "4 of 5 rows cannot be written as they are:"
    assert lines[1].startswith("- 3 rows (1, 2, 3): column 'source' (field Lead_Source) is not among them; use one")
    assert lines[1].endswith("[INVALID_DATA]")
    assert "- row 1: column 'name' (field Last_Name) is empty; fill it in [MANDATORY_NOT_FOUND]" in lines


def test_the_message_names_the_most_frequent_reasons_and_counts_the_rest():
    message = report().message(limit=1)

    assert "picklist" not in message
    assert "'source'" in message
    assert "'mail'" not in message
    assert "3 more reasons" in message


def test_the_message_names_five_positions_of_a_reason():
    assert "(0, 10, 20, 30, 40, ...)" in many().message()


def test_raise_if_invalid_carries_the_report():
    made = report()

    with pytest.raises(InvalidRowsError, match="4 of 5 rows") as caught:
        made.raise_if_invalid()

    assert caught.value.report is made


def shown(made):
    try:
        made.raise_if_invalid()
    except InvalidRowsError as raised:
        error = raised
    walked = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    printed = [repr(made), str(made), f"{made}", made._repr_html_(), made.message(99), "\n".join(made.errors)]
    return [*printed, str(made.counts()), str(vars(made)), str(error), repr(error), str(vars(error)), walked]


def test_no_value_and_no_label_is_printed():
    assert not [text for text in shown(report()) if CANARY in text]


def test_the_canary_would_be_seen_if_it_were_printed():
    leaky = Reason("mail", "Email", INVALID_DATA, "email", f"is {CANARY}; correct it")

    assert any(CANARY in text for text in shown(ValidationReport(1, [Finding(leaky, at(0))])))


@pytest.mark.parametrize("again", [lambda made: pickle.loads(pickle.dumps(made)), copy.copy, copy.deepcopy])  # noqa: S301
def test_a_pickled_or_copied_report_keeps_everything_but_the_frame(again):
    made = report()

    other = again(made)

    assert other.errors.to_dict() == made.errors.to_dict()
    assert other.message() == made.message()
    assert other.failures["rule"].tolist() == made.failures["rule"].tolist()


def test_no_value_and_no_label_is_pickled():
    error = InvalidRowsError("no", report=report())

    assert CANARY.encode() not in pickle.dumps(report())
    assert CANARY.encode() not in pickle.dumps(error)
    assert CANARY.encode() in pickle.dumps(frame())


def test_an_unpickled_report_has_no_rows_to_show():
    other = pickle.loads(pickle.dumps(report()))  # noqa: S301

    assert other.failures[["label", "value"]].isna().all(axis=None)
    with pytest.raises(InputError, match="no longer has the rows"):
        other.to_frame()


def test_str_is_the_message_and_repr_one_line():
    made = report()

    assert str(made) == f"{made}" == made.message()
    assert repr(made) == "<ValidationReport: 4 of 5 rows cannot be written, 8 problems of 4 kinds>"
    assert repr(ValidationReport(1, [Finding(NAME, at(0))])) == (
        "<ValidationReport: 1 of 1 row cannot be written, 1 problem of 1 kind>"
    )


EVIL = Reason("<script>alert(1)</script>\x1b[31m\u202e", "\x1b[2J", INVALID_DATA, "x", "is <b>\x07; fix")


def test_html_escapes_names_and_runs_nothing():
    page = ValidationReport(1, [Finding(EVIL, at(0))])._repr_html_()

    assert "<script" not in page
    assert "<b>" not in page
    assert not any(sign in page for sign in "\x1b\u202e\x07")


def test_messages_contain_no_character_that_controls_a_terminal():
    assert not any(sign in ValidationReport(1, [Finding(EVIL, at(0))]).message() for sign in "\x1b\u202e\x07")


def test_message_and_html_stay_small_for_any_names():
    long = [Reason("c" * 10_000, "f" * 10_000, INVALID_DATA, str(i), "w" * 10_000) for i in range(30)]
    made = ValidationReport(1, [Finding(reason, at(0)) for reason in long])

    assert len(made.message()) < 3_000
    assert len(made._repr_html_()) < 20_000


def test_html_shows_columns_that_are_numbered_as_names():
    numbered = Reason(2020, "Email", INVALID_DATA, "x", "is wrong; fix")

    assert "<td>2020</td>" in ValidationReport(1, [Finding(numbered, at(0))])._repr_html_()


def test_html_names_twenty_reasons_and_the_title_the_number_of_all():
    reasons = [Reason("c", f"F{number}", INVALID_DATA, "x", "is wrong; fix") for number in range(30)]

    page = ValidationReport(1, [Finding(reason, at(0)) for reason in reasons])._repr_html_()

    assert page.count("<tr>") == 21
    assert "30 kinds" in page
    assert "and 10 more kinds" in page


def test_a_hundred_thousand_failures_print_small_and_soon():
    made = many()
    started = time.perf_counter()

    printed = [repr(made), made.message(), made._repr_html_()]

    assert time.perf_counter() - started < 1
    assert max(map(len, printed)) < 2_500
    assert len(pickle.dumps(made)) < 4_000_000
    assert made.mask.sum() == 100_000
