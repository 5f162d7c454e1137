"""The verbs that look ahead report every problem and send no row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox

PEOPLE = pd.DataFrame({"Last_Name": ["Ada", "Ben", "Cid"], "Email": ["a@x.org", "b@x.org", "c@x.org"]})


def writes(box: Sandbox) -> list[str]:
    """What reached the sandbox beyond tokens and metadata."""
    return [request.path for request in box.requests if "/upload" in request.path or "/bulk/" in request.path]


def test_check_reports_everything_and_sends_nothing(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = pd.DataFrame({"Last_Name": [None, "Ben"], "Email": ["x", "b@x.org"]})
    report = frame.bigin.check("Contacts", client=bigin_client)

    assert not report.ok
    assert report.mask.tolist() == [True, False]
    assert report.errors[0] == "MANDATORY_NOT_FOUND-Last_Name:INVALID_DATA-Email"
    assert not writes(bigin_sandbox)


def test_validate_returns_the_frame_in_its_fields_types(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.add_field("Contacts", "Birthday", data_type="date")
    bigin_sandbox.add_field("Contacts", "Visits", data_type="integer")
    frame = PEOPLE.assign(Birthday=["1815-12-10", None, "2000-02-29"], Visits=[1.0, np.nan, 3.0], kept=[1, 2, 3])
    named = {name: name for name in frame.columns if name != "kept"}
    typed = frame.bigin.validate("Contacts", columns=named, client=bigin_client)

    assert typed["Birthday"].dtype.kind == "M"
    assert str(typed["Visits"].dtype) == "Int64"
    assert list(typed.columns) == list(frame.columns)
    pd.testing.assert_series_equal(typed["kept"], frame["kept"])


def test_validate_raises_with_the_report(bigin_client: bf.Client) -> None:
    with pytest.raises(bf.InvalidRowsError) as invalid:
        PEOPLE.assign(Email="x").bigin.validate("Contacts", client=bigin_client)

    assert isinstance(invalid.value, ValueError)
    assert invalid.value.report.mask.all()


def test_schema_is_a_real_pandera_schema(bigin_client: bf.Client) -> None:
    schema = bf.schema("Contacts", client=bigin_client)

    assert {"Last_Name", "Email", "Account_Name"} <= set(schema.columns)
    assert not {"Full_Name", "Created_Time", "Record_Image"} & set(schema.columns)
    assert schema.columns["Last_Name"].required
    assert not schema.columns["Email"].required
    pd.testing.assert_frame_equal(schema.validate(PEOPLE), PEOPLE)


def test_own_schema_is_checked_in_addition_to_the_modules(bigin_client: bf.Client) -> None:
    import pandera.pandas as pa

    own = pa.DataFrameSchema({"Last_Name": pa.Column(str, pa.Check.str_startswith("A", error="must begin with A"))})
    report = PEOPLE.bigin.check("Contacts", schema=own, client=bigin_client)

    assert report.mask.tolist() == [False, True, True]


def test_clean_then_write_dirty_rows(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = pd.DataFrame(
        {"Last_Name": [" Ada ", "Ben"], "Email": ["mailto:a@x.org", "b@x.org"], "Phone": [4155550100.0, None]}
    )
    assert not frame.bigin.check("Contacts", client=bigin_client).ok

    cleaned, log = frame.bigin.clean("Contacts", client=bigin_client)
    out = cleaned.bigin.insert("Contacts", client=bigin_client)

    assert log[["row", "column", "rule"]].values.tolist() == [
        [0, "Last_Name", "spaces"], [0, "Email", "emails"], [0, "Phone", "numbers"]
    ]  # fmt: skip
    assert set(out["Status"]) == {"ADDED"}
    assert [r.get("Phone") for r in bigin_sandbox.records("Contacts")] == ["4155550100", None]


def test_clean_with_an_unknown_rule_says_the_nearest(bigin_client: bf.Client) -> None:
    with pytest.raises(bf.OptionError, match="did you mean 'spaces'"):
        PEOPLE.bigin.clean("Contacts", rules=["space"], client=bigin_client)
