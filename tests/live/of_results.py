"""The questions that the result files answer: their bytes, their columns, which lines they have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from bigin_frames.sandbox.bulk.java_order import hash_order
from tests.live.files import DATES, PEOPLE, SHORT
from tests.live.found import UNSEEN, Found, one_of
from tests.live.result import WORDS, ResultFile
from tests.live.seen import JobSeen, Seen


def _file(seen: Seen, letter: str = "r") -> ResultFile | None:
    return seen.jobs[letter].file if letter in seen.jobs else None


def _told_apart(seen: Seen, letter: str = "r") -> ResultFile | None:
    """Return a job's result if its columns could be distinguished, which takes a few lines."""
    file = _file(seen, letter)
    return file if file is not None and len(file.verdict) == 3 and file.echoed else None


# -- bytes


def bom(seen: Seen) -> Found:
    file = _file(seen)
    return Found(file.bom, "first bytes") if file else UNSEEN


def line_end(seen: Seen) -> Found:
    file = _file(seen)
    return Found(file.line_end, "last bytes") if file else UNSEEN


def quoting(seen: Seen) -> Found:
    file = _file(seen)
    return Found(file.quoting, "the header's cells") if file else UNSEEN


def result_delimiter(seen: Seen) -> Found:
    file = _file(seen)
    return Found(file.delimiter, "the header") if file else UNSEEN


def result_name(seen: Seen) -> Found:
    file = _file(seen)
    if file is None:
        return UNSEEN
    job = seen.jobs["r"]
    sent = job.plan.sheet.name
    forms = {f"{job.plan.module}-{sent}": "module-file", f"{job.job_id}.csv": "job", sent: "file"}
    shown = file.name.replace(job.job_id, "{job}")
    return one_of(forms.get(file.name, file.name), forms.values(), f"{re.sub('[0-9]{5,}', '{id}', shown)[:80]}")


def upload_bom(seen: Seen) -> Found:
    """Return whether a byte order mark at the uploaded file's start shows in the echoed header, if that is ours."""
    file, first = _told_apart(seen, "p"), _file(seen)
    if file is None or first is None or echo_header(seen).value != "header":
        return UNSEEN
    kept = any(title.startswith("\ufeff") for title in file.titles()) or (file.bom and not first.bom)
    named = kept or any(title.startswith("Product_Name") for title in file.titles())
    return Found("kept" if kept else "stripped", "the header that is echoed") if named else UNSEEN


# -- columns


def echo_header(seen: Seen) -> Found:
    file = _told_apart(seen)
    if file is None:
        return UNSEEN
    fits = [style for style, names in _styles(seen).items() if all(title in names for title in file.titles())]
    evidence = ", ".join(title[:40] for title in file.titles()[:5])
    if not fits:
        return Found(None, evidence, new=True)
    return Found(fits[0], evidence) if len(fits) == 1 else Found(None, evidence)


def _styles(seen: Seen) -> dict[str, dict[str, str]]:
    """Return, for each style of header, field names by title."""
    labels = seen.calls.get("labels", {})
    columns = seen.jobs["r"].plan.columns
    return {
        "header": {f"c{n}": name for name, n in columns.items()},
        "api_name": {name: name for name in columns},
        "label": {labels.get(name, name): name for name in columns},
    }


def _echoed(seen: Seen, letter: str) -> list[str] | None:
    """Return the fields that a job's result echoes, None where its header does not show it."""
    file, style = _told_apart(seen, letter), echo_header(seen).value
    if file is None or style is None or letter not in ("r", "d"):
        return None
    job = seen.jobs[letter]
    if style == "header":
        names = {f"c{n}": name for name, n in job.plan.columns.items()}
    else:
        names = _styles(seen)[style] if letter == "r" else {name: name for name in job.plan.columns}
    return [names[title] for title in file.titles()] if all(title in names for title in file.titles()) else None


def echo_columns(seen: Seen) -> Found:
    echoed = _echoed(seen, "r")
    if not echoed:
        return UNSEEN
    request = list(seen.jobs["r"].plan.columns)
    orders = {
        "index": sorted(request, key=seen.jobs["r"].plan.columns.__getitem__),
        "request": request,
        "hash": [request[n] for n in hash_order(request)],
    }
    found = next((word for word, order in orders.items() if order[: len(echoed)] == echoed), "others")
    return one_of(found, orders, f"{', '.join(echoed)}: the first by {found}")


def echo_count(seen: Seen) -> Found:
    file = _told_apart(seen)
    return Found(len(file.echoed), f"{len(file.echoed)} columns of ten") if file else UNSEEN


def short_echo(seen: Seen) -> Found:
    file, usual = _told_apart(seen, "p"), echo_count(seen).value
    if file is None or usual is None or usual < 3:
        return UNSEEN
    readings = {2: "fewer", usual: "blanks"}
    return one_of(readings.get(len(file.echoed), "others"), readings.values(), f"{len(file.echoed)} columns of two")


def _header_of(part: str) -> Callable[[Seen], Found]:
    def probe(seen: Seen) -> Found:
        file = _told_apart(seen)
        if file is None:
            return UNSEEN
        title = file.header[file.verdict[part]]
        return Found(title, f"{title[:40]}")

    return probe


status_header, id_header, errors_header = map(_header_of, ("status", "id", "errors"))


def verdict_order(seen: Seen) -> Found:
    file = _told_apart(seen)
    if file is None:
        return UNSEEN
    order = tuple(sorted(file.verdict, key=file.verdict.__getitem__))
    places = sorted(file.verdict.values())
    if any(second != first + 1 for first, second in pairwise(places)):
        return Found(None, "the columns of the verdict do not stand together", new=True)
    return Found(order, ", ".join(order))


def verdict_position(seen: Seen) -> Found:
    file = _told_apart(seen)
    if file is None:
        return UNSEEN
    places = sorted(file.verdict.values())
    readings = {0: "first", len(file.header) - 3: "last"}
    return one_of(readings.get(places[0], "between"), readings.values(), f"columns {places} of {len(file.header)}")


def status_case(seen: Seen) -> Found:
    words = {line.status for job in seen.jobs.values() if job.file for line in job.file.lines if line.status}
    forms = {"upper": str.upper, "lower": str.lower, "title": str.title}
    if not words:
        return UNSEEN
    found = next((word for word, form in forms.items() if all(form(text) == text for text in words)), "mixed")
    return one_of(found, forms, f"{sorted(word for word in words if word.upper() in WORDS)}")


def record_id_text(seen: Seen) -> Found:
    file = _told_apart(seen)
    return Found(file.id_text, "all ids") if file is not None and file.id_text else UNSEEN


def skipped_has_id(seen: Seen) -> Found:
    files = [job.file for job in seen.jobs.values() if job.file]
    lines = [line for file in files for line in file.lines if line.errors.startswith("DUPLICATE_DATA")]
    given = {bool(line.id_cell) for line in lines if line.status.upper() == "SKIPPED"}
    if not given:
        return UNSEEN
    evidence = f"{sum(bool(line.id_cell) for line in lines)} of {len(lines)} skipped duplicates have an id"
    return Found(given.pop(), evidence) if len(given) == 1 else Found(None, evidence, new=True)


def errors_name(seen: Seen) -> Found:
    file = _told_apart(seen)
    texts = {line.errors for line in file.lines if line.errors} if file else set()
    if not texts:
        return UNSEEN
    names = {name for text in texts for part in text.split(":") for name in part.partition("-")[2].split(",") if name}
    evidence = "; ".join(sorted(re.sub(r"[^A-Za-z0-9_,:-]", "?", text)[:60] for text in texts)[:3])
    if not names:
        return Found("none", evidence)
    if all(re.fullmatch(r"c\d+", name) for name in names):
        return Found("header", evidence)
    return Found("api_name", evidence) if names <= set(PEOPLE) else Found(None, evidence, new=True)


# -- text


class Cell(NamedTuple):
    """One echoed cell: its field, what was sent, what was shown, and whether its row was written."""

    field: str
    sent: str
    shown: str
    written: bool


def echo_text(seen: Seen) -> Found:
    """Return the form in which cells are echoed: the one that explains every cell of two jobs."""
    cells = [cell for letter in ("r", "d") if letter in seen.jobs for cell in _cells(seen, letter)]
    if not cells:
        return UNSEEN
    fits = [form for form, same in FORMS.items() if all(map(same, cells))]
    changed = sum(sent != shown for _, sent, shown, _ in cells)
    evidence = f"{changed} of {len(cells)} cells differ from what was sent"
    return Found(fits[0], evidence) if len(fits) == 1 else Found(None, evidence, new=not fits)


def _cells(seen: Seen, letter: str) -> list[Cell]:
    """Return every echoed cell whose row is known."""
    fields, job = _echoed(seen, letter), seen.jobs[letter]
    lines = job.file.lines if fields and job.file else ()
    return [
        Cell(name, _sent(job, line.mark, name), shown, line.status.upper() in ("ADDED", "UPDATED"))
        for line in lines
        if line.mark is not None and line.mark in job.plan.sheet.rows and len(job.lines(line.mark)) == 1
        for name, shown in zip(fields or (), line.echo, strict=True)
    ]


def _sent(job: JobSeen, mark: str, name: str) -> str:
    index = job.plan.columns[name]
    return "" if mark == SHORT and index > 3 else job.plan.sheet.rows[mark][index]


def _by(form: Callable[[str], str]) -> Callable[[Cell], bool]:
    return lambda cell: form(cell.sent) == cell.shown


def _normal(cell: Cell) -> bool:
    """Return whether a cell is as the server would write it itself: a date that was read is in ISO form."""
    if cell.field == "Closing_Date" and cell.sent in DATES.values():
        return cell.shown == DATES["yyyy-MM-dd"] or (not cell.written and cell.shown == cell.sent)
    return cell.sent == cell.shown or cell.field == "Amount"


FORMS: dict[str, Callable[[Cell], bool]] = {
    "exact": _by(str),
    "trimmed": _by(str.strip),
    "lowercase": _by(str.lower),
    "collapsed": _by(lambda text: " ".join(text.split())),
    "NFC": _by(lambda text: unicodedata.normalize("NFC", text)),
    "LF": _by(lambda text: text.replace("\r\n", "\n").replace("\r", "\n")),
    "normal": _normal,
}
