"""The organisation, its modules and their fields are shown as Bigin or a saved file has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keyring
import pytest

from bigin_frames import load_metadata
from bigin_frames.cli import main
from bigin_frames.sandbox import Sandbox
from tests.support.canaries import Needles, Net, listening
from tests.support.keyrings import Chest

SECRETS = ("BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")


@pytest.fixture
def saved(box: Sandbox, tmp_path: Path) -> str:
    """A file of metadata, saved by the command itself."""
    assert main(["modules", "--save", str(tmp_path / "org.json")]) == 0
    return str(tmp_path / "org.json")


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Return the JSON object that a command prints."""
    capsys.readouterr()
    assert main([*arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """Return the lines of a table by their first word, blanks made single."""
    capsys.readouterr()
    assert main([*arguments]) == 0
    return {line.split()[0]: " ".join(line.split()) for line in capsys.readouterr().out.splitlines()}


# -- whoami


def test_whoami_shows_the_organisation_and_no_secret(box: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    given, net = box.environment(), Net()
    with listening(net, capfd):
        assert main(["whoami"]) == 0
    said = next(text for channel, text in net.texts if channel == "stdout")

    assert f"Sandbox (zgid {given['BIGIN_ORG_ID']})" in said
    for words in (
        "free, trial of biginpremier",
        "Asia/Kolkata",
        "us, a Bigin on this machine",
        "works; in memory, for",
    ):
        assert words in said
    assert "from the environment" in said
    assert net.found(Needles({name: given[name] for name in SECRETS}, tokens=True)) == []


def test_whoami_is_one_json_object(box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    facts = answer(capsys, "whoami")

    assert facts["zgid"] == box.environment()["BIGIN_ORG_ID"]
    assert (facts["organisation"], facts["time_zone"], facts["region"]) == ("Sandbox", "Asia/Kolkata", "us")
    assert (facts["local"], facts["credentials"]) == (True, "the environment")


def test_whoami_names_the_keyring_and_the_shared_token(
    box: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before, chest = keyring.get_keyring(), Chest()
    for name in SECRETS:
        chest.set_password("mill", name, box.environment()[name])
        monkeypatch.delenv(name)
    monkeypatch.setenv("BIGIN_KEYRING", "mill")
    monkeypatch.setenv("BIGIN_TOKEN_CACHE", str(tmp_path / "token"))
    keyring.set_keyring(chest)
    try:
        facts = answer(capsys, "whoami")
    finally:
        keyring.set_keyring(before)

    assert facts["credentials"] == "the environment and the keyring (mill)"
    assert facts["access_token"] == f"shared through {tmp_path / 'token'}"


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("BIGIN_REFRESH_TOKEN", "", 1, "BIGIN_REFRESH_TOKEN is not set"),
        ("BIGIN_REFRESH_TOKEN", "1000.canary", 1, "refresh token is wrong, revoked"),
        ("BIGIN_ORG_ID", "1", 2, "BIGIN_ORG_ID is 1, but the token belongs to"),
    ],
)
def test_credentials_that_do_not_work_are_one_line(
    name: str, value: str, code: int, words: str, box: Sandbox, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv(name, value)

    assert main(["whoami"]) == code
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert "canary" not in said.err + said.out


# -- modules


def test_modules_are_listed_with_what_can_be_written(box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    found = lines(capsys, "modules")

    assert found["Module"] == "Module Label API Create Edit"
    assert found["Accounts"] == "Accounts Companies yes yes yes"
    assert found["Notes"].endswith("no no no")
    modules = {module["api_name"]: module for module in answer(capsys, "modules")["modules"]}
    assert modules["Accounts"]["label"] == "Companies"
    assert modules["Notes"]["creatable"] is False


def test_saved_modules_need_no_network(saved: str, box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    asked = len(box.requests)
    found = lines(capsys, "modules", "--metadata", saved)
    listed = answer(capsys, "modules", "--metadata", saved)["modules"]

    assert found["Contacts"] == f"Contacts {len(load_metadata(saved).fields('Contacts'))}"
    assert {module["api_name"] for module in listed} == set(load_metadata(saved).modules)
    assert len(box.requests) == asked


# -- fields


def test_fields_are_listed_with_their_types_and_choices(box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    box.add_field("Contacts", "Size", "picklist", label="T-shirt", values=["S", "M, large"])
    found = lines(capsys, "fields", "Contacts")

    assert found["Last_Name"] == "Last_Name text(80) yes mandatory"
    assert found["Email"] == "Email email(100) yes unique"
    assert found["Account_Name"] == 'Account_Name lookup yes "Company Name", one of Accounts'
    assert found["Created_Time"] == "Created_Time datetime no"
    assert found["Record_Image"].split()[2] == "no"  # Bigin has it writable, and a CSV cannot hold it
    assert found["Size"] == 'Size picklist yes "T-shirt", 2 choices'
    assert lines(capsys, "fields", "Contacts", "--picklists")["Size"].endswith("2 choices: S; M, large")


def test_fields_are_one_json_object(box: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "fields", "Contacts")
    fields = {field["api_name"]: field for field in found["fields"]}

    assert found["module"] == "Contacts"
    assert fields["Last_Name"] == {
        "api_name": "Last_Name", "label": "Last Name", "data_type": "text", "length": 80, "decimals": None,
        "mandatory": True, "unique": False, "creatable": True, "editable": True, "custom": False, "picklist": [],
        "lookup_module": None, "insert": True, "update": True,
    }  # fmt: skip
    assert (fields["Record_Image"]["creatable"], fields["Record_Image"]["insert"]) == (True, False)


def test_saved_fields_are_those_of_the_organisation(
    saved: str, box: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    live, asked = answer(capsys, "fields", "Pipelines"), len(box.requests)

    assert answer(capsys, "fields", "Pipelines", "--metadata", saved) == live
    assert len(box.requests) == asked


def test_field_that_only_a_new_record_takes_says_so(saved: str, capsys: pytest.CaptureFixture[str]) -> None:
    content = json.loads(Path(saved).read_text("utf-8"))
    for field in content["modules"]["Contacts"]:
        field["editable"] = field["api_name"] != "Title"
        field["creatable"] = field["api_name"] != "Phone"
    Path(saved).write_text(json.dumps(content), "utf-8")
    found = lines(capsys, "fields", "Contacts", "--metadata", saved)

    assert (found["Title"], found["Phone"]) == ("Title text(100) insert", "Phone phone(50) update")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fields", "Contact"], "no module 'Contact'; did you mean 'Contacts'"),
        (["fields", "Contacts", "--metadata", "nowhere.json"], "There is no metadata file 'nowhere.json'"),
        (["modules", "--metadata", "nowhere.json"], "There is no metadata file 'nowhere.json'"),
    ],
)
def test_missing_module_or_file_is_named_with_the_fix(
    arguments: list[str], words: str, box: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert words in capsys.readouterr().err
