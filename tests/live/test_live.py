"""The prober sees what a sandbox does, says nothing else, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bigin_frames.client.transport import Sender
from bigin_frames.errors import ApiError
from bigin_frames.sandbox import Behaviour, Fault, Sandbox
from bigin_frames.sandbox.metadata.modules import WRITABLE
from bigin_frames.wire.message import Request, Response
from tests.live import report
from tests.live.__main__ import SWITCH, main, probe
from tests.live.bigin import MOST_JOBS, MOST_REFUSED, Bigin, LimitReachedError
from tests.live.cleaning import clean
from tests.live.course import OccupiedError, run
from tests.live.files import PREFIX
from tests.live.questions import PROBES, STRICTER, answers, behaviour
from tests.live.seen import Seen
from tests.support.honesty import Clock

QUICK = {"polls_added": 0}  # one poll sees the job in progress, the next one its end


@contextmanager
def organisation(clock: Clock, **choices: Any) -> Iterator[Sandbox]:
    with Sandbox(clock=clock.time, behaviour=Behaviour(**(QUICK | choices))) as box:
        box.add_field("Pipelines", "Probe_Time", "datetime")
        yield box


def probed(box: Sandbox, clock: Clock, **options: Any) -> Seen:
    return run(box.client(transport=clock.transport()), **options)


def check_left_as_it_was(box: Sandbox, kept: Mapping[str, int] | None = None) -> None:
    """Nothing of the prober is left, everything else is, and no more was asked for than was promised."""
    assert {module: len(box.records(module)) for module in WRITABLE} == dict.fromkeys(WRITABLE, 0) | dict(kept or {})
    assert len(box.ledger()) <= MOST_JOBS
    assert sum(request.route == "create" for request in box.requests) <= MOST_JOBS + MOST_REFUSED


def check_truth(observed: Mapping[str, Any], box: Sandbox, *, but: tuple[str, ...] = ()) -> None:
    """Whatever was observed is what the sandbox was told to do."""
    truth = asdict(box.behaviour)
    assert {name: value for name, value in observed.items() if name not in but and value != truth[name]} == {}


# -- round trip


def test_every_switch_that_is_covered_is_observed_at_its_default(clock: Clock, tmp_path: Path) -> None:
    with organisation(clock) as box:
        seen = probed(box, clock)
        observed = behaviour(answers(seen))

        assert seen.stopped is None
        assert set(PROBES) == set(observed)
        check_truth(observed, box)
        check_left_as_it_was(box)


# Switches that do not stand in each other's light are turned together.
TURNS: list[dict[str, Any]] = [
    {
        "missing_auth": "INVALID_TOKEN",
        "upload_error_status": 400,
        "gateway_errors": False,
        "created_status": 200,
        "job_not_found_status": 400,
        "details_wrapped": True,
        "in_progress_word": "IN PROGRESS",
        "done_code": "SUCCESS",
        "mappings_echo": "request",
        "url_shown": "one poll late",
        "download_url": "relative",
        "coql_case": "exact",
    },
    {
        "created_status": 202,
        "in_progress_word": "In Progress",
        "download_path": "bigin",
        "coql_backslash": "escape",
        "coql_lag": 2,
        "module_as_string": "refused",
        "many_resources": "first only",
        "file_id_reuse": "INVALID_FILE_ID",
    },
    {
        "file_id_reuse": "ALREADY_USED",
        "blank_lines": "rows",
        "short_rows": "unprocessed",
        "over_length": "truncated",
        "long_numbers": "rounded",
        "thousands": "accepted",
        "boolean_words": "any case",
        "phone_form": "digits",
        "picklist_unknown": "refused",
        "lookup_unknown": "not found",
        "update_missing": "INVALID_DATA",
        "stage_elsewhere": "taken",
    },
    {
        "boolean_words": "words",
        "lookup_unknown": "created",
        "update_missing": "CANNOT_PROCESS",
        "upload_bom": "kept",
        "insert_duplicates": "added",
        "layout_required": "ignored",
        "sub_pipeline_elsewhere": "taken",
        "date_default": ("dd.MM.yyyy", "yyyyMMdd"),
        "datetime_default": ("MM/dd/yyyy HH:mm:ss",),
    },
    {
        "lookup_unknown": "left out",
        "ignore_empty": "top",
        "match_case": "exact",
        "find_by_any_field": "first",
        "pipeline_unnamed": "only if one does",
        "verdict_position": "first",
        "status_case": "lower",
        "skipped_has_id": True,
        "errors_name": "api_name",
    },
    {
        "ignore_empty": "resource",
        "find_by_any_field": "last",
        "pipeline_unnamed": "default layout",
        "verdict_order": ("id", "status", "errors"),
        "status_case": "title",
        "record_id_text": "formula",
        "errors_name": "none",
        "bom": True,
        "line_end": "\r\n",
        "quoting": "all",
        "result_delimiter": ";",
        "result_name": "job",
    },
    {
        "detect_delimiter": "comma",
        "verdict_order": ("errors", "id", "status"),
        "status_header": "Status",
        "id_header": "ID",
        "errors_header": "Errors",
        "record_id_text": "decimal",
        "result_name": "file",
        "echo_columns": "request",
        "echo_header": "api_name",
        "echo_text": "trimmed",
    },
    {"echo_columns": "hash", "echo_header": "label", "echo_text": "lowercase", "result_rows": "reversed"},
    {"echo_count": 5, "short_echo": "blanks", "echo_text": "NFC", "result_rows": "shuffled"},
    {"echo_count": 2, "result_rows": "errors last"},
    {"echo_text": "collapsed", "foreign_rows": 2, "duplicate_rows": 3},
    {"echo_text": "LF", "duplicate_in_file": "second skipped"},
    {"echo_text": "normal", "duplicate_in_file": "both written"},
    {"record_id_text": "scientific", "match_trim": False},
    {"find_by_any_field": "first", "match_trim": False},
    {"stage_maps": False},
    {"result_rows": "skipped only"},
    {"result_rows": "drop some"},
    {"result_rows": "none"},
]


@pytest.mark.parametrize("turned", TURNS, ids=lambda turned: "-".join(turned)[:60])
def test_what_is_turned_is_seen_and_nothing_else_is_misread(
    clock: Clock, tmp_path: Path, turned: Mapping[str, Any]
) -> None:
    file = tmp_path / "observed.json"
    with organisation(clock, **turned) as box:
        found = answers(probed(box, clock))
        file.write_text(json.dumps(report.observed(found)))

        check_truth(behaviour(found), box)
        read = asdict(Behaviour.from_observed(file))
        assert {switch: read[switch] for switch in turned} == turned
        assert not [answer.question for answer in found if answer.new]
        check_left_as_it_was(box)


def _other_values() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for turned in TURNS:
        for switch, value in turned.items():
            found.setdefault(switch, []).append(value)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_an_organisation_with_many_oddities_is_never_misread(clock: Clock, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 - no secret
    odd = {switch: draw.choice(values) for switch, values in _other_values().items() if draw.random() < 0.4}
    with organisation(clock, **odd) as box:
        check_truth(behaviour(answers(probed(box, clock))), box)
        check_left_as_it_was(box)


def test_every_switch_that_is_covered_is_turned_once() -> None:
    assert set(_other_values()) == set(PROBES)
    assert not [switch for switch, values in _other_values().items() if getattr(Behaviour(), switch) in values]


# -- what it leaves behind


class Interrupting:
    """Be a transport at which Ctrl-C is pressed once: before or after the nth call of a kind."""

    def __init__(self, inner: Sender, call: str, nth: int, *, after: bool) -> None:
        self._inner = inner
        self._at, self._after = (call, nth), after
        self._seen: Counter[str] = Counter()

    def send(self, request: Request, **how: Any) -> Response:
        self._seen[request.call] += 1
        pressed = (request.call, self._seen[request.call]) == self._at
        if pressed and not self._after:
            raise KeyboardInterrupt
        response = self._inner.send(request, **how)
        if pressed:
            raise KeyboardInterrupt
        return response

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)

    def now(self) -> float:
        return self._inner.now()


@pytest.mark.parametrize(
    ("call", "nth", "after"),
    [
        ("create", 1, True),  # the job is there, its id is not known
        ("job", 2, False),
        ("download", 2, False),
        ("create", 4, False),
    ],
)
def test_an_interruption_leaves_no_record_behind(clock: Clock, call: str, nth: int, after: bool) -> None:
    with organisation(clock, coql_lag=2) as box:
        kept = box.add_record("Contacts", {"Last_Name": "Ann", "Title": "Dr"})

        seen = run(box.client(transport=Interrupting(clock.transport(), call, nth, after=after)))

        assert seen.stopped == "interrupted"
        assert [record["id"] for record in box.records("Contacts")] == [kept]
        assert any(row.status == "ADDED" for job in box.ledger() for row in job.rows)
        check_left_as_it_was(box, {"Contacts": 1})


@pytest.mark.parametrize(
    ("route", "fault", "nth"),
    [
        ("create", Fault.reset_after(), 1),
        ("create", Fault.internal_error(applied=True), 2),
        ("upload", Fault.refused("NO_PERMISSION"), 4),
        ("job", Fault.job_failed(rows=5), 1),
        ("download", Fault.body(b"no zip"), 1),
        ("download", Fault.damaged_zip("empty csv"), 1),
    ],
    ids=lambda value: value.name if isinstance(value, Fault) else None,
)
def test_a_failure_leaves_no_record_behind(clock: Clock, route: str, fault: Fault, nth: int) -> None:
    with organisation(clock) as box:
        box.faults.add(route, fault, nth=nth)

        found = answers(probed(box, clock))

        assert not box.faults.waiting()
        assert any(row.status == "ADDED" for job in box.ledger() for row in job.rows)
        check_truth(behaviour(found), box)
        check_left_as_it_was(box)


def test_what_could_not_be_deleted_is_named(clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with organisation(clock) as box:
        box.faults.add("delete", Fault.refused("NO_PERMISSION"), times=None)

        code = probe(box.environment(), tmp_path / "observed.json", transport=clock.transport())

        told = capsys.readouterr().out
        left = {record["id"] for module in WRITABLE for record in box.records(module)}
        assert code == 1
        assert left
        assert all(record_id in told for record_id in left)
        assert "NOT DELETED, do it by hand, in Contacts: " in told


@pytest.mark.parametrize(("module", "field"), [("Contacts", "Title"), ("Products", "Product_Name")])
def test_an_organisation_with_records_of_the_prober_is_refused(clock: Clock, module: str, field: str) -> None:
    mark = {"Contacts": "r07", "Products": "p01"}[module]
    with organisation(clock) as box:
        box.add_record(module, {"Last_Name": "Ann", field: f"{PREFIX} {mark}"})

        with pytest.raises(OccupiedError, match="1 records have names of the prober"):
            probed(box, clock)

        check_left_as_it_was(box, {module: 1})
        assert not box.ledger()


def test_the_command_refuses_such_an_organisation_in_one_line(
    clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with organisation(clock) as box:
        box.add_record("Contacts", {"Last_Name": "Ann", "Title": f"{PREFIX} r07"})

        assert probe(box.environment(), tmp_path / "observed.json", transport=clock.transport()) == 2

        assert capsys.readouterr().err.startswith("nothing was written: 1 records have names of the prober")
        assert not box.ledger()


def test_a_second_interruption_says_what_to_do_by_hand(
    clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with organisation(clock) as box:
        again = Interrupting(clock.transport(), "find", 10, after=False)
        transport = Interrupting(again, "create", 2, after=True)

        assert probe(box.environment(), tmp_path / "observed.json", transport=transport) == 130

        told = capsys.readouterr().err
        assert told.startswith(
            f"stopped while deleting. Search your organisation for {PREFIX} and delete what you find"
        )


def test_what_the_token_may_not_see_is_left_out(clock: Clock) -> None:
    with organisation(clock) as box:
        rights = {scope for scope in box.scopes if scope != "ZohoBigin.settings.ALL"}
        box.scopes = (*rights, "ZohoBigin.settings.fields.READ", "ZohoBigin.settings.modules.READ")

        seen = probed(box, clock)
        observed = behaviour(answers(seen))

        assert (seen.stopped, list(seen.jobs)) == (None, ["r", "u", "p"])
        assert not {"date_default", "stage_maps", "pipeline_unnamed"} & set(observed)
        check_truth(observed, box)
        check_left_as_it_was(box)


def test_a_record_that_bears_no_name_of_the_prober_is_never_deleted(clock: Clock) -> None:
    with organisation(clock) as box:
        kept = box.add_record("Contacts", {"Last_Name": f"{PREFIX} r01 La", "Title": "Dr"})
        bigin = Bigin(box.client(transport=clock.transport()))

        left = clean(bigin, {"Contacts": [f"{PREFIX} r01"]}, {"Contacts": {kept}})

        assert left == {}
        check_left_as_it_was(box, {"Contacts": 1})
        assert not [request for request in box.requests if request.route == "delete"]


def test_more_jobs_than_promised_are_not_asked_for(clock: Clock) -> None:
    with organisation(clock) as box:
        bigin = Bigin(box.client(transport=clock.transport()))
        for _ in range(MOST_REFUSED):
            with pytest.raises(ApiError):
                bigin.create({"operation": "insert"})

        with pytest.raises(LimitReachedError):
            bigin.create({"operation": "insert"})

        assert sum(request.route == "create" for request in box.requests) == MOST_REFUSED


# -- what it says


def test_a_reading_that_nobody_foresaw_is_told_and_not_written_as_a_switch(clock: Clock) -> None:
    with organisation(clock, status_case="upper") as box:
        box.faults.add("create", Fault.edited(lambda body: body, status=299))

        found = answers(probed(box, clock))

        odd = next(answer for answer in found if answer.switch == "created_status")
        assert (odd.value, odd.new, odd.evidence) == (None, True, "HTTP 299")
        assert odd.holds.startswith("no")
        assert "created_status" not in behaviour(found)


def test_an_answer_that_no_probe_understands_costs_that_question_alone(clock: Clock) -> None:
    with organisation(clock) as box:
        seen = probed(box, clock)
        seen.calls["layouts"] = {"layouts": [{}]}

        found = {answer.switch: answer for answer in answers(seen)}

        odd = found["stage_maps"]
        assert (odd.value, odd.new, odd.evidence) == (None, True, "the probe met KeyError")
        assert found["echo_columns"].value == "index"


def test_an_unknown_host_of_results_is_named_and_asked_nothing(clock: Clock) -> None:
    with organisation(clock, download_host="https://files.example.com") as box:
        seen = probed(box, clock)
        found = answers(seen)

        told = report.text(found, seen)
        assert "files.example.com, which the library does not know" in told
        check_truth(behaviour(found), box)
        check_left_as_it_was(box)


def test_neither_secrets_nor_ids_are_in_what_is_said_and_written(
    clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "observed.json"
    with organisation(clock) as box:
        code = probe(box.environment(), file, transport=clock.transport())

        said = capsys.readouterr().out + file.read_text()
        secrets = [value for name, value in box.environment().items() if "URL" not in name and name != "BIGIN_REGION"]
        assert code == 0
        assert len(secrets) == 4
        assert not [secret for secret in secrets if secret in said]
        assert not re.findall(r"\d{15,}", said)
        assert f"may have a new value, {PREFIX} category." in said
        assert "owner@example.com" not in said


def test_a_strict_answer_says_so(clock: Clock) -> None:
    with organisation(clock, match_case="exact") as box:
        found = {answer.switch: answer for answer in answers(probed(box, clock))}

    assert set(STRICTER) == {"match_case", "match_trim"}
    assert found["match_case"].holds == "yes, and is stricter than Bigin"
    assert found["echo_columns"].holds == "yes"


# -- the command


def test_without_the_switch_it_is_skipped_with_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], {}) == 0

    assert capsys.readouterr().out == (
        "skipped: BIGIN_LIVE=1 is not set; see docs/live.md for what this does to an organisation\n"
    )


def test_without_credentials_it_is_skipped_with_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path / "observed.json")], {"BIGIN_LIVE": "1"}) == 2

    told = capsys.readouterr().err
    assert told.startswith("skipped: BIGIN_CLIENT_ID is not set")
    assert told.count("\n") == 1


@pytest.mark.parametrize("scopes", [("ZohoBigin.org.ALL",), ("ZohoBigin.settings.ALL", "ZohoBigin.org.ALL")])
def test_a_token_that_may_too_little_writes_nothing(
    clock: Clock, tmp_path: Path, capsys: pytest.CaptureFixture[str], scopes: tuple[str, ...]
) -> None:
    with organisation(clock) as box:
        box.scopes = scopes

        assert probe(box.environment(), tmp_path / "observed.json", transport=clock.transport()) == 2

        assert "OAUTH_SCOPE_MISMATCH" in capsys.readouterr().err
        assert not box.ledger()


@pytest.mark.skipif(os.environ.get(SWITCH) != "1", reason=f"{SWITCH}=1 is not set: it writes to an organisation")
def test_a_live_organisation_is_left_as_it_was(tmp_path: Path) -> None:
    assert probe(os.environ, tmp_path / "observed.json") == 0
