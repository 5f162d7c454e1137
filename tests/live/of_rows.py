"""The questions that the verdicts on rows, and the records behind them, answer: values, keys and places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.live.files import DATES, DATETIMES, DEALS, KEY_COUNTRY, MONEY, ROWS
from tests.live.found import UNSEEN, Found, by_status, one_of, told_of
from tests.live.of_calls import stage_maps
from tests.live.seen import Record, Seen


def blank_lines(seen: Seen) -> Found:
    total = _count(seen, "r", "total_count")
    readings = {ROWS: "ignored", ROWS + 1: "rows"}
    if total is None:
        return UNSEEN
    return one_of(readings.get(total, total), readings.values(), f"{total} rows were counted, {ROWS} were sent")


def _count(seen: Seen, letter: str, name: str) -> int | None:
    resources = seen.jobs[letter].details.get("resource") if letter in seen.jobs else None
    return resources[0].get("file", {}).get(name) if resources else None


def short_rows(seen: Seen) -> Found:
    return by_status(seen, "r", "r19", {"ADDED": "padded", "UNPROCESSED": "unprocessed"})


def detect_delimiter(seen: Seen) -> Found:
    job = seen.jobs.get("p")
    lines = job.file.lines if job is not None and job.file is not None else ()
    named = [cell for line in lines if line.mark for cell in line.echo if f" {line.mark}" in cell.lower()]
    if not named:
        return UNSEEN
    split = not any(";" in cell for cell in named)
    evidence = f"a header of 3 semicolons and 2 commas was split at {',;'[split]}"
    return Found("most in header" if split else "comma", evidence)


# -- values


def over_length(seen: Seen) -> Found:
    found = by_status(seen, "r", "r08", {"SKIPPED": "refused", "ADDED": "truncated"})
    if found.value != "truncated":
        return found
    stored, sent = _person(seen, "r08").get("First_Name"), seen.jobs["r"].plan.sheet.rows["r08"][1]
    if stored is None:
        return UNSEEN
    return Found("truncated", f"{len(sent)} letters became {len(stored)}", new=False) if stored != sent else _NEW


_NEW = Found(None, "written whole, against the metadata", new=True)


def long_numbers(seen: Seen) -> Found:
    found = by_status(seen, "d", "d11", {"SKIPPED": "refused", "ADDED": "rounded"})
    whole = _deal(seen, "d11").get("Amount") == MONEY["long"]
    return Found(None, "written whole", new=True) if found.value == "rounded" and whole else found


def thousands(seen: Seen) -> Found:
    found = by_status(seen, "d", "d10", {"SKIPPED": "refused", "ADDED": "accepted"})
    if found.value != "accepted":
        return found
    amount = _deal(seen, "d10").get("Amount")
    if amount is None:
        return UNSEEN
    return found if float(amount) == 1234.5 else Found(None, "read as another number", new=True)


def boolean_words(seen: Seen) -> Found:
    taken = [_boolean(seen, mark) for mark in ("r11", "r12")]
    readings = {(False, False): "lower", (True, False): "any case", (True, True): "words"}
    if None in taken:
        return UNSEEN
    evidence = f"TRUE: {told_of(seen.jobs['r'], 'r11')}; yes: {told_of(seen.jobs['r'], 'r12')}"
    return one_of(readings.get(tuple(taken), "another"), readings.values(), evidence)  # type: ignore[arg-type]


def _boolean(seen: Seen, mark: str) -> bool | None:
    """Return whether a spelling of true was read as true; None where that is not known."""
    status = seen.jobs["r"].status(mark) if "r" in seen.jobs else None
    if status == "ADDED":
        stored = _person(seen, mark).get("Email_Opt_Out")
        return None if stored is None else stored == "true"
    return False if status == "SKIPPED" else None


def phone_form(seen: Seen) -> Found:
    return by_status(seen, "r", "r14", {"ADDED": "wide", "SKIPPED": "digits"})


def picklist_unknown(seen: Seen) -> Found:
    if "p" not in seen.jobs or "Product_Code" in seen.jobs["p"].plan.columns:
        return UNSEEN
    return by_status(seen, "p", "p02", {"ADDED": "added", "SKIPPED": "refused"})


def lookup_unknown(seen: Seen) -> Found:
    found = by_status(seen, "r", "r13", {"ADDED": "", "SKIPPED": "refused"})
    if found.value == "refused":
        code = seen.jobs["r"].code("r13")
        readings = {"INVALID_DATA": "refused", "RESOURCE_NOT_FOUND": "not found"}
        return one_of(readings.get(str(code), code), readings.values(), found.evidence)
    if found.value is None or "r13" not in seen.people or "Account_Name" not in seen.people["r13"]:
        return Found(None, found.evidence, found.new)
    return Found("created" if seen.people["r13"]["Account_Name"] else "left out", found.evidence)


def date_default(seen: Seen) -> Found:
    marks = {pattern: f"d{n:02d}" for n, pattern in enumerate(DATES, 1)}
    return _patterns(seen, marks, lambda deal: deal.get("Closing_Date") == DATES["yyyy-MM-dd"])


def datetime_default(seen: Seen) -> Found:
    if "d" not in seen.jobs or set(seen.jobs["d"].plan.columns) <= set(DEALS):
        return Found(None, "deals have no datetime field of one's own")
    marks = {pattern: f"d{n}" for n, pattern in enumerate(DATETIMES, 30)}
    return _patterns(seen, marks, lambda deal: True)


def _patterns(seen: Seen, marks: Mapping[str, str], right: Any) -> Found:
    job = seen.jobs.get("d")
    status = {pattern: job.status(mark) if job is not None else None for pattern, mark in marks.items()}
    if None in status.values():
        return UNSEEN
    taken = [pattern for pattern, word in status.items() if word == "ADDED"]
    if any(not _deal(seen, marks[pattern]) for pattern in taken):
        return UNSEEN
    read = tuple(pattern for pattern in taken if right(_deal(seen, marks[pattern])))
    wrong = len(taken) - len(read)
    evidence = f"{len(read)} of {len(marks)} forms read, {wrong} read as another day"
    return Found(read, evidence) if read else Found(None, evidence, new=True)


def _person(seen: Seen, mark: str) -> Record:
    return seen.people.get(mark, {})


def _deal(seen: Seen, mark: str) -> Record:
    line = seen.jobs["d"].line(mark) if "d" in seen.jobs else None
    return seen.deals.get(line.record_id or "", {}) if line is not None else {}


# -- keys


def match_case(seen: Seen) -> Found:
    return by_status(seen, "u", "u02", {"UPDATED": "insensitive", "SKIPPED": "exact"})


def match_trim(seen: Seen) -> Found:
    if "u" in seen.jobs and seen.jobs["u"].plan.find_by == KEY_COUNTRY:
        return by_status(seen, "u", "u07", {"UPDATED": True, "SKIPPED": False})
    if "d" not in seen.jobs or seen.jobs["d"].plan.find_by is None:
        return UNSEEN
    second = seen.jobs["d"].status("d13")  # what became of the same key without blanks
    if second not in ("UPDATED", "SKIPPED"):
        return UNSEEN
    return by_status(seen, "d", "d14", {second: True, "ADDED": False})


def duplicate_in_file(seen: Seen) -> Found:
    job = seen.jobs.get("u")
    if job is not None and job.status("u03") == "UPDATED" and job.status("u04") is not None:
        word = {"UPDATED": "one by one"}.get(str(job.status("u04")))
        word = word or ("second skipped" if job.code("u04") == "DUPLICATE_DATA" else "both written")
        return Found(word, f"{told_of(job, 'u03')}; {told_of(job, 'u04')}")
    readings = {"UPDATED": "one by one", "SKIPPED": "second skipped", "ADDED": "both written"}
    upserted = "d" in seen.jobs and seen.calls.get("taken d") == "upsert by name"
    return by_status(seen, "d", "d13", readings) if upserted else UNSEEN


def insert_duplicates(seen: Seen) -> Found:
    found = by_status(seen, "r", "r16", {"SKIPPED": "skipped", "ADDED": "added"})
    if found.value == "added" and duplicate_in_file(seen).value in (None, "both written"):
        return Found(None, "two equal rows of one file were both added, which question 10 may explain")
    return found


def update_missing(seen: Seen) -> Found:
    code = seen.jobs["u"].code("u05") if "u" in seen.jobs else None
    return one_of(code, ("RESOURCE_NOT_FOUND", "INVALID_DATA", "CANNOT_PROCESS"), f"{code}")


def ignore_empty(seen: Seen) -> Found:
    kept = (_kept_at_top(seen), _kept_in_resource(seen))
    readings = {(True, True): "both", (True, False): "top", (False, True): "resource"}
    if None in kept:
        return UNSEEN
    evidence = f"blank cell left alone: asked at top {kept[0]}, in resource {kept[1]}"
    return one_of(readings.get(kept, "nowhere"), readings.values(), evidence)  # type: ignore[arg-type]


def _kept_at_top(seen: Seen) -> bool | None:
    updated = "u" in seen.jobs and seen.jobs["u"].status("u01") == "UPDATED" and "r02" in seen.updated
    return seen.updated["r02"]["Mailing_City"] is not None if updated else None


def _kept_in_resource(seen: Seen) -> bool | None:
    updated = "d" in seen.jobs and seen.jobs["d"].status("d13") == "UPDATED" and "Amount" in _deal(seen, "d13")
    return _deal(seen, "d13")["Amount"] is not None if updated else None


# -- places


def _placed(seen: Seen, mark: str, readings: Mapping[str, str]) -> Found:
    """Read a row's place off its status, unless a stage may have been the reason: not all layouts list theirs."""
    return by_status(seen, "d", mark, readings) if stage_maps(seen).value else UNSEEN


def sub_pipeline_elsewhere(seen: Seen) -> Found:
    return _placed(seen, "d15", {"SKIPPED": "refused", "ADDED": "taken"})


def stage_elsewhere(seen: Seen) -> Found:
    return _placed(seen, "d19", {"SKIPPED": "refused", "ADDED": "taken"})


def layout_required(seen: Seen) -> Found:
    return _placed(seen, "d20", {"SKIPPED": "enforced", "ADDED": "ignored"})


def pipeline_unnamed(seen: Seen) -> Found:
    if "d" not in seen.jobs or seen.places is None or seen.places.other is None or not stage_maps(seen).value:
        return UNSEEN
    stood = [place for mark in ("d16", "d17") if (place := _deal(seen, mark).get("Pipeline"))]
    if not stood:
        return Found("default layout", "a sub-pipeline of another one alone is refused") if _refused(seen) else UNSEEN
    if stood[0] != seen.places.other.id:
        return Found("default layout", "in the first pipeline")
    return by_status(seen, "d", "d18", {"ADDED": "first that offers it", "SKIPPED": "only if one does"})


def _refused(seen: Seen) -> bool:
    """Return whether an unnamed pipeline was refused although the date of its row is read."""
    read = date_default(seen).value or ()
    dated = {"d16": "yyyy-MM-dd", "d17": "MM/dd/yyyy"}
    return any(seen.jobs["d"].status(mark) == "SKIPPED" and pattern in read for mark, pattern in dated.items())
