"""In the real files, clean and check find every defect, real or planted, and report no other."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.frames.cleaning.clean import RULES, Cleaned, replay
from tests.support.real_modules import FILES, TOPICS, RealFile, real_metadata

HOME = Path(__file__).parents[2]
Cell = tuple[int, str]


@pytest.fixture(scope="module")
def metadata() -> bf.Metadata:
    return real_metadata()


def cleaned_and_checked(real: RealFile, frame: pd.DataFrame, **options: Any) -> tuple[Cleaned, pd.DataFrame]:
    """Return a cleaned frame, and the problems that check then finds, each by its rule's short name."""
    done = frame.bigin.clean(real.module, **options)
    failures = done.frame.bigin.check(real.module, **options).failures
    return done, failures.assign(rule=failures["check"])


# -- an audit in plain Python, without the library's rules


def audit(real: RealFile) -> set[tuple[int, str, str]]:
    """Return every defect of a file as (row, column, kind), read with only the csv module."""
    with (HOME / real.path).open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    cells = ((at, column, row[column]) for at, row in enumerate(rows) for column in real.columns)
    found = {(at, column, kind) for at, column, cell in cells for kind in defects(column, cell)}
    key = next(column for column, field in real.columns.items() if field == real.key)
    return found | {(at, key, "unique_key") for at in repeated([row[key] for row in rows])}


MANDATORY = {"last_name", "name", "bioguide_id", "domain", "id"} | {"city"}
LONGEST = {"last_name": 80, "first_name": 40, "name": 100, "city": 80, "address": 250, "state": 100, "hours": 100}
PHONES, DAYS, PAGES = ("phone", "fax"), ("birthday",), ("url", "contact_form", "web_page", "domain")


def defects(column: str, cell: str) -> Iterator[str]:
    if not cell:
        yield from ["mandatory"] if column in MANDATORY else []
        return
    if re.search("[\x80-\x9f]", cell) or unicodedata.normalize("NFC", cell) != cell:
        yield "unicode"
    if cell != cell.strip() or re.search(r"\s\s|[\t\r\n\xa0\u200b\ufeff]", cell):
        yield "spaces"
    if re.fullmatch(r"[0-9]+\.0+", cell):
        yield "numbers"
    if len(cell) > LONGEST.get(column, 10_000):
        yield "max_length"
    if column in PHONES and not re.fullmatch(r"[0-9]{3}-[0-9]{3}-[0-9]{4}", cell):
        yield "phone"
    if column in PAGES and "://" not in cell:
        yield "websites"
    if column in PAGES and "://" in cell and cell.split("://")[0] not in ("http", "https"):
        yield "left"
    if column == "party" and cell not in ("Democrat", "Independent", "Republican"):
        yield "picklist"
    if column in DAYS and not real_day(cell):
        yield "dates"
    if column in ("latitude", "longitude"):
        yield from too_exact(cell)


def real_day(cell: str) -> bool:
    try:
        return dt.date.fromisoformat(cell).isoformat() == cell
    except ValueError:
        return False


def too_exact(cell: str) -> Iterator[str]:
    whole, _, decimals = cell.lstrip("-").partition(".")
    if len(decimals.rstrip("0")) > 9:
        yield "max_decimals"
    if len((whole + decimals.rstrip("0")).lstrip("0")) > 16:
        yield "max_digits"


def repeated(cells: list[str]) -> list[int]:
    counts = Counter(cell.strip().casefold() for cell in cells)
    return [at for at, cell in enumerate(cells) if cell and counts[cell.strip().casefold()] > 1]


def reported(done: Cleaned, failures: pd.DataFrame) -> set[tuple[int, str, str]]:
    tables = done.log, failures, done.left.assign(rule="left")
    return {(int(row), column, rule) for t in tables for row, column, rule in t[["row", "column", "rule"]].to_numpy()}


@pytest.mark.parametrize("name", FILES)
def test_the_defects_of_a_file_are_those_that_are_reported(name: str, metadata: bf.Metadata) -> None:
    real = FILES[name]
    done, failures = cleaned_and_checked(real, real.frame(), **real.options(metadata))

    assert reported(done, failures) == audit(real)


def test_the_audit_finds_what_is_known_of_the_files() -> None:
    found = {name: Counter(kind for _, _, kind in audit(real)) for name, real in FILES.items()}

    assert found == {
        "legislators": {"left": 1},
        "universities": {"websites": 10_251, "unicode": 4, "max_length": 3, "unique_key": 4},
        "district_offices": {"spaces": 1, "max_decimals": 285, "max_digits": 10},
    }


def test_companies_of_the_same_name_are_all_found_where_the_name_is_the_key(metadata: bf.Metadata) -> None:
    real = FILES["universities"]
    frame = real.frame()
    options = {**real.options(metadata), "find_by": "Account_Name"}
    _, failures = cleaned_and_checked(real, frame, **options)
    twins = failures.loc[failures["rule"] == "unique_key", "row"].tolist()

    assert sorted(twins) == repeated(frame["name"].tolist())
    assert len(twins) == 162


def test_web_pages_mapped_to_a_mail_field_are_all_found(metadata: bf.Metadata) -> None:
    real = FILES["legislators"]
    frame = real.frame()
    options = {**real.options(metadata), "columns": {**real.columns, "contact_form": "Mail"}}
    done, failures = cleaned_and_checked(real, frame, **options)
    pages = np.flatnonzero(frame["contact_form"].notna()).tolist()

    assert failures[["row", "column", "rule"]].to_numpy().tolist() == [[at, "contact_form", "email"] for at in pages]
    assert done.left["row"].tolist() == pages
    assert len(pages) == 89


@pytest.mark.parametrize("name", FILES)
def test_cleaning_a_file_is_logged_idempotent_and_makes_no_row_worse(name: str, metadata: bf.Metadata) -> None:
    real = FILES[name]
    frame, options = real.frame(), real.options(metadata)
    done = frame.bigin.clean(real.module, **options)
    before, after = (held.bigin.check(real.module, **options).mask for held in (frame, done.frame))

    assert not (after & ~before).any()
    assert done.frame.bigin.clean(real.module, **options).log.empty
    pd.testing.assert_frame_equal(replay(frame, done.log), done.frame)


def test_zips_read_as_numbers_come_back_except_those_that_lost_a_zero(metadata: bf.Metadata) -> None:
    real = FILES["district_offices"]
    frame = real.frame()
    frame = frame[frame["zip"].str.fullmatch("[0-9]{5}", na=False)].reset_index(drop=True)
    numbers = frame.assign(zip=frame["zip"].astype(float))
    done = numbers.bigin.clean(real.module, **real.options(metadata))
    lost = frame["zip"].str.startswith("0").to_numpy()

    assert 0 < lost.sum() < len(frame)
    assert done.frame["zip"][~lost].tolist() == frame["zip"][~lost].tolist()
    assert done.left.loc[done.left["column"] == "zip", "row"].tolist() == np.flatnonzero(lost).tolist()


# -- planted defects


@dataclass(frozen=True)
class Damage:
    """A way to damage a cell. ``rule`` is the rule of clean that fixes it, or a part of the rule that it breaks."""

    rule: str
    damage: Callable[[str], Any]
    fits: Callable[[str], bool] = bool


def write(form: str) -> Callable[[str], str]:
    return lambda cell: dt.datetime.fromisoformat(cell).strftime(form)


def decomposed(cell: str) -> str:
    return unicodedata.normalize("NFD", cell)


def plain_digits(cell: str) -> bool:
    return re.fullmatch("[1-9][0-9]{4}(?:[0-9]{5})?", cell) is not None


def after_the_twelfth(cell: str) -> bool:
    return int(cell[8:10]) > 12


TRIMMED = Damage("spaces", lambda cell: f"\u00a0 {cell}\r\n")
BLANKS = (
    TRIMMED,
    Damage("spaces", lambda cell: f"{cell[0]}\u200b{cell[1:]}\ufeff"),
    Damage("spaces", lambda cell: cell.replace(" ", " \t", 1), lambda cell: " " in cell),
    Damage("unicode", decomposed, lambda cell: decomposed(cell) != cell),
)
DIGITS = (
    Damage("numbers", lambda cell: f"{cell}.0", plain_digits),
    Damage("numbers", float, plain_digits),
)
NUMBERED = {"zip", "icpsr_id", "fax"}
FIXED: dict[str, tuple[Damage, ...]] = {
    "text": BLANKS,
    "phone": BLANKS[:2],
    "textarea": (TRIMMED,),
    "website": (
        *BLANKS[:2],
        Damage("websites", lambda cell: cell.removeprefix("https://"), lambda cell: cell.startswith("https://")),
    ),
    "email": (
        TRIMMED,
        Damage("emails", lambda cell: f"MailTo:{cell}"),
        Damage("emails", lambda cell: f"The Office <{cell}>"),
    ),
    "date": (
        TRIMMED,
        Damage("dates", write("%d/%m/%Y"), after_the_twelfth),
        Damage("dates", write("%m-%d-%Y"), after_the_twelfth),
        Damage("dates", write("%Y/%m/%d")),
        Damage("dates", write("%B %d, %Y")),
        Damage("dates", lambda cell: f"{cell} 00:00:00.000"),
    ),
    "datetime": (
        TRIMMED,
        Damage("dates", write("%d.%m.%Y %H:%M"), after_the_twelfth),
        Damage("dates", write("%d %b %Y %I:%M %p")),
    ),
    "boolean": (
        TRIMMED,
        Damage("booleans", {"true": "Yes", "false": "n"}.get),
        Damage("booleans", {"true": 1.0, "false": 0}.get),
    ),
    "picklist": (
        Damage("choices", str.swapcase),
        Damage("choices", lambda cell: f" {cell}\u200b"),
        Damage("choices", lambda cell: cell.replace("a", "á", 1), lambda cell: "a" in cell),
    ),
    "multiselectpicklist": (
        Damage("choices", lambda cell: cell.upper().replace(";", " ; "), lambda cell: ";" in cell),
        Damage("choices", lambda cell: cell.replace(";", ", "), lambda cell: ";" in cell),
        Damage("choices", lambda cell: cell.upper().split(";")),
    ),
    "double": (TRIMMED,),
}
FOREIGN = (
    Damage("a float in a field of type", lambda _: 1.5),
    Damage("a date in a field of type", lambda _: dt.date(2024, 1, 31)),
    Damage("bytes in a field of type", lambda _: b"x"),
)
FOUND: dict[str, tuple[Damage, ...]] = {
    "text": (*FOREIGN, Damage("max_length", lambda _: "x" * 256)),
    "textarea": (*FOREIGN, Damage("max_length", lambda _: "x" * 32_001)),
    "phone": (*FOREIGN, Damage("max_length", lambda _: "1" * 51), Damage("phone", lambda _: "ask @ the desk")),
    "website": (
        Damage("website", lambda _: "see the page"),
        Damage("website", lambda _: "office@house.gov"),
        Damage("max_length", lambda _: f"https://x.org/{'x' * 250}"),
    ),
    "email": (
        Damage("email", lambda _: "https://www.house.gov"),
        Damage("email", lambda _: "a@x.org, b@x.org"),
        Damage("max_length", lambda _: f"{'x' * 99}@x.org"),
    ),
    "date": (
        Damage("text that is not a real day", lambda _: "1961-02-30"),
        Damage("text that is not a real day", lambda _: "01/02/1961"),
        Damage("text that is not a real day", lambda _: "3/13/61"),
        Damage("a time of day in a date field", lambda _: dt.datetime(1961, 2, 3, 4, 5)),
    ),
    "datetime": (
        Damage("text that is not a real date and time", lambda _: "2024-01-31"),
        Damage("text that is not a real date and time", lambda _: "01/02/2024 10:00"),
    ),
    "boolean": (Damage("text", lambda _: "perhaps"), Damage("a whole number", lambda _: 2)),
    "picklist": (Damage("picklist", lambda cell: f"{cell}x"), Damage("no_choice", lambda _: "-None-")),
    "multiselectpicklist": (Damage("picklist", lambda cell: f"{cell};Weather"),),
    "double": (
        Damage("max_decimals", lambda _: "1.0123456789"),
        Damage("max_digits", lambda _: "12345678901234567"),
        Damage("text", lambda _: "north"),
    ),
}
MISSING = (Damage("mandatory", lambda _: None), Damage("mandatory", lambda _: ""))


def widened(real: RealFile) -> tuple[RealFile, pd.DataFrame]:
    """Return a file with columns of the kinds that no other file has, so that every rule can be broken somewhere."""
    frame = real.frame()
    if real.module == "Accounts":
        return real, frame.astype(object)
    at = np.arange(len(frame))
    more = {
        "mail": [f"office.{number}@house.gov" for number in at],
        "active": np.where(at % 3 == 0, "true", "false"),
        "seen": pd.date_range("2024-01-13 09:30", periods=len(frame), freq="7h").strftime("%Y-%m-%dT%H:%M:%S"),
        "topics": np.where(at % 2 == 0, ";".join(TOPICS), TOPICS[0]),
    }
    if "fax" in frame:
        frame["fax"] = frame["fax"].str.replace("-", "")
    columns = {**real.columns, **{name: name.capitalize() for name in more}}
    return RealFile(real.name, real.path, real.module, real.key, columns), frame.assign(**more).astype(object)


@dataclass
class Planted:
    """A frame with planted defects, and the rule that each of these cells should be reported under."""

    frame: pd.DataFrame
    fixed: dict[Cell, str]
    found: dict[Cell, str]


def plant(real: RealFile, frame: pd.DataFrame, metadata: bf.Metadata, sound: np.ndarray, seed: int) -> Planted:
    """Damage three cells in each way that their column can be damaged."""
    fields = {field.api_name: field for field in metadata.fields(real.module)}
    rng, planted = np.random.default_rng(seed), Planted(frame.copy(), {}, {})
    for column, name in real.columns.items():
        free = rng.permutation(sound).tolist()
        place = frame.columns.get_loc(column)
        kind = fields[name].data_type
        missing = MISSING if fields[name].mandatory or name == real.key else ()
        for defects, noted in (
            ((*FIXED[kind], *(DIGITS if column in NUMBERED else ())), planted.fixed),
            ((*FOUND[kind], *missing), planted.found),
        ):
            for defect in defects:
                fitting = (at for at in free if pd.notna(cell := frame.iat[at, place]) and defect.fits(cell))
                for at in [at for at, _ in zip(fitting, range(3), strict=False)]:
                    free.remove(at)
                    planted.frame.iat[at, place] = defect.damage(frame.iat[at, place])
                    noted[at, column] = defect.rule
    return planted


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", FILES)
def test_every_planted_defect_and_no_other_is_fixed_or_found(name: str, seed: int, metadata: bf.Metadata) -> None:
    real, frame = widened(FILES[name])
    options = real.options(metadata)
    truth, known = cleaned_and_checked(real, frame, **options)
    sound = np.setdiff1d(np.arange(len(frame)), known["row"])
    planted = plant(real, frame, metadata, sound, seed)
    done, failures = cleaned_and_checked(real, planted.frame, **options)

    wanted, given = truth.frame, done.frame
    for (at, column), rule in planted.fixed.items():
        assert given.at[at, column] == wanted.at[at, column], (at, column, rule)
    rules = {cell: set(lines["rule"]) for cell, lines in done.log.groupby(["row", "column"])}
    assert [cell for cell, rule in planted.fixed.items() if rule not in rules.get(cell, ())] == []
    assert set(rules) == (cells_of(truth.log) - planted.found.keys()) | planted.fixed.keys()

    broken = {cell: " ".join(lines["rule"]) for cell, lines in failures.groupby(["row", "column"])}
    assert [(cell, rule) for cell, rule in planted.found.items() if rule not in broken.get(cell, "")] == []
    assert set(broken) == cells_of(known) | planted.found.keys()


def cells_of(lines: pd.DataFrame) -> set[Cell]:
    return {(int(row), column) for row, column in lines[["row", "column"]].to_numpy()}


def test_the_planter_breaks_every_rule_of_clean() -> None:
    assert {defect.rule for defects in (*FIXED.values(), DIGITS) for defect in defects} == set(RULES)


@pytest.mark.parametrize("name", FILES)
def test_a_key_copied_from_another_row_is_found_in_both(name: str, metadata: bf.Metadata) -> None:
    real = FILES[name]
    frame, options = real.frame(), real.options(metadata)
    _, known = cleaned_and_checked(real, frame, **options)
    column = next(column for column, field in real.columns.items() if field == real.key)
    first, second = np.setdiff1d(np.arange(len(frame)), known["row"])[[3, 40]].tolist()
    frame.loc[second, column] = f" {frame.loc[first, column].upper()}\u00a0"
    _, failures = cleaned_and_checked(real, frame, **options)

    assert cells_of(failures) - cells_of(known) == {(first, column), (second, column)}


# -- the documentation page about this

PAGE = HOME / "docs" / "cleaning.md"


def test_the_page_describes_each_rule_as_the_code_does() -> None:
    lines = re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE.read_text("utf-8"), flags=re.MULTILINE)

    assert dict(line for line in lines if line[0] in RULES and not line[1][0].isdigit()) == dict(RULES)


def test_the_example_of_the_page_prints_what_the_page_shows(metadata: bf.Metadata) -> None:
    _, example = PAGE.read_text("utf-8").split("## An example")
    code, shown = re.findall(r"```(?:python|text)\n(.*?)```", example, re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {"pd": pd, "metadata": metadata})  # noqa: S102 - the page is ours

    assert printed.getvalue() == shown


def test_the_page_gives_the_figures_of_each_file(metadata: bf.Metadata) -> None:
    text = PAGE.read_text("utf-8")
    changed = {name: real.frame().bigin.clean(real.module, **real.options(metadata)) for name, real in FILES.items()}
    plain = {}
    for name, real in FILES.items():
        plain[name] = pd.read_csv(HOME / real.path).bigin.clean(real.module, **real.options(metadata))

    assert figures(changed) in text
    assert figures(plain) in text


def figures(done: dict[str, Cleaned]) -> str:
    """Return the documentation's table of how many cells each rule changed in each file."""
    lines = [f"| rule | {' | '.join(done)} |", "|---|" + "---:|" * len(done)]
    for rule in RULES:
        counts = [len(cells_of(one.log[one.log["rule"] == rule])) for one in done.values()]
        lines.append(f"| `{rule}` | {' | '.join(f'{count:,}' for count in counts)} |")
    lines.append(f"| left unchanged, and listed | {' | '.join(f'{len(one.left):,}' for one in done.values())} |")
    return "\n".join(lines)
