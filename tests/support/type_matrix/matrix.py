"""The verdicts on every cell of one column of the matrix: our check and verbs, and the local Bigin by raw CSV."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

import bigin_frames as bf
from bigin_frames.client.metadata import Metadata
from bigin_frames.model import Org
from bigin_frames.sandbox import Behaviour, Sandbox
from tests.sandbox.caller import Caller
from tests.support.type_matrix.columns import COLUMNS, KOLKATA
from tests.support.type_matrix.kinds import DTYPES, Cell, cells_of, is_sendable
from tests.support.type_matrix.verdicts import BY_DTYPE, Verdicts, disagreement, held, meant, raw_text

QUICK = Behaviour(polls_added=0, polls_in_progress=0, tokens_per_10_minutes=None)
WRITTEN = ("ADDED", "UPDATED")
FORMATS = {"date": "yyyy-MM-dd", "datetime": "yyyy-MM-dd'T'HH:mm:ssXXX"}
_KNOWN_ID = "1000000000000000001"  # placeholder for the id of an existing record or user
_MOST_DTYPES = max(map(len, DTYPES.values()))

# The outcome of a cell in one dtype: the cell, its value there, and accepted, written, same.
Seen = tuple[Cell, Any, tuple[bool, bool, bool]]


class Column:
    """One column of the matrix, with a local Bigin that has the records its cells name.

    Each dtype of a kind fills a field of its own, so that one job has a value in all its dtypes; only the record
    id, which is one field and the key of an update, needs a job for each.
    """

    def __init__(self, box: Sandbox, name: str) -> None:
        self.box, self.filled, self.client = box, COLUMNS[name], box.client()
        self.is_id = name == "id"
        self.operation, self.find_by = ("update", "id") if self.is_id else ("insert", None)
        self.cells = cells_of(name)
        self.names: dict[str, str] = {}  # id of a record or user -> the key in its cells
        for n in range(0 if self.is_id else _MOST_DTYPES):
            box.add_field("Contacts", f"X{n}", self.filled.data_type, **self.filled.facts)
        self._add_records()
        self.source: dict[str, Any] = {"client": self.client}
        if self.filled.zone != KOLKATA:
            org = Org(id="1", zgid="1", company_name="Zylker", time_zone=self.filled.zone)
            self.source["metadata"] = Metadata(org, {"Contacts": self.client.fields("Contacts")})

    def _add_records(self) -> None:
        user = self.box.add_user("Ann", "ann@zylker.com")
        self.names[user.id] = user.email if self.filled.by == "email" else user.id
        known = user.id
        if self.is_id or self.filled.data_type == "lookup":
            known = self.box.add_record("Contacts" if self.is_id else "Accounts", {"Last_Name": "Known"})
        listed = [cell for cells in self.cells.values() for cell in cells if cell.condition != "not allowed"]
        for text in {raw_text(cell.value) for cell in listed} if self.filled.by == "Account_Name" else ():
            if text.strip() and is_sendable(text) and "\0" not in text:
                self.names[self.box.add_record("Accounts", {"Account_Name": text})] = text
        for cells in self.cells.values():
            cells[:] = [Cell(c.condition, c.label, _known(c.value, known)) for c in cells]

    def seen(self) -> Iterator[Seen]:
        """Return our verdict on each cell in each dtype."""
        for kind, cells in self.cells.items():
            made = [make([cell.value for cell in cells]) for make in DTYPES[kind]]
            for series in [[one] for one in made] if self.is_id else [made]:
                yield from self._of_kind(kind, cells, series)

    def _of_kind(self, kind: str, cells: Sequence[Cell], made: Sequence[pd.Series]) -> Iterator[Seen]:
        names = [f"d{n}" for n in range(len(made))]
        frame = pd.DataFrame({"row": [f"{kind} {n}" for n in range(len(cells))], **dict(zip(names, made, strict=True))})
        accepted = self._accepted(frame, names)
        sent = self._sent(frame, names, accepted.all(axis=1))
        mixed = accepted.any(axis=1) & ~accepted.all(axis=1)
        for at, name in enumerate(names):
            if (alone := mixed & accepted[:, at]).any():
                sent |= self._sent(frame.loc[alone, ["row", name]], [name], alone[alone])
        for at, (name, series) in enumerate(zip(names, made, strict=True)):
            for row, (cell, value) in enumerate(zip(cells, series, strict=True)):
                value = cell.value if kind == "float32" else value  # Arrow returns a float32 as a float of 64 bits
                written, text = sent.get((row, name), (False, None))
                same = written and held(text, self.filled) == meant(value, self.filled)
                yield cell, value, (bool(accepted[row, at]), written, same)

    def _accepted(self, frame: pd.DataFrame, names: list[str]) -> np.ndarray:
        report = frame.bigin.check("Contacts", self.operation, **self._options(names))
        accepted = np.ones((len(frame), len(names)), bool)
        for row, column in zip(report.failures["row"], report.failures["column"], strict=True):
            accepted[row, names.index(column)] = False
        return accepted

    def _sent(self, frame: pd.DataFrame, names: list[str], rows: np.ndarray) -> dict[tuple[int, str], tuple[bool, Any]]:
        """Write the frame and return, for the rows named, whether each cell was written and the value in its record."""
        if not rows.any():
            return {}
        verb = getattr(frame.bigin, self.operation)
        out = verb("Contacts", **self._options(names), on_invalid="skip", on_error="ignore", formulas="off")
        assert (out["Status"] != "INVALID").tolist() == rows.tolist(), "the verb refuses other rows than the check"
        stored = {record["id"]: record for record in self.box.values("Contacts")}
        found = {}
        for row, status, record_id in zip(out.index[rows], out["Status"][rows], out["ID"][rows], strict=True):
            for name in names:
                text = stored.get(record_id, {}).get("id" if self.is_id else f"X{name[1:]}")
                found[row, name] = (status in WRITTEN, self.names.get(text, text))
        return found

    def _options(self, names: Sequence[str]) -> dict[str, Any]:
        by = self.filled.by
        fields: dict[str, Any] = {name: "id" if self.is_id else f"X{name[1:]}" for name in names}
        targets = {name: bf.Lookup(field, by=by) if by else field for name, field in fields.items()}
        row = "First_Name" if self.is_id else "Last_Name"
        return {"columns": {"row": row, **targets}, "find_by": self.find_by, **self.source}

    def taken(self, texts: Sequence[str]) -> set[str]:
        """Send texts as they are, one in each row, and return those that Bigin wrote; UTF-8 has no lone surrogates."""
        header = ["First_Name", "id"] if self.is_id else ["Last_Name", "X0"]
        rows = [[f"raw {n}", text] for n, text in enumerate(filter(is_sendable, texts))]
        filled = {"find_by": self.filled.by, "format": FORMATS.get(self.filled.data_type)}
        return sent_raw(self.box, "Contacts", header, rows, filled, operation=self.operation, find_by=self.find_by)


def _known(value: Any, known: str) -> Any:
    return type(value)(known) if str(value) == _KNOWN_ID else value


def sent_raw(
    box: Sandbox, module: str, header: list[str], rows: list[list[str]], filled: Mapping[str, Any], **job: Any
) -> set[str]:
    """Run a job created without our client, and return the last cells of the rows that were written."""
    caller = Caller(box)
    mappings: list[dict[str, Any]] = [{"api_name": name, "index": n} for n, name in enumerate(header)]
    mappings[-1] |= {key: value for key, value in filled.items() if value}
    statuses = caller.run(header, rows, module=module, mappings=mappings, **job).column("STATUS")
    caller.session.close()
    return {row[-1] for row, status in zip(rows, statuses, strict=True) if status in WRITTEN}


def differences(column: Column) -> dict[tuple[str, str], set[str]]:
    """Return condition and label of the cells with a difference, and what differs."""
    seen = list(column.seen())
    taken = column.taken(sorted({raw_text(value) for _, value, _ in seen}))
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    answers: defaultdict[tuple[str, str], set[bool]] = defaultdict(set)
    for cell, value, ours in seen:
        key = cell.condition, cell.label
        answers[key].add(ours[0])
        if how := disagreement(cell.condition, Verdicts(*ours, raw_text(value) in taken)):
            found[key].add(how)
    for key, accepted in answers.items():
        if len(accepted) > 1 and key[1] != "absent":
            found[key].add(BY_DTYPE)
    return found
