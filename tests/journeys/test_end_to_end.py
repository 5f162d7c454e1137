"""Complete writes of real records, over real HTTP, zip and jobs: every returned id is compared with the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.demo import COLUMNS, legislators, organise
from bigin_frames.sandbox import Sandbox
from tests.support.real_data import companies, offices, sample

UNIVERSITIES = {"name": "Account_Name", "country": "Billing_Country", "state_province": "Billing_State",
                "web_page": "Website", "domain": "Domain"}  # fmt: skip
OFFICES: Mapping[str, Any] = {
    "id": "Office_ID",
    "city": "Last_Name",
    "address": "Mailing_Street",
    "state": "Mailing_State",
    "zip": "Mailing_Zip",
    "phone": "Phone",
    "Account_Name": bf.Lookup("Account_Name", by="Account_Name"),
}


def check_records(box: Sandbox, module: str, out: pd.DataFrame, columns: Mapping[str, Any]) -> None:
    """Every row has its own id, and the record with that id has the row's cells, column by column."""
    stored = {record["id"]: record for record in box.records(module)}
    assert out["ID"].is_unique
    assert out["ID"].notna().all()
    for row in out.to_dict("records"):
        record = stored[row["ID"]]
        for column, target in columns.items():
            field = target.field if isinstance(target, bf.Lookup) else target
            sent = None if pd.isna(row[column]) else row[column]
            assert record.get(field) == sent, (field, column)


@pytest.fixture
def contacts(bigin_sandbox: Sandbox) -> Sandbox:
    organise(bigin_sandbox)
    return bigin_sandbox


def test_legislators_become_contacts_then_change_by_id_and_by_key(contacts: Sandbox, bigin_client: bf.Client) -> None:
    frame = legislators().iloc[1:]  # a colleague has already typed in the first one
    out = frame.bigin.insert("Contacts", columns=COLUMNS, client=bigin_client)
    check_records(contacts, "Contacts", out, COLUMNS)
    assert set(out["Status"]) == {"ADDED"}

    moved = out.drop(columns=["Status", "Error"]).assign(phone="202-555-0100")
    updated = moved.rename(columns={"ID": "record"}).bigin.update(
        "Contacts", columns={"record": "id", "phone": "Phone"}, find_by="id", client=bigin_client
    )
    assert set(updated["Status"]) == {"UPDATED"}
    assert list(updated["ID"]) == list(out["ID"])
    check_records(contacts, "Contacts", updated, COLUMNS)

    everyone = legislators()
    upserted = everyone.bigin.upsert(
        "Contacts", columns=COLUMNS, find_by="Bioguide_ID", empty="clear", client=bigin_client
    )
    assert set(upserted["Status"]) == {"UPDATED"}
    assert list(upserted["ID"][1:]) == list(out["ID"])
    check_records(contacts, "Contacts", upserted, COLUMNS)
    assert len(contacts.records("Contacts")) == len(everyone)


def test_universities_become_accounts_then_change_by_id_and_by_key(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    bigin_sandbox.add_field("Accounts", "Domain", data_type="text", length=100, unique=True)
    frame = sample("universities")
    out = frame.bigin.insert(
        "Accounts", columns=UNIVERSITIES, on_invalid="skip", on_error="ignore", client=bigin_client
    )

    pd.testing.assert_frame_equal(out[frame.columns], frame)
    written = out[out["Status"] == "ADDED"]
    assert out["Status"].value_counts().to_dict() == {"ADDED": len(written), "INVALID": 3, "SKIPPED": 2}
    assert (out.loc[out["Status"] == "INVALID", "name"].str.len() > 100).all()
    assert set(out.loc[out["Status"] == "SKIPPED", "Error"]) == {"DUPLICATE_DATA-Domain"}
    check_records(bigin_sandbox, "Accounts", written, UNIVERSITIES)

    moved = written.drop(columns=["Status", "Error"]).rename(columns={"ID": "record"}).assign(country="Utopia")
    by_id = {"record": "id", "country": "Billing_Country"}
    updated = moved.bigin.update("Accounts", columns=by_id, find_by="id", client=bigin_client)
    assert set(updated["Status"]) == {"UPDATED"}
    assert list(updated["ID"]) == list(written["ID"])
    check_records(bigin_sandbox, "Accounts", updated, UNIVERSITIES)

    back = written[frame.columns].bigin.upsert("Accounts", columns=UNIVERSITIES, find_by="Domain", client=bigin_client)
    assert set(back["Status"]) == {"UPDATED"}
    assert list(back["ID"]) == list(written["ID"])
    check_records(bigin_sandbox, "Accounts", back, UNIVERSITIES)


def test_offices_find_their_companies_by_name_then_change_by_id_and_by_key(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    bigin_sandbox.add_field("Contacts", "Office_ID", data_type="text", length=40, unique=True)
    parents = companies().bigin.insert("Accounts", columns={"Account_Name": "Account_Name"}, client=bigin_client)
    out = offices().bigin.insert("Contacts", columns=OFFICES, client=bigin_client)

    check_records(bigin_sandbox, "Contacts", out, OFFICES)
    company_of = dict(zip(parents["Account_Name"], parents["ID"], strict=True))
    linked = {record["id"]: record["Account_Name"] for record in bigin_sandbox.values("Contacts")}
    assert [linked[i] for i in out["ID"]] == [company_of[name] for name in out["Account_Name"]]

    moved = out.drop(columns=["Status", "Error"]).rename(columns={"ID": "record"})
    moved["Account_Name"] = moved["Account_Name"].iloc[::-1].to_numpy()
    by_id = {"record": "id", "Account_Name": OFFICES["Account_Name"]}
    updated = moved.bigin.update("Contacts", columns=by_id, find_by="id", client=bigin_client)
    assert list(updated["ID"]) == list(out["ID"])
    check_records(bigin_sandbox, "Contacts", updated, OFFICES)

    again = offices().bigin.upsert("Contacts", columns=OFFICES, find_by="Office_ID", client=bigin_client)
    assert list(again["ID"]) == list(out["ID"])
    check_records(bigin_sandbox, "Contacts", again, OFFICES)
    assert len(bigin_sandbox.records("Contacts")) == len(out)


def test_rows_over_two_limits_make_three_jobs(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = pd.DataFrame({"Last_Name": [f"Row {i}" for i in range(60_001)]})
    out = frame.bigin.insert("Contacts", client=bigin_client)

    assert sorted(len(job.rows) for job in bigin_sandbox.ledger()) == [10_001, 25_000, 25_000]
    stored = {record["id"]: record["Last_Name"] for record in bigin_sandbox.records("Contacts")}
    assert [stored[i] for i in out["ID"]] == list(frame["Last_Name"])


def test_text_over_the_byte_limit_makes_as_few_jobs_as_it_allows(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    # The strictest reading of the limit, so that the sandbox itself refuses a CSV over it.
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, size_measured="unzipped", megabyte=1_000_000)
    rng = np.random.default_rng(7)
    letters = "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz "), 40_000))
    text = [letters[i : i + 32_000] for i in rng.integers(0, 8_000, 2_000)]
    frame = pd.DataFrame({"Last_Name": [f"Row {i}" for i in range(2_000)], "Description": text})
    out = frame.bigin.insert("Contacts", client=bigin_client)

    assert len(bigin_sandbox.ledger()) == 3  # 64 MB in files of at most 25
    assert set(out["Status"]) == {"ADDED"}


@pytest.mark.parametrize(
    "index",
    [
        pd.Index([7, 7, 7]),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)], names=["x", "y"]),
        pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin"),
    ],
    ids=["repeated", "multi", "dates"],
)
def test_frame_is_returned_with_its_index_dtypes_and_order(index: pd.Index, bigin_client: bf.Client) -> None:
    frame = pd.DataFrame(
        {
            "Last_Name": ["Ada", "NA", "null"],
            "kept": pd.Categorical(["x", "y", "x"]),
            "also kept": [1.5, float("nan"), 2.5],
        },
        index=index,
    )
    out = frame.bigin.insert("Contacts", columns={"Last_Name": "Last_Name"}, client=bigin_client)

    pd.testing.assert_frame_equal(out[frame.columns], frame)
    assert list(out.columns) == [*frame.columns, "ID", "Status", "Error"]
    assert [str(out[name].dtype) for name in ("ID", "Status", "Error")] == ["string"] * 3
