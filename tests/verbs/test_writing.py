"""The verbs that write refuse before a byte leaves, say what was not written, and retry only what was not."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Fault, Sandbox

PEOPLE = pd.DataFrame({"Last_Name": ["Ada", "Ben", "Cid"], "Email": ["a@x.org", "b@x.org", "c@x.org"]})


def writes(box: Sandbox) -> list[str]:
    """What reached the sandbox beyond tokens and metadata."""
    return [request.path for request in box.requests if "/upload" in request.path or "/bulk/" in request.path]


@pytest.mark.parametrize(
    ("frame", "call", "error", "words"),
    [
        (PEOPLE.assign(ID="x"), {}, bf.OptionError, "already has a column 'ID'"),
        (PEOPLE, {"result_columns": ("A", "A", "B")}, bf.OptionError, "three different names"),
        (PEOPLE, {"colums": {}}, bf.OptionError, "did you mean columns"),
        (PEOPLE, {"zzz": 1}, bf.OptionError, "the options are"),
        (PEOPLE, {"empty": "maybe"}, bf.OptionError, "empty must be one of keep, clear"),
        (PEOPLE, {"max_rows_per_job": 25_001}, bf.OptionError, "max_rows_per_job"),
        (PEOPLE, {"wait": -1}, bf.OptionError, "wait must be"),
        (PEOPLE, {"module": "Contcts"}, bf.InputError, "did you mean 'Contacts'"),
        (PEOPLE.rename(columns={"Email": "E-mail"}), {}, bf.MappingError, "'Email'"),
        (PEOPLE.assign(Full_Name="x"), {}, bf.MappingError, "Full_Name"),
        (PEOPLE[["Email"]], {}, bf.MappingError, "Last_Name"),
        (PEOPLE, {"operation": "update"}, bf.MappingError, "find_by='id'"),
        (PEOPLE, {"operation": "upsert"}, bf.MappingError, "find_by="),
        (PEOPLE, {"operation": "delete"}, bf.OptionError, "insert, update, upsert"),
        (pd.concat([PEOPLE, PEOPLE[["Email"]]], axis=1), {}, bf.MappingError, "2 columns 'Email'"),
        (PEOPLE["Email"], {}, bf.InputError, "DataFrame is needed, not a Series"),
        (PEOPLE.assign(Email=["a@x.org", "nonsense", None]), {}, bf.InvalidRowsError, "row 1"),
        (PEOPLE.assign(Email="a@x.org"), {"operation": "upsert", "find_by": "Email"}, bf.InvalidRowsError, "DUPLICATE"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_a_byte_leaves(
    frame: Any,
    call: dict[str, Any],
    error: type[Exception],
    words: str,
    bigin_sandbox: Sandbox,
    bigin_client: bf.Client,
) -> None:
    given = {"module": "Contacts", "client": bigin_client, **call}

    with pytest.raises(error, match=words) as refused:
        bf.submit(frame, **given)
    assert isinstance(refused.value, bf.InputError)
    assert not writes(bigin_sandbox)
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301 - our own bytes


def test_empty_frame_returns_itself_with_three_columns_and_asks_nothing(bigin_sandbox: Sandbox) -> None:
    out = PEOPLE.iloc[:0].bigin.insert("Contacts", client=bigin_sandbox.client())

    assert list(out.columns) == ["Last_Name", "Email", "ID", "Status", "Error"]
    assert len(out) == 0
    assert not bigin_sandbox.requests


def test_frame_of_invalid_rows_sends_nothing(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = PEOPLE.assign(Email="nonsense")
    out = bf.insert(frame, "Contacts", on_invalid="skip", on_error="ignore", client=bigin_client)

    assert set(out["Status"]) == {"INVALID"}
    assert set(out["Error"]) == {"INVALID_DATA-Email"}
    assert not writes(bigin_sandbox)


def test_unwritten_rows_are_warned_of_with_reasons_and_no_values(bigin_client: bf.Client) -> None:
    frame = PEOPLE.assign(Email=["a@x.org", "secret value", "A@X.ORG"])

    with pytest.warns(bf.RefusedRowsWarning) as warned:
        out = bf.insert(frame, "Contacts", on_invalid="skip", client=bigin_client)
    assert out["Status"].tolist() == ["ADDED", "INVALID", "SKIPPED"]
    text = str(warned[0].message)
    assert "2 of 3 rows were not written" in text
    assert "1 INVALID_DATA-Email" in text
    assert "1 DUPLICATE_DATA-Email" in text
    assert "secret" not in text
    assert warned[0].filename == __file__


def test_refused_rows_raise_on_demand_and_carry_the_frame(bigin_client: bf.Client) -> None:
    frame = PEOPLE.assign(Email=["a@x.org", "b@x.org", "A@X.ORG"])

    with pytest.raises(bf.RowsRefusedError, match="1 of 3 rows") as refused:
        bf.insert(frame, "Contacts", on_error="raise", client=bigin_client)
    assert refused.value.frame is not None
    assert refused.value.frame["Status"].tolist() == ["ADDED", "ADDED", "SKIPPED"]
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - our own bytes
    assert again.frame is None
    assert again.verdicts["Status"].tolist() == ["ADDED", "ADDED", "SKIPPED"]


def test_unknown_rows_are_warned_of_even_where_errors_are_ignored(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    bigin_sandbox.faults.add("create", Fault.reset_after())

    with pytest.warns(bf.UndecidedRowsWarning, match="3 of 3 rows may or may not have been written: 3 ANSWER_LOST"):
        out = bf.insert(PEOPLE, "Contacts", on_error="ignore", client=bigin_client)
    assert set(out["Status"]) == {"UNKNOWN"}
    assert len(bigin_sandbox.ledger()) == 1
    assert out.bigin.failed.empty


def test_blank_cells_keep_or_clear_what_is_stored(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    first = bf.insert(PEOPLE.assign(Phone="555"), "Contacts", client=bigin_client)
    blank = pd.DataFrame({"id": first["ID"], "Phone": [None, "777", None]})

    bf.update(blank, "Contacts", find_by="id", client=bigin_client)
    assert [r.get("Phone") for r in bigin_sandbox.records("Contacts")] == ["555", "777", "555"]

    bf.update(blank, "Contacts", find_by="id", empty="clear", client=bigin_client)
    assert [r.get("Phone") for r in bigin_sandbox.records("Contacts")] == [None, "777", None]


def test_defaults_fill_empty_cells_and_fields_without_a_column(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = PEOPLE.assign(Title=["Dr", None, ""])
    out = bf.insert(frame, "Contacts", defaults={"Title": "Mx", "Mailing_City": "Rome"}, client=bigin_client)

    assert [(r["Title"], r["Mailing_City"]) for r in bigin_sandbox.records("Contacts")] == [
        ("Dr", "Rome"), ("Mx", "Rome"), ("Mx", "Rome")
    ]  # fmt: skip
    assert out["Title"].tolist()[0] == "Dr"
    assert pd.isna(out["Title"].iloc[1])


def test_pending_is_not_failed(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    with pytest.raises(bf.JobPending) as pending:
        bf.insert(PEOPLE, "Contacts", wait=0, client=bigin_client)

    assert isinstance(pending.value, TimeoutError)
    assert pickle.loads(pickle.dumps(pending.value)).run is None  # noqa: S301 - our own bytes
    assert set(pending.value.run.wait()["Status"]) == {"ADDED"}
    assert len(bigin_sandbox.ledger()) == 1


def test_other_result_names_are_remembered_by_the_frame(bigin_client: bf.Client) -> None:
    names = ("record", "verdict", "reason")
    frame = PEOPLE.assign(ID=[1, 2, 3], Email=["a@x.org", "b@x.org", "nonsense"])
    columns = {"Last_Name": "Last_Name", "Email": "Email"}
    out = bf.insert(
        frame, "Contacts", columns=columns, result_columns=names, on_invalid="skip", on_error="ignore",
        client=bigin_client,
    )  # fmt: skip

    assert list(out.columns) == [*frame.columns, *names]
    pd.testing.assert_frame_equal(out.bigin.failed, frame.iloc[2:])
    assert out.bigin.errors()["code"].tolist() == ["INVALID_DATA"]


def test_callers_frame_is_neither_changed_nor_shared(bigin_client: bf.Client) -> None:
    frame = PEOPLE.copy()
    out = frame.bigin.insert("Contacts", client=bigin_client)
    pd.testing.assert_frame_equal(frame, PEOPLE)

    out.iloc[0, 0] = "changed"
    assert frame.iloc[0, 0] == "Ada"


def test_change_of_the_frame_under_way_changes_no_verdict(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    frame = PEOPLE.copy()
    run = frame.bigin.submit("Contacts", client=bigin_client)
    frame["Last_Name"] = ["x", "y", "z"]
    frame.iloc[:, 1] = "gone"
    out = run.wait()

    pd.testing.assert_frame_equal(out[["Last_Name", "Email"]], PEOPLE)
    stored = {r["id"]: r["Last_Name"] for r in bigin_sandbox.records("Contacts")}
    assert [stored[i] for i in out["ID"]] == ["Ada", "Ben", "Cid"]


def test_client_of_the_environment_is_used_and_kept(bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in bigin_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    for column in ("Last_Name", "Email"):
        PEOPLE.bigin.check("Contacts", columns={"Last_Name": "Last_Name", column: column})

    assert sum("oauth" in request.path for request in bigin_sandbox.requests) == 1


def test_frame_that_went_well_warns_of_nothing(bigin_client: bf.Client) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set(bf.insert(PEOPLE, "Contacts", client=bigin_client)["Status"]) == {"ADDED"}


@pytest.mark.parametrize(("keep", "kept"), [("first", 0), ("last", 2)])
def test_one_of_the_rows_that_share_a_key_is_kept_on_demand(
    keep: Any, kept: int, bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = PEOPLE.assign(Email=["a@x.org", "b@x.org", " A@X.org".strip()])
    out = bf.upsert(frame, "Contacts", find_by="Email", on_duplicate=keep, on_error="ignore", client=bigin_client)

    assert out["Status"].tolist() == ["ADDED" if row in (1, kept) else "SKIPPED" for row in range(3)]
    assert out.loc[out["Status"] == "SKIPPED", "Error"].tolist() == ["DUPLICATE_DATA-Email"]
    assert len(bigin_sandbox.records("Contacts")) == 2


def test_kept_row_is_the_first_sound_one(bigin_client: bf.Client) -> None:
    frame = PEOPLE.assign(Email="a@x.org", Last_Name=[None, "Ben", "Cid"])
    out = bf.upsert(
        frame, "Contacts", find_by="Email", on_duplicate="first", on_invalid="skip", on_error="ignore",
        client=bigin_client,
    )  # fmt: skip

    assert out["Status"].tolist() == ["INVALID", "ADDED", "SKIPPED"]


def test_retry_writes_what_was_refused_once_more_and_merges_the_verdicts(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = PEOPLE.assign(Email=["a@x.org", "b at x", "c@x.org"]).set_axis([9, 9, 8])
    out = bf.insert(frame, "Contacts", on_invalid="skip", on_error="ignore", client=bigin_client)
    out.iloc[1, out.columns.get_loc("Email")] = "b@x.org"
    again = out.bigin.retry(client=bigin_client)

    assert again["Status"].tolist() == ["ADDED"] * 3
    assert again["ID"].tolist()[::2] == out["ID"].tolist()[::2]
    assert again.index.tolist() == [9, 9, 8]
    stored = {r["id"]: r["Email"] for r in bigin_sandbox.records("Contacts")}
    assert [stored[i] for i in again["ID"]] == ["a@x.org", "b@x.org", "c@x.org"]
    assert len(stored) == 3
    assert out["Status"].tolist() == ["ADDED", "INVALID", "ADDED"]


def test_retry_never_sends_what_may_have_been_written(bigin_sandbox: Sandbox, bigin_client: bf.Client) -> None:
    bigin_sandbox.faults.add("create", Fault.reset_after())
    with pytest.warns(bf.UndecidedRowsWarning):
        out = bf.insert(PEOPLE, "Contacts", client=bigin_client)
    again = out.bigin.retry(client=bigin_client)

    assert set(again["Status"]) == {"UNKNOWN"}
    assert len(bigin_sandbox.ledger()) == 1


def test_retry_of_a_frame_without_its_attrs_says_what_to_do(bigin_client: bf.Client) -> None:
    out = bf.insert(PEOPLE, "Contacts", client=bigin_client)
    out.attrs = {}

    with pytest.raises(bf.InputError, match="does not say to which module"):
        out.bigin.retry(client=bigin_client)


def test_fixing_what_failed_and_upserting_it_writes_each_row_once(
    bigin_sandbox: Sandbox, bigin_client: bf.Client
) -> None:
    frame = PEOPLE.assign(Email=["a@x.org", "b at x", "c@x.org"])
    out = bf.insert(frame, "Contacts", on_invalid="skip", on_error="ignore", client=bigin_client)
    fixed = out.bigin.failed.assign(Email="b@x.org")
    again = fixed.bigin.upsert("Contacts", find_by="Email", client=bigin_client)

    assert list(fixed.columns) == list(frame.columns)
    assert again["Status"].tolist() == ["ADDED"]
    assert sorted(r["Email"] for r in bigin_sandbox.records("Contacts")) == ["a@x.org", "b@x.org", "c@x.org"]
