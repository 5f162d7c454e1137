"""The store: everything that outlives a call, in one SQLite database, in memory or in a file.

Ids are text of 19 digits that begin with the organisation's prefix and only grow, as on a live organisation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any

from bigin_frames.sandbox.metadata.fields import ID, Field
from bigin_frames.sandbox.metadata.layouts import STAGE, SUB_PIPELINE, Layout
from bigin_frames.sandbox.metadata.modules import MODULES
from bigin_frames.sandbox.metadata.standard import STANDARD, TEAM_PIPELINES
from bigin_frames.sandbox.store.database import Database
from bigin_frames.sandbox.store.ledger import LedgerJob, LedgerRow
from bigin_frames.sandbox.store.records import as_record, merge
from bigin_frames.sandbox.store.tables import TABLES, new_facts
from bigin_frames.sandbox.verdicts.verdict import Verdict


@dataclass(frozen=True)
class User:
    """One user of the organisation."""

    id: str
    name: str
    email: str


class Store:
    """The store of one organisation, its metadata, records, files and jobs; any thread may call every method."""

    def __init__(self, path: str | None = None) -> None:
        self.writes = 0  # shows whether what was read of the records is still up to date
        self._db = Database(path)
        self._db.script(TABLES)
        if not self._db.all("select 1 from org"):
            with self._db.transaction():
                self._create()

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    # -- organisation

    @property
    def org(self) -> dict[str, str]:
        """Return the organisation's facts and credentials by name; `zgid` and `id` differ, as on a live one."""
        return dict(self._db.all("select key, value from org"))

    def spend(self, number: int) -> int:
        """Charge API credits and return the sum so far."""
        return self._db.count("credits", number)

    def reserve(self, number: int) -> Iterator[str]:
        """Return an iterator of that many new ids."""
        last = self._db.count("id", number)
        prefix = self.org["prefix"]
        return (f"{prefix}{n:012d}" for n in range(last - number + 1, last + 1))

    def new_id(self) -> str:
        """Return one new id."""
        return next(self.reserve(1))

    def users(self) -> list[User]:
        """Return all users; the first one owns every record without an owner of its own."""
        return [User(*row) for row in self._db.all("select id, name, email from user order by id")]

    def add_user(self, name: str, email: str) -> User:
        """Add a user."""
        user = User(self.new_id(), name, email)
        self._db.run("insert into user values (?, ?, ?)", (user.id, user.name, user.email))
        return user

    # -- metadata

    def module_ids(self) -> dict[str, str]:
        """Return each module's id by name, in the order of the settings call."""
        return dict(self._db.all("select name, id from module order by id"))

    def fields(self, module: str) -> dict[str, tuple[str, Field]]:
        """Return id and definition of each field by name, in order."""
        rows = self._db.all("select name, id, definition from field where module = ? order by position", (module,))
        return {name: (field_id, _field(definition)) for name, field_id, definition in rows}

    def put_field(self, module: str, field: Field) -> None:
        """Add a field at the end, or change the definition of one that is there."""
        with self._db.lock:
            known = self.fields(module)
            place = list(known).index(field.api_name) if field.api_name in known else len(known)
            field_id = known[field.api_name][0] if field.api_name in known else self.new_id()
            definition = json.dumps(asdict(field))
            row = (module, place, field.api_name, field_id, definition)
            self._db.run("insert or replace into field values (?, ?, ?, ?, ?)", row)

    def add_picklist_values(self, module: str, name: str, values: Sequence[str]) -> None:
        """Add unknown values to a picklist, as an import does."""
        field = self.fields(module)[name][1]
        fresh = [value for value in dict.fromkeys(values) if value not in field.values]
        if fresh:
            self.put_field(module, replace(field, values=(*field.values, *fresh)))

    def layouts(self, module: str) -> dict[str, Layout]:
        """Return a module's layouts by id, the default one first; in Pipelines they are the team pipelines."""
        rows = self._db.all("select id, definition from layout where module = ? order by id", (module,))
        return {layout_id: Layout(layout_id, **json.loads(definition)) for layout_id, definition in rows}

    def add_layout(
        self, module: str, name: str, stages: Mapping[str, Sequence[str]], required: Sequence[str] = ()
    ) -> str:
        """Add a layout and return its id; its sub-pipelines and stages become values of their picklists."""
        layout_id, listed = self.new_id(), {sub_pipeline: list(names) for sub_pipeline, names in stages.items()}
        definition = _dump({"name": name, "stages": listed, "required": list(required)})
        self._db.run("insert into layout values (?, ?, ?)", (layout_id, module, definition))
        if stages:
            self.add_picklist_values(module, SUB_PIPELINE, list(stages))
            self.add_picklist_values(module, STAGE, [stage for names in stages.values() for stage in names])
        return layout_id

    # -- records

    def records(self, module: str, ids: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """Return records with their texts (`cells`) and the normal forms that differ (`values`), oldest first."""
        columns = "select id, cells, vals, created, modified from record where module = ?"
        if ids is None:
            rows = self._db.all(f"{columns} order by id", (module,))
        else:  # as one JSON argument: the number of plain arguments is limited
            wanted = "id in (select value from json_each(?))"
            rows = self._db.all(f"{columns} and {wanted} order by id", (module, json.dumps(list(ids))))
        return [as_record(row) for row in rows]

    def record_ids(self, module: str) -> set[str]:
        """Return the ids of a module."""
        return {row[0] for row in self._db.all("select id from record where module = ?", (module,))}

    def texts(self, module: str, name: str) -> list[tuple[str, str]]:
        """Return id and text of one field for each record where it is filled, oldest first."""
        rows = self._db.all("select id, cells from record where module = ? order by id", (module,))
        found = ((record_id, json.loads(cells).get(name)) for record_id, cells in rows)  # SQLite would cut it at a NUL
        return [(record_id, text) for record_id, text in found if text is not None]

    def write(self, module: str, verdicts: Iterable[Verdict], now: float, job: str | None = None) -> None:
        """Store what a job's rows wrote, and its ledger, in one transaction."""
        verdicts = list(verdicts)
        touched = {verdict.record_id for verdict in verdicts if verdict.status == "UPDATED" and verdict.record_id}
        with self._db.transaction():
            former = {record[ID]: record for record in self.records(module, list(touched))} if touched else {}
            changed = merge(verdicts, former, now)
            self._db.many(
                "insert or replace into record values (?, ?, ?, ?, ?, ?)",
                [
                    (record_id, module, _dump(r["cells"]), _dump(r["values"]), r["created"], r["modified"])
                    for record_id, r in changed.items()
                ],
            )
            if job is not None:
                self._db.many(
                    "insert into ledger_row values (?, ?, ?, ?, ?, ?)",
                    [(job, n, v.status, v.record_id, v.errors, v.holder) for n, v in enumerate(verdicts)],
                )
        self.writes += 1

    def delete(self, module: str, ids: Sequence[str]) -> set[str]:
        """Delete records and return the ids of those that were there."""
        with self._db.transaction():
            there = {record[ID] for record in self.records(module, ids)}
            deleted = [(module, record_id) for record_id in there]
            self._db.many("delete from record where module = ? and id = ?", deleted)
        self.writes += 1
        return there

    # -- files and jobs

    def add_file(self, name: str, body: bytes, now: float) -> str:
        """Store an uploaded zip and return its file_id."""
        file_id = self.new_id()
        self._db.run("insert into file (id, name, body, created) values (?, ?, ?, ?)", (file_id, name, body, now))
        return file_id

    def file(self, file_id: str) -> tuple[bytes, float, int] | None:
        """Return body, time of upload and number of jobs of a file."""
        rows = self._db.all("select body, created, uses from file where id = ?", (file_id,))
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    def file_body(self, file_id: str) -> bytes:
        """Return the body of a file that an accepted job names."""
        return bytes(self._db.all("select body from file where id = ?", (file_id,))[0][0])

    def add_job(self, body: Mapping[str, Any], now: float) -> str:
        """Accept a job and return its id; from now on it is in the ledger."""
        job_id = self.new_id()
        with self._db.transaction():
            self._db.run("update file set uses = uses + 1 where id = ?", (body["file_id"],))
            self._db.run("insert into job values (?, ?, ?, ?, null)", (job_id, now, _dump(body), '{"polls":0}'))
        return job_id

    def jobs(self, job_id: str | None = None) -> list[dict[str, Any]]:
        """Return all jobs in the order of their acceptance, or the one asked for."""
        rows = self._db.all(
            "select id, created, body, state, outcome from job where ? is null or id = ? order by id", (job_id, job_id)
        )
        return [
            {"id": i, "created": t, "body": json.loads(b), "state": json.loads(s), "outcome": o and json.loads(o)}
            for i, t, b, s, o in rows
        ]

    def note_state(self, job_id: str, **facts: Any) -> None:
        """Add facts to a job's visible state."""
        self._db.run("update job set state = json_patch(state, ?) where id = ?", (_dump(facts), job_id))

    def count_poll(self, job_id: str) -> None:
        """Count one call of a job's details."""
        self._db.run(_COUNT_POLL, (job_id,))

    def finish_job(self, job_id: str, outcome: Mapping[str, Any]) -> None:
        """Note a job's outcome."""
        self._db.run("update job set outcome = ? where id = ?", (_dump(outcome), job_id))

    def ledger_rows(self, job_id: str) -> list[LedgerRow]:
        """Return the outcome of each row of a job."""
        rows = self._db.all(
            "select ordinal, status, record, errors, holder from ledger_row where job = ? order by ordinal", (job_id,)
        )
        return [LedgerRow(*row) for row in rows]

    def ledger(self) -> list[LedgerJob]:
        """Return every accepted job with the outcome of its rows, in order."""
        return [self._ledger_job(job) for job in self.jobs()]

    def _ledger_job(self, job: Mapping[str, Any]) -> LedgerJob:
        body, outcome = job["body"], job["outcome"] or {}
        names = ("module", "operation", "file_id", "file_name", "find_by")
        rows = self.ledger_rows(job[ID])
        return LedgerJob(id=job[ID], status=outcome.get("status"), rows=rows, **{name: body[name] for name in names})

    # -- inside

    def _create(self) -> None:
        """Create an organisation; a new store is a new organisation with its own zgid."""
        facts = new_facts()
        self._db.many("insert into org values (?, ?)", list(facts.items()))
        self._db.run("insert into counter values ('id', 20000), ('credits', 0)")
        self._db.run("insert into org values ('id', ?)", (self.new_id(),))
        self.add_user("Sandy Owner", "owner@example.com")
        for module in MODULES:
            self._db.run("insert into module values (?, ?)", (module, self.new_id()))
        for module, fields in STANDARD.items():
            ids = self.reserve(len(fields))
            rows = [
                (module, n, field.api_name, field_id, json.dumps(asdict(field)))
                for n, field, field_id in zip(count(), fields, ids, strict=False)
            ]
            self._db.many("insert into field values (?, ?, ?, ?, ?)", rows)
        for module in MODULES:
            layouts = TEAM_PIPELINES if module == "Pipelines" else {"Standard": ({}, ())}
            for name, (stages, required) in layouts.items():
                self.add_layout(module, name, stages, required)


_COUNT_POLL = "update job set state = json_set(state, '$.polls', json_extract(state, '$.polls') + 1) where id = ?"


def _field(definition: str) -> Field:
    parts = json.loads(definition)
    return Field(**{**parts, "values": tuple(parts["values"])})


# One encoder for all: json.dumps makes a new one per call as soon as an option is given.
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
