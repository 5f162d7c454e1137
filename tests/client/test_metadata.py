"""Saved metadata check, plan and build schemas without a network, and damaged ones are refused, with how to fix it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox

PEOPLE = pd.DataFrame({"Last_Name": ["Ada", None], "Email": ["a@x.org", "x"]})


@pytest.fixture
def saved(bigin_sandbox: Sandbox, bigin_client: bf.Client, tmp_path: Path) -> Path:
    bigin_sandbox.add_field("Contacts", "Met", data_type="datetime")
    bf.save_metadata(tmp_path / "bigin.json", bigin_client, modules=["Contacts", "Accounts"])
    return tmp_path / "bigin.json"


def test_metadata_is_loaded_as_it_was_saved(saved: Path, bigin_client: bf.Client) -> None:
    found = bf.load_metadata(saved)

    assert found.org() == bigin_client.org()
    assert found.fields("Contacts") == bigin_client.fields("Contacts")


def test_file_from_before_the_edition_was_known_is_read(saved: Path) -> None:
    content = json.loads(saved.read_text())
    assert content["org"].pop("edition")
    saved.write_text(json.dumps(content))

    assert bf.load_metadata(saved).org().edition == ""


def test_every_module_with_an_api_is_saved_by_default(bigin_client: bf.Client, tmp_path: Path) -> None:
    known = {"Contacts", "Accounts", "Pipelines", "Products"}

    assert known <= set(bf.save_metadata(tmp_path / "all.json", bigin_client).modules)


def test_check_plan_and_schema_need_no_network(saved: Path, bigin_sandbox: Sandbox) -> None:
    before = len(bigin_sandbox.requests)
    report = PEOPLE.bigin.check("Contacts", metadata=saved)
    plan = PEOPLE.bigin.plan("Contacts", metadata=str(saved), on_invalid="skip")
    schema = bf.schema("Contacts", metadata=bf.load_metadata(saved))

    assert report.mask.tolist() == [False, True]
    assert plan.rows == 1
    assert plan.sample() == "Email,Last_Name\na@x.org,Ada\n"
    assert "Last_Name" in schema.columns
    assert len(bigin_sandbox.requests) == before


def test_plan_from_saved_metadata_is_run_by_the_client_of_the_environment(
    saved: Path, bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in bigin_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    plan = PEOPLE[:1].bigin.plan("Contacts", metadata=saved)
    plan.save(tmp_path / "plan")

    assert plan.run()["Status"].tolist() == ["ADDED"]


def test_write_with_saved_metadata_requests_no_fields(saved: Path, bigin_sandbox: Sandbox) -> None:
    client = bigin_sandbox.client()
    asked = sum(request.route == "fields" for request in bigin_sandbox.requests)
    PEOPLE[:1].bigin.insert("Contacts", metadata=saved, client=client)

    assert sum(request.route == "fields" for request in bigin_sandbox.requests) == asked


DEALS = pd.DataFrame(
    {
        "Deal_Name": ["Mill", "Dam"],
        "Sub_Pipeline": ["Onboarding Standard"] * 2,
        "Stage": ["Training", "Negotiation"],
        "Closing_Date": ["2026-11-24"] * 2,
    }
)


@pytest.fixture
def deals(bigin_sandbox: Sandbox, bigin_client: bf.Client, tmp_path: Path) -> Path:
    bf.save_metadata(tmp_path / "deals.json", bigin_client, modules=["Pipelines", "Accounts"])
    return tmp_path / "deals.json"


def test_layouts_of_pipelines_are_loaded_as_they_were_saved(deals: Path, bigin_client: bf.Client) -> None:
    found = bf.load_metadata(deals)

    assert found.layouts("Pipelines") == bigin_client.layouts("Pipelines")
    assert len({layout.id for layout in found.layouts("Pipelines")}) == 2


def test_deals_are_checked_by_saved_layouts_without_a_network(deals: Path, bigin_sandbox: Sandbox) -> None:
    before = len(bigin_sandbox.requests)
    found = DEALS.bigin.check("Pipelines", metadata=deals)

    assert found.failures[["row", "field", "check"]].values.tolist() == [[1, "Stage", "stage"]]
    assert DEALS.bigin.plan("Pipelines", metadata=deals, on_invalid="skip").rows == 1
    assert len(bigin_sandbox.requests) == before


def test_layouts_of_other_modules_are_not_requested(saved: Path, bigin_sandbox: Sandbox) -> None:
    assert not [request for request in bigin_sandbox.requests if request.route == "layouts"]
    with pytest.raises(bf.InputError, match="no layouts of module 'Contacts'"):
        bf.load_metadata(saved).layouts("Contacts")


def test_file_without_layouts_checks_the_fields_and_says_what_is_left_out(deals: Path) -> None:
    content = json.loads(deals.read_text("utf-8"))
    del content["layouts"]  # as older versions wrote it
    deals.write_text(json.dumps(content), "utf-8")

    with pytest.warns(bf.BiginWarning, match=r"not against their pipeline.*bf\.save_metadata\(path, client\)"):
        report = DEALS.assign(Stage=["Training", "Nonsense"]).bigin.check("Pipelines", metadata=deals)
    assert report.failures[["row", "field", "check"]].values.tolist() == [[1, "Stage", "picklist"]]


def damaged(change: Callable[[Any], Any]) -> Callable[[str], str]:
    return lambda text: json.dumps(change(json.loads(text)))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda text: text[:-20], "is damaged"),
        (lambda text: "[]", "is damaged"),
        (lambda text: "{}", "is damaged"),
        (damaged(lambda c: {**c, "bigin_frames_metadata": 99}), "has format 99, but this version reads format 1"),
        (damaged(lambda c: {**c, "org": {}}), "is damaged"),
        (damaged(lambda c: {**c, "modules": {"Contacts": [{"api_name": "x"}]}}), "is damaged"),
        (damaged(lambda c: {**c, "modules": []}), "is damaged"),
        (damaged(lambda c: {**c, "layouts": []}), "is damaged"),
        (damaged(lambda c: {**c, "layouts": {"Pipelines": [{"id": "7"}]}}), "is damaged"),
        (damaged(lambda c: {**c, "layouts": {"Pipelines": [{"id": "7", "sub_pipelines": [1]}]}}), "is damaged"),
    ],
)
def test_unusable_file_is_refused(spoil: Callable[[str], str], words: str, saved: Path) -> None:
    saved.write_text(spoil(saved.read_text("utf-8")), "utf-8")

    with pytest.raises(bf.InputError, match=words) as refused:
        PEOPLE.bigin.check("Contacts", metadata=saved)
    assert "bf.save_metadata" in str(refused.value)
    assert refused.value.__context__ is None


def test_missing_file_and_missing_module_say_what_to_do(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(bf.InputError, match=r"There is no metadata file 'nowhere\.json'"):
        PEOPLE.bigin.check("Contacts", metadata=tmp_path / "nowhere.json")
    with pytest.raises(bf.InputError, match="no module 'Products', only Contacts, Accounts"):
        PEOPLE.bigin.check("Products", metadata=saved)
