"""No secret and no cell value leaks into logs, streams, warnings, reprs, errors, pickles or addresses.

Cells are shown where they are asked for: `report.failures` and `.to_frame()`, `RowsRefusedError.frame`, `run.frame()`
and the frames that verbs return; these are not searched, nor is ``vars(run)``, because a run holds the frame. For a
traceback with local variables the claim is: no secret at all, and cell values only in locals that are tables or hold
one (`CARRIERS`), because the repr of a frame is its cells; the caller's ``defaults`` are also in options and mappings,
and are not searched for there.
"""

from __future__ import annotations

import http.server
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.frames.encoding import encode
from bigin_frames.sandbox import Sandbox
from tests.support.canaries import NAME, VALUES, Needles, Net, listening, locals_with
from tests.support.leak_journeys import JOURNEYS, Trip, credentials_of, good_insert_with_a_progress_bar, secrets_of

# Types of local variables that hold rows, and therefore print them: tables, an archive that is sent, pandera's errors.
CARRIERS = {
    "DataFrame", "Series", "Index", "ndarray", "Task", "Packed", "bytearray", "bytes", "SchemaError",
    "SchemaErrors", "list",
}  # fmt: skip


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """Return the address of a host that no client may contact."""
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
    """Make a journey and collect all that it shows; return what it raised."""
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


@dataclass(frozen=True)
class Return:
    """What a journey showed, and what it must not show."""

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
    """Make the journey of the test, once for all tests."""
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

    # What the server itself put into an address is only sent back to the server.
    leave = ["traceback with locals", *(["address"] if back.named_by_server else [])]
    assert back.net.found(values, leave=leave) == []
    if back.raised is not None:
        assert isinstance(back.raised, bf.BiginError)
        cells = Needles({name: text for name, text in VALUES.items() if name != "default"}, values=True)
        assert locals_with(back.raised, cells) <= CARRIERS


@pytest.mark.parametrize("back", JOURNEYS, indirect=True)
def test_client_id_is_only_in_the_repr_of_credentials(back: Return) -> None:
    """It is not a secret (every consent page shows it), but it should not be passed around either."""
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
def test_journey_ends_as_its_name_says(back: Return, end: type[Exception] | None) -> None:
    """A journey that ends too early proves nothing."""
    assert type(back.raised) is (end or type(None))


# --- local variables of an exception's frames


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
        # The transport reads the clock once before it sends, and again while it sends and reads.
        if sys._getframe(1).f_code.co_name == "check" and client._calls.tokens._generation == tokens:
            raise KeyboardInterrupt
        return 0.0

    client = bigin_sandbox.client(transport=Transport(now=clock))
    net = Net()
    with pytest.raises(KeyboardInterrupt) as stopped:
        client.org()
    net.look_at_error(stopped.value)

    assert net.found(secrets_of(bigin_sandbox)) == []


def test_refused_wire_text_is_attached_to_no_exception() -> None:
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


def test_environment_adds_no_other_password(
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


def test_secrets_are_those_the_server_knows(trip: Trip) -> None:
    token, given = trip.token(), trip.box.environment()
    needles = secrets_of(trip.box)

    for secret in (token, given["BIGIN_CLIENT_SECRET"], given["BIGIN_REFRESH_TOKEN"]):
        assert needles.of_text(f"{{'a': '{secret}'}}")
