"""The standard fields and team pipelines of the four modules that the sandbox keeps.

Contacts is the complete list of a live trial organisation, in its order, with its lengths and flags. The other three
follow recorded record shapes and the published limits (Bigin help, modules and fields), where the list is not recorded.
"""

from __future__ import annotations

from bigin_frames.sandbox.metadata.fields import Field

# Fields that an import may match on besides those marked unique (Bigin help, what are unique reference fields).
MATCH_FIELDS = {
    "Contacts": ("Email",),
    "Accounts": ("Account_Name",),
    "Pipelines": ("Deal_Name",),
    "Products": ("Product_Name",),
}
DISPLAY_FIELDS = {
    "Contacts": "Full_Name",
    "Accounts": "Account_Name",
    "Pipelines": "Deal_Name",
    "Products": "Product_Name",
}
# Team pipelines: name -> (sub-pipeline -> its stages, fields that only this one requires). The first is the default.
# "Renewals" is in both: on a live organisation, too, one sub-pipeline name was found in two team pipelines.
TEAM_PIPELINES: dict[str, tuple[dict[str, tuple[str, ...]], tuple[str, ...]]] = {
    "Sales Pipeline": (
        {
            "Sales Pipeline Standard": (
                "Qualification",
                "Needs Analysis",
                "Proposal",
                "Negotiation",
                "Closed Won",
                "Closed Lost",
            ),
            "Renewals": ("Qualification", "Negotiation", "Closed Won", "Closed Lost"),
        },
        (),
    ),
    "Onboarding": (
        {
            "Onboarding Standard": ("Kick-off", "Documentation", "Training", "Live"),
            "Renewals": ("Check-in", "Offer", "Closed Won", "Closed Lost"),
        },
        ("Closing_Date",),
    ),
}
# Types that no column can fill. Files, images, formulas, automatic numbers: CRM docs, bulk-write/limitations; a summary
# is computed as a formula is. Subforms and lookups of several records or users are modules of their own with CSVs of
# their own (CRM v7 docs, bulk-write/create-job), and Bigin takes one CSV and no linking module (Bigin v1 docs, bulk-
# write/limitations). Territories have a call of their own (CRM v8 docs, assign-territories-to-records), an address is
# written by its parts. Users and layouts are not among these: create-job maps both.
BULK_FORBIDDEN = {
    *("profileimage", "fileupload", "imageupload"),
    *("formula", "autonumber", "rollup_summary"),
    *("subform", "multiselectlookup", "multiuserlookup"),
    *("address", "territories"),
}


def _owner(label: str) -> Field:
    # field_read_only is true on the live field, yet it can be written: view_type is right.
    return Field("Owner", "ownerlookup", label, field_read_only=True)


def _system() -> tuple[Field, ...]:
    """Return the fields that cannot be written although both read-only flags are false."""
    kinds = (("By", "ownerlookup"), ("Time", "datetime"))
    return tuple(
        Field(f"{what}_{end}", data_type, f"{what} {end}", create=False, edit=False)
        for end, data_type in kinds
        for what in ("Created", "Modified")
    )


def _activity() -> Field:
    return Field("Last_Activity_Time", "datetime", "Last Activity Time", create=False, edit=False, field_read_only=True)


def _tag() -> Field:
    return Field("Tag", "text", "Tag", 2000, create=False, edit=False)


def _image(label: str) -> Field:
    return Field("Record_Image", "profileimage", label, 255)


def _text(name: str, length: int, label: str = "") -> Field:
    return Field(name, "text", label or name.replace("_", " "), length)


CONTACTS = (
    _owner("Contact Owner"),
    _text("First_Name", 40),
    Field("Last_Name", "text", "Last Name", 80, mandatory=True),
    Field("Account_Name", "lookup", "Company Name", lookup="Accounts"),
    Field("Email", "email", "Email", 100, unique=True),
    _text("Title", 100),
    Field("Phone", "phone", "Phone", 50),
    Field("Home_Phone", "phone", "Home Phone", 30),
    Field("Mobile", "phone", "Mobile", 30),
    *_system(),
    Field("Full_Name", "text", "Full Name", create=False, edit=False, display=True),
    _text("Mailing_Street", 250),
    _text("Mailing_City", 100),
    _text("Mailing_State", 100),
    _text("Mailing_Country", 100),
    _text("Mailing_Zip", 30),
    Field("Description", "textarea", "Description", 32000),
    Field("Email_Opt_Out", "boolean", "Email Opt Out", 5),
    _activity(),
    _tag(),
    _image("Contact Image"),
    Field(
        "Unsubscribed_Mode",
        "picklist",
        "Unsubscribed Mode",
        create=False,
        edit=False,
        read_only=True,
        values=("Consent form", "Manual", "Unsubscribe link", "Zoho campaigns"),
    ),
    Field("Unsubscribed_Time", "datetime", "Unsubscribed Time", create=False, edit=False, read_only=True),
    Field("Record_Creation_Source_ID__s", "bigint", "Record Creation Source ID", 19, create=False, edit=False),
)
ACCOUNTS = (
    _owner("Company Owner"),
    Field("Account_Name", "text", "Company Name", 100, mandatory=True, display=True),
    Field("Phone", "phone", "Phone", 50),
    Field("Website", "website", "Website", 255),
    *_system(),
    _text("Billing_Street", 250),
    _text("Billing_City", 100),
    _text("Billing_State", 100),
    _text("Billing_Country", 100),
    _text("Billing_Code", 30),
    Field("Description", "textarea", "Description", 32000),
    _activity(),
    _tag(),
    _image("Company Image"),
)
PIPELINES = (
    _owner("Deal Owner"),
    Field("Deal_Name", "text", "Deal Name", 120, mandatory=True, display=True),
    # Clients of live organisations write the team pipeline's id here, and records carry it.
    Field("Pipeline", "bigint", "Pipeline", 19),
    Field("Sub_Pipeline", "picklist", "Sub-Pipeline", mandatory=True),  # the team pipelines add the values
    Field("Stage", "picklist", "Stage", mandatory=True),
    Field("Closing_Date", "date", "Closing Date", 20),
    Field("Amount", "currency", "Amount", 16, decimal_place=2),
    Field("Account_Name", "lookup", "Company Name", lookup="Accounts"),
    Field("Contact_Name", "lookup", "Contact Name", lookup="Contacts"),
    *_system(),
    Field("Description", "textarea", "Description", 32000),
    _activity(),
    _tag(),
)
PRODUCTS = (
    _owner("Product Owner"),
    Field("Product_Name", "text", "Product Name", 200, mandatory=True, display=True),
    _text("Product_Code", 40),
    Field("Product_Active", "boolean", "Product Active", 5),
    Field("Product_Category", "picklist", "Product Category", values=("-None-", "Hardware", "Software", "Services")),
    Field("Unit_Price", "currency", "Unit Price", 16, decimal_place=2),
    *_system(),
    Field("Description", "textarea", "Description", 32000),
    _tag(),
    _image("Product Image"),
)
STANDARD = {"Contacts": CONTACTS, "Accounts": ACCOUNTS, "Pipelines": PIPELINES, "Products": PRODUCTS}
