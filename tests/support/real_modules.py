"""What the columns of the real files become, in an organisation that has the fields for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

import bigin_frames as bf
from bigin_frames.demo import legislators, organise
from bigin_frames.sandbox import Sandbox
from tests.support.real_data import sample


@dataclass(frozen=True)
class RealFile:
    """A file, and how a user would map it: ``key`` is the field its records are found by."""

    name: str
    path: str
    module: str
    key: str
    columns: dict[str, str]

    def frame(self) -> pd.DataFrame:
        return legislators() if self.name == "legislators" else sample(self.name)

    def options(self, metadata: bf.Metadata) -> dict[str, Any]:
        return {"operation": "upsert", "find_by": self.key, "columns": self.columns, "metadata": metadata}


TOPICS = ("Economy", "Éducation", "Public Health")
FILES = {
    real.name: real
    for real in (
        RealFile(
            "legislators",
            "bigin_frames/samples/legislators.csv",
            "Contacts",
            "Bioguide_ID",
            {
                "bioguide_id": "Bioguide_ID",
                "last_name": "Last_Name",
                "first_name": "First_Name",
                "birthday": "Birthday",
                "url": "Home_Page",
                "contact_form": "Contact_Form",
                "address": "Mailing_Street",
                "state": "Mailing_State",
                "phone": "Phone",
                "party": "Party",
                "icpsr_id": "ICPSR_ID",
            },
        ),
        RealFile(
            "universities",
            "tests/samples/universities.csv",
            "Accounts",
            "Domain",
            {
                "name": "Account_Name",
                "country": "Country",
                "state_province": "Billing_State",
                "web_page": "Website",
                "domain": "Domain",
                "domains": "Domains",
            },
        ),
        RealFile(
            "district_offices",
            "tests/samples/district_offices.csv",
            "Contacts",
            "Office_ID",
            {
                "id": "Office_ID",
                "city": "Last_Name",
                "address": "Mailing_Street",
                "suite": "Suite",
                "building": "Building",
                "state": "Mailing_State",
                "zip": "Mailing_Zip",
                "latitude": "Latitude",
                "longitude": "Longitude",
                "phone": "Phone",
                "fax": "Fax",
                "hours": "Hours",
            },
        ),
    )
}


def real_metadata() -> bf.Metadata:
    """The fields of an organisation for all three files, as the local Bigin tells them."""
    with Sandbox() as box:
        organise(box)
        box.add_field("Contacts", "Contact_Form", data_type="website")
        box.add_field("Contacts", "ICPSR_ID", length=10)
        box.add_field("Contacts", "Office_ID", length=40, unique=True)
        for name in ("Suite", "Building", "Hours"):
            box.add_field("Contacts", name, length=100)
        for name in ("Latitude", "Longitude"):
            box.add_field("Contacts", name, data_type="double", length=16, decimal_place=9)
        box.add_field("Contacts", "Fax", data_type="phone", length=30)
        countries = sorted(sample("universities")["country"].unique())
        box.add_field("Accounts", "Country", data_type="picklist", values=countries)
        box.add_field("Accounts", "Domain", data_type="website", unique=True)
        box.add_field("Accounts", "Domains", data_type="textarea")
        for name, data_type in (("Mail", "email"), ("Active", "boolean"), ("Seen", "datetime")):
            box.add_field("Contacts", name, data_type=data_type)
        box.add_field("Contacts", "Topics", data_type="multiselectpicklist", values=TOPICS)
        client = box.client()
        modules = {name: client.fields(name) for name in ("Accounts", "Contacts")}
        return bf.Metadata(organisation=client.org(), modules=modules)
