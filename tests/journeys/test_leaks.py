"""No secret and no cell value leaves by a side door: logs, streams, warnings, reprs, errors, pickles, addresses.

The doors that show cells because they are asked to are `report.failures` and `.to_frame()`, `RowsRefusedError.frame`,
`run.frame()` and the frames that verbs return; nothing here goes through them. ``vars(run)`` is no door: a run holds
the frame. Of a traceback that records local variables the claim is: no secret at all, and cell values only in locals
that are tables or hold one (`CARRIERS`), for a frame has no repr but its cells; what the caller gave as ``defaults``
stands in options and mappings too, and is not looked for there.
"""

from __future__ import annotations

import http.server
import logging
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pytest

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.frames.encoding import encode
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.canaries import (
    BORN,
    MAIL,
    NAME,
    PHONE,
    TOKEN,
    VALUES,
    Needles,
    Net,
    listening,
    locals_with,
    people,
    until,
)

COLUMNS = {"Last_Name": "Last_Name", "Email": "Email", "Phone": "Phone", "Born": "Born"}
# Types of local variables that hold rows, and therefore print them: tables, an archive on its way, pandera's errors.
CARRIERS = {
    "DataFrame", "Series", "Index", "ndarray", "Task", "Packed", "bytearray", "bytes", "SchemaError",
    "SchemaErrors", "list",
}  # fmt: skip


@dataclass
class Trip:
    """Be what a journey travels with; what it meets is looked at when it is over."""

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
        """Return a refusal that repeats what a server may have seen, in every place meant for free text."""
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
    """Three uploads are held, and no further batch is packed meanwhile."""
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
    """Return the frame with each row broken in another way, canaries and all."""
    return frame.assign(
        Last_Name=[NAME * 5, f"{NAME} 1", f"{NAME} 2"],
        Email=[f"{MAIL} at canary", f"{MAIL}@canary.example", None],
        Phone=[f"{PHONE} 0", f"{PHONE} \N{TELEPHONE SIGN}", f"{PHONE} 2"],
        Born=["2031-07-23", BORN, f"23.07.2031 {NAME}"],
    )


def reasons(text: str) -> Fault:
    """Let the result give every row the same reason."""
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


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """Serve a host that no client may speak with, and return its address."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def handle(self) -> None:
            seen.append("someone came")

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
    assert seen == []


@pytest.fixture
def trip(bigin_sandbox: Sandbox, stranger: str) -> Trip:
    bigin_sandbox.add_field("Contacts", "Born", "date")
    impatient = Transport(sleep=lambda seconds: time.sleep(min(seconds, 0.02)))
    return Trip(bigin_sandbox, bigin_sandbox.client(transport=impatient), stranger)


def travelled(travel: Callable[[Trip], object], trip: Trip, net: Net, capfd: Any) -> BaseException | None:
    """Make a journey and catch all that comes out; return what it raised."""
    slow = travel is good_insert_with_a_progress_bar
    trip.client = trip.box.client() if slow else trip.client
    raised = None
    with listening(net, capfd):
        try:
            travel(trip)
        except Exception as error:
            raised = error
    if raised is not None:
        net.look_at_error(raised)
    for thing in trip.met:
        net.look(thing)
    for request in trip.box.requests:
        net.add("address", f"{request.path}?{request.query}")
        net.add("request headers", str(request.headers))
    return raised


# Leaks that are known; a strict mark falls as soon as one is mended.


@dataclass(frozen=True)
class Return:
    """Hold what came out of a journey, and what must not have."""

    net: Net
    raised: BaseException | None
    secrets: Needles
    client_id: Needles
    secret_in_url: bool
    named_by_server: bool


@pytest.fixture(scope="module")
def returns() -> dict[str, Return]:
    return {}


@pytest.fixture
def back(
    request: pytest.FixtureRequest, returns: dict[str, Return], trip: Trip, capfd: pytest.CaptureFixture[str]
) -> Return:
    """Make the journey that the test is about, once for all tests."""
    name = request.param
    if name not in returns:
        net = Net()
        raised = travelled(JOURNEYS[name], trip, net, capfd)
        client_id = Needles({"client id": trip.box.environment()["BIGIN_CLIENT_ID"]})
        in_url = any(request.secret_in_url for request in trip.box.requests)
        by_server = name == "address that names a cell"
        returns[name] = Return(net, raised, secrets_of(trip.box), client_id, in_url, by_server)
    return returns[name]


@pytest.mark.parametrize("back", JOURNEYS, indirect=True)
def test_no_secret_comes_out(back: Return) -> None:
    assert back.net.found(back.secrets) == []
    assert not back.secret_in_url or back.named_by_server


@pytest.mark.parametrize("back", JOURNEYS, indirect=True)
def test_no_cell_comes_out(back: Return) -> None:
    values = Needles(VALUES, values=True)

    # What the server itself put into an address goes back to the server alone.
    leave = ["traceback with locals", *(["address"] if back.named_by_server else [])]
    assert back.net.found(values, leave=leave) == []
    if back.raised is not None:
        assert isinstance(back.raised, bf.BiginError)
        cells = Needles({name: text for name, text in VALUES.items() if name != "default"}, values=True)
        assert locals_with(back.raised, cells) <= CARRIERS


@pytest.mark.parametrize("back", JOURNEYS, indirect=True)
def test_client_id_is_seen_in_the_repr_of_credentials_alone(back: Return) -> None:
    """It is no secret (every consent page shows it), and still nothing to hand around."""
    assert back.net.found(back.client_id, leave=["traceback with locals", "vars of Client"]) == []


@pytest.mark.parametrize(
    ("back", "end"),
    [
        ("invalid rows that raise", bf.InvalidRowsError),
        ("rows that bigin refuses with an error", bf.RowsRefusedError),
        ("upload that is refused", bf.ApiError),
        ("upload that nobody can read", bf.UnreadableAnswerError),
        ("job that is pending", bf.JobPending),
        ("result from an untrusted host", bf.JobPending),
        ("result that is redirected", bf.JobPending),
        ("result that is read by hand", bf.BadResultError),
        ("token that is always dead", bf.AuthError),
        ("bigin that is gone", bf.NotSentError),
        ("own schema whose check breaks", bf.OptionError),
        ("column that is unknown", bf.MappingError),
        ("create that is redirected", None),
        ("answer that is lost", None),
        ("rows that bigin refuses with a warning", None),
    ],
    indirect=["back"],
)
def test_journey_ends_as_it_is_called(back: Return, end: type[Exception] | None) -> None:
    """A journey that stops short proves nothing."""
    assert type(back.raised) is (end or type(None))


# --- what only an exception's own locals show


@pytest.mark.parametrize("change", [{"BIGIN_REGION": "xx"}, {"BIGIN_REFRESH_TOKEN": ""}, {"SSL_CERT_FILE": "/nowhere"}])
def test_settings_error_shows_no_secret_in_its_locals(change: dict[str, str], bigin_sandbox: Sandbox) -> None:
    net = Net()
    with pytest.raises(bf.SettingsError) as refused:
        bf.Client.from_env({**bigin_sandbox.environment(), **change})
    net.look_at_error(refused.value)

    assert net.found(secrets_of(bigin_sandbox)) == []


@pytest.mark.parametrize("tokens", [0, 1], ids=["in the token call", "in the call after it"])
def test_interrupt_of_a_call_shows_no_secret_in_its_locals(tokens: int, bigin_sandbox: Sandbox) -> None:
    """A notebook whose stop button is pressed during a call prints the locals, in verbose mode."""

    def clock() -> float:
        # The transport looks at the clock once before it sends, and again while it sends and reads.
        if sys._getframe(1).f_code.co_name == "check" and client._calls.tokens._generation == tokens:
            raise KeyboardInterrupt
        return 0.0

    client = bigin_sandbox.client(transport=Transport(now=clock))
    net = Net()
    with pytest.raises(KeyboardInterrupt) as stopped:
        client.org()
    net.look_at_error(stopped.value)

    assert net.found(secrets_of(bigin_sandbox)) == []


def test_refused_wire_text_hangs_on_no_exception() -> None:
    with pytest.raises(bf.InputError) as refused:
        encode.decode(pa.array([NAME], pa.large_string()), bf.Field(api_name="Born", label="Born", data_type="date"))

    assert refused.value.__context__ is None
    assert NAME not in str(refused.value)


@pytest.mark.parametrize(
    "build",
    [
        lambda: bf.Client(bf.Credentials("1000.ID", "canary secret", "canary refresh"), region="nowhere"),
        lambda: Transport(ca_file="/nowhere"),
    ],
    ids=["client", "transport"],
)
def test_error_of_a_constructor_can_be_shown_with_its_locals(build: Callable[[], object]) -> None:
    """Python 3.11 calls repr on each local, and an error there loses the traceback."""
    with pytest.raises(bf.OptionError) as refused:
        build()
    frames = [frame for frame, _ in traceback.walk_tb(refused.value.__traceback__)]

    shown = [repr(frame.f_locals["self"]) for frame in frames if "self" in frame.f_locals]
    assert shown
    assert not any("canary" in text for text in shown)


# --- objects that hold a secret


def test_objects_that_hold_secrets_show_none(bigin_sandbox: Sandbox) -> None:
    credentials = credentials_of(bigin_sandbox)
    client = bigin_sandbox.client()
    client.org()
    net, calls = Net(), client._calls
    for thing in (credentials, credentials.client_secret, client, calls.transport, calls.tokens._outcome):
        net.look(thing)
    net.look([vars(client), vars(calls)], "vars(client)")
    net.look([credentials, {"a": credentials.refresh_token}], "a list")

    assert net.found(secrets_of(bigin_sandbox)) == []
    assert any(channel.startswith("asdict of Credentials") for channel, _ in net.texts)


def test_password_of_a_proxy_is_not_shown() -> None:
    net = Net()
    client = bf.Client(
        bf.Credentials("a", "b", "c"),
        transport=Transport(proxy="http://user:wombatpass@127.0.0.1:9", sleep=lambda seconds: None),
    )
    with pytest.raises(bf.NotSentError) as refused:
        client.org()
    net.look_at_error(refused.value)
    net.look(client)

    assert net.found(Needles({"proxy password": "wombatpass", "basic": "user:wombatpass"})) == []


def test_environment_of_a_client_lends_it_no_other_password(
    bigin_sandbox: Sandbox, stranger: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login canary password wombatpass\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, stranger)
    for name, value in bigin_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    out = bf.Client.from_env().org()

    assert out.zgid == bigin_sandbox.environment()["BIGIN_ORG_ID"]
    assert all(not request.headers.get("authorization", "").startswith("Basic") for request in bigin_sandbox.requests)


# --- the sweeper itself


class Talkative:
    def __init__(self, **facts: object) -> None:
        self.__dict__.update(facts)


class Html:
    def _repr_html_(self) -> str:
        return f"<b>{NAME}</b>"


@dataclass
class Listed:
    text: str = field(default=NAME, repr=False)


def with_cause(cause: BaseException, hidden: bool) -> BaseException:
    try:
        try:
            raise cause
        except ValueError as error:
            raise RuntimeError("said") from (None if hidden else error)
    except RuntimeError as error:
        return error


def with_local() -> BaseException:
    planted = NAME  # noqa: F841 - it is the leak
    try:
        raise RuntimeError("said")
    except RuntimeError as error:
        return error


def noted(error: BaseException) -> BaseException:
    error.add_note(NAME)
    return error


def log_error() -> None:
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("asyncio").exception("nothing")


PLANTS: dict[str, tuple[str, Callable[[Net], object]]] = {
    "message": ("log urllib3", lambda net: logging.getLogger("urllib3").debug(f"saw {NAME}")),
    "argument": ("log bigin_frames", lambda net: logging.getLogger("bigin_frames").debug("saw %s", NAME)),
    "extra": ("log pandera", lambda net: logging.getLogger("pandera").debug("saw", extra={"what": NAME})),
    "exception in a log": ("log asyncio", lambda net: log_error()),
    "stdout": ("stdout", lambda net: sys.stdout.write(NAME)),
    "stderr": ("stderr", lambda net: sys.stderr.write(NAME)),
    "warning": ("warning", lambda net: warnings.warn(NAME, stacklevel=1)),
    "repr": ("repr of SimpleNamespace", lambda net: net.look(SimpleNamespace(a=NAME))),
    "html": ("_repr_html_ of Html", lambda net: net.look(Html())),
    "vars": ("vars of Talkative", lambda net: net.look(Talkative(a=NAME))),
    "json": ("json of dict", lambda net: net.look({"a": NAME})),
    "asdict": ("asdict of Listed", lambda net: net.look(Listed())),
    "pickle": ("pickle of Listed", lambda net: net.look(Listed())),
    "pickled frame": ("pickle of Listed", lambda net: net.look(Listed(people()))),
    "argument of an error": ("args of KeyError", lambda net: net.look_at_error(KeyError(NAME))),
    "attribute": ("__dict__ of BiginError", lambda net: net.look_at_error(bf.BiginError("said", fact=NAME))),
    "note": ("__notes__ of ValueError", lambda net: net.look_at_error(noted(ValueError("said")))),
    "cause": ("args of ValueError", lambda net: net.look_at_error(with_cause(ValueError(NAME), False))),
    "hidden context": ("args of ValueError", lambda net: net.look_at_error(with_cause(ValueError(NAME), True))),
    "wrapped": ("args of ValueError", lambda net: net.look_at_error(RuntimeError(ValueError(NAME)))),
    "local": ("traceback with locals", lambda net: net.look_at_error(with_local())),
}


@pytest.mark.parametrize("name", PLANTS)
def test_sweeper_finds_a_leak_of_each_channel(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    net, (channel, plant) = Net(), PLANTS[name]
    with listening(net, capfd):
        plant(net)

    assert f"{channel}: text cell" in net.found(Needles(VALUES, values=True))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("FOUND QUOKKANAUT-ZYXWELL", "text cell"),
        ("quokka_naut zyx.well", "text cell"),
        ("+491715550-1997", "phone cell"),
        (str(BORN), "date cell"),
        (repr(BORN.date()), "date cell, unpadded"),
        (repr(b"PK\x03\x04rest"), "archive"),
        ("UXVva2thbmF1dCBaeXh3ZWxs", "text cell, base64"),
        ("eyBRdW9ra2FuYXV0IFp5eHdlbGwg", "text cell, base64"),
    ],
)
def test_sweeper_finds_a_value_in_disguise(text: str, name: str) -> None:
    assert name in Needles(VALUES, values=True).of_text(text)


def test_sweeper_finds_pickled_dates() -> None:
    net = Net()
    net.look(Listed(pd.DataFrame({"a": [BORN]})))

    assert "pickle of Listed: date cell, binary" in net.found(Needles(VALUES, values=True))


def test_sweeper_finds_anything_of_a_tokens_shape() -> None:
    token = f"1000.{'0a' * 16}.{'b1' * 16}"

    assert TOKEN.fullmatch(token)
    assert Needles({}, tokens=True).of_text(f"Zoho-oauthtoken {token}") == {"something of a token's shape"}


def test_sweeper_finds_nothing_where_nothing_is(capfd: pytest.CaptureFixture[str]) -> None:
    net = Net()
    with listening(net, capfd):
        logging.getLogger("urllib3").debug("row %d", 7)
        warnings.warn("3 rows", stacklevel=1)
        print("done")  # noqa: T201
        net.look_at_error(bf.MappingError("no column", column="a", field="b"))

    assert net.found(Needles(VALUES, values=True)) == []
    assert {"log urllib3", "warning", "stdout"} <= {channel for channel, _ in net.texts}


def test_sweeper_finds_locals_of_the_package_by_type() -> None:
    with pytest.raises(bf.InputError) as refused:
        encode.decode(pa.array([NAME], pa.large_string()), bf.Field(api_name="Born", label="Born", data_type="date"))

    assert "LargeStringArray" in locals_with(refused.value, Needles({"cell": NAME}))


def test_secrets_are_those_the_server_knows(trip: Trip) -> None:
    token, given = trip.token(), trip.box.environment()
    needles = secrets_of(trip.box)

    for secret in (token, given["BIGIN_CLIENT_SECRET"], given["BIGIN_REFRESH_TOKEN"]):
        assert needles.of_text(f"{{'a': '{secret}'}}")
