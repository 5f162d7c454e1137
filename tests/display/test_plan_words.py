"""A plan shows all of its facts in few words, and no cell of the frame."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox

CANARY = "canary"
FRAME = pd.DataFrame(
    {"Last_Name": [f"{CANARY} {i // 2}" for i in range(10)], "Email": [f"{CANARY}{i}@x.org" for i in range(10)]}
)


def words(plan: bf.Plan) -> str:
    """Return the text of a plan on one line."""
    return " ".join(str(plan).split())


def planned(client: bf.Client, frame: pd.DataFrame = FRAME, operation: Any = "insert", **options: Any) -> bf.Plan:
    return frame.bigin.plan("Contacts", operation, client=client, **options)


def test_text_says_what_would_happen(bigin_client: bf.Client) -> None:
    said = str(planned(bigin_client, defaults={"Title": "Dr"})).splitlines()

    assert said[0] == "Plan: insert into Contacts"
    assert said[1].split() == ["rows", "10", "of", "10", "can", "be", "sent"]
    assert [line.split("  ")[1] for line in said[1:] if line.startswith("  ") and line[2] != " "] == [
        "rows", "jobs", "bytes", "credits", "rows per day", "results matched by", "key", "columns",
        "Bigin fields not written",
    ]  # fmt: skip
    assert "Email -> Email, Last_Name -> Last_Name, (default) -> Title" in words(
        planned(bigin_client, defaults={"Title": "Dr"})
    )
    assert max(map(len, said)) <= 100


def test_text_and_page_show_no_cell(bigin_client: bf.Client) -> None:
    spoilt = FRAME.assign(Email=FRAME["Email"].str.replace("@", " at "))
    for plan in (planned(bigin_client), planned(bigin_client, spoilt, on_invalid="skip")):
        assert not [text for text in (repr(plan), str(plan), plan._repr_html_()) if CANARY in text]
    assert CANARY in planned(bigin_client).sample()


def test_bytes_are_those_of_the_jobs(bigin_client: bf.Client) -> None:
    plan = planned(bigin_client, max_rows_per_job=4)
    csv_bytes, zip_bytes = plan.jobs["csv_bytes"].sum(), plan.jobs["zip_bytes"].sum()

    assert f"bytes {csv_bytes:,} as CSV, {zip_bytes:,} zipped" in words(plan)
    assert "jobs 3, of 2 to 4 rows" in words(plan)
    assert "jobs 2, of 5 rows each" in words(planned(bigin_client, max_rows_per_job=5))


def test_cheaper_way_is_shown_with_what_can_be_done(bigin_client: bf.Client) -> None:
    one, more = words(planned(bigin_client)), words(planned(bigin_client, max_rows_per_job=4))

    assert "credits 500 (500 per job); the Records API, which this package does not write through, would take 1." in one
    assert "collect more rows: bulk is cheaper above 5,000 rows per job" in one
    assert "would take 1. A larger max_rows_per_job makes fewer jobs" in more


def test_cheaper_way_is_not_shown_if_bulk_is_cheaper(bigin_client: bf.Client) -> None:
    frame = pd.DataFrame({"Last_Name": [f"N{i}" for i in range(5000)]})

    assert "Records API" not in words(planned(bigin_client, frame))
    assert "would take 500. If it can wait" not in words(planned(bigin_client, frame))


def test_cheaper_way_has_no_advice_where_long_rows_fill_the_jobs(bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.add_field("Contacts", "Notes", "textarea", length=32_000)
    frame = pd.DataFrame({"Last_Name": [f"N{i}" for i in range(800)], "Notes": ["x" * 32_000] * 800})

    said = words(planned(bigin_sandbox.client(), frame, max_rows_per_job=781))
    assert "would take 80 rows per day" in said


def test_rows_with_the_same_echo_are_counted_with_the_fix(bigin_client: bf.Client) -> None:
    alike = words(planned(bigin_client, FRAME[["Last_Name"]]))

    assert "results matched by Last_Name (returned by Bigin with each result): 10 rows with the same values as" in alike
    assert "UNREPORTED. A column with a different value in each row prevents that" in alike
    assert (
        "results matched by Email, Last_Name (returned by Bigin with each result): different in each row of a job"
        in words(planned(bigin_client))
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "key Email: 2 rows invalid, because other rows have the same key"),
        ({"on_duplicate": "last"}, "1 row left out as SKIPPED, on_duplicate='last' sends the last row of each key"),
    ],
)
def test_duplicates_of_the_key_are_counted(options: dict[str, Any], said: str, bigin_client: bf.Client) -> None:
    frame = FRAME.assign(Email=["a@x.org", "A@x.org", *FRAME["Email"][2:]])

    assert said in words(planned(bigin_client, frame, "upsert", find_by="Email", **options))


def test_key_without_duplicates_and_without_key(bigin_client: bf.Client) -> None:
    assert "key Email: no duplicates" in words(planned(bigin_client, FRAME, "upsert", find_by="Email"))
    assert "key none: without find_by, rows are not checked for duplicates" in words(planned(bigin_client))


def test_invalid_rows_are_shown_with_their_reason_and_what_running_does(bigin_client: bf.Client) -> None:
    frame = FRAME.assign(Last_Name=[None, *FRAME["Last_Name"][1:]])
    strict, loose = (words(planned(bigin_client, frame, on_invalid=way)) for way in ("raise", "skip"))

    assert "rows 9 of 10 can be sent" in strict
    assert "invalid 1 row: plan.run() will raise and send nothing; fix them, or leave" in strict
    assert "row 0: column 'Last_Name' (field Last_Name) is empty" in strict
    assert "invalid 1 row, left out and marked INVALID" in loose


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ("insert", "stay empty: "),
        ("update", "stay unchanged: "),
        ("upsert", "stay unchanged, or empty in new records: "),
    ],
)
def test_bigin_fields_that_are_not_written_are_named(operation: str, left: str, bigin_client: bf.Client) -> None:
    plan = planned(bigin_client, FRAME, operation, find_by="Email")

    assert f"Bigin fields not written {len(plan.unmapped)} {left}Owner, First_Name" in words(plan)
    assert f"and {len(plan.unmapped) - 8} more" in words(plan)


def test_no_field_is_named_if_every_field_is_written(bigin_client: bf.Client) -> None:
    fields = tuple(field for field in bigin_client.fields("Contacts") if field.api_name in FRAME.columns)
    metadata = bf.Metadata(bigin_client.org(), {"Contacts": fields})

    assert "Bigin fields not written none: the plan writes every writable field" in words(
        planned(bigin_client, metadata=metadata)
    )


def test_page_has_jobs_mapping_reasons_and_runs_nothing(bigin_client: bf.Client) -> None:
    frame = FRAME.rename(columns={"Last_Name": "<script>\u202e"}).assign(Email=["no", *FRAME["Email"][1:]])
    plan = planned(bigin_client, frame, columns={"<script>\u202e": "Last_Name", "Email": "Email"}, max_rows_per_job=4)
    page = plan._repr_html_()

    assert "<script" not in page
    assert "&lt;script&gt;\\u202e" in page
    assert [name for name in plan.jobs["file"] if name not in page] == []
    assert "is not an e-mail address" in page
    assert "<th>default</th>" not in page  # columns that hold nothing are left out


def test_page_marks_the_fields_that_bigin_returns_and_leaves_the_rest_empty(bigin_client: bf.Client) -> None:
    frame = FRAME.assign(Title="Dr", Mailing_City=None)
    page = planned(bigin_client, frame, defaults={"Mobile": "+1 202 555 0100"})._repr_html_()

    assert page.count("<td>yes</td>") == 3
    assert "<td>Mobile</td><td>Mobile</td><td></td><td>+1 202 555 0100</td><td></td>" in page
    assert "nan" not in page


def test_page_and_text_stay_small_for_many_jobs_and_columns(bigin_sandbox: Sandbox) -> None:
    for i in range(30):
        bigin_sandbox.add_field("Contacts", f"Extra_{i}")
    extra = pd.DataFrame({f"Extra_{i}": ["x"] * 40 for i in range(30)})
    frame = pd.concat([pd.DataFrame({"Last_Name": [f"N{i}" for i in range(40)]}), extra], axis=1)
    plan = planned(bigin_sandbox.client(), frame, max_rows_per_job=1)
    page = plan._repr_html_()

    assert "and 20 jobs more: plan.jobs" in page
    assert "and 11 fields more: plan.mapping" in page
    assert len(page) < 10_000
    assert len(str(plan)) < 2_500


def test_hundreds_of_jobs_are_shown_without_packing_them(bigin_client: bf.Client) -> None:
    frame = pd.DataFrame({"Last_Name": [f"N{i}" for i in range(201)]})
    plan = planned(bigin_client, frame, max_rows_per_job=1)

    assert "jobs 201, of 1 row each" in words(plan)
    assert f"bytes {plan.jobs['csv_bytes'].sum():,} as CSV, zipped size in plan.jobs" in words(plan)
    assert plan.jobs["file"][0] not in plan._repr_html_()


def test_plan_of_an_empty_frame_says_so(bigin_client: bf.Client) -> None:
    plan = planned(bigin_client, FRAME[:0])

    assert str(plan) == "Plan: nothing to write, the frame has no rows."
    assert "nothing to write" in plan._repr_html_()
    assert repr(plan) == "<Plan: nothing to write, 0 rows in 0 jobs, 0 credits>"
