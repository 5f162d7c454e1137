"""Fields of a small Contacts module, as the live metadata describes them, and one of each other type."""

from __future__ import annotations

from bigin_frames.model import Field


def field(name: str, data_type: str = "text", **facts: object) -> Field:
    return Field(api_name=name, label=name.replace("_", " "), data_type=data_type, **facts)


CONTACTS = (
    field("Last_Name", length=80, mandatory=True),
    field("First_Name", length=40),
    Field(api_name="Account_Name", label="Company Name", data_type="lookup", length=120, lookup_module="Accounts"),
    Field(api_name="Owner", label="Contact Owner", data_type="ownerlookup", length=120),
    field("Email", "email", length=100, unique=True),
    field("Phone", "phone", length=50),
    field("Website", "website", length=255),
    field("Lead_Source", "picklist", picklist=("Trade Show", "Web", "Partner")),
    field("Courses", "multiselectpicklist", picklist=("Analytics", "Bigdata")),
    field("Age", "integer", length=9, custom=True),
    field("Budget", "currency", length=16, decimals=2, custom=True),
    field("Joined", "date", custom=True),
    field("Seen", "datetime", custom=True),
    field("Opted_Out", "boolean"),
    field("Created_Time", "datetime", creatable=False, editable=False),
    field("Birth_Code", creatable=True, editable=False),
    field("Merge_Code", creatable=False, editable=True),
    field("Photo", "profileimage"),
    field("Score", "formula"),
    field("Territory", "territories"),
)
BY_NAME = {described.api_name: described for described in CONTACTS}
