"""Invalid TLS is refused before the request, and no variable turns verification off."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import bigin_frames as bf
from bigin_frames.client.client import Client
from bigin_frames.client.transport import Transport
from bigin_frames.sandbox import Sandbox
from tests.support.raw_server import OK, Server, answering, get


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """Make certificates: ``forge(name, days)`` returns a self-signed one, for a host and that many days."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program makes the certificates of these tests")
    folder = tmp_path_factory.mktemp("forge")

    def forged(host: str, days: int = 2) -> tuple[Path, Path]:
        key, csr, crt, more = (
            folder / f"{host.replace(':', '')}{days}.{kind}" for kind in ("key", "csr", "crt", "ext")
        )
        more.write_text(f"subjectAltName={host}\nbasicConstraints=critical,CA:true\n")
        kind = ["-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1"]
        for command in (
            ["req", "-new", *kind, "-keyout", key, "-out", csr],
            ["x509", "-req", "-in", csr, "-signkey", key, "-days", str(days), "-extfile", more, "-out", crt],
        ):
            subprocess.run([openssl, *command], check=True, capture_output=True)  # noqa: S603 - no outside input
        return crt, key

    return forged


def refused_by(transport: Any, context: ssl.SSLContext) -> tuple[BaseException, Server]:
    """Connect a transport to a server with this TLS; return the error and the server."""
    server = Server(answering(OK), tls=context)
    try:
        with pytest.raises(bf.BiginError) as refused:
            transport.send(get(server.port, scheme="https"), limit_bytes=100)
    finally:
        server.stop()
    return refused.value, server


def trusting(ca_file: Path | None) -> Transport:
    return Transport(ca_file=None if ca_file is None else str(ca_file))


@pytest.mark.parametrize(
    ("host", "days", "trusted"),
    [("IP:127.0.0.1", 2, False), ("IP:127.0.0.1", -1, True), ("IP:127.0.0.2", 2, True), ("DNS:localhost", 2, True)],
    ids=["self-signed", "expired", "other address", "other name"],
)
def test_invalid_tls_is_refused_before_the_request(
    host: str, days: int, trusted: bool, forge: Callable[..., tuple[Path, Path]]
) -> None:
    crt, key = forge(host, days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    refusal, server = refused_by(trusting(crt if trusted else None), context)

    assert type(refusal) is bf.NotSentError
    assert "certificate" in str(refusal)
    assert (server.connections, server.received) == (1, [])


@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_old_tls_is_refused_before_the_request(version: str, forge: Callable[..., tuple[Path, Path]]) -> None:
    crt, key = forge("IP:127.0.0.1")
    context = old_tls(ssl.PROTOCOL_TLS_SERVER, version)
    context.load_cert_chain(crt, key)
    if not takes_old_tls(context, version, crt):
        pytest.skip("this OpenSSL knows no TLS that old, so no server can offer it")
    refusal, server = refused_by(trusting(crt), context)

    assert type(refusal) is bf.NotSentError
    assert (server.connections, server.received) == (1, [])


def old_tls(side: Any, version: str) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def takes_old_tls(context: ssl.SSLContext, version: str, ca_file: Path) -> bool:
    """Return whether a client that allows old TLS is served; then a refusal is the transport's."""
    client = old_tls(ssl.PROTOCOL_TLS_CLIENT, version)
    client.load_verify_locations(ca_file)
    server = Server(answering(OK), tls=context)
    try:
        bare = socket.create_connection(("127.0.0.1", server.port), 5)
        with bare, client.wrap_socket(bare, server_hostname="127.0.0.1") as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            return bool(connection.recv(100))
    except OSError:
        return False
    finally:
        server.stop()


@pytest.mark.parametrize(
    "variables",
    [{"CURL_CA_BUNDLE": ""}, {"REQUESTS_CA_BUNDLE": ""}, {"SSL_CERT_FILE": ""}, {"PYTHONHTTPSVERIFY": "0"}],
    ids=str,
)
def test_no_variable_turns_verification_off(
    variables: dict[str, str], forge: Callable[..., tuple[Path, Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    crt, key = forge("IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    with Sandbox() as box:
        client = Client.from_env({**box.environment(), **variables})
    refusal, server = refused_by(client._calls.transport, context)

    assert "certificate" in str(refusal)
    assert server.received == []
