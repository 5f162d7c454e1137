"""One row goes through the documented checks and gets one verdict, in Bigin's grammar."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import pytest

from bigin_frames.sandbox import Behaviour
from bigin_frames.sandbox.metadata.fields import ID_FIELD, Field
from bigin_frames.sandbox.verdicts.cells import make_check
from bigin_frames.sandbox.verdicts.findings import Column
from bigin_frames.sandbox.verdicts.judge import Judge
from bigin_frames.sandbox.verdicts.known import Known
from bigin_frames.sandbox.verdicts.verdict import Verdict, error_text

NAME = Field("Last_Name", "text", "Last Name", 5, mandatory=True)
EMAIL = Field("Email", "email", "Email", 100, unique=True)
AGE = Field("Age", "integer", "Age", 9)


def _judge(
    operation: str,
    fields: Sequence[Field] = (NAME, EMAIL, AGE),
    behaviour: Behaviour | None = None,
    stored: Sequence[tuple[str, str]] = (),
    **more: object,
) -> Judge:
    chosen = behaviour or Behaviour()
    known = Known(chosen, {record_id for record_id, _ in stored})
    known.watch("Email", stored)
    columns = [
        Column(field, n, field.api_name, make_check(field, chosen, find=str if field is ID_FIELD else None))
        for n, field in enumerate(fields)
    ]
    ids = count(100)
    return Judge(operation, columns, known, chosen, lambda: str(next(ids)), **more)  # type: ignore[arg-type]


def _short(verdict: Verdict) -> tuple[str, str | None, str]:
    return verdict.status, verdict.record_id, verdict.errors


@pytest.mark.parametrize(
    ("row", "errors"),
    [
        (["", "a@b.co", ""], "MANDATORY_NOT_FOUND-Last_Name"),
        (["Toolong", "a@b.co", ""], "INVALID_DATA-Last_Name"),
        (["Toolong", "nobody", "x"], "INVALID_DATA-Last_Name,Email,Age"),
        (["", "nobody", "x"], "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email,Age"),
        (["", "OLD@b.co ", "x"], "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email,Age"),
        (["", "OLD@b.co", "x"], "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Age:DUPLICATE_DATA-Email"),
    ],
)
def test_each_wrong_cell_is_named_under_its_code(row: list[str], errors: str) -> None:
    judge = _judge("insert", stored=[("1", "old@b.co")])

    assert _short(judge.judge(row)) == ("SKIPPED", None, errors)


def test_a_code_may_have_no_column() -> None:
    assert error_text({"NOT_APPROVED": [""], "INVALID_DATA": ["A", "B"]}) == "NOT_APPROVED:INVALID_DATA-A,B"


def test_a_good_row_is_added_with_its_text_as_sent() -> None:
    verdict = _judge("insert").judge(["Ann", "A@b.co", "007"])

    assert _short(verdict) == ("ADDED", "100", "")
    assert verdict.cells == {"Last_Name": "Ann", "Email": "A@b.co", "Age": "007"}


def test_the_second_of_two_equal_rows_finds_the_first() -> None:
    judge = _judge("insert")

    first, second = judge.judge(["Ann", "a@b.co", ""]), judge.judge(["Bob", "A@B.CO", ""])

    assert _short(first) == ("ADDED", "100", "")
    assert _short(second) == ("SKIPPED", None, "DUPLICATE_DATA-Email")
    assert second.holder == "100"


@pytest.mark.parametrize(
    ("operation", "found", "lost"),
    [
        ("insert", ("SKIPPED", None, "DUPLICATE_DATA-Email"), ("ADDED", "100", "")),
        ("update", ("UPDATED", "1", ""), ("SKIPPED", None, "RESOURCE_NOT_FOUND-Email")),
        ("upsert", ("UPDATED", "1", ""), ("ADDED", "100", "")),
    ],
)
def test_an_operation_finds_its_record_without_case_and_spaces(
    operation: str, found: tuple[str, str | None, str], lost: tuple[str, str | None, str]
) -> None:
    judge = _judge(operation, stored=[("1", "old@b.co")], find_by="Email")

    assert _short(judge.judge(["Ann", "OLD@B.co", ""])) == found
    assert _short(judge.judge(["Ann", "new@b.co", ""])) == lost


def test_an_update_by_id_needs_no_mandatory_field() -> None:
    judge = _judge("update", (ID_FIELD, AGE), stored=[("1", "old@b.co")], find_by="id")

    assert _short(judge.judge(["1", "5"])) == ("UPDATED", "1", "")
    assert _short(judge.judge(["2", "5"])) == ("SKIPPED", None, "RESOURCE_NOT_FOUND-id")
    assert _short(judge.judge(["", "5"])) == ("SKIPPED", None, "MANDATORY_NOT_FOUND-id")


def test_an_upsert_by_id_never_creates() -> None:
    judge = _judge("upsert", (ID_FIELD, NAME), find_by="id")

    assert judge.judge(["77", "Ann"]).status == "SKIPPED"


@pytest.mark.parametrize(("ignore_empty", "cells"), [(False, {"Age": None}), (True, {})])
def test_an_empty_cell_clears_unless_it_is_to_be_ignored(ignore_empty: bool, cells: dict[str, None]) -> None:
    judge = _judge("update", (EMAIL, AGE), stored=[("1", "a@b.co")], find_by="Email", ignore_empty=ignore_empty)

    assert judge.judge(["a@b.co", ""]).cells == {"Email": "a@b.co"} | cells


def test_a_mandatory_field_cannot_be_cleared() -> None:
    judge = _judge("update", (EMAIL, NAME), stored=[("1", "a@b.co")], find_by="Email")

    assert judge.judge(["a@b.co", ""]).errors == "MANDATORY_NOT_FOUND-Last_Name"


def test_a_default_value_fills_an_empty_cell() -> None:
    column = Column(NAME, 0, "Last_Name", make_check(NAME, Behaviour()), default="None")
    judge = Judge("insert", [column], Known(Behaviour()), Behaviour(), lambda: "1")

    assert judge.judge([""]).cells == {"Last_Name": "None"}


def test_a_record_cannot_have_a_unique_value_of_another_one() -> None:
    judge = _judge("update", (ID_FIELD, EMAIL), stored=[("1", "a@b.co"), ("2", "b@b.co")], find_by="id")

    assert judge.judge(["1", "B@b.co"]).errors == "DUPLICATE_DATA-Email"
    assert judge.judge(["1", "A@b.co"]).status == "UPDATED"


def test_a_value_given_up_is_free_again() -> None:
    judge = _judge("update", (ID_FIELD, EMAIL), stored=[("1", "a@b.co"), ("2", "b@b.co")], find_by="id")

    assert judge.judge(["1", "c@b.co"]).status == "UPDATED"
    assert judge.judge(["2", "a@b.co"]).status == "UPDATED"


@pytest.mark.parametrize(
    ("how", "operation", "second"),
    [
        ("one by one", "upsert", ("UPDATED", "100", "")),
        ("second skipped", "upsert", ("SKIPPED", None, "DUPLICATE_DATA-Email")),
        ("both written", "upsert", ("ADDED", "101", "")),
        ("both written", "insert", ("ADDED", "101", "")),
    ],
)
def test_a_key_that_is_twice_in_a_file(how: str, operation: str, second: tuple[str, str | None, str]) -> None:
    judge = _judge(operation, behaviour=Behaviour(duplicate_in_file=how), find_by="Email")  # type: ignore[arg-type]
    judge.judge(["Ann", "a@b.co", ""])

    assert _short(judge.judge(["Ann", "a@b.co", ""])) == second


@pytest.mark.parametrize(
    ("choice", "text", "status"),
    [({"match_case": "exact"}, "OLD@b.co", "ADDED"), ({}, "OLD@b.co", "UPDATED"), ({}, "old@b.co", "UPDATED")],
)
def test_matching_may_be_case_sensitive(choice: dict[str, str], text: str, status: str) -> None:
    judge = _judge("upsert", behaviour=Behaviour(**choice), stored=[("1", "old@b.co")], find_by="Email")  # type: ignore[arg-type]

    assert judge.judge(["Ann", text, ""]).status == status


@pytest.mark.parametrize(("trim", "status"), [(True, "UPDATED"), (False, "ADDED")])
def test_matching_may_include_spaces(trim: bool, status: str) -> None:
    key = Field("Key", "text", "Key", 20, unique=True)
    behaviour = Behaviour(match_trim=trim)
    known = Known(behaviour, {"1"})
    known.watch("Key", [("1", "k 1")])
    judge = Judge("upsert", [Column(key, 0, "Key", str)], known, behaviour, lambda: "2", "Key")

    assert judge.judge([" k 1 "]).status == status


@pytest.mark.parametrize(("choice", "target"), [("first", "1"), ("last", "2")])
def test_of_several_matches_one_is_updated(choice: str, target: str) -> None:
    behaviour = Behaviour(find_by_any_field=choice)  # type: ignore[arg-type]
    known = Known(behaviour, {"1", "2"})
    known.watch("Age", [("1", "30"), ("2", "30")])
    judge = Judge("update", [Column(AGE, 0, "Age", str)], known, behaviour, lambda: "3", "Age")

    assert judge.judge(["30"]).record_id == target


def test_inserts_may_ignore_unique_fields_without_find_by() -> None:
    judge = _judge("insert", behaviour=Behaviour(insert_duplicates="added"), stored=[("1", "a@b.co")])

    assert judge.judge(["Ann", "a@b.co", ""]).status == "ADDED"


@pytest.mark.parametrize("code", ["RESOURCE_NOT_FOUND", "INVALID_DATA", "CANNOT_PROCESS"])
def test_an_update_without_a_match_names_a_code(code: str) -> None:
    judge = _judge("update", behaviour=Behaviour(update_missing=code), find_by="Email")  # type: ignore[arg-type]

    assert judge.judge(["Ann", "a@b.co", ""]).errors == f"{code}-Email"
