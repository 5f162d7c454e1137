"""Every problem of every row, by position, and the size of each row."""

from __future__ import annotations

import gc
from dataclasses import replace

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pandera.config import config_context
from pandera.errors import SchemaError, SchemaErrors

from bigin_frames.errors import BiginError, InputError, OptionError
from bigin_frames.frames.checking.check import check
from bigin_frames.frames.encoding import csv_zip
from bigin_frames.frames.encoding.encode import encode
from bigin_frames.frames.mapping.columns import map_columns
from bigin_frames.frames.rules.for_field import rules_for
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import DUPLICATE_DATA, INVALID_DATA, MANDATORY_NOT_FOUND, Lookup
from tests.support.contacts import BY_NAME, CONTACTS, field


def frame(**columns):
    rows = max(len(cells) for cells in columns.values())
    return pd.DataFrame({"Last_Name": ["N"] * rows} | columns)


def mapped(held, operation="insert", *, fields=CONTACTS, **options):
    return map_columns(held.columns, fields, module="Contacts", operation=operation, **options)


def checked(held, operation="insert", *, options=None, **more):
    return check(held, mapped(held, operation, **(options or {})), operation=operation, **more)


def found(held, operation="insert", **options):
    """Return rows by (field, rule)."""
    failures = checked(held, operation, **options).report.failures
    return {key: rows.tolist() for key, rows in failures.groupby(["field", "check"])["row"]}


def test_a_valid_frame_has_an_empty_report():
    assert checked(frame(Email=["a@b.co", None], Age=[1, 2])).report.ok


def test_a_frame_without_rows_is_valid():
    result = checked(frame(Email=[]))

    assert result.report.ok
    assert (result.report.rows, result.sizes.tolist(), result.sizes.dtype) == (0, [], np.int64)


def test_every_problem_of_every_row_is_found_at_once():
    held = frame(
        Last_Name=["A", None, "C", " "],
        Email=["a@b.co", "nope", "x@y.org", "also nope"],
        Lead_Source=["Web", "Wbe", "-None-", None],
        Budget=[1.5, 1.255, 1e17, 2],
    )

    assert found(held) == {
        ("Last_Name", "mandatory"): [1, 3],
        ("Email", "email"): [1, 3],
        ("Lead_Source", "picklist"): [1],
        ("Lead_Source", "no_choice"): [2],
        ("Budget", "max_decimals"): [1],
        ("Budget", "max_digits"): [2],
    }


def test_codes_are_those_of_bigin():
    held = frame(Last_Name=[None, "B", "C"], Email=["a@b.co", "nope", "a@b.co"])

    report = checked(held, "upsert", options={"find_by": "Email"}).report

    assert report.failures.groupby("check")["code"].first().to_dict() == {
        "mandatory": MANDATORY_NOT_FOUND,
        "email": INVALID_DATA,
        "unique_key": DUPLICATE_DATA,
    }


@pytest.mark.parametrize("block_rows", [1, 2, 50_000])
def test_positions_are_right_for_any_index_and_block_size(block_rows):
    held = frame(Email=["a@b.co", "nope", "c@d.co", "nope"]).set_axis([7, 7, 7, 0])

    assert found(held, block_rows=block_rows) == {("Email", "email"): [1, 3]}
    assert found(held.set_index([[1, 1, 2, 2], [0, 0, 0, 0]]), block_rows=block_rows) == {("Email", "email"): [1, 3]}


def test_a_cell_that_cannot_be_written_is_refused_only_for_that():
    held = frame(Last_Name=["A", "x\x00", 5.5], Age=["1", "two", "3"])

    failures = checked(held.astype({"Last_Name": object})).report.failures

    assert failures["row"].tolist() == [1, 1, 2]
    assert set(failures["code"]) == {INVALID_DATA}


MAILS = st.sampled_from(["a@b.co", "nope", None, "", "x\x00@b.co", "long" * 30 + "@b.co"])


@given(st.lists(MAILS, min_size=1, max_size=9))
def test_blocks_are_checked_like_single_cells(cells):
    held = frame(Email=pd.Series(cells, dtype="object"))
    encoded = [encode(pd.Series([cell], dtype="object"), BY_NAME["Email"]) for cell in cells]
    wrong = {
        row
        for row, cell in enumerate(encoded)
        for rule in rules_for(MappedColumn(column="Email", field=BY_NAME["Email"]), "insert")
        if cell.faults or rule.failing(cell.text).any()
    }

    assert set(np.flatnonzero(checked(held, block_rows=2).report.mask)) == wrong


def test_columns_that_are_not_mapped_are_not_checked():
    held = pd.DataFrame([["nope", "N", "nope"]], columns=["x", "name", "x"])

    assert check(held, mapped(held, columns={"name": "Last_Name"}), operation="insert").report.ok


def test_a_default_fills_empty_cells_before_they_are_checked():
    held = frame(Last_Name=["A", None, ""], Lead_Source=["Wbe", None, "Web"])

    assert found(held, options={"defaults": {"Last_Name": "Unknown", "Lead_Source": "Web"}}) == {
        ("Lead_Source", "picklist"): [0]
    }


def test_a_default_does_not_fix_a_cell_that_cannot_be_written():
    held = frame(Age=["two", None])

    report = checked(held, options={"defaults": {"Age": 1}}).report

    assert report.mask.tolist() == [True, False]


def test_sizes_are_the_bytes_of_the_csv():
    held = frame(Last_Name=["Köln", 'a "b", c', None], Age=[1, 22, None], Lead_Source=[None, "Web", "Web"])

    result = checked(held, options={"defaults": {"Last_Name": "?"}}, block_rows=2)

    sent = held.assign(Last_Name=held["Last_Name"].fillna("?"))
    texts = [encode(sent[name], BY_NAME[name]).text for name in sent]
    assert result.sizes.tolist() == sum(map(csv_zip.cell_bytes, texts)).tolist()


def test_rows_that_share_a_key_are_all_refused_and_name_each_other():
    held = frame(Email=["a@b.co", "c@d.co", "A@B.CO", "a@b.co"])

    report = checked(held, "upsert", options={"find_by": "Email"}, block_rows=2).report

    assert report.failures[["row", "suggestion"]].values.tolist() == [
        [0, "same key as row 2"],
        [2, "same key as row 0"],
        [3, "same key as row 0"],
    ]


def test_rows_that_share_a_key_pass_where_no_key_is_used():
    assert checked(frame(Email=["a@b.co", "a@b.co"])).report.ok


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_a_row_without_a_key_is_refused(operation):
    held = frame(Email=["a@b.co", None])

    assert found(held, operation, options={"find_by": "Email"}) == {("Email", "mandatory"): [1]}


def test_an_insert_accepts_rows_without_the_key_it_skips_by():
    assert checked(frame(Email=["a@b.co", None]), options={"find_by": "Email"}).report.ok


def test_an_update_by_id_needs_valid_ids_once_each():
    held = pd.DataFrame({"id": ["1", None, "x", "2", "2"], "Phone": "1"})

    report = checked(held, "update", options={"find_by": "id"}).report

    assert report.errors.to_dict() == {
        1: "MANDATORY_NOT_FOUND-id",
        2: "INVALID_DATA-id",
        3: "DUPLICATE_DATA-id",
        4: "DUPLICATE_DATA-id",
    }


def test_the_key_can_be_given_apart_from_the_mapping():
    held = frame(Email=["a@b.co", "a@b.co"])

    assert not check(held, mapped(held), operation="insert", key=BY_NAME["Email"]).report.ok


@pytest.mark.parametrize(("clearing", "rows"), [(False, []), (True, [1])])
def test_an_update_may_leave_a_mandatory_cell_empty_unless_that_blanks_it(clearing, rows):
    held = frame(Last_Name=["A", None], Email=["a@b.co", "c@d.co"])

    report = checked(held, "update", options={"find_by": "Email"}, clearing=clearing).report

    assert np.flatnonzero(report.mask).tolist() == rows


def test_a_lookup_by_email_is_checked_as_an_email_address():
    held = pd.DataFrame({"n": ["A", "B"], "o": ["p@zylker.com", "7618134000000020005"]})

    columns = {"n": "Last_Name", "o": Lookup("Owner", by="email")}
    assert np.flatnonzero(checked(held, options={"columns": columns}).report.mask).tolist() == [1]


def test_the_zone_is_used_for_naive_datetimes():
    held = frame(Seen=[pd.Timestamp("2024-03-31 02:30"), pd.Timestamp("2024-03-31 04:30")])

    assert checked(held, zone="UTC").report.ok
    assert checked(held, zone="Europe/Berlin").report.mask.tolist() == [True, False]


def test_the_callers_own_schema_joins_the_report():
    held = frame(Email=["a@b.co", "nope", "c@d.co"]).assign(score=[1, -1, -2])
    own = pandera.DataFrameSchema({"score": pandera.Column(int, pandera.Check.gt(0))})
    mapping = mapped(held, columns={"Last_Name": "Last_Name", "Email": "Email"})

    report = check(held, mapping, operation="insert", schema=own).report

    assert report.errors.to_dict() == {1: "INVALID_DATA-Email,score", 2: "INVALID_DATA-score"}
    assert report.failures["value"].tolist() == ["nope", -1, -2]


def test_the_callers_own_schema_that_no_row_can_pass_is_an_option_error():
    with pytest.raises(OptionError, match="score"):
        checked(frame(Email=["a@b.co"]), schema=pandera.DataFrameSchema({"score": pandera.Column(int)}))


@pytest.mark.parametrize("options", [{"validation_enabled": False}, {"validation_depth": "SCHEMA_ONLY"}])
def test_rules_run_even_if_pandera_is_switched_off(options):
    with config_context(**options):
        assert found(frame(Email=["nope"])) == {("Email", "email"): [0]}


def test_no_pandera_error_stays_in_memory_after_the_check():
    own = pandera.DataFrameSchema({"Email": pandera.Column(None, pandera.Check.str_length(9))})

    result = checked(frame(Email=["nope"]), schema=own)

    gc.collect()
    assert not result.report.ok
    assert not [held for held in gc.get_objects() if type(held) in (SchemaError, SchemaErrors)]


def test_a_rule_that_cannot_be_run_is_an_error_and_not_a_verdict():
    held = frame(Last_Name=["A"])
    mapping = mapped(held, fields=[replace(BY_NAME["Last_Name"], length="canary")])

    with pytest.raises(BiginError, match="field Last_Name could not be run") as caught:
        check(held, mapping, operation="insert")

    assert "canary" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_field_of_an_unknown_type_never_reaches_the_rules():
    with pytest.raises(InputError):
        mapped(frame(Odd=["x"]), fields=(*CONTACTS, field("Odd", "hologram")))


FORMULAS = {"Last_Name": ["=1+1", "-5", "@x"], "Phone": ["+49 171 5550", "+1", None]}


@pytest.mark.parametrize(
    ("formulas", "rows", "notes"),
    [
        ("off", [], []),
        ("warn", [], ["2 cells of column 'Last_Name' (field Last_Name) could be run as a formula by a spreadsheet"]),
        ("refuse", [0, 2], []),
    ],
)
def test_text_that_a_spreadsheet_would_run_is_ignored_noted_or_refused(formulas, rows, notes):
    held = pd.DataFrame(FORMULAS)
    report = check(held, mapped(held), operation="insert", formulas=formulas).report

    assert np.flatnonzero(report.mask).tolist() == rows
    assert [note.partition(" (first")[0] for note in report.notes] == notes
    assert set(report.failures["code"]) == ({INVALID_DATA} if rows else set())
    assert set(report.failures["check"]) == ({"formula"} if rows else set())


def test_notes_are_in_the_report_whether_or_not_rows_are_refused():
    for cells, start in ((["=1", "Ada"], "All 2 rows can be written."), (["=1", None], "1 of 2 rows cannot")):
        held = frame(Last_Name=cells)
        report = check(held, mapped(held), operation="insert").report

        assert report.message().startswith(start)
        assert "1 cell of column 'Last_Name' (field Last_Name) could be run as a formula" in report.message()
        assert "1 cell of column" in report._repr_html_()
        assert "=1" not in report.message() + report._repr_html_()
