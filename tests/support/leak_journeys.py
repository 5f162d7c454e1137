"""Journeys through the library with planted secrets and cells: writes that succeed, that fail and that are cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import pandera.pandas as pandera

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.canaries import BORN, MAIL, NAME, PHONE, VALUES, Needles, people, until

COLUMNS = {"Last_Name": "Last_Name", "Email": "Email", "Phone": "Phone", "Born": "Born"}


@dataclass
class Trip:
    """What a journey uses: a local Bigin, a client and a frame; what it adds to ``met`` is searched in the end."""

    box: Sandbox
    client: bf.Client
    stranger: str
    met: list[object] = field(default_factory=list)
    frame: pd.DataFrame = field(default_factory=people, repr=False)

    def write(self, frame: pd.DataFrame | None = None, **options: Any) -> pd.DataFrame:
        given = {"columns": COLUMNS, "client": self.client, "defaults": {"Mailing_City": VALUES["default"]}, **options}
        return bf.insert(self.frame if frame is None else frame, "Contacts", **given)

    def token(self) -> str:
        """Return the access token in use, as a server knows it."""
        self.client.org()
        return next(iter(self.box._org.tokens.texts))

    def echo(self) -> dict[str, Any]:
        """Return an error that repeats what a server may have seen, in every place for free text."""
        said = f"{NAME} 0, {MAIL}.0@canary.example, {PHONE} 0, {BORN.date()} with {self.token()}"
        details = {"api_name": said, "json_path": said, "reason": said, said: said}
        return {"status": "error", "code": "INVALID_DATA", "message": said, "details": details, said: said}


JOURNEYS: dict[str, Callable[[Trip], object]] = {}


def journey(travel: Callable[[Trip], object]) -> Callable[[Trip], object]:
    JOURNEYS[travel.__name__.replace("_", " ")] = travel
    return travel


@journey
def good_insert_with_a_progress_bar(trip: Trip) -> None:
    trip.box.faults.add("job", Fault.job_slow(8))
    out = trip.write(progress=True)
    assert set(out["Status"]) == {"ADDED"}


@journey
def good_upsert(trip: Trip) -> None:
    bf.upsert(trip.frame, "Contacts", columns=COLUMNS, find_by="Email", client=trip.client)


@journey
def run_that_is_submitted(trip: Trip) -> None:
    run = bf.submit(trip.frame, "Contacts", columns=COLUMNS, client=trip.client)
    run.wait()
    trip.met += [run.id, run.status, repr(run), f"{run}"]


@journey
def everything_the_metadata_says(trip: Trip) -> None:
    client = trip.client
    trip.write()
    job = client.job(trip.box.ledger()[0].id)
    trip.met += [client, client.org(), client.modules(), client.fields("Contacts"), job]
    trip.met += [bf.schema("Contacts", client=client), bf.Lookup("Account_Name"), bf.Status.ADDED]


@journey
def report_of_invalid_rows(trip: Trip) -> None:
    report = bf.check(invalid(trip.frame), "Contacts", columns=COLUMNS, client=trip.client)
    assert not report.ok
    trip.met += [report, report.message(), report.counts(), report.by_field(), report.errors, report.mask]


@journey
def invalid_rows_that_raise(trip: Trip) -> None:
    trip.write(invalid(trip.frame))


@journey
def invalid_rows_that_are_skipped(trip: Trip) -> None:
    trip.write(invalid(trip.frame), on_invalid="skip")


@journey
def invalid_rows_of_validate(trip: Trip) -> None:
    bf.validate(invalid(trip.frame), "Contacts", columns=COLUMNS, client=trip.client)


@journey
def rows_that_share_a_key(trip: Trip) -> None:
    frame = trip.frame.assign(Email=f"{MAIL}@canary.example")
    bf.upsert(frame, "Contacts", columns=COLUMNS, find_by="Email", client=trip.client)


@journey
def rows_that_bigin_refuses_with_a_warning(trip: Trip) -> None:
    trip.write()
    assert set(trip.write(repeat=True)["Status"]) == {"SKIPPED"}


@journey
def rows_that_bigin_refuses_with_an_error(trip: Trip) -> None:
    trip.write()
    trip.write(on_error="raise", repeat=True)


@journey
def reasons_that_repeat_cells(trip: Trip) -> None:
    said = f"INVALID_DATA-Last_Name: {NAME} 0, {MAIL}.0@canary.example and {PHONE}"
    trip.box.faults.add("download", reasons(said))
    trip.write(on_error="raise")


@journey
def reasons_in_the_grammar_that_name_a_cell(trip: Trip) -> None:
    trip.box.faults.add("download", reasons("INVALID_DATA-Quokkanaut_Zyxwell"))
    trip.write()


@journey
def job_that_is_pending(trip: Trip) -> None:
    trip.box.faults.add("job", Fault.job_slow(40))
    try:
        trip.write(wait=0.2)
    except bf.JobPending as pending:
        trip.met += [pending.run.status, repr(pending.run)]
        pending.run.wait()
        raise


@journey
def job_with_a_status_that_repeats_a_cell(trip: Trip) -> None:
    trip.box.faults.add("details", Fault.edited(lambda job: {**job, "status": f"Waiting for {NAME} 0"}))
    trip.write()


@journey
def job_with_a_code_that_repeats_a_cell(trip: Trip) -> None:
    def fail(job: Any) -> Any:
        resource = {**job["resource"][0], "code": f"cannot take {NAME} 0"}
        return {**job, "status": "FAILED", "resource": [resource]}

    trip.box.faults.add("details", Fault.edited(fail), times=None)
    trip.write()


@journey
def answer_that_is_lost(trip: Trip) -> None:
    trip.box.faults.add("create", Fault.reset_after())
    assert set(trip.write()["Status"]) == {"UNKNOWN"}


@journey
def upload_that_is_refused(trip: Trip) -> None:
    trip.box.faults.add("upload", Fault.json(trip.echo(), 400))
    trip.write()


@journey
def upload_that_is_refused_with_http_200(trip: Trip) -> None:
    trip.box.faults.add("upload", Fault.json(trip.echo(), 200))
    trip.write()


@journey
def upload_that_nobody_can_read(trip: Trip) -> None:
    trip.box.faults.add("upload", Fault.body(f"<html>{trip.echo()}</html>".encode(), 200), times=None)
    trip.write()


@journey
def refusal_whose_code_repeats_a_cell(trip: Trip) -> None:
    trip.box.faults.add("upload", Fault.json({**trip.echo(), "code": f"{NAME} 0"}, 400))
    trip.write()


@journey
def refusal_whose_place_repeats_a_cell(trip: Trip) -> None:
    trip.box.faults.add("upload", Fault.json({**trip.echo(), "details": {"api_name": "Quokkanaut_Zyxwell"}}, 400))
    trip.write()


@journey
def create_that_is_refused(trip: Trip) -> None:
    trip.box.faults.add("create", Fault.json(trip.echo(), 400))
    trip.write()


@journey
def create_that_nobody_can_read(trip: Trip) -> None:
    trip.box.faults.add("create", Fault.body(f"{{'{trip.echo()}".encode(), 201))
    trip.write()


@journey
def create_with_a_damaged_status_line(trip: Trip) -> None:
    trip.box.faults.add("create", Fault.raw(f"HTTP/1.1 999999 {trip.echo()}\r\n\r\n".encode()))
    trip.write()


@journey
def create_with_a_damaged_header(trip: Trip) -> None:
    said = f"HTTP/1.1 200 OK\r\n{NAME} 0 {trip.token()}\r\nContent-Length: 2\r\n\r\n{{}}"
    trip.box.faults.add("create", Fault.raw(said.encode()))
    trip.write()


@journey
def create_with_damaged_pieces(trip: Trip) -> None:
    said = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{trip.echo()}\r\n"
    trip.box.faults.add("create", Fault.raw(said.encode()))
    trip.write()


@journey
def result_that_is_damaged(trip: Trip) -> None:
    trip.box.faults.add("download", Fault.damaged_zip("bad crc"), times=None)
    trip.write()


@journey
def result_with_lines_of_unequal_length(trip: Trip) -> None:
    trip.box.faults.add("download", Fault.edited_rows(lambda rows: [*rows[:2], rows[2][:2]]), times=None)
    trip.write()


@journey
def result_of_another_header(trip: Trip) -> None:
    trip.box.faults.add("download", Fault.edited_rows(lambda rows: rows[1:]), times=None)
    trip.write()


@journey
def result_that_is_read_by_hand(trip: Trip) -> None:
    trip.write()
    trip.box.faults.add("download", Fault.damaged_zip("latin-1"), times=None)
    job = trip.client.job(trip.box.ledger()[0].id)
    trip.client.read_result(trip.client.download(job), ())


@journey
def result_from_an_untrusted_host(trip: Trip) -> None:
    trip.box.behaviour = replace(trip.box.behaviour, download_host=trip.stranger)
    trip.write()


@journey
def result_that_is_redirected(trip: Trip) -> None:
    trip.box.faults.add("download", Fault.redirect(f"{trip.stranger}/{MAIL}?{trip.token()}"), times=None)
    trip.write()


@journey
def create_that_is_redirected(trip: Trip) -> None:
    trip.box.faults.add("create", Fault.redirect(f"{trip.stranger}/{MAIL}?{trip.token()}", 308))
    trip.write()


@journey
def token_that_expires_on_the_way(trip: Trip) -> None:
    trip.box.faults.add("create", Fault.expired_tokens())
    assert set(trip.write()["Status"]) == {"ADDED"}


@journey
def token_that_is_always_dead(trip: Trip) -> None:
    trip.box.faults.add("upload", Fault.invalid_token(), times=None)
    trip.write()


@journey
def token_that_is_refused(trip: Trip) -> None:
    secret = trip.box.environment()["BIGIN_REFRESH_TOKEN"]
    trip.box.faults.add("token", Fault.json({"error": secret, "error_description": secret, "status": secret}))
    trip.client.org()


@journey
def scope_that_is_missing(trip: Trip) -> None:
    trip.box.scopes = ("ZohoBigin.org.ALL",)
    trip.write()


@journey
def bigin_that_is_gone(trip: Trip) -> None:
    impatient = Transport(sleep=lambda seconds: None)
    bf.Client(credentials_of(trip.box), api_url="http://127.0.0.1:9", transport=impatient).org()


@journey
def own_schema_that_fails(trip: Trip) -> None:
    trip.write(schema=pandera.DataFrameSchema({"Last_Name": pandera.Column(checks=pandera.Check(refuse_all))}))


@journey
def own_schema_that_does_not_coerce(trip: Trip) -> None:
    trip.write(schema=pandera.DataFrameSchema({"Last_Name": pandera.Column(int, coerce=True)}))


@journey
def own_schema_of_another_dtype(trip: Trip) -> None:
    trip.write(schema=pandera.DataFrameSchema({"Notes": pandera.Column(int)}))


@journey
def own_schema_whose_check_breaks(trip: Trip) -> None:
    trip.write(schema=pandera.DataFrameSchema({"Last_Name": pandera.Column(checks=pandera.Check(breaks))}))


@journey
def own_schema_whose_parser_breaks(trip: Trip) -> None:
    trip.write(schema=pandera.DataFrameSchema({"Last_Name": pandera.Column(parsers=pandera.Parser(breaks))}))


@journey
def own_schema_that_only_warns(trip: Trip) -> None:
    check = pandera.Check(refuse_all, raise_warning=True)
    trip.write(schema=pandera.DataFrameSchema({"Last_Name": pandera.Column(checks=check)}))


@journey
def frame_that_changes_under_way(trip: Trip) -> None:
    """Three uploads are held back, and no further batch is packed meanwhile."""
    trip.box.add_field("Contacts", "Tags", "multiselectpicklist", values=["Wombatish", "b"])
    frame = people(5).assign(Tags=[["b"] for _ in range(5)])
    gate = threading.Event()
    trip.box.faults.add("upload", Fault.held(gate), times=3)
    run = bf.submit(frame, "Contacts", columns={**COLUMNS, "Tags": "Tags"}, max_rows_per_job=1, client=trip.client)
    until(lambda: sum(request.route == "upload" for request in trip.box.requests) == 3)
    for tags in frame["Tags"]:
        tags[:] = ["Wombatish"]
    gate.set()
    try:
        run.wait()
    finally:
        trip.met += [repr(run), str(run)]


@journey
def column_that_is_unknown(trip: Trip) -> None:
    trip.write(columns={"Lastname": "Last_Name"})


@journey
def field_that_is_unknown(trip: Trip) -> None:
    bf.insert(trip.frame, "Contacts", client=trip.client)


@journey
def module_that_is_unknown(trip: Trip) -> None:
    bf.insert(trip.frame, "Contcts", columns=COLUMNS, client=trip.client)


@journey
def default_that_does_not_fit(trip: Trip) -> None:
    trip.write(defaults={"Email_Opt_Out": VALUES["default"]})


@journey
def option_that_is_unknown(trip: Trip) -> None:
    trip.write(colums=COLUMNS)


@journey
def columns_of_kinds_no_field_takes(trip: Trip) -> None:
    trip.write(trip.frame.assign(Last_Name=[NAME.encode()] * 3, Email=[[MAIL]] * 3, Born=[BORN.to_period("D")] * 3))


@journey
def address_that_names_a_cell(trip: Trip) -> None:
    """A result's address is the server's own text, and urllib3 logs the path of every request."""

    def rename(job: Any) -> Any:
        return {**job, "result": {"download_url": f"/bigin/{MAIL}?t={trip.token()}"}} if "result" in job else job

    trip.box.faults.add("details", Fault.edited(rename), times=None)
    trip.write()


def invalid(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with each row invalid in another way, planted texts included."""
    return frame.assign(
        Last_Name=[NAME * 5, f"{NAME} 1", f"{NAME} 2"],
        Email=[f"{MAIL} at canary", f"{MAIL}@canary.example", None],
        Phone=[f"{PHONE} 0", f"{PHONE} \N{TELEPHONE SIGN}", f"{PHONE} 2"],
        Born=["2031-07-23", BORN, f"23.07.2031 {NAME}"],
    )


def reasons(text: str) -> Fault:
    """Return a fault that gives every row of the result the same reason."""
    return Fault.edited_rows(lambda rows: [rows[0], *([*row[:-3], "SKIPPED", "", text] for row in rows[1:])])


def refuse_all(cells: pd.Series) -> pd.Series:
    return cells != cells


def breaks(cells: pd.Series) -> pd.Series:
    raise ValueError(f"no such word: {cells.iloc[0]}")


def credentials_of(box: Sandbox) -> bf.Credentials:
    given = box.environment()
    return bf.Credentials(given["BIGIN_CLIENT_ID"], given["BIGIN_CLIENT_SECRET"], given["BIGIN_REFRESH_TOKEN"])


def secrets_of(box: Sandbox) -> Needles:
    """Return the organisation's secrets, and each half of its access tokens."""
    given, tokens = box.environment(), sorted(box._org.tokens.texts)
    halves = {f"access token {i}, {j}": half for i, t in enumerate(tokens) for j, half in enumerate(t.split(".")[1:])}
    named = {"client secret": given["BIGIN_CLIENT_SECRET"], "refresh token": given["BIGIN_REFRESH_TOKEN"]}
    return Needles(named | halves, tokens=True)
