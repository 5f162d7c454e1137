"""The questions that the lines of a result answer: which rows are listed, in which order, and what else is."""

from __future__ import annotations

from collections.abc import Sequence

from tests.live.files import BLANK_LINE_BEFORE
from tests.live.found import UNSEEN, Found
from tests.live.result import Line, ResultFile
from tests.live.seen import JobSeen, Seen

BLANK = "blank line"
FOREIGN = "foreign line"


def _file(seen: Seen) -> ResultFile | None:
    return seen.jobs["r"].file if "r" in seen.jobs else None


def _sequence(seen: Seen) -> list[tuple[str, Line]]:
    file = _file(seen)
    return [(_row_of(line), line) for line in file.lines] if file else []


def _row_of(line: Line) -> str:
    return line.mark or (FOREIGN if any(line.echo) else BLANK)


def _own(seen: Seen) -> list[tuple[str, Line]]:
    """Return the lines of the job's own rows, each once."""
    own = [(row, line) for row, line in _sequence(seen) if row != FOREIGN]
    return own[: len({row for row, _ in own})]


def foreign_rows(seen: Seen) -> Found:
    if not _own(seen):
        return UNSEEN
    number = sum(row == FOREIGN for row, _ in _sequence(seen))
    return Found(number, f"{number} lines of no row that was sent")


def duplicate_rows(seen: Seen) -> Found:
    rows = [row for row, _ in _sequence(seen) if row != FOREIGN]
    if not rows:
        return UNSEEN
    more = len(rows) - len(set(rows))
    again = rows[len(rows) - more :] == rows[:more]
    return Found(more if again else None, f"{more} lines are there twice", new=not again)


def result_rows(seen: Seen) -> Found:
    file, job = _file(seen), seen.jobs.get("r")
    if file is None or job is None:
        return UNSEEN
    own = _own(seen)
    rows, words = [row for row, _ in own], [line.status.upper() for _, line in own]
    expected = _expected(job, BLANK in rows)
    evidence = f"{len(rows)} of {len(expected)} rows are listed"
    if len(rows) < len(expected):
        return Found(_part(rows, words, expected), evidence)
    good = [row for row, word in zip(rows, words, strict=True) if word not in ("SKIPPED", "UNPROCESSED")]
    bad = set(rows) - set(good)
    orders = {
        "in order": expected,
        "reversed": expected[::-1],
        "errors last": [row for row in expected if row not in bad] + [row for row in expected if row in bad],
    }
    found = next((word for word, order in orders.items() if order == rows), "shuffled")
    return Found(found, f"{evidence}, {found}")


def _expected(job: JobSeen, blank: bool) -> list[str]:
    rows = list(job.plan.sheet.rows)
    if blank:
        rows.insert(rows.index(BLANK_LINE_BEFORE), BLANK)
    return rows


def _part(rows: Sequence[str], words: Sequence[str], expected: Sequence[str]) -> str:
    if not rows:
        return "none"
    return "skipped only" if set(words) <= {"SKIPPED", "UNPROCESSED"} else "drop some"
