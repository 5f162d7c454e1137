"""The command that connects an organisation: it exchanges a grant code of Zoho's self client for a refresh token.

The steps: Bigin v2, self-client-get-access-token; Zoho accounts, self-client. Prompts and messages go to stderr, lines
for a shell to stdout.
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

from bigin_frames.cli.hints import as_here
from bigin_frames.cli.output import DONE, MISUSED, NOTHING_DONE, failed, say
from bigin_frames.errors import ApiError, BiginError, InputError, OptionError, RateLimitError, UnreadableAnswerError
from bigin_frames.model import Credentials, Secret
from bigin_frames.wire.hosts import CONSOLES, REGIONS
from bigin_frames.wire.scopes import SCOPES

if TYPE_CHECKING:
    from bigin_frames.client.client import Client
    from bigin_frames.wire.token import Grant

_REGIONS: Final = " ".join(REGIONS)
_WHAT: Final = """\
Connect an organisation. This asks for the client id and secret of a self
client of Zoho's API console and for a grant code from that console, exchanges
the code for a refresh token, and stores the token in the system's keyring.
Secrets are never shown while you type them; without a terminal they are read
from stdin, one per line. The client secret can also come from
BIGIN_CLIENT_SECRET.
"""
_MORE: Final = """\
examples:
  bigin-frames login
  bigin-frames login --region eu --print

exit codes:
  0  connected
  1  there is no token, or it lacks scopes
  2  usage error
"""
_SHARE: Final = (
    "Rate limit: Zoho grants ten access tokens in ten minutes, and each command takes one. To share one token, set "
    "BIGIN_TOKEN_CACHE to the path of a file."
)
_WIDTH: Final = 79


def add(commands: Any) -> None:
    """Add ``login``."""
    made = commands.add_parser(
        "login",
        help="connect an organisation and store its token",
        description=_WHAT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--region", choices=list(REGIONS), help="data centre of the account")
    made.add_argument("--client-id", metavar="ID", help="client id of the self client")
    made.add_argument(
        "--keyring", metavar="NAME", help="name to store the token under (default: BIGIN_KEYRING, else bigin)"
    )
    made.add_argument(
        "--print", action="store_true", help="print the token as environment variables and do not store it"
    )
    made.set_defaults(run=_login)


def _login(options: argparse.Namespace) -> int:
    from bigin_frames.client import keyrings
    from bigin_frames.client.client import Client

    no_keyring = "" if options.print else keyrings.problem()
    if no_keyring and not sys.stdout.isatty():
        return failed(f"{no_keyring}; or add --print to print the token", MISUSED)
    region = _region(options.region)
    _print_steps(region, no_keyring)
    credentials, scopes = _granted(region, options.client_id)
    client = Client.from_env(credentials=credentials, region=region, org_id=None, token_cache=None)
    sound = _checked(client, scopes)
    unkept = no_keyring or ("" if options.print else _kept(credentials, region, options.keyring))
    if unkept and not sys.stdout.isatty():
        return failed(f"{unkept}; nothing was stored: log in again with another code, or with --print", NOTHING_DONE)
    if options.print or unkept:
        _hand_over(credentials, region)
    _print(f"\n{_SHARE}")
    return DONE if sound else NOTHING_DONE


def _region(named: str | None) -> str:
    from bigin_frames.client import settings

    region = named or settings.variable("BIGIN_REGION").reveal().lower()
    while region not in REGIONS:
        _print(f"Which data centre: {_REGIONS}? See your Bigin's address: bigin.zoho.eu is eu, bigin.zoho.com is us.")
        region = _asked("Region").lower()
    return region


def _print_steps(region: str, no_keyring: str) -> None:
    steps = (
        f"Open {CONSOLES[region]} and choose Self Client (GET STARTED or ADD CLIENT creates it).",
        "The tab Client Secret shows the client id and the client secret.",
        "The tab Generate Code creates the grant code: paste the scopes below, choose 10 minutes, enter any "
        "description, press CREATE, and choose Bigin and the organisation if you are asked.",
    )
    _print("")
    for number, step in enumerate(steps, 1):
        _print(step, first=f"{number}. ", rest="   ")
    _print("")
    print(",".join(SCOPES), file=sys.stderr)  # in one line, however long: it is pasted
    _print("")
    if no_keyring:
        _print(f"Nothing will be stored ({no_keyring}): the token is printed at the end.")


def _granted(region: str, client_id: str | None) -> tuple[Credentials, frozenset[str] | None]:
    """Ask for client and code, and exchange the code for a refresh token; return it with its scopes."""
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
        _print(f"{what}: from {name}")
    return settings.sound(known if known.reveal() else Secret(_asked(what, hidden=hidden)), name)


def _exchanged(where: Any, transport: Any, client_id: str, secret: Secret, code: Secret) -> Grant:
    """Exchange the code, in one call without a retry: a code is valid once."""
    from bigin_frames.limits import MAX_JSON_BYTES
    from bigin_frames.wire import build
    from bigin_frames.wire.token import read_grant

    answer = transport.send(build.grant(where, client_id, secret, code), limit_bytes=MAX_JSON_BYTES)
    return read_grant(answer, where if where.api == REGIONS[where.name].api else None)


# -- the token's scopes


def _checked(client: Client, scopes: frozenset[str] | None) -> bool:
    """Print whose token it is and which scopes it lacks; return whether it has all."""
    try:
        lacking = missing_scopes(client, scopes)
        if "ZohoBigin.org.READ" not in lacking:
            org = client.org()
            _print(f"\nConnected to {org.company_name} (zgid {org.zgid}, time zone {org.time_zone}).")
    except BiginError as problem:
        say(f"there is a token, but testing it failed: {as_here(str(problem))}")
        return False
    if lacking:
        _print("The token lacks these scopes, and Bigin will refuse calls that need them:\n")
        for scope in lacking:
            _print(f"{scope}: {SCOPES[scope]}", first="  ", rest="    ")
        _print("\nGenerate a code with all of them and log in again.")
    elif scopes is None:
        _print(
            "It has all scopes that can be tested without writing; ZohoFiles.files.ALL is tested by the first upload."
        )
    else:
        _print("The token has all scopes it needs.")
    return not lacking


def missing_scopes(client: Client, named: frozenset[str] | None) -> list[str]:
    """Return the scopes that a token lacks.

    Parameters
    ----------
    client : Client
    named : frozenset of str, optional
        Those that the token's answer names. A wider scope may include others, so scopes that are not named are tested.

    Raises
    ------
    BiginError
        If Bigin cannot be reached.
    """
    return [scope for scope in SCOPES if _lacks(client, scope, named)]


def _lacks(client: Client, scope: str, named: frozenset[str] | None) -> bool:
    if named is not None and (scope in named or scope in _NAMED_ONLY):
        return not any(re.fullmatch(_NAMED_ONLY.get(scope, re.escape(scope)), one) for one in named)
    return scope in _READS and not _allows(client, scope)


def _allows(client: Client, scope: str) -> bool:
    """Make the cheapest read that needs a scope; a refusal for another reason, such as an unknown id, proves the scope.

    Whether the token is valid at all is not tested here.
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


# No read shows if a token may write records or upload files: for these the scopes that the answer names count. The
# scope of one module is enough (Bigin v2, bulk-write/create-job).
_NAMED_ONLY: Final[Mapping[str, str]] = {
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


# -- where it is stored


def _kept(credentials: Credentials, region: str, service: str | None) -> str:
    """Store the credentials in the keyring; return the problem, "" if there is none."""
    from bigin_frames.client import keyrings, settings

    service = service or settings.variable("BIGIN_KEYRING").reveal() or "bigin"
    problem = keyrings.keep(service, settings.named(credentials))
    if problem:
        say(problem)
        return problem
    _print(f"The system's keyring holds client and token as {service!r}. Add this to your shell's profile:\n")
    _export({"BIGIN_KEYRING": service, "BIGIN_REGION": region})
    return ""


def _hand_over(credentials: Credentials, region: str) -> None:
    """Print the credentials themselves: on request, or because there is no other way to keep them."""
    from bigin_frames.client import settings

    _print("These lines are secret, like a password; keep them where only you can read them:\n")
    _export({**settings.named(credentials), "BIGIN_REGION": region})


def _export(values: Mapping[str, str | Secret]) -> None:
    for name, value in values.items():
        print(f"export {name}={shlex.quote(Secret(value).reveal())}")


# -- prompts and messages


def _print(words: str, *, first: str = "", rest: str = "") -> None:
    for line in words.split("\n"):
        print(textwrap.fill(line, _WIDTH, initial_indent=first, subsequent_indent=rest), file=sys.stderr)


def _asked(what: str, *, hidden: bool = False) -> str:
    """Return one line from the terminal, or from stdin."""
    if hidden and sys.stdin.isatty():
        return getpass(f"{what} (not shown): ", stream=sys.stderr).strip()
    print(f"{what}: ", end="" if sys.stdin.isatty() else "\n", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise OptionError(f"{what}: the input ended before this line.", option="stdin")
    return line.strip()
