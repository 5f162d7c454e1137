from __future__ import annotations

import subprocess
import sys
import traceback
from pathlib import Path

import keyring
import platformdirs
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from bigin_frames.client.client import Client
from bigin_frames.client.settings import home
from bigin_frames.client.shared import shared_client
from bigin_frames.errors import SettingsError
from bigin_frames.model import Credentials

ENVIRON = {
    "BIGIN_CLIENT_ID": "1000.ID",
    "BIGIN_CLIENT_SECRET": "canary-secret",
    "BIGIN_REFRESH_TOKEN": "1000.canary-refresh",
}


def test_three_variables_make_a_client():
    assert repr(Client.from_env(ENVIRON)) == "Client(region='us', api='https://www.zohoapis.com', org_id=None)"


def test_every_variable_reaches_the_client():
    client = Client.from_env(
        {
            **ENVIRON,
            "BIGIN_REGION": "eu",
            "BIGIN_ORG_ID": " 942010964 ",
            "BIGIN_API_URL": "http://127.0.0.1:5001/",
            "BIGIN_CONTENT_URL": "http://127.0.0.1:5002",
            "BIGIN_ACCOUNTS_URL": "http://127.0.0.1:5003",
        }
    )

    assert repr(client) == "Client(region='eu', api='http://127.0.0.1:5001', org_id='942010964')"
    assert (client._where.content, client._where.accounts) == ("http://127.0.0.1:5002", "http://127.0.0.1:5003")


def test_options_outrank_the_environment():
    assert Client.from_env({**ENVIRON, "BIGIN_REGION": "eu"}, region="jp", org_id="7").region == "jp"


def test_credentials_given_need_no_environment():
    assert Client.from_env({}, credentials=Credentials("a", "b", "c"), region="ca").region == "ca"


def test_process_environment_is_the_default(monkeypatch):
    for name, value in {**ENVIRON, "BIGIN_REGION": "sa"}.items():
        monkeypatch.setenv(name, value)

    assert Client.from_env().region == "sa"


@pytest.mark.parametrize("name", ENVIRON)
@pytest.mark.parametrize("value", [None, ""])
def test_missing_variable_is_named_with_its_source(name, value):
    environ = {**ENVIRON, name: value} if value is not None else {k: v for k, v in ENVIRON.items() if k != name}
    with pytest.raises(SettingsError, match=rf"{name} is not set.*api-console\.zoho\.com") as caught:
        Client.from_env(environ)

    assert caught.value.name == name


@pytest.mark.parametrize("name", ENVIRON)
@pytest.mark.parametrize("value", ["canary secret", "canary\n", "'canary'", '"canary"', "canary\u00e9", "canary" * 100])
def test_malformed_secret_is_named_and_never_shown(name, value):
    with pytest.raises(SettingsError, match=f"{name} looks malformed") as caught:
        Client.from_env({**ENVIRON, name: value})
    frame, shown = caught.value.__traceback__, [str(caught.value), repr(vars(caught.value))]
    while frame is not None:
        if frame.tb_frame.f_code.co_name == "_secret":
            shown.append(repr({k: v for k, v in frame.tb_frame.f_locals.items() if k != "environ"}))
        frame = frame.tb_next

    assert len(shown) == 3
    assert "canary" not in "".join(shown)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("BIGIN_REGION", "uk", "us, eu, in"),
        ("BIGIN_ORG_ID", "org942", "digits"),
        ("BIGIN_ORG_ID", "\u0661", "digits"),
        ("BIGIN_API_URL", "http://gateway.example", "https://host"),
        ("BIGIN_CONTENT_URL", "content.zohoapis.com", "https://host"),
        ("BIGIN_ACCOUNTS_URL", "https://user:word@accounts.zoho.com", "https://host"),
        ("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem", "does not exist"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem", "does not exist"),
    ],
)
def test_malformed_setting_is_named_with_what_is_expected(name, value, expected):
    with pytest.raises(SettingsError, match=f"{name} .*{expected}") as caught:
        Client.from_env({**ENVIRON, name: value})

    assert caught.value.name == name
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_region_may_be_upper_case():
    assert Client.from_env({**ENVIRON, "BIGIN_REGION": "EU"}).region == "eu"


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_proxy_is_read_in_either_case_and_never_shown(name):
    proxied = {name: "http://user:canary@proxy.example:3128", "NO_PROXY": "zoho.eu, .example"}
    client = Client.from_env({**ENVIRON, **proxied})
    proxies = client._calls.transport._proxies

    assert proxies.towards("www.zohoapis.com") == {"https": "http://user:canary@proxy.example:3128"}
    assert proxies.towards("accounts.zoho.eu") == proxies.towards("a.example") == {}
    assert "canary" not in repr(client) + repr(vars(client)) + repr(vars(client._calls.transport))


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_are_read_from_the_named_file(name, tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.touch()

    assert Client.from_env({**ENVIRON, name: str(bundle)})._calls.transport._verify == str(bundle)


def test_verification_has_no_switch():
    assert Client.from_env({**ENVIRON, "CURL_CA_BUNDLE": "", "SSL_CERT_FILE": ""})._calls.transport._verify is True


def test_transport_given_is_used_whatever_the_environment_says():
    marker = object()

    assert Client.from_env({**ENVIRON, "SSL_CERT_FILE": "/nowhere"}, transport=marker)._calls.transport is marker


def test_one_environment_has_one_client(monkeypatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    first = shared_client()
    assert shared_client() is first
    monkeypatch.setenv("BIGIN_REGION", "eu")
    second = shared_client()
    monkeypatch.delenv("BIGIN_REGION")

    assert (second.region, shared_client() is first) == ("eu", True)


def test_one_environments_client_is_not_that_of_another_secret(monkeypatch):
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    first = shared_client()
    monkeypatch.setenv("BIGIN_REFRESH_TOKEN", "1000.another")

    assert shared_client() is not first


def test_home_is_the_named_folder(tmp_path):
    assert home({"BIGIN_FRAMES_HOME": str(tmp_path)}) == tmp_path


def test_home_is_absolute_and_knows_the_users_folder():
    assert home({"BIGIN_FRAMES_HOME": "~/x"}) == Path.home() / "x"
    assert home({"BIGIN_FRAMES_HOME": "x"}) == Path.cwd() / "x"


@pytest.mark.parametrize("environ", [{}, {"BIGIN_FRAMES_HOME": ""}])
def test_home_is_the_platforms_place_for_state_when_none_is_named(environ):
    assert home(environ) == platformdirs.user_state_path("bigin_frames")


def test_home_reads_the_process_environment_by_default(monkeypatch, tmp_path):
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path))

    assert home() == tmp_path


# -- the keyring


class Chest(KeyringBackend):
    """Keep secrets in memory, as a system's keyring does in its own place."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Locked(Chest):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("canary")


class Plain(Chest):
    """Be what keyrings.alt's plain file says of itself."""

    priority = 0.5


@pytest.fixture
def chest():
    before = keyring.get_keyring()
    made = Chest()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def secrets_of(client):
    return client._calls._credentials.client_id, client._calls._credentials.refresh_token.reveal()


def test_secrets_that_the_environment_lacks_come_from_the_keyring(chest):
    for name, value in ENVIRON.items():
        keyring.set_password("bigin", name, value)

    assert secrets_of(Client.from_env({"BIGIN_KEYRING": "bigin"})) == ("1000.ID", "1000.canary-refresh")


def test_environment_outranks_the_keyring_and_no_keyring_is_read_unasked(chest):
    for name in ENVIRON:
        keyring.set_password("bigin", name, f"kept-{name}")

    assert secrets_of(Client.from_env({**ENVIRON, "BIGIN_KEYRING": "bigin"})) == ("1000.ID", "1000.canary-refresh")
    mixed = Client.from_env({"BIGIN_CLIENT_ID": "1000.ID", "BIGIN_REFRESH_TOKEN": "", "BIGIN_KEYRING": "bigin"})
    assert secrets_of(mixed) == ("1000.ID", "kept-BIGIN_REFRESH_TOKEN")
    with pytest.raises(SettingsError, match="BIGIN_CLIENT_ID is not set"):
        Client.from_env({"BIGIN_KEYRING": ""})


def test_secret_that_the_keyring_lacks_too_is_named_with_the_command_that_puts_it_there(chest):
    with pytest.raises(SettingsError, match="`keyring set bigin BIGIN_CLIENT_ID` adds it") as caught:
        Client.from_env({"BIGIN_KEYRING": "bigin"})

    assert caught.value.name == "BIGIN_CLIENT_ID"


def test_malformed_secret_of_the_keyring_is_named_and_never_shown(chest):
    keyring.set_password("bigin", "BIGIN_CLIENT_ID", "canary canary")
    with pytest.raises(SettingsError, match="BIGIN_CLIENT_ID looks malformed") as caught:
        Client.from_env({"BIGIN_KEYRING": "bigin"})
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    package = [part for part in told if "/bigin_frames/" in part]

    assert package
    assert "canary" not in "".join(package) + str(caught.value) + repr(vars(caught.value))


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (fail.Keyring(), "no secure keyring"),
        (Plain(), "no secure keyring"),
        (Locked(), r"could not be read \(KeyringLocked\): unlock it"),
    ],
    ids=["none", "a plain file", "locked"],
)
def test_keyring_that_cannot_be_used_is_refused_with_what_to_do(backend, words, chest):
    keyring.set_keyring(backend)
    with pytest.raises(
        SettingsError, match=rf"BIGIN_KEYRING is set, but .*{words}.*; or set BIGIN_CLIENT_ID"
    ) as caught:
        Client.from_env({"BIGIN_KEYRING": "bigin"})

    assert caught.value.name == "BIGIN_KEYRING"
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert "canary" not in str(caught.value)


def test_missing_keyring_package_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)  # which makes the import fail
    with pytest.raises(SettingsError, match=r"pip install 'bigin_frames\[keyring\]'") as caught:
        Client.from_env({"BIGIN_KEYRING": "bigin"})

    assert caught.value.__context__ is None


def test_shared_client_takes_its_secrets_from_the_keyring_that_is_named(chest, monkeypatch):
    monkeypatch.setenv("BIGIN_KEYRING", "one")
    for service in ("one", "two"):
        for name in ENVIRON:
            keyring.set_password(service, name, f"{service}-{name}")
    first = shared_client()
    monkeypatch.setenv("BIGIN_KEYRING", "two")

    assert secrets_of(first)[0] == "one-BIGIN_CLIENT_ID"
    assert secrets_of(shared_client())[0] == "two-BIGIN_CLIENT_ID"


def test_keyring_is_not_imported_unless_it_is_named():
    code = "import bigin_frames.client.settings, sys; sys.exit('keyring' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 - our own line
