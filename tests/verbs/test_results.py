"""A returned frame is read: its errors, its counts, the ids of its records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import verbs

PEOPLE = pd.DataFrame({"Last_Name": ["Ada", "Ben", "Cid"], "Email": ["a@x.org", "b@x.org", "c@x.org"]})


def test_errors_give_one_line_for_each_row_code_and_field(bigin_client: bf.Client) -> None:
    frame = pd.DataFrame({"Last_Name": [None, "Ben"], "Email": ["x", "b@x.org"]}, index=["p", "q"])
    out = bf.insert(frame, "Contacts", on_invalid="skip", on_error="ignore", client=bigin_client)

    assert out.bigin.errors().values.tolist() == [
        [0, "p", "INVALID", "MANDATORY_NOT_FOUND", "Last_Name"],
        [0, "p", "INVALID", "INVALID_DATA", "Email"],
    ]


def test_summary_counts_verdicts_and_reasons(bigin_client: bf.Client) -> None:
    frame = PEOPLE.assign(Email=["a@x.org", "b@x.org", "nonsense"])
    out = bf.insert(frame, "Contacts", on_invalid="skip", on_error="ignore", client=bigin_client)
    rows = out.bigin.summary().astype(object).where(lambda t: t.notna(), None).values.tolist()

    assert rows == [["ADDED", None, 2], ["INVALID", "INVALID_DATA-Email", 1]]


@pytest.mark.parametrize("read", [verbs.failed, verbs.errors, verbs.summary])
def test_reading_verdicts_of_another_frame_says_what_is_missing(read: Callable[[pd.DataFrame], Any]) -> None:
    with pytest.raises(bf.InputError, match="no columns ID, Status and Error"):
        read(PEOPLE)


def test_ids_are_found_by_a_key(bigin_client: bf.Client) -> None:
    out = bf.insert(PEOPLE, "Contacts", client=bigin_client)
    found = bf.ids(out, key="Email")

    assert found["b@x.org"] == out["ID"].iloc[1]
    assert PEOPLE["Email"].map(found).tolist() == out["ID"].tolist()


def test_ids_of_a_key_that_repeats_are_refused(bigin_client: bf.Client) -> None:
    out = bf.insert(PEOPLE.assign(Last_Name="Ada"), "Contacts", client=bigin_client)

    with pytest.raises(bf.InputError, match="3 rows share their 'Last_Name'"):
        bf.ids(out, key="Last_Name")
    with pytest.raises(bf.InputError, match="no column 'x'"):
        bf.ids(out, key="x")
