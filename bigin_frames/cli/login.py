"""Add the command that connects an organisation: a grant code of Zoho's self client becomes a refresh token.

The steps: Bigin v2, self-client-get-access-token; Zoho accounts, self-client. Talk goes to stderr, and what a shell may
run to stdout.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Mapping
from getpass import getpass
from typing import TYPE_CHECKING, Any, Final

from bigin_frames.cli.words import DONE, MISUSED, NOTHING_DONE, failed, say
from bigin_frames.errors import ApiError, BiginError, InputError, OptionError, RateLimitError, UnreadableAnswerError
from bigin_frames.model import Credentials, Secret
from bigin_frames.wire.hosts import CONSOLES, REGIONS
from bigin_frames.wire.scopes import SCOPES

if TYPE_CHECKING:
    from bigin_frames.client.client import Client
    from bigin_frames.wire.token import Grant

_REGIONS: Final = " ".join(REGIONS)
_WHAT: Final = """\
Connect an organisation. This asks for a self client of Zoho's API console and
a grant code that the console makes, changes the code for a refresh token, and
keeps that in the system's keyring. Secrets are asked for and never shown;
where there is no terminal they are read from stdin, one a line. The client
secret may also come from BIGIN_CLIENT_SECRET.
"""
_MORE: Final = """\
examples:
  bigin-frames login
  bigin-frames login --region eu --print

exit codes:
  0  connected
  1  there is no token, or it lacks scopes
  2  the command makes no sense here
"""
_SHARE: Final = (
    "Zoho grants ten access tokens in ten minutes, and each command takes one, unless BIGIN_TOKEN_CACHE names a file "
    "in which they share it."
)
_WIDTH: Final = 79


def add(commands: Any) -> None:
    """Add ``login``."""
    made = commands.add_parser(
        "login",
        help="connect an organisation and keep its token",
        description=_WHAT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--region", choices=list(REGIONS), help="data centre of the account")
    made.add_argument("--client-id", metavar="ID", help="of the self client")
    made.add_argument("--keyring", metavar="NAME", help="service to keep it under (default: BIGIN_KEYRING, else bigin)")
    made.add_argument("--print", action="store_true", help="print it for the environment, and keep it nowhere")
    made.set_defaults(run=_login)


def _login(options: argparse.Namespace) -> int:
    from bigin_frames.client import keyrings
    from bigin_frames.client.client import Client

    no_keyring = "" if options.print else keyrings.problem()
    if no_keyring and not sys.stdout.isatty():
        return failed(f"{no_keyring}; or add --print to have the token printed", MISUSED)
    region = _region(options.region)
    _tell_how(region, no_keyring)
    credentials, scopes = _granted(region, options.client_id)
    client = Client.from_env(credentials=credentials, region=region, org_id=None, token_cache=None)
    sound = _checked(client, scopes)
    unkept = no_keyring or ("" if options.print else _kept(credentials, region, options.keyring))
    if unkept and not sys.stdout.isatty():
        return failed(f"{unkept}; nothing is kept: log in again with another code, or with --print", NOTHING_DONE)
    if options.print or unkept:
        _hand_over(credentials, region)
    _tell(f"\n{_SHARE}")
    return DONE if sound else NOTHING_DONE


def _region(named: str | None) -> str:
    from bigin_frames.client import settings

    region = named or settings.variable("BIGIN_REGION").reveal().lower()
    while region not in REGIONS:
        _tell(f"Which data centre: {_REGIONS}? Your Bigin's address tells: bigin.zoho.eu is eu, bigin.zoho.com is us.")
        region = _asked("Region").lower()
    return region


def _tell_how(region: str, no_keyring: str) -> None:
    steps = (
        f"Open {CONSOLES[region]} and choose Self Client, with GET STARTED or ADD CLIENT if there is none yet.",
        "Its tab Client Secret has the client id and the client secret.",
        "Its tab Generate Code makes the grant code: paste the scopes below as they are, take 10 minutes, describe it "
        "as you like, press CREATE, and choose Bigin and the organisation if you are asked.",
    )
    _tell("")
    for number, step in enumerate(steps, 1):
        _tell(step, first=f"{number}. ", rest="   ")
    _tell("")
    print(",".join(SCOPES), file=sys.stderr)  # in one line, however long: it is pasted
    _tell("")
    if no_keyring:
        _tell(f"Nothing will be kept ({no_keyring}): the token is printed in the end.")


def _granted(region: str, client_id: str | None) -> tuple[Credentials, frozenset[str] | None]:
    """Ask for what the console shows, and change the code for a refresh token and its scopes."""
    from bigin_frames.client import settings

    where, transport = settings.wire_from(region)
    known = Secret(client_id) if client_id else _given("BIGIN_CLIENT_ID", "Client id", hidden=False)
    client = settings.sound(known, "BIGIN_CLIENT_ID").reveal()
    secret = _given("BIGIN_CLIENT_SECRET", "Client secret", hidden=True)
    code = settings.sound(Secret(_asked("Grant code", hidden=True)), "The grant code")
    grant = _exchanged(where, transport, client, secret, code)
    return Credentials(client, secret, grant.refresh_token), grant.scopes


def _given(name: str, what: str, *, hidden: bool) -> Secret:
    """Take a secret from the environment, or ask for it."""
    from bigin_frames.client import settings

    known = settings.variable(name)
    if known.reveal():
        _tell(f"{what}: from {name}")
    return settings.sound(known if known.reveal() else Secret(_asked(what, hidden=hidden)), name)


def _exchanged(where: Any, transport: Any, client_id: str, secret: Secret, code: Secret) -> Grant:
    """Change the code, in one call that is not made again: a code is good once."""
    from bigin_frames.limits import MAX_JSON_BYTES
    from bigin_frames.wire import build
    from bigin_frames.wire.token import read_grant

    answer = transport.send(build.grant(where, client_id, secret, code), limit_bytes=MAX_JSON_BYTES)
    return read_grant(answer, where if where.api == REGIONS[where.name].api else None)


# -- what the token may do


def _checked(client: Client, scopes: frozenset[str] | None) -> bool:
    """Say whose token it is and which scopes it lacks; tell whether all is well."""
    try:
        lacking = missing_scopes(client, scopes)
        if "ZohoBigin.org.READ" not in lacking:
            org = client.org()
            _tell(f"\nConnected to {org.company_name} (zgid {org.zgid}, time zone {org.time_zone}).")
    except BiginError as problem:
        say(f"there is a token, but it could not be tried: {problem}")
        return False
    if lacking:
        _tell("The token lacks these scopes, and calls that need them will be refused:\n")
        for scope in lacking:
            _tell(f"{scope}: {SCOPES[scope]}", first="  ", rest="    ")
        _tell("\nGenerate a code with all of them and log in again.")
    elif scopes is None:
        _tell("It has all scopes that a read can try; ZohoFiles.files.ALL shows at the first upload.")
    else:
        _tell("The token has all scopes it needs.")
    return not lacking


def missing_scopes(client: Client, named: frozenset[str] | None) -> list[str]:
    """Return the scopes that a token lacks.

    Parameters
    ----------
    client : Client
    named : frozenset of str, optional
        Those that the token's answer names. A wider one may stand for those it does not name, so they are tried.

    Raises
    ------
    BiginError
        If Bigin cannot be asked.
    """
    return [scope for scope in SCOPES if _lacks(client, scope, named)]


def _lacks(client: Client, scope: str, named: frozenset[str] | None) -> bool:
    if named is not None and (scope in named or scope in _BELIEVED):
        return not any(re.fullmatch(_BELIEVED.get(scope, re.escape(scope)), one) for one in named)
    return scope in _READS and not _allows(client, scope)


def _allows(client: Client, scope: str) -> bool:
    """Make the cheapest read that needs a scope; a refusal for another reason, as of an id that is nobody's, proves it.

    Whether the token is any good at all is not asked here.
    """
    try:
        _READS[scope](client)
    except RateLimitError:
        raise
    except (ApiError, UnreadableAnswerError) as refusal:
        said_no = refusal.status < 500 and isinstance(refusal, ApiError)
        if not (said_no or 400 <= refusal.status < 500):
            raise
        return getattr(refusal, "code", None) != "OAUTH_SCOPE_MISMATCH"
    except InputError:
        return True  # the answer was that there is no such module
    return True


# No read tells if a token may write records or upload files: of these the answer that names scopes is believed. One
# module's scope may stand for that of all (Bigin v2, bulk-write/create-job).
_BELIEVED: Final[Mapping[str, str]] = {
    "ZohoBigin.modules.ALL": r"ZohoBigin\.modules\.(\w+\.)?(ALL|CREATE)",
    "ZohoFiles.files.ALL": r"ZohoFiles\.files\.ALL",
}
_READS: Final[Mapping[str, Callable[[Client], object]]] = {
    "ZohoBigin.bulk.CREATE": lambda client: client.job("1"),
    "ZohoBigin.modules.ALL": lambda client: client.records("Contacts", ["1"], ["Last_Name"]),
    "ZohoBigin.settings.modules.READ": lambda client: client.modules(),
    "ZohoBigin.settings.fields.READ": lambda client: client.fields("Contacts"),
    "ZohoBigin.settings.layouts.READ": lambda client: client.layouts("Pipelines"),
    "ZohoBigin.org.READ": lambda client: client.org(),
    "ZohoBigin.coql.READ": lambda client: client.find("Contacts", "Last_Name", ["-"]),
}


# -- where it is kept


def _kept(credentials: Credentials, region: str, service: str | None) -> str:
    """Put the credentials into the keyring, and return why that cannot be done, "" if it is."""
    from bigin_frames.client import keyrings, settings

    service = service or settings.variable("BIGIN_KEYRING").reveal() or "bigin"
    problem = keyrings.keep(service, settings.named(credentials))
    if problem:
        say(problem)
        return problem
    _tell(f"The system's keyring keeps client and token under {service!r}. Put this where your shell starts:\n")
    _export({"BIGIN_KEYRING": service, "BIGIN_REGION": region})
    return ""


def _hand_over(credentials: Credentials, region: str) -> None:
    """Print the credentials themselves, which was asked for, or is the only way to keep them."""
    from bigin_frames.client import settings

    _tell("These lines are as good as a password; keep them where only you can read them:\n")
    _export({**settings.named(credentials), "BIGIN_REGION": region})


def _export(values: Mapping[str, str | Secret]) -> None:
    for name, value in values.items():
        print(f"export {name}={shlex.quote(Secret(value).reveal())}")


# -- talk


def _tell(words: str, *, first: str = "", rest: str = "") -> None:
    for line in words.split("\n"):
        print(textwrap.fill(line, _WIDTH, initial_indent=first, subsequent_indent=rest), file=sys.stderr)


def _asked(what: str, *, hidden: bool = False) -> str:
    """Return one line of whoever sits there, or of stdin."""
    if hidden and sys.stdin.isatty():
        return getpass(f"{what} (not shown): ", stream=sys.stderr).strip()
    print(f"{what}: ", end="" if sys.stdin.isatty() else "\n", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise OptionError(f"{what}: the input ended before it was given.", option="stdin")
    return line.strip()
