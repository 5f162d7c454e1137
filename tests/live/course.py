"""The course of the probes: a few calls, four jobs, and the records read back after each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from bigin_frames import Client
from bigin_frames.errors import ApiError, AuthError, BiginError, InputError, RateLimitError, UntrustedHostError
from bigin_frames.wire import answer
from tests.live import cleaning, files, result
from tests.live.bigin import POLL_S, Bigin, LimitReachedError
from tests.live.files import KEY_COUNTRY, KEY_EMAIL, PREFIX, Plan
from tests.live.result import Line
from tests.live.seen import JobSeen, Record, Seen

SEARCHES = 6  # how often a record is looked for that a job has just written
FILE_CODES = ("FILE", "ALREADY_USED")  # in the code of a refusal that is about the file


class OccupiedError(Exception):
    """The organisation has records with names of the prober, so it does not start."""


def run(client: Client, *, callback_url: str | None = None, say: Callable[[str], None] = lambda words: None) -> Seen:
    """Ask every question, delete every record again, and return what was seen.

    Raises
    ------
    OccupiedError
        If a record bears a name of the prober: nothing was written then.
    BiginError
        If not even the beginning was possible; nothing was written then either.
    """
    course = Course(Bigin(client), callback_url, say)
    course.prepare()
    try:
        course.ask()
    except (BiginError, LimitReachedError) as problem:
        course.seen.stopped = f"{type(problem).__name__}: {problem}"
    except KeyboardInterrupt:
        course.seen.stopped = "interrupted"
    except Exception as stumble:  # what was seen until then was paid for; its text may hold what Bigin said
        course.seen.stopped = f"an answer that nobody foresaw, {type(stumble).__name__}"
    finally:
        course.clean()
    return course.seen


class Course:
    """One run of the prober."""

    def __init__(self, bigin: Bigin, callback_url: str | None, say: Callable[[str], None]) -> None:
        self.bigin = bigin
        self.seen = Seen()
        self._callback_url = callback_url
        self._say = say
        self._file_id = ""

    def prepare(self) -> None:
        """Plan the jobs from the metadata, and refuse an organisation that has records of the prober already."""
        client = self.bigin.client
        contacts = {one.api_name: one for one in client.fields("Contacts")}
        if files.NAMED_BY["Contacts"] not in contacts or "Last_Name" not in contacts:
            raise InputError("Contacts of this organisation have no Title or no Last_Name, by which the prober works.")
        self.seen.calls["labels"] = {name: one.label for name, one in contacts.items()}
        self._people = files.people(contacts)
        self._insert = files.insert_people(self._people, contacts)
        self._deals = self._plan_deals()
        self._products = self._plan_products()
        made = [self._insert, *filter(None, (self._deals, self._products))]
        self.names = files.names(made)
        there = sum(map(len, cleaning.find(self.bigin, self.names).values()))
        if there:
            raise OccupiedError(
                f"{there} records have names of the prober, which begin with {PREFIX}: delete them first."
            )

    def _plan_deals(self) -> Plan | None:
        try:
            self.seen.places = files.places(self.bigin.client.layouts("Pipelines"))
            fields = {one.api_name: one for one in self.bigin.client.fields("Pipelines")}
        except (InputError, ApiError):
            return None  # no such module, or no right to see it
        return files.deals(fields, self.seen.places) if self.seen.places else None

    def _plan_products(self) -> Plan | None:
        try:
            fields = {one.api_name: one for one in self.bigin.client.fields("Products")}
        except (InputError, ApiError):
            return None
        return files.products(fields) if "Product_Name" in fields else None

    def ask(self) -> None:
        """Go through all probes."""
        self._say("asking a few questions that need no job")
        self._calls()
        self._say("job 1 of 4: inserting contacts")
        self._insert_people()
        self._say("job 2 of 4: updating them")
        self._update_people()
        if self._deals is not None:
            self._say("job 3 of 4: inserting deals")
            self._write_deals(self._deals)
        if self._products is not None:
            self._say("job 4 of 4: inserting products")
            self._write_products(self._products)

    def clean(self) -> None:
        """Delete what was written; what cannot be is in ``seen.left``."""
        self._say("deleting all of it")
        self.seen.left = cleaning.clean(self.bigin, self.names, self.seen.reported())

    # -- probes

    def _calls(self) -> None:
        bigin, seen = self.bigin, self.seen.calls
        seen["code without token"] = bigin.code_without_token()
        seen["no zip"] = bigin.status_of_no_zip()
        seen["no feature"] = bigin.answer_without_feature()
        seen["no job"] = bigin.status_of_no_job()
        if self._deals is not None:
            seen["layouts"] = bigin.layouts_body()

    def _insert_people(self) -> None:
        plan = self._insert
        self._file_id = self.bigin.client.upload("bfprobe.zip", plan.sheet.zipped())
        usual = plan.resource(self._file_id)
        named = usual | {"module": plan.module}
        self._job(plan, [("module as string", self._body(plan, [named])), ("", self._body(plan, [usual]))])
        self._read_people()

    def _update_people(self) -> None:
        plan, code = files.update_people(self._people, KEY_COUNTRY), ""
        for _ in range(3):  # the old file may be refused, and then the key
            top = {"ignore_empty": True}
            resource = plan.resource(self._file_id) | {"ignore_empty": False}
            try:
                self._create(plan, self._body(plan, [resource]) | top)
                break
            except ApiError as refusal:
                self._check_refusal(refusal)
                code = refusal.code
            if any(word in code for word in FILE_CODES) and "file again" not in self.seen.refused:
                self.seen.refused["file again"] = code
                self._file_id = self.bigin.client.upload("bfprobe.zip", plan.sheet.zipped())
            elif plan.find_by == KEY_COUNTRY:
                self.seen.refused["key that is not unique"] = code
                plan = files.update_people(self._people, KEY_EMAIL)
        if "u" in self.seen.jobs:
            self._finish(self.seen.jobs["u"])
            self.seen.updated = self._records("Contacts", self.seen.people, ["Mailing_City"])

    def _write_deals(self, plan: Plan) -> None:
        file_id = self.bigin.client.upload("bfprobe.zip", plan.sheet.zipped())
        keyed = plan.resource(file_id) | {"ignore_empty": True}
        plain = {key: value for key, value in keyed.items() if key != "find_by"}
        bodies = [self._body(plan, [keyed]), self._body(plan, [plain]) | {"operation": "insert"}]
        self._job(plan, list(zip(("upsert by name", ""), bodies, strict=True)))
        self._read_deals()

    def _write_products(self, plan: Plan) -> None:
        file_id = self.bigin.client.upload("bfprobe.zip", plan.sheet.zipped())
        keyed = plan.resource(file_id)
        plain = {key: value for key, value in keyed.items() if key != "find_by"}
        bodies = [
            ("two resources", self._body(plan, [keyed, keyed])),
            ("insert with a key", self._body(plan, [keyed])),
            ("", self._body(plan, [plain])),
        ]
        self._job(plan, bodies)

    # -- jobs

    def _body(self, plan: Plan, resources: list[dict[str, Any]]) -> dict[str, Any]:
        body: dict[str, Any] = {"operation": plan.operation, "character_encoding": "UTF-8", "resource": resources}
        return body | ({"callback": {"url": self._callback_url, "method": "post"}} if self._callback_url else {})

    def _job(self, plan: Plan, attempts: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Run the first job that is not refused, and note what each refusal was of."""
        for what, body in attempts:
            try:
                self._create(plan, body)
            except ApiError as refusal:
                self._check_refusal(refusal)
                self.seen.refused[what] = refusal.code
            else:
                self.seen.calls[f"taken {plan.letter}"] = what
                self._finish(self.seen.jobs[plan.letter])
                return

    def _check_refusal(self, refusal: ApiError) -> None:
        """Continue only after a refusal of this very request that leaves no job behind."""
        if self.bigin.in_doubt or isinstance(refusal, (AuthError, RateLimitError)):
            raise refusal

    def _create(self, plan: Plan, body: dict[str, Any]) -> None:
        job_id, status = self.bigin.create(body)
        self.seen.jobs[plan.letter] = JobSeen(plan, job_id, status)

    def _finish(self, job: JobSeen) -> None:
        job.polls = self.bigin.polls(job.job_id)
        if job.url is None:
            job.problem = f"the job ended {answer.code_word(job.details.get('status'))} without a result"
            return
        try:
            job.file = result.read(self.bigin.download(job.url), job.plan)
        except UntrustedHostError as refusal:
            job.problem = f"its result lies at {refusal.host}, which the library does not know"
        else:
            job.problem = None if job.file is not None else "its result cannot be read"

    # -- records

    def _read_people(self) -> None:
        """Read the contacts back; how many queries did not see the first of them is an answer itself."""
        tag = files.NAMED_BY["Contacts"]
        misses = self._misses(lambda: bool(self.bigin.found("Contacts", tag, f"{PREFIX} r01")))
        self.seen.calls["queries that saw nothing"] = misses
        if misses is None:
            return
        found = self.bigin.client.find("Contacts", tag, self.names["Contacts"])
        ids = {str(name).split()[-1]: record_id for record_id, name in zip(found["id"], found[tag], strict=True)}
        names = ["First_Name", "Email_Opt_Out", "Account_Name", "Mailing_City"]
        fields = [name for name in names if name in self._insert.columns]
        self.seen.people = self._records("Contacts", {mark: {"id": one} for mark, one in ids.items()}, fields)
        self.seen.calls["case"] = self.bigin.found("Contacts", "Email", "BFPROBE.R01@EXAMPLE.COM")
        self.seen.calls["backslash"] = self.bigin.found("Contacts", "First_Name", files.SLASHED)

    def _misses(self, hit: Callable[[], bool]) -> int | None:
        for misses in range(SEARCHES):
            if hit():
                return misses
            self.bigin.client.sleep(POLL_S)
        return None

    def _records(self, module: str, known: Mapping[str, Record], fields: list[str]) -> dict[str, Record]:
        ids = {mark: str(record["id"]) for mark, record in known.items()}
        rows = _rows(self.bigin.client.records(module, list(ids.values()), fields)) if ids else {}
        return {mark: rows[record_id] for mark, record_id in ids.items() if record_id in rows}

    def _read_deals(self) -> None:
        names = [name for name in ("Closing_Date", "Amount", "Pipeline", "Deal_Name") if name in self._deals_columns()]
        moment = [name for name in self._deals_columns() if name not in files.DEALS]
        ids = {line.record_id for line in _lines(self.seen.jobs.get("d")) if line.record_id}
        if ids:
            self.seen.deals = _rows(self.bigin.client.records("Pipelines", sorted(ids), [*names, *moment]))

    def _deals_columns(self) -> Mapping[str, int]:
        return self._deals.columns if self._deals is not None else {}


def _lines(job: JobSeen | None) -> Iterable[Line]:
    return job.file.lines if job is not None and job.file is not None else ()


def _rows(found: pd.DataFrame) -> dict[str, Record]:
    rows = found.astype(object).where(found.notna(), None).itertuples(index=False, name=None)
    return {str(row[0]): dict(zip(found.columns, row, strict=True)) for row in rows}
