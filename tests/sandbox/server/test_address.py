"""The sandbox listens where it is asked to, and is opened under names that no other web page can have."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
import requests

from bigin_frames.sandbox import Sandbox
from bigin_frames.sandbox.server.address import Address, listening
from tests.sandbox.caller import TIMEOUT_S, Caller
from tests.sandbox.page.browser import look, send
from tests.sandbox.rows import HEADER, ROWS

OPEN = Address("0.0.0.0", "0.0.0.0", 8765)  # noqa: S104 - how it answers there; nothing is listened on


def has_ipv6() -> bool:
    try:
        listening("::1", 0).close()
    except OSError:
        return False
    return True


with_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize(
    ("host", "accepted"),
    [
        ("127.0.0.1:8765", True),
        ("localhost", True),
        ("[::1]:80", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:80", False),
        ("evil@127.0.0.1", False),
        ("127.0.0.1:", False),
        ("", False),
        ("127.0.0.1\n", False),
        ("192.168.0.5", False),
        ("server", False),
    ],
)
def test_on_loopback_only_its_own_names_are_accepted(host: str, accepted: bool) -> None:
    assert Address().is_own(host) is accepted


@pytest.mark.parametrize(
    ("host", "accepted"),
    [
        ("127.0.0.1:9000", True),
        ("localhost:8765", True),
        ("192.168.0.5:8765", True),
        ("[fd00::5]:8765", True),
        ("sandbox:8765", True),
        ("Laptop.local", True),
        ("evil.example", False),
        ("192.168.0.5.evil.example:8765", False),
        ("local.evil.example", False),
        ("evil@192.168.0.5", False),
        ("[fd00::5", False),
        ("[::zz]", False),
        ("", False),
    ],
)
def test_beyond_this_machine_no_full_name_is_accepted(host: str, accepted: bool) -> None:
    assert OPEN.is_own(host) is accepted


def test_the_name_that_it_was_started_with_is_accepted() -> None:
    named = Address("Bigin.example.com", "192.168.0.5", 8765)

    assert named.is_own("bigin.example.com:8765")
    assert not named.is_own("other.example.com:8765")


@pytest.mark.parametrize(
    ("ip", "url", "local"),
    [
        ("127.0.0.1", "http://127.0.0.1:8765", True),
        ("127.0.0.2", "http://127.0.0.2:8765", True),
        ("::1", "http://[::1]:8765", True),
        ("0.0.0.0", "http://127.0.0.1:8765", False),  # noqa: S104 - as above
        ("::", "http://[::1]:8765", False),
        ("192.168.0.5", "http://192.168.0.5:8765", False),
    ],
)
def test_the_url_is_one_to_connect_to_from_this_machine(ip: str, url: str, local: bool) -> None:
    assert (Address(ip, ip, 8765).url, Address(ip, ip, 8765).is_local) == (url, local)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ("192.168.0.5:9000", "http://192.168.0.5:9000"),
        ("sandbox:8765", "http://sandbox:8765"),
        ("bigin.example.com", "http://bigin.example.com"),
        ("", "http://127.0.0.1:8765"),
        ("a b", "http://127.0.0.1:8765"),
        ("x/..", "http://127.0.0.1:8765"),
    ],
)
def test_beyond_this_machine_answers_name_the_address_that_was_asked(asked: str, named: str) -> None:
    assert OPEN.url_for(asked) == named
    assert Address(port=8765).url_for(asked) == "http://127.0.0.1:8765"


# -- a running sandbox


def test_another_loopback_address_is_listened_on_alone() -> None:
    with Sandbox(host="127.0.0.2") as box:
        assert urlsplit(box.url).hostname == "127.0.0.2"
        assert box.client().org().zgid == box.environment()["BIGIN_ORG_ID"]
        assert look(box).status_code == 200
        assert look(box, Host="evil.example").status_code == 403
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(box.url).port), TIMEOUT_S)


@with_ipv6
@pytest.mark.parametrize("host", ["::1", "::"])
def test_ipv6_is_listened_on(host: str) -> None:
    with Sandbox(host=host) as box:
        assert urlsplit(box.url).hostname == "::1"
        assert box.client().org().zgid == box.environment()["BIGIN_ORG_ID"]
        assert look(box).status_code == 200
        assert send(box, "/switches", switch="bom", value="True").status_code == 303


def test_a_name_is_listened_on() -> None:
    with Sandbox(host="localhost") as box:
        assert look(box).status_code == 200
        assert urlsplit(box.url).hostname in ("127.0.0.1", "::1")


@pytest.mark.parametrize("host", ["", "nowhere.invalid", "192.0.2.1"])
def test_a_host_that_is_not_of_this_machine_is_an_error(host: str) -> None:
    with pytest.raises(OSError, match=r"not known|No address|getaddrinfo|assign|not valid|resolution"):
        Sandbox(host=host)


@pytest.fixture
def everywhere() -> Sandbox:
    return Sandbox(host="0.0.0.0")  # noqa: S104 - reached through 127.0.0.1 here


def test_everywhere_a_client_of_this_machine_writes_as_usual(everywhere: Sandbox) -> None:
    with everywhere as box:
        caller = Caller(box)
        done = caller.finish(caller.start(HEADER, ROWS))

        assert urlsplit(box.url).hostname == "127.0.0.1"
        assert caller.result(done["result"]["download_url"]).column("STATUS") == ["ADDED", "ADDED"]
        assert box.client().org().zgid == box.environment()["BIGIN_ORG_ID"]


def test_everywhere_addresses_are_those_that_the_caller_uses(everywhere: Sandbox) -> None:
    with everywhere as box:
        caller = Caller(box)
        caller.session.headers["Host"] = "sandbox:9000"  # a container's port, published under another number
        token = caller.ask_token().json()
        done = caller.finish(caller.start(HEADER, ROWS))

        assert token["api_domain"] == "http://sandbox:9000"
        assert done["result"]["download_url"].startswith("http://sandbox:9000/v2/crm/")


def test_everywhere_the_page_is_shown_under_the_name_it_was_asked_for(everywhere: Sandbox) -> None:
    with everywhere as box:
        page = look(box, Host="sandbox:9000")

        assert (page.status_code, "export BIGIN_API_URL=http://sandbox:9000" in page.text) == (200, True)
        assert "It has no password" in page.text
        assert look(box, Host="evil.example").status_code == 403


def test_everywhere_forms_of_other_origins_are_refused(everywhere: Sandbox) -> None:
    with everywhere as box:
        form = {"switch": "bom", "value": "True"}
        own = {"Host": "sandbox:9000", "Origin": "http://sandbox:9000"}

        def status(headers: dict[str, str]) -> int:
            url = f"{box.url}/switches"
            return requests.post(url, form, headers=headers, allow_redirects=False, timeout=TIMEOUT_S).status_code

        assert status(own | {"Origin": "http://evil.example"}) == 403
        assert status(own | {"Origin": "http://sandbox:9001"}) == 403
        assert status({"Host": "sandbox:9000"}) == 403
        assert status({"Host": "evil.example", "Origin": "http://evil.example"}) == 403
        assert box.behaviour.bom is False
        assert status(own) == 303
        assert box.behaviour.bom is True
