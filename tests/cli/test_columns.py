"""A mapping is taken from the user or from the names; a suggestion is shown, and used only when it is accepted."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from bigin_frames.cli import main
from bigin_frames.cli.columns import suggested
from bigin_frames.model import Field
from bigin_frames.sandbox import Sandbox

CANARY = "canary"
FIELDS = [
    Field(api_name="Last_Name", label="Last Name", data_type="text", mandatory=True),
    Field(api_name="Email", label="Email", data_type="email"),
    Field(api_name="Mailing_State", label="Mailing State", data_type="text"),
    Field(api_name="Home_Phone", label="Private", data_type="phone"),
]


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("Last_Name", "Last_Name"),
        ("LAST NAME", "Last_Name"),
        ("E-mail", "Email"),
        ("Emial", "Email"),
        ("State (mailing)", "Mailing_State"),
        ("private", "Home_Phone"),
        ("Colour", None),
        ("!?", None),
    ],
)
def test_column_is_mapped_to_the_field_with_a_similar_name_or_label(name: str, field: str | None) -> None:
    assert [one.field.api_name for one in suggested([name], FIELDS)] == ([field] if field else [])


@pytest.mark.parametrize(("name", "is_taken"), [("contact owner", True), ("Owner", True), ("contact_form", False)])
def test_owner_is_suggested_only_for_its_own_words(name: str, is_taken: bool) -> None:
    """A row whose owner is not an e-mail address is refused: a column of a similar name would have all rows refused."""
    owner = Field(api_name="Owner", label="Contact Owner", data_type="ownerlookup")

    assert bool(suggested([name], [owner])) is is_taken


def test_field_is_suggested_once_for_the_most_similar_column() -> None:
    found = suggested(["Emails", "email", "Last Nam"], FIELDS)

    assert [(one.column, one.field.api_name) for one in found] == [("email", "Email"), ("Last Nam", "Last_Name")]


def people(path: Path, **more: object) -> Path:
    frame = pd.DataFrame({"E-mail": ["n0@x.org", "n1@x.org"], "Last Name": ["N0", CANARY], **more})
    frame.to_csv(path, index=False)
    return path


def wrote(path: Path, *options: object) -> int:
    return main(
        ["insert", str(path), "--module", "Contacts", "--out", str(path.with_name("out.csv")), *map(str, options)]
    )


def test_suggestion_is_shown_in_both_forms_and_nothing_is_sent(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = wrote(people(tmp_path / "a.csv", Company=["A", "B"], Colour=["red", "blue"]))
    said = capsys.readouterr()

    assert code == 2
    assert tomllib.loads(said.out)["columns"] == {
        "E-mail": "Email", "Last Name": "Last_Name", "Company": {"field": "Account_Name", "by": "Account_Name"},
    }  # fmt: skip
    assert '# not sent: "Colour"' in said.out
    assert "  --map E-mail=Email\n  --map 'Last Name=Last_Name'\n" in said.err
    assert "Company finds records by Account_Name: possible only with --map-file" in said.err
    assert max(map(len, (said.out + said.err).splitlines())) <= 80
    assert CANARY not in said.out + said.err
    assert box.ledger() == []
    assert not (tmp_path / "out.csv").exists()


def test_suggestion_is_the_file_that_is_read(box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = 'tab\there, "quote" \\ and \x7f'
    people(tmp_path / "a.csv").write_text(f'"{odd.replace(chr(34), chr(34) * 2)}",Last Name\nx,N0\n')
    wrote(tmp_path / "a.csv")
    (tmp_path / "mapping.toml").write_text(capsys.readouterr().out)

    assert wrote(tmp_path / "a.csv", "--map-file", tmp_path / "mapping.toml") == 0
    assert [record["Last_Name"] for record in box.records("Contacts")] == ["N0"]


def test_suggestion_for_programs_is_one_object(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrote(people(tmp_path / "a.csv", Owner=["x", "y"], Colour=["red", "blue"]), "--json") == 2

    assert json.loads(capsys.readouterr().out) == {
        "suggestion": {
            "columns": {
                "E-mail": "Email", "Last Name": "Last_Name", "Owner": {"field": "Owner", "by": "email"},
            },
        },
        "not_sent": ["Colour"],
    }  # fmt: skip


@pytest.mark.parametrize("out", ["out.csv", "out"])
def test_suggestion_is_used_when_it_is_accepted(
    out: str, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people(tmp_path / "a.csv")
    files = [str(tmp_path / "a.csv"), "--out", str(tmp_path / out)]
    code = main(["insert", *files, "--module", "Contacts", "--yes"])

    assert code == 0
    assert "mapped as suggested: E-mail -> Email, Last Name -> Last_Name" in capsys.readouterr().err
    assert {record["Email"] for record in box.records("Contacts")} == {"n0@x.org", "n1@x.org"}


def test_columns_that_resemble_no_field_are_exit_code_2_even_with_yes(
    box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pd.DataFrame({"Xyzzy": ["x"]}).to_csv(tmp_path / "a.csv", index=False)

    assert wrote(tmp_path / "a.csv", "--yes") == 2
    assert "`bigin-frames fields Contacts` lists the fields" in capsys.readouterr().err


def test_option_overrides_the_file_and_both_are_one_mapping(box: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text('[columns]\n"E-mail" = "Title"\n"Last Name" = "Last_Name"\n')

    assert wrote(people(tmp_path / "a.csv"), "--map-file", tmp_path / "m.toml", "--map", "E-mail=Email") == 0
    assert {record.get("Email") for record in box.records("Contacts")} == {"n0@x.org", "n1@x.org"}
    assert not any(record.get("Title") for record in box.records("Contacts"))


def test_lookup_of_the_file_finds_its_records_by_name(box: Sandbox, tmp_path: Path) -> None:
    box.add_record("Accounts", {"Account_Name": "Acme"})
    (tmp_path / "m.toml").write_text(
        '[columns]\n"Last Name" = "Last_Name"\nFirm = { field = "Account_Name", by = "Account_Name" }\n'
    )

    assert wrote(people(tmp_path / "a.csv", Firm=["Acme", "Acme"]), "--map-file", tmp_path / "m.toml") == 0
    assert {record["Account_Name"] for record in box.records("Contacts")} == {"Acme"}


@pytest.mark.parametrize(
    ("content", "words", "code"),
    [
        (None, "There is no file 'm.toml'", 1),
        (b"[columns", "'m.toml' is not valid TOML", 2),
        (b"\xff", "it is not UTF-8", 2),
        (b'A = "Email"', "must have one table, [columns], with one line per column", 2),
        (b"[columns]", "must have one table, [columns], with one line per column", 2),
        (b'[columns]\nA = "Email"\n[more]\n', "must have one table, [columns], with one line per column", 2),
        (b"[columns]\nA = 1", "column 'A' must be \"Field\", or", 2),
        (b"[columns]\nA = {field = 1}", "column 'A' must be", 2),
        (b'[columns]\nA = {by = "id"}', "column 'A' must be", 2),
        (b'[columns]\nA = {field = "Owner", via = "id"}', "column 'A' must be", 2),
        (b'[columns]\n"Last Nmae" = "Last_Name"', "The file has no column 'Last Nmae'; the nearest is 'Last Name'", 1),
    ],
)
def test_wrong_mapping_file_is_explained_in_one_line(
    content: bytes | None, words: str, code: int, box: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "m.toml").write_bytes(content)

    assert wrote(people(tmp_path / "a.csv"), "--map-file", tmp_path / "m.toml") == code
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
