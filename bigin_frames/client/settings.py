"""Environment variables, which no other module reads: credentials, hosts, proxies and where the journal is.

Secrets that are not in the environment are read from the system's keyring, if BIGIN_KEYRING names a service there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import platformdirs

from bigin_frames.client import keyrings
from bigin_frames.client.transport import Transport
from bigin_frames.errors import OptionError, SettingsError
from bigin_frames.model import Credentials, Secret
from bigin_frames.wire import hosts


def client_options(environ: Mapping[str, str] | None = None, **options: Any) -> dict[str, Any]:
    """Return the arguments of a client, from environment variables.

    Parameters
    ----------
    environ : Mapping[str, str], optional
        Read instead of the process's environment. Required: BIGIN_CLIENT_ID, BIGIN_CLIENT_SECRET and
        BIGIN_REFRESH_TOKEN, or BIGIN_KEYRING, the service of the system's keyring that has those of the three
        that are absent, each under the name of its variable. Optional: BIGIN_REGION, BIGIN_ORG_ID, BIGIN_API_URL,
        BIGIN_CONTENT_URL, BIGIN_ACCOUNTS_URL, BIGIN_TOKEN_CACHE, HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE and
        SSL_CERT_FILE. Empty counts as absent.
    **options : Any
        Options of `Client` that take precedence over the environment, ``credentials`` included.

    Returns
    -------
    dict of str to Any
        Arguments of `Client`, by name.

    Raises
    ------
    SettingsError
        If a variable is missing or malformed, or the keyring cannot be used; the message never contains a secret.
    """
    environ = Environment(environ)
    credentials = options.pop("credentials", None) or _credentials(environ)
    found: dict[str, Any] = {
        option: _checked(environ, name, option) for name, option in _OPTIONS.items() if environ.get(name)
    }
    found.update(options)
    if found.get("transport") is None:
        found["transport"] = _transport(environ)
    return {"credentials": credentials, **found}


def variables() -> tuple[tuple[str, Secret], ...]:
    """Return those variables of the process's environment that describe a client, by name."""
    names = sorted({*_OPTIONS, *_SECRETS, _KEYRING, *_PROXY_AND_TLS} & os.environ.keys())
    return tuple((name, Secret(os.environ[name])) for name in names)


def variable(name: str, environ: Mapping[str, str] | None = None) -> Secret:
    """Return the value of an environment variable, empty if it is not set."""
    return Secret((os.environ if environ is None else environ).get(name, ""))


def named(credentials: Credentials) -> dict[str, Secret]:
    """Return the parts of credentials by the names of their variables."""
    values = (Secret(credentials.client_id), credentials.client_secret, credentials.refresh_token)
    return dict(zip(_SECRETS, values, strict=True))


def wire_from(region: str, environ: Mapping[str, str] | None = None) -> tuple[hosts.Region, Transport]:
    """Return a region's hosts, or those that the environment names instead, and the transport to them."""
    environ = Environment(environ)
    urls = [(name, option) for name, option in _OPTIONS.items() if option.endswith("_url") and environ.get(name)]
    others = {option: _checked(environ, name, option) for name, option in urls}
    return hosts.region(region, **others), _transport(environ)


def sources(environ: Mapping[str, str] | None = None) -> tuple[str, str]:
    """Return, as text, where the credentials come from and where access tokens are kept."""
    environ = os.environ if environ is None else environ
    places = {"the environment" if environ.get(name) else f"the keyring ({environ.get(_KEYRING)})" for name in _SECRETS}
    cache = environ.get("BIGIN_TOKEN_CACHE")
    kept = (
        f"shared through {cache}"
        if cache
        else "in memory, for this process only (BIGIN_TOKEN_CACHE names a file to share)"
    )
    return " and ".join(sorted(places)), kept


def home(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder with the state of runs: BIGIN_FRAMES_HOME, else the platform's folder for state."""
    environ = os.environ if environ is None else environ
    named = environ.get("BIGIN_FRAMES_HOME")
    return Path(named).expanduser().absolute() if named else platformdirs.user_state_path("bigin_frames")


@contextmanager
def home_in(folder: str) -> Iterator[None]:
    """Keep the state of runs in another folder for a while: a demo leaves nothing behind."""
    before = os.environ.get("BIGIN_FRAMES_HOME")
    os.environ["BIGIN_FRAMES_HOME"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["BIGIN_FRAMES_HOME"]
        else:
            os.environ["BIGIN_FRAMES_HOME"] = before


def no_colour(environ: Mapping[str, str] | None = None) -> bool:
    """Return whether output should have no colours: NO_COLOR (no-color.org), or a terminal without colours."""
    environ = os.environ if environ is None else environ
    return bool(environ.get("NO_COLOR")) or environ.get("TERM") == "dumb"


class Environment(Mapping[str, str]):
    """An environment whose repr shows no value: a traceback may print the locals of any function."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def __getitem__(self, name: str) -> str:
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __repr__(self) -> str:
        return f"<environment of {len(self)} variables>"


_OPTIONS: Final = {
    "BIGIN_REGION": "region",
    "BIGIN_ORG_ID": "org_id",
    "BIGIN_API_URL": "api_url",
    "BIGIN_CONTENT_URL": "content_url",
    "BIGIN_ACCOUNTS_URL": "accounts_url",
    "BIGIN_TOKEN_CACHE": "token_cache",
}
_PROXY_AND_TLS: Final = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_KEYRING: Final = "BIGIN_KEYRING"
_CONSOLE: Final = "the API console of your data centre, such as https://api-console.zoho.com (Self Client)"
_SECRETS: Final = {
    "BIGIN_CLIENT_ID": f"the client id, from {_CONSOLE}",
    "BIGIN_CLIENT_SECRET": f"the client secret, from {_CONSOLE}",
    "BIGIN_REFRESH_TOKEN": f"a refresh token, created once from a grant code of {_CONSOLE}",
}


def _credentials(environ: Mapping[str, str]) -> Credentials:
    client_id, client_secret, refresh_token = (_secret(environ, name) for name in _SECRETS)
    return Credentials(client_id.reveal(), client_secret, refresh_token)


def _secret(environ: Mapping[str, str], name: str) -> Secret:
    service = environ.get(_KEYRING)
    value = Secret(environ.get(name) or (_from_keyring(service, name) if service else ""))
    if not value.reveal():
        raise SettingsError(f"{name} is not set; it takes {_SECRETS[name]}.{_also(service, name)}", name=name)
    return sound(value, name)


def sound(value: Secret, name: str) -> Secret:
    """Return a secret if it has the form of one."""
    if not re.fullmatch(r"[\x21-\x7e]{1,512}", value.reveal(), re.ASCII) or value.reveal()[0] in "'\"":
        raise SettingsError(
            f"{name} looks malformed: it has quotes around it, contains white space or non-ASCII characters, "
            f"or is too long; it takes {_SECRETS.get(name, f'what is shown in {_CONSOLE}')}.",
            name=name,
        )
    return value


def _also(service: str | None, name: str) -> str:
    return f" It is not in the keyring either; `keyring set {service} {name}` adds it." if service else ""


def _from_keyring(service: str, name: str) -> Secret:
    found, problem = keyrings.read(service, name)
    if problem:
        raise SettingsError(f"{_KEYRING} is set, but {problem}; or set {name} and unset {_KEYRING}.", name=_KEYRING)
    return found


def _checked(environ: Mapping[str, str], name: str, option: str) -> str:
    """Return a variable's value if it is valid; addresses are checked as the client checks them."""
    value = environ[name].strip()
    if option == "token_cache":
        return value  # the client checks the file itself
    if option.endswith("_url"):
        return _address(value, name)
    fits = value.isascii() and value.isdecimal() if option == "org_id" else value.lower() in hosts.REGIONS
    if not fits:
        expected = (
            "the organisation's zgid, digits only" if option == "org_id" else f"one of {', '.join(hosts.REGIONS)}"
        )
        raise SettingsError(f"{name} is malformed; it takes {expected}.", name=name)
    return value


def _address(value: str, name: str) -> str:
    try:
        return hosts.base_url(value, name)
    except OptionError as error:
        words = str(error)
    raise SettingsError(words, name=name)


def _transport(environ: Mapping[str, str]) -> Transport:
    ca_file = environ.get("REQUESTS_CA_BUNDLE") or environ.get("SSL_CERT_FILE") or None
    if ca_file is not None and not os.path.exists(ca_file):
        name = "REQUESTS_CA_BUNDLE" if environ.get("REQUESTS_CA_BUNDLE") else "SSL_CERT_FILE"
        raise SettingsError(f"{name} is set to a file or folder that does not exist.", name=name)
    direct = _either_case(environ, "NO_PROXY") or ""
    return Transport(proxy=_either_case(environ, "HTTPS_PROXY"), no_proxy=direct.split(","), ca_file=ca_file)


def _either_case(environ: Mapping[str, str], name: str) -> str | None:
    # Proxy variables are spelled both ways, and lower case wins, as in curl and requests.
    return environ.get(name.lower()) or environ.get(name) or None
