"""Secrets that the environment lacks come from the keyring; one that cannot be used is refused with what to do."""

from __future__ import annotations

import subprocess
import sys
import traceback

import keyring
import pytest
from keyring.backends import fail

from bigin_frames.client.client import Client
from bigin_frames.client.shared_client import shared_client
from bigin_frames.errors import SettingsError
from tests.client.test_settings import ENVIRON
from tests.support.keyrings import Chest, Locked, PlainFile


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


def test_environment_takes_precedence_over_the_keyring_which_is_read_only_if_named(chest):
    for name in ENVIRON:
        keyring.set_password("bigin", name, f"kept-{name}")

    assert secrets_of(Client.from_env({**ENVIRON, "BIGIN_KEYRING": "bigin"})) == ("1000.ID", "1000.canary-refresh")
    mixed = Client.from_env({"BIGIN_CLIENT_ID": "1000.ID", "BIGIN_REFRESH_TOKEN": "", "BIGIN_KEYRING": "bigin"})
    assert secrets_of(mixed) == ("1000.ID", "kept-BIGIN_REFRESH_TOKEN")
    with pytest.raises(SettingsError, match="BIGIN_CLIENT_ID is not set"):
        Client.from_env({"BIGIN_KEYRING": ""})


def test_secret_that_the_keyring_lacks_too_is_named_with_the_command_that_adds_it(chest):
    with pytest.raises(SettingsError, match="`keyring set bigin BIGIN_CLIENT_ID` adds it") as caught:
        Client.from_env({"BIGIN_KEYRING": "bigin"})

    assert caught.value.name == "BIGIN_CLIENT_ID"


def test_malformed_secret_of_the_keyring_is_named_and_never_shown(chest):
    keyring.set_password("bigin", "BIGIN_CLIENT_ID", "canary canary")
    with pytest.raises(SettingsError, match="BIGIN_CLIENT_ID looks malformed") as caught:
        Client.from_env({"BIGIN_KEYRING": "bigin"})
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True).format()
    package = [part for part in shown if "/bigin_frames/" in part]

    assert package
    assert "canary" not in "".join(package) + str(caught.value) + repr(vars(caught.value))


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (fail.Keyring(), "no secure keyring"),
        (PlainFile(), "no secure keyring"),
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
