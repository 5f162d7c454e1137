"""Questions without a switch in the sandbox: it does what the documentation says, or cannot do otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from tests.live import of_calls
from tests.live.files import PREFIX
from tests.live.found import UNSEEN, Found
from tests.live.seen import Seen


def counts(seen: Seen) -> Found:
    """Return whether the counts of job details are those of the result's lines."""
    told = []
    for letter, job in seen.jobs.items():
        resources = job.details.get("resource")
        if job.file is None or not resources:
            continue
        file, lines = resources[0].get("file", {}), Counter(line.status.upper() for line in job.file.lines)
        skipped = lines["SKIPPED"] + lines["UNPROCESSED"]
        counted = tuple(file.get(f"{word}_count") for word in ("added", "updated", "skipped"))
        told.append((letter, counted == (lines["ADDED"], lines["UPDATED"], skipped)))
    if not told:
        return UNSEEN
    agree = all(same for _, same in told)
    return Found("agree" if agree else "differ", ", ".join(f"job {letter}: {same}" for letter, same in told))


def member_name(seen: Seen) -> Found:
    names = [(job.details["resource"][0].get("file", {}).get("name"), job) for job in seen.jobs.values() if job.polls]
    same = [name == job.plan.sheet.name for name, job in names if name]
    return Found("yes" if all(same) else "another name", f"{sum(same)} of {len(same)} jobs") if same else UNSEEN


def key_on_insert(seen: Seen) -> Found:
    if seen.calls.get("taken p") not in ("two resources", "insert with a key"):
        code = seen.refused.get("insert with a key")
        return Found("refused", f"refused with {code}") if code else UNSEEN
    words = sorted(line.status.upper() for line in seen.jobs["p"].lines("p03"))
    readings = {"ADDED, SKIPPED": "skips the second", "ADDED, ADDED": "adds both"}
    return Found(readings.get(", ".join(words)), f"two rows of one key: {', '.join(words) or 'no line'}")


def winner(seen: Seen) -> Found:
    city = seen.updated.get("r04", {}).get("Mailing_City")
    readings = {f"{PREFIX} u03": "the first", f"{PREFIX} u04": "the last"}
    return Found(readings[city], "the record's city") if city in readings else UNSEEN


def zeros(seen: Seen) -> Found:
    record = seen.people.get("r20", {})
    if record.get("First_Name") is None:
        return UNSEEN
    kept = record["First_Name"] == "0020"
    return Found("kept" if kept else "lost", "a text of four digits", new=not kept)


def pipeline_written(seen: Seen) -> Found:
    line = seen.jobs["d"].line("d12") if "d" in seen.jobs else None
    stored = seen.deals.get(line.record_id or "", {}).get("Pipeline") if line is not None else None
    if stored is None or seen.places is None:
        return UNSEEN
    kept = stored == seen.places.home.id
    return Found("yes" if kept else "another one", "the deal read back", new=not kept)


def callback(seen: Seen) -> Found:
    asked = any(job.details.get("callback") for job in seen.jobs.values())
    return Found(None, "look at what came to your address" if asked else "no public address was given")


QUESTIONS: tuple[tuple[int | None, str, Callable[[Seen], Found]], ...] = (
    (2, "Do the counts of job details agree with the result's lines?", counts),
    (10, "Which of two rows with one key has the last word in an update?", winner),
    (11, "Does an insert with find_by skip a row whose key is there?", key_on_insert),
    (28, "What does a callback say?", callback),
    (29, "Which host serves results?", of_calls.download_host),
    (38, "Does a bulk write take Pipeline as the Records API does?", pipeline_written),
    (None, "Do job details name the CSV as it was named in the zip?", member_name),
    (None, "Are leading zeros of a text kept?", zeros),
)
