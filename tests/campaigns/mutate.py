"""The mutation campaign: tens of thousands of damaged result files are read, and the verdicts compared with the truth.

The files come from a model of the service (`tests.support.result_files`) in many layouts; damaged are the archives,
their text under a valid checksum, their lines and cells. `fetch.read_result` and `conclude.judged` read them.

===========  ====================================================================================
refused      `BadResultError`, the only exception there may be
same         every row has the verdict that the undamaged file gives it
fewer        the same, but some rows are undecided or lack their id
other        a row has a verdict that the undamaged file does not prove; it is true
forged       a row has the verdict that the damaged file plainly gives it: see below
violation    a row has a verdict that is neither true nor given by the file, or two rows have one new record;
             another exception; more memory than the caps on a result, or more than a second, for one file
===========  ====================================================================================

If the text itself is damaged, a cell may become another valid one: a digit of an id turns into another digit, which
cannot be noticed. So a wrong verdict is not a violation if a line of the damaged file, read by Python's csv module,
gives it to this row's echo or to the record it is to update, and no line of the undamaged file does; the campaign
counts such files as forged. Damages that are forgeries of the same kind about lines are left out: two lines that share
an echo are not swapped, no line is repeated while another is missing, and no column gets another mapped field's name.
The text of Error is not checked. A rejected row of an update may get the id that it was sent with: a file without
RECORD_ID has it in its column ``id``.

``python -m tests.campaigns.mutate --files 50000`` prints the figures; ``--seed 17`` runs file 17 alone.
"""

from __future__ import annotations

import argparse
import csv
import io
import logging
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, cast

import numpy as np
import pandas as pd

from bigin_frames import limits
from bigin_frames.client.client import Client
from bigin_frames.delivery.batches.batch import Batch
from bigin_frames.delivery.batches.task import Task
from bigin_frames.delivery.bulk.conclude import judged
from bigin_frames.delivery.bulk.download import read_result
from bigin_frames.errors import BadResultError, NotSentError
from bigin_frames.frames.merging.sent import Merge
from bigin_frames.frames.merging.verdict_texts import text_list
from bigin_frames.model import Job, Status
from tests.campaigns import damages
from tests.support import result_files as model

FILES_OF_A_JOB = 25
MAX_EXTRA_BYTES = limits.MAX_RESULT_ZIP_BYTES + limits.MAX_RESULT_CSV_BYTES + 32 * 2**20
MAX_S = 1.0
Read = Callable[[Task, Batch, bytes], Merge]


# -- a job, its undamaged result, and what is true


class Reader:
    """The part of a client that reads results, and records where the job allows it."""

    read_result = staticmethod(Client.read_result)

    def __init__(self, store: dict[str, dict[str, str | None]] | None) -> None:
        self._store = store

    def records(self, module: str, ids: Sequence[str], fields: Sequence[str]) -> pd.DataFrame:
        if self._store is None:
            raise NotSentError("no network", call="records")
        found = [{"id": i, **{name: self._store[i][name] for name in fields}} for i in ids if i in self._store]
        return pd.DataFrame(found, columns=["id", *fields], dtype=object)


@dataclass(frozen=True)
class Base:
    """A job, its result file, and the verdicts that the undamaged file proves."""

    task: Task
    counts: dict[str, int]
    file: model.ResultFile
    verdicts: list[tuple[str, str | None]] = field(default_factory=list)

    @property
    def cells(self) -> damages.Cells:
        """Return the file as a table, header first."""
        lines = [[*line.echo, line.status, line.record_id, line.error] for line in self.file.lines]
        header = [*(self.file.job.names()[at] for at in self.file.manner.echo), "STATUS", "RECORD_ID", "ERRORS"]
        first = 3 if self.file.manner.verdict_first else 0
        return [line[-3:] + line[:-3] if first else line for line in (header, *lines)]

    @property
    def verdict(self) -> damages.Verdict:
        start = 0 if self.file.manner.verdict_first else len(self.file.manner.echo)
        return start, start + 1, start + 2

    def reported(self, body: bytes, read: Read = read_result) -> list[tuple[str, str | None]]:
        """Return status and id of each row, read and judged as a delivery does."""
        batch = Batch(
            0, np.arange(len(self.task.frame)), "0123abcd", job=Job(id="1", status="COMPLETED", **self.counts)
        )
        table = judged(self.task, batch, read(self.task, batch, body))["table"]
        return list(zip(text_list(table["Status"]), text_list(table["ID"]), strict=True))


_POOLS = (
    (None, "Ann", "ann", "Ann ", " ANN", "Ann\u00a0"),
    (None, "a b", "a  b", "a\nb", "a\r\nb", "a\rb"),
    ("x", "x,y", 'x"y', '""', "x;y", "=1+1"),
    (None, "NA", "null", "0012", "12", "1e5"),
    ("é", "e\u0301", "É", "ﬁ", "fi"),
)


@lru_cache(maxsize=1)
def base(seed: int) -> Base:
    """Return a job of up to four hundred rows, with few different cells or many, and one of its possible results."""
    dice = model.dice_of(seed)
    operation = dice.choice(["insert", "insert", "update", "upsert"])
    n = dice.choice([1, 2, 3, 5, 8, 20, 60, 150, 400])
    texts: dict[str, list[str | None]] = {}
    if dice.random() < 0.7:
        texts["Name"] = [f"n{i if dice.random() < 0.8 else i // 3:03}" for i in dice.sample(range(n), n)]
    for i in range(dice.randint(1, 3)):
        pool = dice.choice(_POOLS)
        texts[f"F{i}"] = [dice.choice(pool) for _ in range(n)]
    key = {"update": "id", "upsert": "Key"}.get(operation)
    if key == "id":
        texts["id"] = [str(4876876000000890000 + i) for i in dice.sample(range(10 * n), n)]
    elif key or dice.random() < 0.3:
        texts["Key"] = [dice.choice((f"key{i}", f"KEY{i}", f" key{i}")) for i in dice.sample(range(n), n)]
    names = dice.sample(list(texts), len(texts))
    columns = tuple(model.column(name, unique=name in ("id", "Key")) for name in names)
    rows = tuple(zip(*(texts[name] for name in names), strict=True))
    job = model.serve(model.Job(columns, rows, operation=operation, key=key), dice)
    made = Base(
        _task(job, read_back=dice.random() < 0.5), _counts(job, dice), model.write(job, _manner(dice, len(names)))
    )
    verdicts = made.reported(damages.zipped(made.file.bytes(), dice))
    found = Base(made.task, made.counts, made.file, verdicts)
    wrong = _wrong(found, verdicts)
    if wrong:
        raise AssertionError(f"job {seed}: its undamaged result gives rows {wrong} a wrong verdict")
    return found


def _task(job: model.Job, *, read_back: bool) -> Task:
    names = job.names()
    frame = pd.DataFrame(dict(zip(names, zip(*job.rows, strict=True), strict=True)), dtype=object)
    key = next((column.field for column in job.columns if column.field.api_name == job.key), None)
    return Task(
        client=cast(Client, Reader(job.store if read_back else None)),
        module="Contacts",
        operation=cast(Any, job.operation),
        frame=frame,
        columns=job.columns,
        constants={},
        key=key,
        labels={name: name for name in names},
        ignore_empty=True,
        zone="UTC",
    )


def _counts(job: model.Job, dice: Random) -> dict[str, int]:
    counts = Counter(status for status, _, _ in job.truth)
    return {word.lower(): counts[word] for word in ("ADDED", "UPDATED", "SKIPPED")} if dice.random() < 0.7 else {}


def _manner(dice: Random, columns: int) -> model.Manner:
    return model.Manner(
        echo=tuple(dice.sample(range(columns), min(columns, dice.choice([3, 3, 3, 2, 1])))),
        mangling=tuple(dice.sample(sorted(model.MANGLINGS), dice.choice([0, 0, 0, 1, 2]))),
        order=dice.choice(["sent", "sent", "shuffled", "errors_last", "sorted"]),
        lines=dice.choice(["all", "all", "all", "some", "skipped"]),
        foreign=dice.choice([0, 0, 1, 3]),
        damaged=dice.choice([0.0, 0.0, 0.2]),
        unknown=dice.choice([0.0, 0.0, 0.2]),
        status_case=dice.choice([str, str, str.lower, str.title, lambda word: f" {word} "]),
        quote_all=dice.random() < 0.5,
        line_end=dice.choice(["\n", "\r\n"]),
        verdict_first=dice.random() < 0.3,
        seed=dice.randrange(2**32),
    )


# -- damage


@dataclass(frozen=True)
class Mutant:
    """A damaged archive, the kind of damage, and its text if that was damaged."""

    kind: str
    body: bytes
    text: bytes | None = None


def mutant(made: Base, dice: Random) -> Mutant:
    """Damage a base's file in one way, its table in up to three."""
    content = made.file.bytes()
    group = dice.choice(["archive", "archive", "text", "table", "table"])
    if dice.random() < 0.001:
        return Mutant("bomb", bomb(made, dice))
    if group == "archive":
        kind = dice.choice(list(damages.ARCHIVE))
        return Mutant(kind, damages.ARCHIVE[kind](damages.zipped(content, dice), dice))
    if group == "text":
        kind = dice.choice(list(damages.TEXT))
        text = damages.TEXT[kind](content, dice)
    else:
        kind, cells = _table(made, dice)
        text = damages.written(cells, dice)
    return Mutant(kind, damages.zipped(text, dice), text)


def _table(made: Base, dice: Random) -> tuple[str, damages.Cells]:
    """Damage lines once at most, and cells up to twice."""
    header, *lines = made.cells
    kinds = sorted(dice.sample(list(damages.TABLE), dice.choice([0, 1, 1, 2])), key="cells: missing".__eq__)
    for kind in kinds:
        header, *lines = damages.TABLE[kind]([header, *lines], made.verdict, dice)
    line_kind = dice.choice(list(damages.LINES)) if dice.random() < 0.6 or not kinds else None
    if line_kind == "lines: doubled" and made.file.manner.lines != "all":
        line_kind = "lines: dropped"
    if line_kind and lines:
        changed = damages.LINES[line_kind](lines, made.verdict, dice)
        lines = lines if line_kind == "lines: swapped" and _swaps_twins(made, lines, changed) else changed
    return line_kind or kinds[0], [header, *lines]


def _swaps_twins(made: Base, before: damages.Cells, after: damages.Cells) -> bool:
    start = 3 if made.file.manner.verdict_first else 0
    width = len(made.file.manner.echo)
    moved = [
        [model.fold(text) for text in line[start : start + width]]
        for line, other in zip(before, after, strict=True)
        if line is not other
    ]
    return len(moved) == 2 and moved[0] == moved[1]


def bomb(made: Base, dice: Random) -> bytes:
    """Return a small archive of a large file: blanks, one cell, or lines; sometimes its directory says it is small."""
    size = dice.choice([30, 100, 127, 400]) * 2**20
    content = made.file.bytes()
    line = content[content.find(b"\n") + 1 :] or b"x\n"
    filler = dice.choice([b" " * 65536, b"\n" * 65536, line * (1 + 65536 // len(line)), b"x" * 65536 + b"\n"])
    text = content + filler * (size // len(filler))
    body = damages.zipped(text, dice)
    return damages.with_fields_swapped(body, dice) if dice.random() < 0.5 else body


# -- judgement


Claim = tuple[tuple[str, ...], str, str | None, str]


def _claims(made: Base, text: bytes) -> set[Claim]:
    """Return what a file says, line by line, as Python's csv module reads it: folded echo, status, id and its cell."""
    found: set[Claim] = set()
    width = len(made.file.manner.echo)
    start = 3 if made.file.manner.verdict_first else 0
    with suppress(csv.Error, StopIteration):
        lines = csv.reader(io.StringIO(text.decode("utf-8-sig", "replace"), newline=""))
        header = next(lines)
        named = zip(("STATUS", "RECORD_ID", "ERRORS"), made.verdict, strict=True)
        verdict = [header.index(name) if name in header else at for name, at in named]
        for line in lines:
            if len(line) == len(header) == width + 3:
                status, record, error = (line[at] for at in verdict)
                echo = line[start : start + width]
                word, known, _ = model.Line(None, tuple(echo), status, record, error).reported()
                found.add((tuple(map(model.fold, echo)), word, known, record))
    return found


def _wrong(made: Base, reported: Sequence[tuple[str, str | None]]) -> list[int]:
    """Return rows with a verdict that is neither theirs nor that of a row with the same cells."""
    job = made.file.job
    true: dict[object, set[tuple[str, str | None]]] = {}
    sent = [row[job.names().index("id")] if job.key == "id" else None for row in job.rows]
    for row, own, (status, record, _) in zip(job.rows, sent, job.truth, strict=True):
        true.setdefault(row, set()).update({(status, record), (status, None), (status, own)})
    wrong = [
        at
        for at, verdict in enumerate(reported)
        if verdict[0] != Status.UNREPORTED and verdict not in true[job.rows[at]]
    ]
    new = Counter(verdict for verdict in reported if verdict[0] == Status.ADDED and verdict[1] is not None)
    return wrong + [at for at, verdict in enumerate(reported) if new[verdict] > 1 and at not in wrong]


def forged(made: Base, rows: Sequence[int], reported: Sequence[tuple[str, str | None]], text: bytes | None) -> bool:
    """Return whether a damaged text plainly gives these rows their wrong verdicts."""
    if text is None:
        return False
    said = _claims(made, text) - _claims(made, made.file.bytes())
    job = made.file.job
    echoes = (tuple(model.fold(job.rows[row][at]) for at in made.file.manner.echo) for row in rows)
    own = [row[job.names().index("id")] if job.key == "id" else None for row in job.rows]
    return all(
        any((claim[0] == echo or claim[2] == own[row] is not None) and claim[1:3] == reported[row] for claim in said)
        for row, echo in zip(rows, echoes, strict=True)
    )


def outcome(made: Base, damaged: Mutant, read: Read = read_result) -> str:
    """Return the outcome of a damaged file, in the words above; a violation says what it violates."""
    try:
        reported = made.reported(damaged.body, read)
    except BadResultError:
        return "refused"
    except Exception as error:  # what a violation is
        return f"violation: {type(error).__name__} at {traceback.extract_tb(error.__traceback__)[-1].name}"
    wrong = _wrong(made, reported)
    if wrong and forged(made, wrong, reported, damaged.text):
        return "forged"
    if wrong:
        return f"violation: rows {wrong[:5]} have {[reported[row] for row in wrong[:2]]}"
    if reported == made.verdicts:
        return "same"
    fewer = all(
        now == before or now[0] == Status.UNREPORTED or now == (before[0], None)
        for now, before in zip(reported, made.verdicts, strict=True)
    )
    return "fewer" if fewer else "other"


def case(seed: int, read: Read = read_result) -> tuple[str, str]:
    """Return the kind of damage of a file, and its outcome."""
    made = base(seed // FILES_OF_A_JOB)
    damaged = mutant(made, model.dice_of(seed))
    return damaged.kind, outcome(made, damaged, read)


# -- the campaign


class Watch:
    """Measure the CPU time and the peak of additional memory."""

    def __init__(self) -> None:
        self.slowest, self.greatest = (0.0, -1), (0, -1)

    def over(self, seed: int) -> tuple[str, str]:
        made = base(seed // FILES_OF_A_JOB)
        damaged = mutant(made, model.dice_of(seed))
        Path("/proc/self/clear_refs").write_text("5")  # the high-water mark falls to what is in use
        before = _peak()
        seconds, what = _timed(made, damaged)
        extra = _peak() - before
        if seconds > MAX_S:
            seconds = min(seconds, _timed(made, damaged)[0])  # other work may have used the caches meanwhile
        self.slowest, self.greatest = max(self.slowest, (seconds, seed)), max(self.greatest, (extra, seed))
        if seconds > MAX_S:
            what = f"violation: {seconds:.1f} s"
        if extra > MAX_EXTRA_BYTES:
            what = f"violation: {extra / 2**20:.0f} MiB"
        return damaged.kind, what


def _timed(made: Base, damaged: Mutant) -> tuple[float, str]:
    begun = time.process_time()
    what = outcome(made, damaged)
    return time.process_time() - begun, what


def _peak() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def campaign(seeds: Sequence[int], out: Any = sys.stdout) -> int:
    """Print the figures of some files; return how many violations there were."""
    logging.getLogger("bigin_frames").setLevel(logging.CRITICAL)
    counts: dict[str, Counter[str]] = {}
    watch, bad, begun = Watch(), 0, time.perf_counter()
    for seed in seeds:
        kind, what = watch.over(seed)
        word, _, detail = what.partition(": ")
        counts.setdefault(kind, Counter())[word] += 1
        if word == "violation":
            bad += 1
            print(f"seed {seed}, {kind}: {detail}", file=out, flush=True)
    words = ("refused", "same", "fewer", "other", "forged", "violation")
    for kind in sorted(counts):
        print(f"{kind:24}", *(f"{counts[kind][word]:>7,} {word}" for word in words), file=out)
    total = sum(counts.values(), Counter[str]())
    print(f"{'all':24}", *(f"{total[word]:>7,} {word}" for word in words), file=out)
    print(
        f"{total.total():,} files in {time.perf_counter() - begun:.0f} s; "
        f"the slowest took {watch.slowest[0]:.2f} s of the processor (seed {watch.slowest[1]}), "
        f"the greatest {watch.greatest[0] / 2**20:.0f} MiB (seed {watch.greatest[1]})",
        file=out,
    )
    return bad


def main() -> int:
    """Run the campaign, or one file of it."""
    words = argparse.ArgumentParser(description="Read damaged result files.")
    words.add_argument("--files", type=int, default=50_000)
    words.add_argument("--seed", type=int, help="run this file alone")
    given = words.parse_args()
    return bool(campaign(range(given.files) if given.seed is None else [given.seed]))


if __name__ == "__main__":
    sys.exit(main())
