"""Companies first, then their contacts: each child is linked to its parent, by id or by name, and to its owner."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox
from tests.support.real_data import sample

COMPANIES = {"name": "Account_Name", "country": "Billing_Country", "domain": "Domain"}
OFFICES = {"id": "Office_ID", "city": "Last_Name", "state": "Mailing_State", "phone": "Phone"}
PEOPLE = ("ann@x.org", "ben@x.org", "cid@x.org")
QUIET: dict[str, Any] = {"on_invalid": "skip", "on_error": "ignore"}  # three names are too long, two domains repeated


@pytest.fixture
def box(bigin_sandbox: Sandbox) -> Sandbox:
    bigin_sandbox.add_field("Accounts", "Domain", data_type="text", length=100, unique=True)
    bigin_sandbox.add_field("Contacts", "Office_ID", data_type="text", length=40, unique=True)
    return bigin_sandbox


def universities() -> pd.DataFrame:
    """Every university whose name another one has, then those of the United States."""
    frame = sample("universities")
    names = frame["name"].str.strip().str.casefold()
    repeated = names.duplicated(keep=False)
    return pd.concat([frame[repeated], frame[~repeated & (frame["country"] == "United States")]], ignore_index=True)


def offices(companies: pd.DataFrame) -> pd.DataFrame:
    """Every district office, two to a company, each with its company's name and domain and with an owner."""
    frame = sample("district_offices")
    at = np.arange(len(frame))
    parents = companies.iloc[at // 2 % len(companies)]
    owners = [PEOPLE[one] for one in at % len(PEOPLE)]
    return frame.assign(company=parents["name"].to_numpy(), key=parents["domain"].to_numpy(), owner=owners)


def parents_in_bigin(box: Sandbox) -> pd.DataFrame:
    """What the stored children say: office, the domain and name of its company, and the owner's id."""
    children, companies = pd.DataFrame(box.values("Contacts")), pd.DataFrame(box.values("Accounts"))
    found = children.merge(companies, left_on="Account_Name", right_on="id", how="left", suffixes=("", "_of_company"))
    return found.set_index("Office_ID")


def test_ids_by_a_repeated_name_are_refused_and_a_unique_key_resolves_them(
    box: Sandbox, bigin_client: bf.Client
) -> None:
    companies = universities().bigin.insert("Accounts", columns=COMPANIES, client=bigin_client, **QUIET)
    with pytest.raises(bf.InputError, match=r"158 rows share their 'name'.*use a column whose values are unique"):
        bf.ids(companies, key="name")
    known = bf.ids(companies, key="domain")

    children = offices(companies[companies["Status"] == "ADDED"])
    children["company_id"] = children["key"].map(known)
    out = children.bigin.insert("Contacts", columns={**OFFICES, "company_id": "Account_Name"}, client=bigin_client)

    assert set(out["Status"]) == {"ADDED"}
    stored = parents_in_bigin(box)
    assert stored.loc[children["id"], "Domain"].tolist() == children["key"].tolist()
    assert (
        children["company"].nunique() < children["key"].nunique()
    )  # some parents share their name, and no child has the wrong one


def test_companies_of_one_name_are_refused_before_anything_is_sent(box: Sandbox, bigin_client: bf.Client) -> None:
    frame = universities()
    with pytest.raises(bf.InvalidRowsError, match="DUPLICATE_DATA") as refused:
        frame.bigin.upsert("Accounts", columns=COMPANIES, find_by="Account_Name", client=bigin_client)
    failures = refused.value.report.failures

    shared = frame["name"].str.strip().str.casefold().duplicated(keep=False)
    assert failures.loc[failures["code"] == "DUPLICATE_DATA", "row"].tolist() == np.flatnonzero(shared).tolist()
    assert box.ledger() == []


@pytest.mark.parametrize("keep", ["first", "last"])
def test_contacts_find_the_one_company_kept_of_each_name_and_their_owners(
    keep: Any, box: Sandbox, bigin_client: bf.Client
) -> None:
    users = {email: box.add_user(email[:3].title(), email).id for email in PEOPLE}
    frame = universities().drop_duplicates("domain", ignore_index=True)
    out = frame.bigin.upsert(
        "Accounts", columns=COMPANIES, find_by="Account_Name", on_duplicate=keep, client=bigin_client, **QUIET
    )
    again = frame["name"].str.strip().str.casefold().duplicated(keep=keep)
    assert (out["Status"] == "SKIPPED").tolist() == again.tolist()
    assert set(out.loc[again, "Error"]) == {"DUPLICATE_DATA-Account_Name"}
    assert set(out.loc[~again, "Status"]) == {"ADDED"}

    kept = frame[~again]
    children = offices(kept).assign(
        company=lambda held: held["company"].str.upper() + "  ", owner=lambda held: "Owner <" + held["owner"] + ">"
    )
    columns = {
        **OFFICES,
        "company": bf.Lookup("Account_Name", by="Account_Name"),
        "owner": bf.Lookup("Owner", by="email"),
    }
    cleaned, log = children.bigin.clean("Contacts", columns=columns, client=bigin_client)
    written = cleaned.bigin.insert("Contacts", columns=columns, client=bigin_client)

    assert set(written["Status"]) == {"ADDED"}
    assert set(log["rule"]) == {"spaces", "emails"}
    stored = parents_in_bigin(box)
    assert stored.loc[children["id"], "Domain"].tolist() == children["key"].tolist()
    assert stored.loc[children["id"], "Owner"].tolist() == [users[email] for email in cleaned["owner"]]


def test_missing_company_is_refused_by_bigin(box: Sandbox, bigin_client: bf.Client) -> None:
    pd.DataFrame({"Account_Name": ["Acme"]}).bigin.insert("Accounts", client=bigin_client)
    children = pd.DataFrame({"Last_Name": ["A", "B"], "company": ["Acme", "Nowhere Ltd"]})
    columns = {"Last_Name": "Last_Name", "company": bf.Lookup("Account_Name", by="Account_Name")}
    out = children.bigin.insert("Contacts", columns=columns, on_error="ignore", client=bigin_client)

    assert out["Status"].tolist() == ["ADDED", "SKIPPED"]
    assert out["Error"][1] == "INVALID_DATA-Account_Name"
    assert len(box.records("Contacts")) == 1
