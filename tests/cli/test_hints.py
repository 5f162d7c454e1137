"""Messages of the library name options, commands and the file when the command line shows them, and no Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from bigin_frames.cli import main
from bigin_frames.cli.hints import as_here
from bigin_frames.cli.output import failed
from bigin_frames.errors import OptionError
from bigin_frames.sandbox import Sandbox

PACKAGE = Path(__file__).parents[2] / "bigin_frames"
# Where the messages come from that a command can show.
WINGS = ("client", "delivery", "large", "plans", "wire", "frames/cleaning", "frames/encoding", "frames/mapping",
         "frames/rules")  # fmt: skip
PYTHON = re.compile(
    r"\bpd\.(?!DataFrame)|\.(?:map|str|dt)\b|\bdtype=|\b(?:find_by|max_credits|credits_per_day)=|\bin columns="
    r"|\bdefaults=$|(?<!in Python, `)\bbf\.|\b[Tt]h(?:e|is) frame\b|error\.run"
)


@pytest.mark.parametrize(
    ("message", "here"),
    [
        ("An upsert must know which; give find_by=... with a unique field.",
         "An upsert must know which; name a unique field with --find-by."),
        ("An update must know which; give find_by='id' and a column mapped to id.",
         "An update must know which; give --find-by id and a column mapped to id."),
        ("find_by='Phone' is not a unique field", "--find-by Phone is not a unique field"),
        ("max_credits=1,000 is enough", "--max-credits 1,000 is enough"),
        ("wait_for_credits=True does so by itself.", "--wait-for-credits does so by itself."),
        ("map a column in columns= or give a value in defaults=.", "map a column with --map."),
        ("The frame has no column 'Town'; the nearest is 'City'.",
         "The file has no column 'Town'; the nearest is 'City'."),
        ("write one with bf.save_metadata(path, client).", "write one with `bigin-frames modules --save FILE`."),
        ("`bf.resume('3f2a', df).frame()` has the verdicts; repeat=True inserts the rows once more.",
         "`bigin-frames resume 3f2a FILE` has the verdicts."),
        ("<Run 3f2a: insert Contacts, 5 rows, jobs: 1 submitted>: stopped. Make the same call again, or "
         "`bf.resume('3f2a', df).wait()`.",
         "run 3f2a (insert Contacts, 5 rows, jobs: 1 submitted): stopped. Run the same command again, or "
         "`bigin-frames resume 3f2a FILE`."),
        ("a day as yyyy-MM-dd: parse it with pd.to_datetime(..., format=...)",
         "a day as yyyy-MM-dd: write it as YYYY-MM-DD"),
        ("a time as yyyy-MM-dd HH:mm:ss: parse it with pd.to_datetime(..., format=...)",
         "a time as yyyy-MM-dd HH:mm:ss: write it as YYYY-MM-DDTHH:MM:SS"),
        ("a whole number in a field of type datetime: parse it with pd.to_datetime(..., format=...)",
         "a whole number in a field of type datetime: write it as YYYY-MM-DDTHH:MM:SS"),
        ("in a field of type datetime: add the time of day with pd.to_datetime(...)",
         "in a field of type datetime: write it as YYYY-MM-DDTHH:MM:SS"),
        ("text other than true or false: convert it with .map({'yes': True, 'no': False})",
         "text other than true or false: write true or false (`bigin-frames clean` changes yes and no)"),
        ("a time that Europe/Rome has twice: choose one with .dt.tz_localize('Europe/Rome', ambiguous=...)",
         "a time that Europe/Rome has twice: add its offset, such as +03:00"),
        ("not a record id: use the id, or look users up with bf.Lookup('Owner', by='email')",
         'not a record id: use the id, or find users with --map-file: { field = "Owner", by = "email" }'),
        ("Nothing was sent: raise max_credits, write fewer rows, or make fewer jobs with a larger max_rows_per_job.",
         "Nothing was sent: raise --max-credits or write fewer rows."),
        ("Give that frame, or no frame to see the verdicts.", "Give that file, or no file to see the verdicts."),
        ("wait, and give all processes one token_cache.", "wait, and give all processes one BIGIN_TOKEN_CACHE."),
    ],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_message_names_what_the_command_line_has(message: str, here: str) -> None:
    assert as_here(message) == here


@pytest.mark.parametrize(
    "text",
    [
        "Column 'org_id': Contacts has no field 'org_id'; the nearest is 'find_by'.",
        "  --map 'the frame=find_by'",
        "'time frame.csv' exists already",
    ],
)
def test_names_of_columns_and_files_are_left_as_they_are(text: str) -> None:
    assert as_here(text) == text


def test_lines_to_be_copied_are_left_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    failed(OptionError("say with find_by which:\n\n  --map org_id=find_by", option="map"), 2)

    assert capsys.readouterr().err == "bigin-frames: say with --find-by which:\n\n  --map org_id=find_by\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("upsert a.csv", "name a unique field with --find-by."),
        ("insert no_name.csv", " it; map a column with --map."),
        ("insert a.csv --map Town=Mailing_City", "The file has no column 'Town'."),
        ("insert with_id.csv --map Last_Name=Last_Name", ": remove it or rename it."),
    ],
)  # fmt: skip
def test_command_shows_the_message_in_its_own_terms(
    arguments: str, words: str, box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    pd.DataFrame({"Last_Name": ["N0"]}).to_csv(tmp_path / "a.csv", index=False)
    pd.DataFrame({"Last_Name": ["N0"], "ID": ["1"]}).to_csv(tmp_path / "with_id.csv", index=False)
    pd.DataFrame({"Phone": ["1"]}).to_csv(tmp_path / "no_name.csv", index=False)
    monkeypatch.chdir(tmp_path)

    assert main([*arguments.split(), "--module", "Contacts", "--out", "out.csv"]) in (1, 2)
    assert capsys.readouterr().err.endswith(f"{words}\n")


def texts(source: str) -> Iterator[str]:
    """Yield the texts of a file that are not docstrings, `x` for what is filled into them."""
    tree = ast.parse(source)
    inside = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(value) for value in node.values}
            yield "".join(_piece(value) for value in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def _piece(value: ast.expr) -> str:
    if isinstance(value, ast.FormattedValue):
        return "'x'" if value.conversion == ord("r") else "x"
    return str(ast.literal_eval(value))


def python_in(source: str) -> list[str]:
    """Return the messages of a file that still speak Python after translation."""
    return [text for text in texts(source) if " " in text and PYTHON.search(as_here(text))]


def test_no_message_that_a_command_can_show_speaks_python() -> None:
    """A message whose words change in the library has to change in `hints` too, else its reader is lost."""
    found = {path.name: left for wing in WINGS for path in (PACKAGE / wing).rglob("*.py")
             if (left := python_in(path.read_text("utf-8")))}  # fmt: skip

    assert found == {}


def test_message_that_speaks_python_is_noticed() -> None:
    source = """raise InputError(f"{column!r} is text: convert it with pd.to_timedelta().")"""

    assert python_in(source) == ["'x' is text: convert it with pd.to_timedelta()."]
