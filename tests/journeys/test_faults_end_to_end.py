"""Whatever happens to a call, a connection, a job or a result: the frame is honest, no job is created twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.errors import BiginError, JobPending
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.faults.damage import DAMAGES
from tests.support.faults import CALLS, CELLS, FAULTS, ROUTES, SLOW, Hasty, Scene
from tests.support.honesty import MARK, Clock, finish, so_far, truth_of, violations, write

CANARY = "Quokka"  # in every cell; it must not be seen outside of the frame
TAKEN = 5  # this row's Email is in another record, so Bigin skips it
TWINS = (1, 2)  # they differ only in a column that is not echoed, so their records must be read back
N = 8


def guests() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "Last_Name": [f"{CANARY} {name}" for name in ("Lee", "Roe", "Roe", "ROE", "Poe", "Fay", "Orr", "Ng")],
            "First_Name": ["Ada", "Ben", "Ben", "Ben", "Cy", "Di", "Ed", "Flo"],
            "Mailing_City": ["Rome", "Oslo", "Oslo", "Oslo", "Bonn", "Lyon", "Cork", "Graz"],
            "Email": ["ada@quokka.example", None, None, None, "cy@quokka.example", "taken@quokka.example", None, None],
            MARK: [f"{CANARY} note {i}" for i in range(N)],
        }
    )
    return frame.set_index(pd.Index([3, 3, 1, 1, 0, 9, 8, 7], name="number"))


@pytest.fixture(scope="module")
def stranger() -> Iterator[Sandbox]:
    """Serve a host that no client may connect to."""
    with Sandbox() as box:
        yield box
        assert box.requests == []


@pytest.fixture
def box(clock: Clock, caplog: pytest.LogCaptureFixture) -> Iterator[Sandbox]:
    """Serve an organisation that has one of the e-mail addresses; look through all logs at the end."""
    caplog.set_level("DEBUG")
    with Sandbox(clock=clock.time) as box:
        box.behaviour = replace(box.behaviour, polls_added=0, polls_in_progress=1)
        box.add_record("Contacts", {"Last_Name": "Fay", "Email": "taken@quokka.example"})
        yield box
        clock.stop()
        unspoken = {CANARY.lower(), *(secret.lower() for secret in box._org.secrets())}
        assert not {word for word in unspoken if word in caplog.text.lower()}


def seen(out: pd.DataFrame) -> str:
    """Return what a user sees, in a word."""
    status = list(out["Status"])
    if status == ["SKIPPED" if i == TAKEN else "ADDED" for i in range(N)]:
        return "normal"
    if status == ["SKIPPED" if i == TAKEN else "UNREPORTED" if i in TWINS else "ADDED" for i in range(N)]:
        return "open"
    return status[0].lower() if len(set(status)) == 1 else ", ".join(status)


def meet(box: Sandbox, clock: Clock, client: bf.Client, wait: float) -> str:
    """Write the guests and return the outcome; a pending run is resumed once the faults are over."""
    frame = guests()
    try:
        return seen(write(box, frame, clock=clock, client=client, answers_lost=True, wait=wait))
    except JobPending as pending:
        check_error(box, pending)
        go_on(pending.run, frame, box)
        return "pending"
    except BiginError as error:
        check_error(box, error)
        return "a late error" if any(request.route == "create" for request in box.requests) else "error"


def go_on(run: bf.Run, frame: pd.DataFrame, box: Sandbox) -> None:
    await_job(run, box)
    assert violations(frame, run.frame(), truth_of(box), answers_lost=True) == []
    box.faults.clear()
    assert seen(finish(run, frame, box)) == "normal"


def await_job(run: bf.Run, box: Sandbox) -> None:
    """Wait until the one job is accepted: on a busy machine that may take longer than a short ``wait``."""
    for _ in range(100):
        if box.ledger():
            break
        with suppress(JobPending):
            run.wait(0.2, progress=False)
    assert len(box.ledger()) == 1


def check_error(box: Sandbox, error: BaseException) -> None:
    text = f"{error!r} {error} {vars(error)}".lower()
    assert CANARY.lower() not in text
    assert not [secret for secret in box._org.secrets() if secret in text]


STOPPED = {
    **dict.fromkeys(("token", "org", "fields", "upload"), "error"),
    "create": "unsent",
    "details": "pending",
    "download": "pending",
    "records": "open",
}
ONCE = {"R": "normal", "W": "normal", "A1": "normal", "OK": "normal", "GONE": "normal", "LOST": "normal"}
LASTING = {"OK": "normal", "GONE": "unreported", "LOST": "unknown"}


def expected(route: str, code: str, *, lasts: bool) -> str:
    """Return what a user should see if a fault happens once, or each time until it is removed."""
    certain = {"UNK": "unknown", "RJ": "unsent"}
    return {**certain, **(LASTING if lasts else ONCE)}.get(code, STOPPED[route])


OTHER_CONSTRUCTORS = {"damaged_zip", "edited_rows", "job_failed", "job_stuck", "job_slow"}  # tested further down


def constructors() -> set[str]:
    """Return the names of everything that makes a fault."""
    return {name for name, made in vars(Fault).items() if isinstance(made, classmethod) and not name.startswith("_")}


def cells() -> Iterator[Any]:
    for name, codes in CELLS.items():
        for route, code in zip(ROUTES, codes, strict=True):
            for lasts in (False, True):
                word = f"{route}-{name}-{'lasts' if lasts else 'once'}"
                if code != "-":
                    yield pytest.param(name, route, code, lasts, id=word)


def test_every_fault_has_its_cells() -> None:
    assert {name.split()[0] for name in FAULTS} | OTHER_CONSTRUCTORS == constructors()
    assert set(FAULTS) == set(CELLS)
    assert all(len(codes) == len(ROUTES) for codes in CELLS.values())


@pytest.mark.parametrize(("name", "route", "code", "lasts"), list(cells()))
def test_call_that_meets_a_fault(
    name: str, route: str, code: str, lasts: bool, box: Sandbox, clock: Clock, stranger: Sandbox
) -> None:
    scene = Scene(route, stranger.url, threading.Event())
    hasty = Hasty(clock, CALLS.get(route, route)) if name in SLOW else clock.transport()
    box.faults.add(route, FAULTS[name](scene), times=None if lasts else 1)
    word = expected(route, code, lasts=lasts)
    polled = route == "details" and word == "pending" and code in ("R", "W")  # it is polled for ever
    try:
        assert meet(box, clock, box.client(transport=hasty), 0.2 if polled else 30) == word
    finally:
        scene.late.set()
    assert len(box.ledger()) <= 1


# -- faults that come in the middle of a run


REFRESHES = ("access_denied", "refused NO_PERMISSION", "reset_after", "html 502", "huge")


@pytest.mark.parametrize(
    ("route", "word", "refresh"),
    [
        (route, word, refresh)
        for route, word in [("upload", "error"), ("create", "unsent"), ("details", "pending"), ("download", "pending")]
        for refresh in REFRESHES
    ],
)
def test_token_that_expires_during_a_write_and_cannot_be_renewed(
    route: str, word: str, refresh: str, box: Sandbox, clock: Clock
) -> None:
    box.faults.add(route, Fault.expired_tokens())
    box.faults.add("token", FAULTS[refresh](Scene("token", "", threading.Event())), nth=2, times=None)

    wait = 0.2 if route == "details" else 30
    assert meet(box, clock, box.client(transport=clock.transport()), wait) == word
    assert len(box.ledger()) <= 1


@pytest.mark.parametrize(
    ("route", "name", "word"),
    [
        ("create", "reset_after", "UNKNOWN"),
        ("create", "truncated", "UNKNOWN"),
        ("create", "internal_error", "UNKNOWN"),
        ("create", "refused INVALID_DATA", "UNSENT"),
        ("create", "not_found", "UNSENT"),
        ("upload", "refused INVALID_DATA", "UNSENT"),
        ("upload", "huge", "UNSENT"),
    ],
)
def test_fault_of_one_job_does_not_affect_the_others(
    route: str, name: str, word: str, box: Sandbox, clock: Clock
) -> None:
    box.faults.add(route, FAULTS[name](Scene(route, "", threading.Event())), nth=2)
    out = write(box, guests(), clock=clock, answers_lost=True, max_rows_per_job=2)

    hit = out["Status"] == word
    assert hit.sum() == 2
    assert set(out.loc[~hit.to_numpy(), "Status"]) <= {"ADDED", "SKIPPED"}


def test_refused_rights_start_no_further_job(box: Sandbox, clock: Clock) -> None:
    box.faults.add("create", Fault.scope_mismatch(), nth=2)
    out = write(box, guests(), clock=clock, answers_lost=True, max_rows_per_job=2)

    assert len(box.ledger()) == 1
    assert (out["Status"] == "UNSENT").sum() == 6
    assert "OAUTH_SCOPE_MISMATCH" in set(out["Error"])


def test_lost_file_is_uploaded_again_and_the_job_created_once(box: Sandbox, clock: Clock) -> None:
    box.faults.add("create", Fault.refused("INVALID_FILE_ID"))

    assert seen(write(box, guests(), clock=clock, answers_lost=True)) == "normal"
    assert sum(request.route == "upload" for request in box.requests) == 2
    assert len(box.ledger()) == 1


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_lost_answer_to_a_change_is_retried_because_it_duplicates_nothing(
    operation: str, box: Sandbox, clock: Clock
) -> None:
    frame = guests().dropna(subset="Email").drop(columns="Last_Name" if operation == "update" else [])
    box.faults.add("create", Fault.reset_after())
    out = write(box, frame, operation, clock=clock, answers_lost=True, find_by="Email")
    emails = [record.get("Email") for record in box.records("Contacts")]

    assert "UNKNOWN" not in set(out["Status"])
    assert len(box.ledger()) == 2
    assert len(emails) == len(set(emails))


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_answers_to_a_change_that_are_lost_repeatedly_leave_it_unknown(
    operation: str, box: Sandbox, clock: Clock
) -> None:
    frame = guests().dropna(subset="Email").drop(columns="Last_Name" if operation == "update" else [])
    box.faults.add("create", Fault.reset_after(), times=3)
    out = write(box, frame, operation, clock=clock, answers_lost=True, find_by="Email")

    assert set(out["Status"]) == {"UNKNOWN"}
    assert len(box.ledger()) == 3


# -- the job itself


ALL_PENDING = ["PENDING"] * N


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.job_failed(), "unknown"),
        (Fault.job_failed(rows=3), "unknown"),
        (Fault.job_failed("MANDATORY_FIELDS_NOT_MAPPED", rows=N), "unknown"),
        (Fault.job_failed(with_result=True), "unprocessed"),
        (Fault.job_failed(rows=3, with_result=True), ", ".join(["ADDED"] * 3 + ["UNPROCESSED"] * 5)),
        (Fault.job_failed(rows=N, with_result=True), "normal"),
        (Fault.job_slow(12), "normal"),
    ],
    ids=["failed", "failed late", "failed at the end", "result none", "result part", "result whole", "slow"],
)
def test_job_that_goes_wrong(fault: Fault, words: str, box: Sandbox, clock: Clock) -> None:
    box.faults.add("job", fault)

    assert seen(write(box, guests(), clock=clock)) == words


@pytest.mark.parametrize("at", ["ADDED", "INPROGRESS"])
def test_job_that_is_stuck_stays_pending_and_is_not_created_again(at: str, box: Sandbox, clock: Clock) -> None:
    box.faults.add("job", Fault.job_stuck(at))
    frame = guests()
    with pytest.raises(JobPending) as caught:
        write(box, frame, clock=clock, wait=0.2)
    run = caught.value.run
    await_job(run, box)
    with pytest.raises(JobPending):
        run.wait(0.05, progress=False)

    assert run.status == "running"
    assert violations(frame, run.frame(), truth_of(box)) == []
    assert list(run.frame()["Status"]) == ALL_PENDING


@pytest.mark.parametrize("fault", [Fault.job_slow(3), Fault.job_failed(rows=2)], ids=["slow", "failed"])
def test_second_job_that_fails_does_not_affect_the_first(fault: Fault, box: Sandbox, clock: Clock) -> None:
    box.faults.add("job", fault, nth=2)
    out = write(box, guests(), clock=clock, max_rows_per_job=4)

    assert (out["Status"] == "UNKNOWN").sum() == (4 if "failed" in fault.name else 0)


# -- the result file


# What is seen if every attempt meets the damage. A page in place of a zip says nothing about the result: it is
# requested later. The name of the file in the zip is never used.
DAMAGED = {**dict.fromkeys(DAMAGES, "unreported"), "path name": "normal", "not a zip": "pending"}
HEAVY = ("bomb", "forged size")


def test_no_damage_is_left_out() -> None:
    assert {"bomb", "bad crc", "not a zip", "path name"} <= set(DAMAGED)
    assert set(HEAVY) < set(DAMAGES)


@pytest.mark.parametrize("how", list(DAMAGED))
def test_result_that_is_damaged_each_time(how: str, box: Sandbox, clock: Clock) -> None:
    box.faults.add("download", Fault.damaged_zip(how), times=None)

    assert meet(box, clock, box.client(transport=clock.transport()), 30) == DAMAGED[how]


@pytest.mark.parametrize("how", [how for how in DAMAGED if how not in HEAVY])
def test_result_that_is_damaged_once(how: str, box: Sandbox, clock: Clock) -> None:
    box.faults.add("download", Fault.damaged_zip(how))
    readable = ("header only",)  # valid as a file: nothing shows that lines are missing, so it is not requested again
    word = "unreported" if how in readable else "normal"

    assert meet(box, clock, box.client(transport=clock.transport()), 30) == word


def _said_otherwise(lines: list[list[str]]) -> list[list[str]]:
    """Add a second line that says that the first row was skipped."""
    return [*lines, [*lines[1][:-3], "SKIPPED", "", "INVALID_DATA-Email"]]


def _ids_rounded(lines: list[list[str]]) -> list[list[str]]:
    return [lines[0], *([*line[:-2], f"{float(line[-2] or 0):.5E}", line[-1]] for line in lines[1:])]


FIRST_OPEN = "UNREPORTED, ADDED, ADDED, ADDED, ADDED, SKIPPED, ADDED, ADDED"


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda lines: [lines[0], *lines[:0:-1]], "normal"),
        (lambda lines: [*lines, *lines[1:]], "normal"),
        (lambda lines: lines[:1], "unreported"),
        (lambda lines: [[*lines[0], "NOTE"], *([*line, ""] for line in lines[1:])], "unreported"),
        (lambda lines: [lines[0], *(line[:-1] for line in lines[1:])], "unreported"),
        (lambda lines: [["A", "B", "C", *lines[0][-3:]], *lines[1:]], "unreported"),
        (lambda lines: [lines[0], *([*line[:-3], "DONE", *line[-2:]] for line in lines[1:])], "unreported"),
        (lambda lines: [lines[0], *([*line[:-3], "", *line[-2:]] for line in lines[1:])], "unreported"),
        (lambda lines: [lines[0], *(["other"] * 3 + line[3:] for line in lines[1:])], "unreported"),
        (_said_otherwise, FIRST_OPEN),
        (lambda lines: [lines[0], *lines[2:]], FIRST_OPEN),
    ],
    ids=[
        "reversed", "twice", "no lines", "column more", "column less", "strange header", "strange word", "no word",
        "another job", "said otherwise", "first line gone",
    ],
)  # fmt: skip
def test_result_that_is_sound_but_strange(
    edit: Callable[[list[list[str]]], list[list[str]]], words: str, box: Sandbox, clock: Clock
) -> None:
    box.faults.add("download", Fault.edited_rows(edit), times=None)

    assert seen(write(box, guests(), clock=clock)) == words


def test_rounded_ids_are_dropped_and_the_verdict_kept(box: Sandbox, clock: Clock) -> None:
    box.faults.add("download", Fault.edited_rows(_ids_rounded), times=None)
    out = write(box, guests(), clock=clock)

    alone = [i for i in range(N) if i not in TWINS]
    assert [out["Status"].iloc[i] for i in alone] == ["SKIPPED" if i == TAKEN else "ADDED" for i in alone]
    assert out["ID"].isna().all()


# -- the checker itself


@pytest.fixture
def written(box: Sandbox, clock: Clock) -> tuple[pd.DataFrame, pd.DataFrame, Any]:
    box.add_record("Contacts", {"Last_Name": "Lee", "Email": "ada@quokka.example"})
    frame = pd.concat([guests(), guests().head(1).assign(**{"Email": "no address", MARK: "bad"})])
    since = so_far(box)
    out = write(box, frame, clock=clock, on_invalid="skip", on_error="ignore")
    return frame, out, truth_of(box, since)


def edited(out: pd.DataFrame, name: str, values: dict[int, Any]) -> pd.DataFrame:
    out = out.copy()
    column = list(out[name])
    for at, value in values.items():
        column[at] = value
    out[name] = pd.array(column, dtype="string")
    return out


def test_checker_accepts_an_honest_frame(written: Any) -> None:
    assert violations(*written) == []
    assert set(written[1]["Status"]) == {"ADDED", "SKIPPED", "INVALID"}


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (lambda out: edited(out, "ID", {1: out["ID"].iloc[2], 2: out["ID"].iloc[1]}), "does not say ADDED"),
        (lambda out: edited(out, "Status", {1: "UPDATED"}), "does not say UPDATED"),
        (lambda out: edited(out, "Status", {TAKEN: "UNPROCESSED"}), "does not say UNPROCESSED"),
        (lambda out: edited(out, "Error", {TAKEN: "INVALID_DATA-Email"}), "does not say SKIPPED"),
        (lambda out: edited(edited(out, "Status", {1: "UNSENT"}), "Error", {1: "X"}), "with an id"),
        (lambda out: edited(out, "Status", {1: "DONE"}), "is not a verdict"),
        (lambda out: edited(out, "Status", {1: None}), "is not a verdict"),
        (lambda out: edited(out, "Status", {1: "UNKNOWN"}), "UNKNOWN with an id"),
        (lambda out: edited(out, "Error", {8: None}), "INVALID without a reason"),
        (lambda out: edited(edited(out, "Error", {8: None}), "Status", {8: "ADDED"}), "without an id or a reason"),
        (lambda out: edited(out, "Status", {8: "SKIPPED"}), "does not say SKIPPED"),
        (lambda out: edited(edited(edited(out, "ID", {1: None}), "Status", {1: "UNSENT"}), "Error", {1: "X"}),
         "no job should hold them"),
        (lambda out: out.iloc[:-1], "columns changed"),
        (lambda out: out.iloc[::-1], "columns changed"),
        (lambda out: out.reset_index(drop=True), "columns changed"),
        (lambda out: out.assign(Email="x"), "columns changed"),
        (lambda out: out.drop(columns="Email"), "columns are"),
    ],
    ids=[
        "ids swapped", "verdict flipped", "refusal flipped", "other reason", "unsent with id", "strange word",
        "no verdict", "unknown with id", "no reason", "nothing said", "invented refusal", "sent and denied",
        "row dropped", "order", "index", "cells", "column dropped",
    ],
)  # fmt: skip
def test_checker_finds_a_planted_lie(plant: Callable[[pd.DataFrame], pd.DataFrame], says: str, written: Any) -> None:
    frame, out, truth = written

    assert says in " ".join(violations(frame, plant(out), truth))


@pytest.mark.parametrize(
    ("plant", "says"),
    [
        (lambda truth: replace(truth, jobs=[*truth.jobs] * 2, creates=[201, 201]), "two jobs share one file_id"),
        (lambda truth: replace(truth, jobs=[*truth.jobs] * 2), "2 jobs of 1 create-job calls"),
        (lambda truth: replace(truth, entries=[*truth.entries] * 2), "sent 2 times"),
        (lambda truth: replace(truth, creates=[201, 201]), "2 create-job calls were accepted"),
        (lambda truth: replace(truth, secrets_in_addresses=1), "a secret"),
    ],
    ids=["job doubled", "job unasked for", "rows doubled", "job lost", "leak"],
)
def test_checker_finds_a_planted_wrong(plant: Callable[[Any], Any], says: str, written: Any) -> None:
    frame, out, truth = written

    assert says in " ".join(violations(frame, out, plant(truth)))
