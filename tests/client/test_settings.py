"""Variables make a client; what is missing or malformed is named, and no secret is shown."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest

from bigin_frames.client.client import Client
from bigin_frames.client.settings import home
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


def test_options_take_precedence_over_the_environment():
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
