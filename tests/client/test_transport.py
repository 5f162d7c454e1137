"""A request is sent once, and its failure says whether it can have arrived."""

from __future__ import annotations

import gzip
import logging
import pickle
import shutil
import socket
import ssl
import subprocess

import pytest
import requests
import urllib3

from bigin_frames.client.connection_pools import Trip
from bigin_frames.client.transport import _TROUBLES, Transport, _classified
from bigin_frames.errors import BodyTooLargeError, NotSentError, OptionError, UnansweredError
from bigin_frames.model import Secret
from bigin_frames.wire.message import Parts, Request
from tests.support.raw_server import CANARY, OK, answering, closed_port, endless, failing, get, post, raw, reset


def test_answer_comes_back_whole_with_lower_case_header_names(serve):
    server = serve(answering(b"HTTP/1.1 404 No\r\nContent-Length: 2\r\nX-Kind: Fine\r\n\r\n{}"))
    response = Transport().send(get(server.port), limit_bytes=100)

    assert (response.status, response.headers["x-kind"], response.body) == (404, "Fine", b"{}")


def test_request_goes_out_as_it_was_built(serve):
    server = serve(answering(OK))
    Transport().send(post(server.port, b"a=b"), limit_bytes=100)
    head, _, body = server.received[0].decode().partition("\r\n\r\n")
    names = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in head.split("\r\n")[1:]}

    assert (head.split("\r\n")[0], body) == ("POST /x HTTP/1.1", "a=b")
    assert names["authorization"] == f"Zoho-oauthtoken {CANARY}"
    assert names["accept-encoding"] == "identity"
    assert names["user-agent"].startswith("bigin_frames")
    assert set(names) == {"host", "authorization", "accept-encoding", "user-agent", "content-type", "content-length"}


def test_parts_are_sent_with_their_length(serve):
    server = serve(answering(OK))
    Transport().send(post(server.port, Parts(b"head", b"x" * 300_000)), limit_bytes=100)

    assert server.received[0].endswith(b"head" + b"x" * 300_000)
    assert b"Content-Length: 300004\r\n" in server.received[0] + b"\r\n"


def test_empty_answer_is_an_answer(serve):
    server = serve(answering(b"HTTP/1.1 204 No Content\r\n\r\n"))

    assert Transport().send(get(server.port), limit_bytes=0).body == b""


@pytest.mark.parametrize("coding", ["gzip", "chunked"])
def test_body_is_decoded(serve, coding):
    content = gzip.compress(b"{}") if coding == "gzip" else b"2\r\n{}\r\n0\r\n\r\n"
    head = b"Content-Encoding: gzip\r\nConnection: close" if coding == "gzip" else b"Transfer-Encoding: chunked"
    server = serve(answering(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + content))

    assert Transport().send(get(server.port), limit_bytes=100).body == b"{}"


def test_connection_is_kept_for_the_next_call(serve):
    server = serve(answering(OK, OK))
    transport = Transport()
    for _ in range(2):
        transport.send(get(server.port), limit_bytes=100)

    assert (server.connections, len(server.received)) == (1, 2)


def test_fresh_connection_is_a_new_one_and_leaves_the_kept_one_alone(serve):
    server = serve(answering(OK, OK), answering(OK))
    transport = Transport()
    for fresh in (False, True, False):
        transport.send(get(server.port), limit_bytes=100, fresh_connection=fresh)

    first, second, third = server.callers
    assert first == third != second


def test_redirect_is_an_answer_and_is_not_followed(serve):
    elsewhere = closed_port()
    server = serve(
        answering(f"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 2\r\n\r\nhm".encode())
    )
    response = Transport().send(post(server.port, b"private"), limit_bytes=100)

    assert (response.status, response.headers["location"]) == (307, f"http://127.0.0.1:{elsewhere}/")
    assert len(server.received) == 1


def test_error_status_is_sent_once_even_with_retry_after(serve):
    server = serve(answering(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", OK))

    assert Transport().send(get(server.port), limit_bytes=100).status == 503
    assert len(server.received) == 1


def test_environment_adds_no_password_proxy_or_cookie(serve, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login canary password canary\ndefault login canary password canary\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    server = serve(answering(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=canary\r\nContent-Length: 0\r\n\r\n", OK))
    transport = Transport()
    for _ in range(2):
        transport.send(Request("org", "GET", f"http://127.0.0.1:{server.port}/", {}), limit_bytes=100)

    assert b"canary" not in b"".join(server.received)
    assert b"uthorization" not in b"".join(server.received)


def test_refused_connection_is_certainly_not_sent():
    error = failing(closed_port(), NotSentError)

    assert "no connection could be opened; nothing was sent" in str(error)


def test_tls_to_a_plain_port_is_certainly_not_sent(serve):
    server = serve(raw(b"HTTP/1.1 400 Bad\r\n\r\n"))

    assert "TLS failed" in str(failing(get(server.port, scheme="https"), NotSentError))


def test_reset_during_the_tls_handshake_is_certainly_not_sent(serve):
    def script(server, connection):
        connection.recv(10)
        reset(connection)

    failing(get(serve(script).port, scheme="https"), NotSentError)


def test_silence_during_the_tls_handshake_is_certainly_not_sent(serve):
    def script(server, connection):
        while connection.recv(65_536):
            pass

    error = failing(get(serve(script).port, scheme="https"), NotSentError, connect_timeout_s=0.1)

    assert error.timed_out


@pytest.mark.parametrize(
    ("no_proxy", "host", "direct"),
    [
        ((), "www.zohoapis.com", False),
        (("*",), "www.zohoapis.com", True),
        (("zohoapis.com",), "www.zohoapis.com", True),
        ((" .zohoapis.com ", ""), "www.zohoapis.com", True),
        (("WWW.zohoapis.com",), "www.zohoapis.com", True),
        (("apis.com", "zohoapis.co"), "www.zohoapis.com", False),
    ],
)
def test_no_proxy_names_hosts_or_their_ends(no_proxy, host, direct):
    towards = Transport(proxy="http://p.example", no_proxy=no_proxy)._proxies.towards(host)

    assert (towards == {}) is direct


def test_every_host_is_reached_directly_without_a_proxy():
    assert Transport()._proxies.towards("x") == {}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="closed without a word"),
        pytest.param(b"HTTP/1.1 20", id="cut in the status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", id="cut in the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}", id="cut in a chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", id="cut between chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="junk for a chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\njunk", id="junk for gzip"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}", id="two lengths"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="continue, then nothing"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n", id="another protocol"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n", id="too many headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", id="too long a header"),
    ],
)
def test_half_an_answer_is_uncertain_and_the_request_is_sent_once(serve, answer):
    server = serve(answering(answer), answering(OK))
    error = failing(post(server.port, b"private"), UnansweredError)

    assert "may have been processed" in str(error)
    assert len(server.received) == 1
    assert error.bytes_sent > len(b"private")


def test_answer_cut_in_its_headers_is_an_answer_without_a_body(serve):
    """http.client takes the stream's end for the headers' end; an empty body is later refused as JSON and as zip."""
    server = serve(answering(b"HTTP/1.1 200 OK\r\nContent-Le"))

    assert Transport().send(get(server.port), limit_bytes=100).body == b""


def test_reset_after_the_request_is_uncertain(serve):
    def script(server, connection):
        server.read_request(connection)
        reset(connection)

    server = serve(script, answering(OK))
    failing(post(server.port, b"private"), UnansweredError)

    assert len(server.received) == 1


def test_silence_after_the_request_is_uncertain(serve):
    def script(server, connection):
        server.read_request(connection)
        connection.recv(1)

    error = failing(serve(script).port, UnansweredError, read_timeout_s=0.1)

    assert error.timed_out
    assert "no answer in time" in str(error)


def test_declared_size_over_the_limit_is_not_read(serve):
    server = serve(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"))
    error = failing(server.port, BodyTooLargeError)

    assert error.limit == 1000


def test_endless_body_is_read_up_to_the_limit(serve):
    server = serve(
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n" + b"x" * 1024 + b"\r\n")
    )

    failing(server.port, BodyTooLargeError, limit_bytes=100_000)


def test_body_without_a_length_is_read_up_to_the_limit(serve):
    failing(serve(endless(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1024)).port, BodyTooLargeError)


def test_gzip_bomb_is_read_up_to_the_limit(serve):
    bomb = gzip.compress(bytes(50 * 2**20))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"

    failing(serve(raw(head.encode() + bomb)).port, BodyTooLargeError, limit_bytes=100_000)


def test_body_of_exactly_the_limit_is_read(serve):
    server = serve(answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n12345"))

    assert Transport().send(get(server.port), limit_bytes=5).body == b"12345"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program makes the certificate of this test")
    folder = tmp_path_factory.mktemp("tls")
    key, crt = folder / "key.pem", folder / "crt.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    name = ["-subj", "/CN=sandbox", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = [openssl, "req", "-x509", *kind, *name, "-keyout", str(key), "-out", str(crt)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - no outside input
    return key, crt


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[1], certificate[0])
    return context


def test_untrusted_certificate_is_refused_before_the_request(serve, tls):
    server = serve(answering(OK), tls=tls)

    assert "certificate" in str(failing(get(server.port, scheme="https"), NotSentError))
    assert server.received == []


def test_certificate_of_the_ca_file_is_accepted(serve, tls, certificate):
    server = serve(answering(OK), tls=tls)
    response = Transport(ca_file=str(certificate[1])).send(get(server.port, scheme="https"), limit_bytes=100)

    assert response.body == b"{}"


def test_certificate_of_another_host_is_refused(serve, tls, certificate):
    server = serve(answering(OK), tls=tls)
    request = Request("org", "GET", f"https://localhost:{server.port}/", {})

    failing(request, NotSentError, ca_file=str(certificate[1]))


def test_tls_damage_after_the_request_is_uncertain_and_sent_once(serve, tls, certificate):
    def script(server, connection):
        server.read_request(connection)
        with socket.socket(fileno=connection.detach()) as plain:
            plain.sendall(b"\x17\x03\x03\x00\x05junk!")

    server = serve(script, answering(OK), tls=tls)
    request = Request("create", "POST", f"https://127.0.0.1:{server.port}/", {}, b"private")
    failing(request, UnansweredError, ca_file=str(certificate[1]))

    assert len(server.received) == 1


POOL = urllib3.HTTPConnectionPool("h.example")
BUILT = {
    urllib3.exceptions.NameResolutionError: lambda: urllib3.exceptions.NameResolutionError(
        "h", POOL, socket.gaierror(-2, "x")
    ),
    urllib3.exceptions.NewConnectionError: lambda: urllib3.exceptions.NewConnectionError(POOL, "x"),
    urllib3.exceptions.ConnectTimeoutError: lambda: urllib3.exceptions.ConnectTimeoutError("x"),
    urllib3.exceptions.ProxyError: lambda: urllib3.exceptions.ProxyError("x", OSError()),
    urllib3.exceptions.SSLError: lambda: urllib3.exceptions.SSLError("x"),
    urllib3.exceptions.ReadTimeoutError: lambda: urllib3.exceptions.ReadTimeoutError(POOL, "/", "x"),
    urllib3.exceptions.IncompleteRead: lambda: urllib3.exceptions.IncompleteRead(1, 2),
    urllib3.exceptions.ProtocolError: lambda: urllib3.exceptions.ProtocolError("x", ConnectionResetError()),
}


def classified(error, begun):
    trip = Trip(1.0, lambda: 0.0, "org", None)
    trip.begun = begun
    return _classified(error, get(1), trip)


def test_every_row_of_the_table_has_a_built_example():
    assert list(BUILT) == [kind for kind, _ in _TROUBLES]


@pytest.mark.parametrize(("kind", "words"), _TROUBLES)
@pytest.mark.parametrize("wrap", ["bare", "by requests"])
def test_trouble_is_certain_only_before_the_trip_has_begun(kind, words, wrap):
    inner = BUILT[kind]()
    error = inner if wrap == "bare" else requests.ConnectionError(urllib3.exceptions.MaxRetryError(POOL, "/", inner))
    before, after = classified(error, begun=False), classified(error, begun=True)

    assert isinstance(before, NotSentError)
    assert isinstance(after, UnansweredError)
    assert words in str(before)
    assert words in str(after)


@pytest.mark.parametrize("kind", sorted(requests.exceptions.RequestException.__subclasses__(), key=str))
@pytest.mark.parametrize("begun", [False, True])
def test_unknown_trouble_is_uncertain(kind, begun):
    assert isinstance(classified(kind("canary"), begun), UnansweredError)
    assert kind.__name__ in str(classified(kind("canary"), begun))
    assert "canary" not in str(classified(kind("canary"), begun))


@pytest.mark.parametrize(
    "error", [ValueError("canary"), RuntimeError(), UnicodeEncodeError("latin-1", "canary", 0, 1, "x")]
)
def test_trouble_of_no_library_is_uncertain(error):
    assert isinstance(classified(error, begun=False), UnansweredError)


def test_time_out_is_distinguished_from_other_troubles():
    assert classified(TimeoutError(), begun=True).timed_out
    assert not classified(ConnectionResetError(), begun=True).timed_out


def test_header_that_cannot_be_sent_leaks_nothing():
    request = Request("org", "GET", "http://127.0.0.1:1/", {"X": Secret(f"{CANARY}\r\nX: y")})

    failing(request, UnansweredError)


def test_log_lines_hold_no_secret_no_query_and_no_id(serve, caplog):
    server = serve(answering(OK))
    with caplog.at_level(logging.DEBUG):
        Transport(now=lambda: 5.0).send(
            get(server.port, "/bigin/v2/Contacts/4876876000000890075?x=secret"), limit_bytes=100
        )
        failing(closed_port(), NotSentError)
    lines = [record.getMessage() for record in caplog.records if record.name == "bigin_frames"]

    assert lines[0] == "GET 127.0.0.1/bigin/v2/Contacts/{id}: 200, 2 bytes, 0.000 s"
    assert "NotSentError" in lines[1]
    assert CANARY not in caplog.text


def test_missing_ca_file_is_refused_at_once():
    with pytest.raises(OptionError, match="ca_file"):
        Transport(ca_file="/nowhere/ca.pem")


def test_transport_shows_its_times_and_nothing_else():
    assert repr(Transport(1, 2, 3, proxy="http://u:canary@p")) == (
        "Transport(connect_timeout_s=1, read_timeout_s=2, total_timeout_s=3)"
    )


def test_transport_cannot_be_pickled():
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Transport())
