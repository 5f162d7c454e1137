"""Invalid input is refused by a typed error that names it and the fix, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox

PEOPLE = pd.DataFrame({"Last_Name": ["Ada"], "Email": ["ada@x.org"]})


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bad") / "bigin.json"
    with Sandbox() as box:
        box.add_field("Contacts", "Kind", data_type="picklist", values=["a", "b"])
        bf.save_metadata(path, box.client(), modules=["Contacts"])
    return path


CLEANING = [
    ({"rules": ["date"]}, "rules", "There is no rule 'date'; did you mean 'dates'"),
    ({"rules": {"email": False}}, "rules", "did you mean 'emails'"),
    ({"rules": ["zzz"]}, "rules", "the rules are unicode, spaces, numbers, booleans, dates, choices, emails, websites"),
    ({"rules": "dates"}, "rules", "must be a mapping of rule to True or False, or a list of rules"),
    ({"rules": 7}, "rules", "must be a mapping"),
    ({"rules": {"dates": "no"}}, "rules", r"rules\['dates'\] must be True or False, not str"),
    ({"rules": [None]}, "rules", "There is no rule None"),
    ({"dates": "d/m/y"}, "dates", "dates must be one of ymd, dmy, mdy, or None"),
    ({"dates": "DMY"}, "dates", "dates must be one of"),
    ({"dates": ["dmy"]}, "dates", "dates must be one of"),
    ({"rule": ["dates"]}, "rule", "There is no option 'rule'; did you mean rules"),
    ({"date": "dmy"}, "date", "did you mean dates"),
    ({"column": {}}, "column", "did you mean columns"),
    ({"zzz": 1}, "zzz", "the options are rules, dates, columns"),
    ({"operation": "insrt"}, "operation", "operation must be one of insert, update, upsert"),
]


@pytest.mark.parametrize(("options", "option", "words"), CLEANING)
def test_invalid_option_of_clean_is_named(options: dict[str, Any], option: str, words: str, saved: Path) -> None:
    with pytest.raises(bf.OptionError, match=words) as refused:
        PEOPLE.bigin.clean("Contacts", metadata=saved, **options)

    assert refused.value.option == option


def test_options_of_clean_are_not_options_of_other_verbs(saved: Path) -> None:
    with pytest.raises(bf.OptionError, match="There is no option 'rules'; "):
        PEOPLE.bigin.check("Contacts", metadata=saved, rules=["dates"])


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (pandera.DataFrameSchema({"Salary": pandera.Column(float)}), "Salary"),
        (pandera.DataFrameSchema({"last_name": pandera.Column(str)}), "last_name"),
        (pandera.SeriesSchema(str), "schema"),
        ({"Last_Name": str}, "schema"),
        ("Contacts", "schema"),
    ],
)
def test_schema_that_no_row_can_pass_is_refused(schema: Any, words: str, saved: Path) -> None:
    with pytest.raises(bf.OptionError, match=words) as refused:
        PEOPLE.bigin.check("Contacts", metadata=saved, schema=schema)

    assert refused.value.option == "schema"


def test_metadata_of_another_module_name_what_they_have(saved: Path) -> None:
    with pytest.raises(bf.InputError, match=r"no module 'Accounts', only Contacts; save it with bf\.save_metadata"):
        PEOPLE.bigin.clean("Accounts", metadata=saved)


@pytest.mark.parametrize(("given", "kind"), [(7, "int"), ({}, "dict"), (["x.json"], "list")])
def test_metadata_of_another_kind_are_refused(given: Any, kind: str) -> None:
    with pytest.raises(bf.OptionError, match=f"metadata must be str or Path or Metadata or None, not {kind}"):
        PEOPLE.bigin.clean("Contacts", metadata=given)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (0, r"has format 0, but this version reads format 1; write it again"),
        (2, r"has format 2, .* \(a newer bigin_frames wrote it: update this one\); write it again"),
        ("1", r"has format '1', but this version reads format 1; write it again"),
        (None, r"has format None, but"),
    ],
)
def test_metadata_of_an_older_or_newer_library_say_so(form: object, words: str, saved: Path, tmp_path: Path) -> None:
    content = {**json.loads(saved.read_text("utf-8")), "bigin_frames_metadata": form}
    (tmp_path / "other.json").write_text(json.dumps(content), "utf-8")

    with pytest.raises(bf.InputError, match=words):
        PEOPLE.bigin.clean("Contacts", metadata=tmp_path / "other.json")


def without(name: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda facts: {key: value for key, value in facts.items() if key != name}


def with_fact(name: str, value: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda facts: {**facts, name: value}


@pytest.mark.parametrize(
    "damage",
    [
        without("mandatory"),
        with_fact("mandatory", None),
        with_fact("mandatory", 1),
        with_fact("length", "80"),
        with_fact("length", True),
        with_fact("picklist", "ab"),
        with_fact("picklist", ["a", 1]),
        with_fact("picklist", None),
        with_fact("data_type", ["text"]),
        with_fact("lookup_module", 3),
        with_fact("shoe_size", 44),
    ],
)
def test_one_field_that_is_damaged_makes_the_file_damaged(
    damage: Callable[[dict[str, Any]], dict[str, Any]], saved: Path, tmp_path: Path
) -> None:
    content = json.loads(saved.read_text("utf-8"))
    content["modules"]["Contacts"][3] = damage(content["modules"]["Contacts"][3])
    (tmp_path / "bad.json").write_text(json.dumps(content), "utf-8")

    with pytest.raises(bf.InputError, match=r"'bad\.json' is damaged, or is not a metadata file; write it again"):
        PEOPLE.bigin.check("Contacts", metadata=tmp_path / "bad.json")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe{}", b"null", b"[" * 100_000, b'{"bigin_frames_metadata": 1}'])
def test_file_that_is_not_metadata_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_bytes(content)

    with pytest.raises(bf.InputError, match="is damaged, or is not a metadata file"):
        PEOPLE.bigin.plan("Contacts", metadata=tmp_path / "bad.json")


@pytest.mark.parametrize("verb", ["clean", "check", "plan", "validate"])
@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Last_Name": "Last_Name", "Mail": "Email"}, "The frame has no column 'Mail'; the nearest is 'Email'"),
        ({"Last_Name": "Lastname"}, "Last_Name"),
        ({"Last_Name": "Last_Name", "Email": 7}, "is mapped to a int"),
    ],
)
def test_mapping_that_cannot_succeed_is_refused_by_every_verb(
    verb: str, columns: dict[str, Any], words: str, saved: Path
) -> None:
    with pytest.raises(bf.MappingError, match=words):
        getattr(PEOPLE.bigin, verb)("Contacts", columns=columns, metadata=saved)
