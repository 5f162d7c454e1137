"""A small model of the service's behaviour: what was sent, what happened to it, and how a result file reports that."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from bigin_frames.frames.merging.pairing import merge
from bigin_frames.frames.merging.result_lines import Lines, read_lines
from bigin_frames.frames.merging.sent import Merge, Sent
from bigin_frames.frames.merging.settle import settle
from bigin_frames.frames.merging.verdict_texts import text_list
from bigin_frames.frames.merging.verdicts import verdicts
from bigin_frames.job_request import MappedColumn
from bigin_frames.model import Field, Status

KNOWN_WORDS = ("ADDED", "UPDATED", "SKIPPED", "UNPROCESSED")
Verdict = tuple[str, str | None, str]  # status, record id, error
OPEN: Verdict = ("UNREPORTED", None, "AMBIGUOUS_RESULT")
ABSENT: Verdict = ("UNREPORTED", None, "NO_RESULT_LINE")


def fold(text: str | None) -> str:
    """Return a text without case, white space, controls, format characters and differences of Unicode form."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text or "").casefold())
    return "".join(sign for sign in plain if not sign.isspace() and unicodedata.category(sign) not in ("Cc", "Cf"))


def dice_of(seed: int) -> Random:
    """Return a random generator that gives the same numbers each time."""
    return Random(seed)  # noqa: S311  random numbers for tests, not a secret


# ------------------------------------------------------------------------------------------------ what was sent


@dataclass(frozen=True)
class Job:
    """One job's rows, the verdict of each, and the records afterwards."""

    columns: tuple[MappedColumn, ...]
    rows: tuple[tuple[str | None, ...], ...]
    truth: tuple[Verdict, ...] = ()
    store: dict[str, dict[str, str | None]] = field(default_factory=dict)
    operation: str = "insert"
    key: str | None = None

    @property
    def sent(self) -> Sent:
        texts = tuple(pa.array([row[i] for row in self.rows], pa.string()) for i in range(len(self.columns)))
        return Sent(self.columns, texts, key=self.key)

    def names(self) -> list[str]:
        return [column.field.api_name for column in self.columns]


def column(name: str, kind: str = "text", by: str | None = None, *, unique: bool = False) -> MappedColumn:
    return MappedColumn(column=name, field=Field(api_name=name, label=name, data_type=kind, unique=unique), by=by)


_TEXTS = (
    (None, "Ann", "ann", "Ann ", " ANN", "Ann\u00a0", "An\u00adn"),
    (None, "a b", "a  b", "A\tb", "a\u00a0b", "a\nb", "a\r\nb", "a\rb", "a\u2003b"),
    ("é", "e\u0301", "É", "E\u0301", "e", "ﬁ", "fi", "Å", "\u212b"),
    (None, "NA", "null", "None", "nan", "0012", "12", "1e5", "1E5", "100000"),
    ("x", "x,y", 'x"y', '""', "'x'", "=1+1", "=cmd|'/c calc'!A1", "x;y"),
    (None, "x"),
    ("x", "y"),
)
_NUMBERS = (None, "1", "1.0", "1.50", "1.5", "-2", "1000", "1E+3")
_MOMENTS = (None, "2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00+00:00", "2024-05-01T10:00:00+00:00")


@st.composite
def jobs(draw: st.DrawFn, operation: str, rows: tuple[int, int], wide: bool = False) -> Job:
    """Draw a job: few different cells if it is small, mostly different first cells if it is ``wide``."""
    dice = dice_of(draw(st.integers(0, 2**32)))
    n = draw(st.integers(*rows))
    pools: list[tuple[MappedColumn, Sequence[str | None]]] = []
    for i in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["text", "text", "text", "lookup", "ownerlookup", "double", "datetime"]))
        pool = _NUMBERS if kind == "double" else _MOMENTS if kind == "datetime" else draw(st.sampled_from(_TEXTS))
        by = {"lookup": dice.choice(["id", "Account_Name"]), "ownerlookup": "email"}.get(kind)
        pools.append((column(f"F{i}", kind, by), pool))
    texts = [[dice.choice(pool) for _ in range(n)] for _, pool in pools]
    columns = [described for described, _ in pools]
    if wide:
        columns.insert(0, column("Name"))
        texts.insert(0, [f"n{i if dice.random() < 0.8 else i // 3:03}" for i in dice.sample(range(n), n)])
    key = {"update": "id", "upsert": "Key"}.get(operation)
    if key or draw(st.booleans()):
        at = draw(st.integers(0, len(columns)))
        columns.insert(at, column(key or "Key", unique=True))
        texts.insert(at, _keys(dice, n, operation))
    return serve(Job(tuple(columns), tuple(zip(*texts, strict=True)), operation=operation, key=key), dice)


def _keys(dice: Random, n: int, operation: str) -> list[str | None]:
    if operation == "update":
        return [str(4876876000000890000 + i) for i in dice.sample(range(10 * n), n)]
    spelled: list[Callable[[str], str]] = [str, str.upper, lambda t: f" {t}", lambda t: t.replace("e", "e\u0301")]
    every = [dice.choice(spelled)(f"key{i}") for i in dice.sample(range(n), n)]
    if operation == "insert":  # the frame may repeat a unique value: then the second is refused as a duplicate
        every = [dice.choice(every) if dice.random() < 0.2 else text for text in every]
    return every


# ------------------------------------------------------------------------------------------ what happened to it


def serve(job: Job, dice: Random) -> Job:
    """Run the service: return the job with its true verdicts and the records afterwards."""
    where = next((i for i, c in enumerate(job.columns) if c.field.unique), None)
    names = job.names()
    numbers = iter(range(4876876000001000001, 4876876000009000000, 7))
    store: dict[str, dict[str, str | None]] = {}
    before: dict[str, str] = {}
    if where is not None:
        for row in job.rows:
            if dice.random() < 0.5 and fold(row[where]) not in before:
                record = str(row[where]) if job.key == "id" else str(next(numbers))
                before[fold(row[where])] = record
                other = [dice.choice(job.rows)[i] for i in range(len(names))]
                store[record] = {**dict(zip(names, other, strict=True)), names[where]: row[where]}
    trouble, names_existing, found = dice.choice([0.0, 0.1, 0.5]), dice.random() < 0.5, dict(before)
    truth: list[Verdict] = []
    for row in job.rows:
        at = None if where is None else fold(row[where])
        existing = None if at is None else found.get(at)
        said = before.get(at or "") if names_existing else None
        if dice.random() < trouble:
            truth.append(_refusal(dice, names, said))
        elif existing is None and job.operation == "update":
            truth.append(("SKIPPED", None, f"RESOURCE_NOT_FOUND-{job.key}"))
        elif existing is None:
            record = str(next(numbers))
            store[record] = dict(zip(names, row, strict=True))
            if at is not None:
                found[at] = record
            truth.append(("ADDED", record, ""))
        elif job.operation == "insert":
            truth.append(("SKIPPED", said, "DUPLICATE_DATA-Key"))
        else:
            store[existing].update({k: v for k, v in zip(names, row, strict=True) if v is not None})
            truth.append(("UPDATED", existing, ""))
    return replace(job, truth=tuple(truth), store=store)


def _refusal(dice: Random, names: Sequence[str], said: str | None) -> Verdict:
    error = dice.choice([f"INVALID_DATA-{names[-1]}", f"MANDATORY_NOT_FOUND-{names[0]},Company:BLOCKED_RECORD", ""])
    return dice.choice([("SKIPPED", said, error), ("UNPROCESSED", None, "LIMIT_EXCEEDED"), ("SKIPPED", None, error)])


# ------------------------------------------------------------------------------------------- how the file reports it

_COLLAPSED = re.compile(r"[\s\u00a0]+")
MANGLINGS: dict[str, Callable[[str], str]] = {
    "trim": str.strip,
    "lower": str.lower,
    "collapse": lambda text: _COLLAPSED.sub(" ", text),
    "nfc": lambda text: unicodedata.normalize("NFC", text),
    "nfd": lambda text: unicodedata.normalize("NFD", text),
    "lf": lambda text: text.replace("\r\n", "\n"),
}


@dataclass(frozen=True)
class Manner:
    """How a result file is written: what it echoes and how, which lines it has, and in which order."""

    echo: tuple[int, ...] = (0,)
    mangling: tuple[str, ...] = ()
    order: str = "sent"  # shuffled, errors_last, sorted
    lines: str = "all"  # skipped, some
    foreign: int = 0
    repeated: float = 0.0
    damaged: float = 0.0
    unknown: float = 0.0
    status_case: Callable[[str], str] = str
    quote_all: bool = False
    line_end: str = "\n"
    verdict_first: bool = False
    seed: int = 0


@st.composite
def behaviour(draw: st.DrawFn, columns: int) -> Manner:
    """Draw how a file is written; the echoed columns are any three or fewer, in any order."""
    rare = st.sampled_from([0.0, 0.0, 0.0, 0.2])
    every = draw(st.permutations(range(columns)))
    return Manner(
        echo=tuple(every[: draw(st.sampled_from([3, 3, 2, 1, 1, 0]))]),
        mangling=tuple(draw(st.lists(st.sampled_from(sorted(MANGLINGS)), max_size=3, unique=True))),
        order=draw(st.sampled_from(["sent", "sent", "shuffled", "errors_last", "sorted"])),
        lines=draw(st.sampled_from(["all", "all", "all", "some", "skipped"])),
        foreign=draw(st.sampled_from([0, 0, 1, 3])),
        repeated=draw(rare),
        damaged=draw(rare),
        unknown=draw(rare),
        status_case=draw(st.sampled_from([str, str.lower, str.title, lambda word: f" {word} "])),
        quote_all=draw(st.booleans()),
        line_end=draw(st.sampled_from(["\n", "\r\n"])),
        verdict_first=draw(st.booleans()),
        seed=draw(st.integers(0, 2**32)),
    )


@dataclass(frozen=True)
class Line:
    """One line as it is in the file, and its row (None for a line of another job)."""

    row: int | None
    echo: tuple[str, ...]
    status: str
    record_id: str
    error: str

    def reported(self) -> Verdict:
        """Return the verdict that a careful reader finds in this line."""
        word = self.status.strip().upper()
        if word not in KNOWN_WORDS:
            return "UNREPORTED", None, "UNKNOWN_STATUS"
        bare = self.record_id.removeprefix('="').removesuffix('"')
        record = bare if re.fullmatch("[0-9]{1,19}", bare) else None
        lost = record is None and word in ("ADDED", "UPDATED")
        return word, record, "UNREADABLE_ID" if lost else self.error


@dataclass(frozen=True)
class ResultFile:
    """A written result: its lines, the echoed columns, and its bytes."""

    job: Job
    manner: Manner
    lines: tuple[Line, ...]

    def read(self) -> Lines:
        width = len(self.manner.echo)
        first = 0 if self.manner.verdict_first else width
        start = 3 if self.manner.verdict_first else 0
        echo = {start + i: self.job.names()[at] for i, at in enumerate(self.manner.echo)}
        return read_lines(self.bytes(), status=first, record_id=first + 1, errors=first + 2, echo=echo)

    def bytes(self) -> bytes:
        cells = [([self.job.names()[at] for at in self.manner.echo], ["STATUS", "RECORD_ID", "ERRORS"])]
        cells += [(list(line.echo), [line.status, line.record_id, line.error]) for line in self.lines]
        rows = (verdict + echo if self.manner.verdict_first else echo + verdict for echo, verdict in cells)
        return "".join(",".join(map(self._cell, row)) + self.manner.line_end for row in rows).encode()

    def _cell(self, text: str) -> str:
        needed = self.manner.quote_all or any(mark in text for mark in ',"\r\n')
        return '"' + text.replace('"', '""') + '"' if needed else text


def write(job: Job, manner: Manner) -> ResultFile:
    """Write the result of a job in the given manner."""
    dice = dice_of(manner.seed)
    rows = list(range(len(job.rows)))
    ordered = _ordered(job, manner, rows, dice)
    kept = [row for row in ordered if _is_listed(job, manner, row, dice)]
    lines = [_line(job, manner, row, dice) for row in kept]
    partial = {_echo_class(job, manner, row) for row in set(rows) - set(kept)}
    repeats = [line for line in lines if dice.random() < manner.repeated and _may_repeat(job, manner, line, partial)]
    for extra in repeats + [_foreign(job, manner, i, dice) for i in range(manner.foreign)]:
        if extra is not None:
            lines.insert(dice.randint(0, len(lines)), extra)
    return ResultFile(job, manner, tuple(lines))


def _may_repeat(job: Job, manner: Manner, line: Line, partial: set[tuple[str, ...]]) -> bool:
    """Return whether a repeat can be recognised: not if its group of equal echoes has lost another line.

    Such a group looks complete, and nothing in the file shows otherwise; only a new record's id reveals the repeat.
    """
    status, record, _ = line.reported()
    return (status == "ADDED" and record is not None) or _echo_class(job, manner, line.row or 0) not in partial


def _ordered(job: Job, manner: Manner, rows: list[int], dice: Random) -> list[int]:
    if manner.order == "shuffled":
        return dice.sample(rows, len(rows))
    if manner.order == "errors_last":
        return sorted(rows, key=lambda row: job.truth[row][0] in ("SKIPPED", "UNPROCESSED"))
    if manner.order == "sorted" and manner.echo:
        return sorted(rows, key=lambda row: job.rows[row][manner.echo[0]] or "")
    return rows


def _is_listed(job: Job, manner: Manner, row: int, dice: Random) -> bool:
    if manner.lines == "skipped":
        return job.truth[row][0] in ("SKIPPED", "UNPROCESSED")
    return manner.lines == "all" or dice.random() < 0.7


def _echo_class(job: Job, manner: Manner, row: int) -> tuple[str, ...]:
    return tuple(fold(job.rows[row][at]) for at in manner.echo)


def mangled(text: str | None, mangling: Sequence[str]) -> str:
    out = text or ""
    for name in mangling:
        out = MANGLINGS[name](out)
    return out


def _line(job: Job, manner: Manner, row: int, dice: Random) -> Line:
    status, record, error = job.truth[row]
    word = dice.choice(["MERGED", "", "ADDED?"]) if dice.random() < manner.unknown else status
    said = record or ""
    if said and dice.random() < manner.damaged:
        said = dice.choice([f"{float(said):.5E}", f'="{said}"', f"{said}.0", f"{said}0000"])
    echo = tuple(mangled(job.rows[row][at], manner.mangling) for at in manner.echo)
    return Line(row, echo, manner.status_case(word), said, error)


def _foreign(job: Job, manner: Manner, number: int, dice: Random) -> Line | None:
    """Return a line of another job: an echo that was not sent or, if ids are the key, an id that was not sent."""
    record = str(4876876000009900000 + number)
    status = dice.choice(["ADDED", "UPDATED", "SKIPPED"])
    if job.key == "id":
        like = dice.randrange(len(job.rows))
        return replace(_line(job, replace(manner, unknown=0), like, dice), row=None, status=status, record_id=record)
    if not manner.echo:
        return None  # without an echo nothing marks it as foreign
    echo = tuple(f"another job {number}" for _ in manner.echo)
    return Line(None, echo, status, record if status != "SKIPPED" else "", "")


# ------------------------------------------------------------------------------------------- records read back


def read_back(job: Job, merged: Merge, manner: str) -> pd.DataFrame | None:
    """Return the records that `merged` names, as the service shows them, or None if they cannot be read."""
    if manner == "refused":
        return None
    by_name = {_shown_name(described): described for described in job.columns}
    found = []
    for record in merged.ids_to_read:
        held = job.store.get(record)
        if held is not None:
            asked = {name: held[by_name[name].field.api_name] for name in merged.fields_to_read}
            found.append({"id": record} | {n: _shown(by_name[n], value, manner) for n, value in asked.items()})
    if manner == "partly":
        found = found[::2]
    return pd.DataFrame(found, columns=None if found else ["id"], dtype=object)


def _shown_name(described: MappedColumn) -> str:
    name = described.field.api_name
    return name if described.by in (None, "id") else f"{name}.{'email' if described.by == 'email' else 'name'}"


def _shown(described: MappedColumn, held: str | None, manner: str) -> str | None:
    if held is None:
        return "(filled by the service)" if manner == "filled" else None
    if manner == "tidied":
        number = described.field.data_type == "double"
        return f"{float(held):.2f}" if number else " ".join(unicodedata.normalize("NFC", held).split())
    return f"~{held}" if manner == "reformatted" else held


READ_BACK = ("as_sent", "tidied", "reformatted", "filled", "partly", "refused")


# --------------------------------------------------------------------------------------------------- judgement


def outcome(file: ResultFile, read_back_manner: str = "refused") -> pd.DataFrame:
    """Merge and settle a file against its job; return the verdicts."""
    lines = file.read()
    merged = merge(file.job.sent, lines, counts=counted(lines))
    settle(merged, read_back(file.job, merged, read_back_manner))
    return verdicts(merged)


def counted(lines: Lines) -> dict[Status, int]:
    """Return the counts in the details of a job whose file has exactly these lines."""
    words = Counter(lines.status.tolist())
    return {status: words[status] for status in (Status.ADDED, Status.UPDATED, Status.SKIPPED)}


def said(found: pd.DataFrame) -> list[Verdict]:
    columns = (text_list(found[name]) for name in ("Status", "ID", "Error"))
    return [(status, record, error or "") for status, record, error in zip(*columns, strict=True)]


def wrong_rows(file: ResultFile, found: pd.DataFrame) -> list[int]:
    """Return the rows whose verdict is that of another row or of none."""
    job = file.job
    of: dict[int, list[Verdict]] = {}
    for line in file.lines:
        if line.row is not None:
            of.setdefault(line.row, []).append(line.reported())
    twins: dict[object, list[int]] = {}
    for row, payload in enumerate(job.rows):
        status, _, error = job.truth[row]
        twins.setdefault((payload, status, error), []).append(row)
    wrong = []
    for row, verdict in enumerate(said(found)):
        status, _, error = job.truth[row]
        if verdict in [("UNREPORTED", None, "NO_RESULT_LINE"), ("UNREPORTED", None, "AMBIGUOUS_RESULT")]:
            continue
        if verdict in [own for twin in twins[job.rows[row], status, error] for own in of.get(twin, [])]:
            continue
        if verdict[1] is None and verdict == (status, None, error):
            continue  # the same text anyway
        wrong.append(row)
    return wrong + _given_twice(job, found)


def _given_twice(job: Job, found: pd.DataFrame) -> list[int]:
    added = {record for status, record, _ in job.truth if status == "ADDED"}
    given = found["ID"].where((found["Status"] == "ADDED") & found["ID"].isin(added)).dropna()
    return given[given.duplicated()].index.tolist()


def needlessly_open_rows(file: ResultFile, found: pd.DataFrame) -> list[int]:
    """Return rows left open even though the file is complete and no other row has their echo.

    Echoes are compared exactly if the file repeats every cell as it was sent, otherwise after folding.
    """
    listed = [line.row for line in file.lines]
    if {row for row in listed if row is not None} != set(range(len(file.job.rows))):
        return []
    exact = [tuple(row[at] or "" for at in file.manner.echo) for row in file.job.rows]
    faithful = len(listed) == len(exact) and all(
        line.row is not None and line.echo == exact[line.row] for line in file.lines
    )
    own = exact if faithful else [_echo_class(file.job, file.manner, row) for row in range(len(exact))]
    if len(set(own)) < len(own):
        return []
    errors = found["Error"].where(found["Status"] == "UNREPORTED")
    return found.index[errors.isin(["NO_RESULT_LINE", "AMBIGUOUS_RESULT"])].tolist()


# ---------------------------------------------------------------------------------------------- single examples


def sent_of(
    texts: dict[str, list[str | None]],
    *,
    operation: str = "insert",
    key: str | None = None,
    kinds: dict[str, tuple[str, str | None]] | None = None,
) -> Sent:
    """Return what a job sent; ``kinds`` gives data type and lookup key of the columns that are not plain text."""
    columns = tuple(column(name, *(kinds or {}).get(name, ("text", None))) for name in texts)
    rows = tuple(zip(*texts.values(), strict=True))
    return (
        Job(columns, rows, operation=operation, key=key).sent
        if rows
        else Sent(columns, tuple(pa.array([], pa.string()) for _ in columns))
    )


def lines_of(echo: Sequence[str], *lines: tuple[str | None, ...]) -> Lines:
    """Return read lines: echoed cells, status, id, and error where there is one."""
    width = len(echo)
    whole = [(*line, "") if len(line) == width + 2 else line for line in lines]
    verdict = [pa.array([line[width + i] for line in whole], pa.string()) for i in range(3)]
    return Lines(*verdict, {name: pa.array([line[i] for line in whole], pa.string()) for i, name in enumerate(echo)})


def records_of(**fields: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame({name.replace("__", "."): values for name, values in fields.items()}, dtype=object)


def settled(sent: Sent, lines: Lines, records: pd.DataFrame | None = None) -> list[Verdict]:
    """Merge and settle; return each row's status, id and error."""
    merged = merge(sent, lines, counts=counted(lines))
    settle(merged, records)
    return said(verdicts(merged))
