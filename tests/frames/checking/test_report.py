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

CANARY = "canary-7f3a"
MAIL = Reason("mail", "Email", INVALID_DATA, "email", "is not a mail address; write it as name@host.domain")
NAME = Reason("name", "Last_Name", MANDATORY_NOT_FOUND, "mandatory", "is empty; fill it")
TWIN = Reason("mail", "Email", DUPLICATE_DATA, "unique_key", "has the key of another row; keep one")
SOURCE = Reason("source", "Lead_Source", INVALID_DATA, "picklist", "is not among them; use one", ("Web", "Trade Show"))
WHOLE = Reason(None, None, INVALID_DATA, "sum", "does not add up; correct it")


def at(*positions):
    return np.array(positions, np.int64)


def frame():
    return pd.DataFrame(
        {
            "name": ["Ann", None, f"{CANARY} 2", "Dan", "Eve"],
            "mail": ["a@b.co", CANARY, "c@d.co", "c@d.co", f"{CANARY} 4"],
            "source": ["Web", " wEB", "Trade Shwo", "zzzzzz", None],
        },
        index=pd.Index([f"{CANARY} a", f"{CANARY} b", "c", "c", "e"]),
    )


def report(*, held=True):
    findings = [
        Finding(MAIL, at(1, 4)),
        Finding(NAME, at(1)),
        Finding(TWIN, at(2, 3), at(3, 2)),
        Finding(SOURCE, at(1, 2, 3)),
    ]
    return ValidationReport(5, findings, frame=frame() if held else None)


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


def test_failures_list_every_problem_by_row():
    failures = report().failures

    assert failures[["row", "column", "field", "code", "check"]].values.tolist() == [
        [1, "mail", "Email", INVALID_DATA, "email"],
        [1, "name", "Last_Name", MANDATORY_NOT_FOUND, "mandatory"],
        [1, "source", "Lead_Source", INVALID_DATA, "picklist"],
        [2, "mail", "Email", DUPLICATE_DATA, "unique_key"],
        [2, "source", "Lead_Source", INVALID_DATA, "picklist"],
        [3, "mail", "Email", DUPLICATE_DATA, "unique_key"],
        [3, "source", "Lead_Source", INVALID_DATA, "picklist"],
        [4, "mail", "Email", INVALID_DATA, "email"],
    ]
    assert failures["row"].dtype == np.int64


def test_failures_have_their_columns_and_the_rule_in_words():
    failures = report().failures

    assert list(failures.columns) == [
        "row", "label", "column", "field", "code", "rule", "check", "value", "suggestion",
    ]  # fmt: skip
    assert failures["rule"].tolist()[:2] == [MAIL.words, NAME.words]


def test_failures_look_labels_and_values_up_in_the_frame():
    failures = report().failures

    assert failures["label"].tolist() == [f"{CANARY} b"] * 3 + ["c"] * 4 + ["e"]
    assert failures["value"].tolist()[3:] == ["c@d.co", "Trade Shwo", "c@d.co", "zzzzzz", f"{CANARY} 4"]
    assert failures["value"].tolist()[0] == CANARY


def test_failures_suggest_the_nearest_choice_and_the_row_of_the_same_key():
    suggestions = report().failures["suggestion"].tolist()

    assert suggestions == [None, None, "Web", "same key as row 3", "Trade Show", "same key as row 2", None, None]


def test_failures_of_whole_rows_have_no_value():
    failures = ValidationReport(5, [Finding(WHOLE, at(0))], frame=frame()).failures

    assert failures[["column", "field", "value"]].isna().all(axis=None)


def test_values_that_are_lists_stay_one_cell():
    cells = [["a", "b"], ["c", "d"]]
    made = ValidationReport(2, [Finding(MAIL, at(0, 1))], frame=pd.DataFrame({"mail": cells}))

    assert made.failures["value"].tolist() == cells


def test_a_report_shows_the_frame_as_it_was_when_columns_are_added_later():
    held = frame()
    made = ValidationReport(5, [Finding(MAIL, at(1))], frame=held)

    held["Reason"] = 1

    assert list(made.to_frame().columns) == ["name", "mail", "source", "Reason"]


def test_labels_of_a_multiindex_are_tuples():
    held = frame().set_index(["name", "mail"], drop=False)

    assert ValidationReport(5, [Finding(NAME, at(3))], frame=held).failures["label"].tolist() == [("Dan", "c@d.co")]


def test_errors_speak_bigins_grammar_by_position():
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


def test_by_field_counts_a_row_once_whatever_its_problems():
    both = ValidationReport(5, [Finding(MAIL, at(1, 2)), Finding(TWIN, at(2)), Finding(NAME, at(0))])

    assert both.by_field().to_dict() == {"Email": 2, "Last_Name": 1}


def test_to_frame_gives_the_failing_rows_with_their_reasons():
    out = report().to_frame()

    pd.testing.assert_frame_equal(out.drop(columns="Reason"), frame().iloc[1:])
    assert out["Reason"].iloc[0] == (
        "Email is not a mail address; write it as name@host.domain | Last_Name is empty; fill it | "
        "Lead_Source is not among them; use one"
    )
    assert out["Reason"].iloc[3] == "Email is not a mail address; write it as name@host.domain"


def test_to_frame_takes_another_name_where_the_frame_has_that_column():
    held = frame().rename(columns={"name": "Reason"})
    made = ValidationReport(5, [Finding(MAIL, at(1))], frame=held)

    with pytest.raises(OptionError, match="another") as caught:
        made.to_frame()

    assert caught.value.option == "reason"
    assert list(made.to_frame("Why").columns)[-1] == "Why"


def test_the_message_says_how_many_where_why_and_what_mends_it():
    lines = report().message().splitlines()

    assert lines[0] == "4 of 5 rows cannot be written as they are:"
    assert lines[1].startswith("- 3 rows (1, 2, 3): column 'source' (field Lead_Source) is not among them; use one")
    assert lines[1].endswith("[INVALID_DATA]")
    assert "- row 1: column 'name' (field Last_Name) is empty; fill it [MANDATORY_NOT_FOUND]" in lines


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
    with pytest.raises(InputError, match="no longer holds the rows"):
        other.to_frame()


def test_str_is_the_message_and_repr_one_line():
    made = report()

    assert str(made) == f"{made}" == made.message()
    assert repr(made) == "<ValidationReport: 4 of 5 rows cannot be written, 8 problems of 4 kinds>"
    assert repr(ValidationReport(1, [Finding(NAME, at(0))])) == (
        "<ValidationReport: 1 of 1 row cannot be written, 1 problem of 1 kind>"
    )


EVIL = Reason("<script>alert(1)</script>\x1b[31m\u202e", "\x1b[2J", INVALID_DATA, "x", "is <b>\x07; mend")


def test_html_escapes_what_names_hold_and_runs_nothing():
    page = ValidationReport(1, [Finding(EVIL, at(0))])._repr_html_()

    assert "<script" not in page
    assert "<b>" not in page
    assert not any(sign in page for sign in "\x1b\u202e\x07")


def test_messages_hold_no_sign_that_moves_a_terminal():
    assert not any(sign in ValidationReport(1, [Finding(EVIL, at(0))]).message() for sign in "\x1b\u202e\x07")


def test_message_and_html_stay_small_whatever_the_names():
    long = [Reason("c" * 10_000, "f" * 10_000, INVALID_DATA, str(i), "w" * 10_000) for i in range(30)]
    made = ValidationReport(1, [Finding(reason, at(0)) for reason in long])

    assert len(made.message()) < 3_000
    assert len(made._repr_html_()) < 20_000


def test_html_shows_columns_that_are_numbered_as_names():
    numbered = Reason(2020, "Email", INVALID_DATA, "x", "is wrong; mend")

    assert "<td>2020</td>" in ValidationReport(1, [Finding(numbered, at(0))])._repr_html_()


def test_html_names_twenty_reasons_and_the_title_the_number_of_all():
    reasons = [Reason("c", f"F{number}", INVALID_DATA, "x", "is wrong; mend") for number in range(30)]

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


@pytest.mark.parametrize(
    ("cells", "suggestions"),
    [
        (["Choce 7", "Choice 8 ", "Choce 9", " CHOICE 9"], ["Choice 7", "Choice 8", "Choice 9", "Choice 9"]),
        (["Choce 7", "Choce 8", "Choce 9", "choice 9"], ["Choice 7", "Choice 8", None, "Choice 9"]),
    ],
)
def test_suggestions_are_looked_for_as_long_as_that_is_quick(cells, suggestions):
    options = ("Choice 7", "Choice 8", "Choice 9", *(f"{'x' * 60}{i}" for i in range(9_000)))
    many_choices = Reason("source", "S", INVALID_DATA, "picklist", "x", options)
    made = ValidationReport(4, [Finding(many_choices, np.arange(4))], frame=pd.DataFrame({"source": cells}))

    assert made.failures["suggestion"].tolist() == suggestions
