"""A grant code becomes a refresh token in the keyring, and no secret is shown unless the user asks for it."""

from __future__ import annotations

import io
import os
import pty
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import keyring
import pytest
from keyring.backends import fail
from keyring.errors import PasswordSetError

import bigin_frames as bf
from bigin_frames.cli import main
from bigin_frames.cli.login import missing_scopes
from bigin_frames.client import keyrings
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.__main__ import serve
from bigin_frames.wire.scopes import SCOPES
from tests.support.canaries import Needles, Net, listening
from tests.support.keyrings import Chest

SECRETS = ("BIGIN_CLIENT_ID", "BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")
TYPED = "grant code, secret and token"


class Shut(Chest):
    """A keyring that stores nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise PasswordSetError(password)


@pytest.fixture
def given(bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The sandbox's environment, of which the process has the hosts and no credentials."""
    given = bigin_sandbox.environment()
    for name, value in given.items():
        monkeypatch.setenv(name, "" if name in SECRETS else value)
    monkeypatch.setenv("BIGIN_KEYRING", "")
    return given


@pytest.fixture(autouse=True)
def chest() -> Iterator[Chest]:
    """A keyring in memory; the machine's own is never touched."""
    before, made = keyring.get_keyring(), Chest()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def login(bigin_sandbox: Sandbox, given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Call login with lines on stdin: by default the client id, its secret and a fresh grant code."""

    def call(*arguments: str, lines: list[str] | None = None, **changes: str) -> int:
        said = {"id": given[SECRETS[0]], "secret": given[SECRETS[1]], "code": bigin_sandbox.grant_code(), **changes}
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines or said.values())))
        return main(["login", *arguments])

    return call


def needles(given: dict[str, str], code: str = "") -> Needles:
    planted = {name: given[name] for name in SECRETS[1:]} | ({"code": code} if code else {})
    return Needles(planted, tokens=True)


# -- kept


def test_code_becomes_a_refresh_token_that_the_keyring_keeps(
    login: Callable[..., int], given: dict[str, str], chest: Chest, capfd: pytest.CaptureFixture[str],
    bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    net, code = Net(), bigin_sandbox.grant_code()
    with listening(net, capfd):
        assert login(code=code) == 0
    texts = {channel: text for channel, text in net.texts if channel in ("stdout", "stderr")}

    assert chest.kept == {("bigin", name): given[name] for name in SECRETS}
    assert texts["stdout"] == "export BIGIN_KEYRING=bigin\nexport BIGIN_REGION=us\n"
    assert f"Connected to Sandbox (zgid {given['BIGIN_ORG_ID']}, time zone Asia/Kolkata)" in texts["stderr"]
    assert "The token has all scopes it needs" in texts["stderr"]
    assert ",".join(SCOPES) in texts["stderr"].splitlines()
    assert "https://api-console.zoho.com " in texts["stderr"]
    assert net.found(needles(given, code)) == []
    assert not any(request.secret_in_url for request in bigin_sandbox.requests)
    monkeypatch.setenv("BIGIN_KEYRING", "bigin")
    assert bf.Client.from_env().org().company_name == "Sandbox"


@pytest.mark.parametrize(("argument", "variable", "service"), [("", "mill", "mill"), ("dam", "mill", "dam")])
def test_service_of_the_keyring_is_named_by_option_or_variable(
    argument: str, variable: str, service: str, login: Callable[..., int], chest: Chest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BIGIN_KEYRING", variable)

    assert login(*(["--keyring", argument] if argument else [])) == 0
    assert {kept for kept, _ in chest.kept} == {service}


def test_older_credentials_are_replaced(login: Callable[..., int], given: dict[str, str], chest: Chest) -> None:
    chest.set_password("bigin", "BIGIN_REFRESH_TOKEN", "old")

    assert login() == 0
    assert chest.kept["bigin", "BIGIN_REFRESH_TOKEN"] == given["BIGIN_REFRESH_TOKEN"]


# -- printed


def test_printed_lines_are_all_that_a_shell_needs(
    login: Callable[..., int], given: dict[str, str], chest: Chest, capsys: pytest.CaptureFixture[str],
    bigin_sandbox: Sandbox,
) -> None:  # fmt: skip
    code = bigin_sandbox.grant_code()
    assert login("--print", code=code) == 0
    said = capsys.readouterr()
    lines = [shlex.split(line) for line in said.out.splitlines()]

    assert {word for word, _ in lines} == {"export"}
    assert dict(pair.split("=", 1) for _, pair in lines) == {
        name: given[name] for name in (*SECRETS, "BIGIN_REGION")
    }  # fmt: skip
    assert needles(given, code).of_text(said.err) == set()
    assert "secret, like a password" in said.err
    assert chest.kept == {}


@pytest.mark.parametrize("backend", [fail.Keyring(), None])
def test_nothing_is_asked_where_the_token_could_not_be_kept(
    backend: fail.Keyring | None, login: Callable[..., int], bigin_sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if backend is None:
        monkeypatch.setitem(sys.modules, "keyring", None)
    else:
        keyring.set_keyring(backend)
    code = login()
    said = capsys.readouterr()

    assert (code, said.out) == (2, "")
    assert "keyring" in said.err
    assert "add --print" in said.err
    assert bigin_sandbox.requests == []


def test_terminal_without_a_keyring_is_warned_before_the_token_is_printed(
    login: Callable[..., int], given: dict[str, str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keyring.set_keyring(fail.Keyring())
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    assert login() == 0
    said = capsys.readouterr()
    assert f"BIGIN_REFRESH_TOKEN={given['BIGIN_REFRESH_TOKEN']}" in said.out
    assert said.err.index("Nothing will be stored") < said.err.index("Grant code")


def test_keyring_that_stores_nothing_has_the_token_printed_only_in_a_terminal(
    login: Callable[..., int], given: dict[str, str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keyring.set_keyring(Shut())
    assert login() == 1
    said = capsys.readouterr()
    assert (said.out, needles(given).of_text(said.err)) == ("", set())
    assert "could not be written (PasswordSetError): unlock it; nothing was stored" in said.err

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert login() == 0
    assert f"BIGIN_REFRESH_TOKEN={given['BIGIN_REFRESH_TOKEN']}" in capsys.readouterr().out


def test_terminal_shows_no_secret_that_is_typed(bigin_sandbox: Sandbox, given: dict[str, str]) -> None:
    code = bigin_sandbox.grant_code()
    typed = [given[SECRETS[0]], given[SECRETS[1]], code]
    mine, theirs = pty.openpty()
    command = "import sys; from bigin_frames.cli import main; sys.exit(main(['login', '--print']))"
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", command], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, start_new_session=True,
        env={**os.environ, "BIGIN_REGION": ""},
    ) as running:  # fmt: skip
        os.close(theirs)
        shown = ""
        for prompt, answer in zip(
            ("Region: ", "Client id: ", "(not shown): ", "Grant code (not shown): "), ("us", *typed), strict=True
        ):
            while not shown.endswith(prompt):
                shown += os.read(mine, 1000).decode()
            os.write(mine, f"{answer}\n".encode())
        while "the path of a file" not in shown:
            shown += os.read(mine, 1000).decode()
        printed = running.stdout.read().decode() if running.stdout else ""
        os.close(mine)

    assert running.returncode == 0
    assert needles(given, code).of_text(shown) == set()
    assert typed[0] in shown
    assert given["BIGIN_REFRESH_TOKEN"] in printed


# -- asked


def test_login_takes_what_the_sandbox_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Visitor(threading.Event):
        """Somebody who pastes the lines into a shell, and the code into login, while the sandbox runs."""

        def wait(self, timeout: float | None = None) -> bool:
            *exports, code, _ = screen.getvalue().splitlines()
            for name, value in (line.removeprefix("export ").split("=", 1) for line in exports):
                monkeypatch.setenv(name, value)
            monkeypatch.setattr(sys, "stdin", io.StringIO(f"{code.rpartition(' ')[2]}\n"))
            exits.append(main(["login", "--print"]))
            return True

    screen, exits = io.StringIO(), []
    serve(0, out=screen, until=Visitor())

    assert exits == [0]
    assert "Connected to Sandbox" in capsys.readouterr().err


def test_region_is_asked_for_until_it_is_one(
    login: Callable[..., int], given: dict[str, str], capsys: pytest.CaptureFixture[str],
    bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.delenv("BIGIN_REGION")
    lines = ["mars", "CA", given[SECRETS[0]], given[SECRETS[1]], bigin_sandbox.grant_code()]

    assert login(lines=lines) == 0
    said = capsys.readouterr()
    assert said.err.count("Which data centre: us eu in au cn jp ca sa?") == 2
    assert "https://api-console.zohocloud.ca " in said.err
    assert "BIGIN_REGION=ca" in said.out


def test_what_options_and_environment_give_is_not_asked_for(
    login: Callable[..., int], given: dict[str, str], capsys: pytest.CaptureFixture[str],
    bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("BIGIN_CLIENT_SECRET", given[SECRETS[1]])
    arguments = ["--region", "eu", "--client-id", given[SECRETS[0]]]

    assert login(*arguments, lines=[bigin_sandbox.grant_code()]) == 0
    said = capsys.readouterr()
    assert "BIGIN_REGION=eu" in said.out
    assert "Client secret: from BIGIN_CLIENT_SECRET" in said.err
    assert "Client id" not in said.err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"id": "1000.NOBODY"}, "invalid_client (HTTP 200). The client id is not known"),
        ({"secret": "canary"}, "invalid_client_secret (HTTP 200)"),
        ({"code": "1000.canary"}, "grant code is wrong, already used"),
        ({"code": "canary code"}, "The grant code looks malformed"),
        ({"secret": "'canary'"}, "BIGIN_CLIENT_SECRET looks malformed"),
        ({"id": ""}, "BIGIN_CLIENT_ID looks malformed"),
    ],
)
def test_refusal_is_explained_with_its_fix_and_nothing_is_kept(
    changes: dict[str, str], words: str, login: Callable[..., int], chest: Chest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert login(**changes) == 1
    said = capsys.readouterr()

    assert words in " ".join(said.err.split())
    assert "canary" not in said.err + said.out
    assert (said.out, chest.kept) == ("", {})


def test_code_is_valid_once(login: Callable[..., int], bigin_sandbox: Sandbox) -> None:
    code = bigin_sandbox.grant_code()

    assert [login(code=code), login(code=code)] == [0, 1]


def test_input_that_ends_early_is_a_usage_error(login: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert login(lines=["1000.ID", "secret"]) == 2
    assert "Grant code: the input ended before this line" in capsys.readouterr().err


# -- scopes


@pytest.mark.parametrize("scope", SCOPES)
def test_scope_that_is_missing_is_named_and_the_token_kept(
    scope: str, login: Callable[..., int], bigin_sandbox: Sandbox, chest: Chest, capsys: pytest.CaptureFixture[str]
) -> None:
    bigin_sandbox.scopes = tuple(set(SCOPES) - {scope})

    assert login() == 1
    said = " ".join(capsys.readouterr().err.split())
    assert f"lacks these scopes, and Bigin will refuse calls that need them: {scope}: {SCOPES[scope]} Generate" in said
    assert len(chest.kept) == 3


@pytest.mark.parametrize("scope", SCOPES)
def test_scopes_that_the_answer_does_not_name_are_tested(scope: str, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.scopes = tuple(set(SCOPES) - {scope})
    found = set(missing_scopes(bigin_sandbox.client(), None))
    also = {"ZohoBigin.coql.READ"} if scope == "ZohoBigin.modules.ALL" else set()  # a query needs both

    assert found == (set() if scope == "ZohoFiles.files.ALL" else {scope} | also)


def test_wider_scopes_include_those_that_are_not_named(bigin_sandbox: Sandbox) -> None:
    assert not set(SCOPES) <= set(bigin_sandbox.scopes)
    assert missing_scopes(bigin_sandbox.client(), frozenset(bigin_sandbox.scopes)) == []


@pytest.mark.parametrize(("scope", "lacking"), [("contacts.ALL", []), ("contacts.READ", ["ZohoBigin.modules.ALL"])])
def test_scope_of_one_module_is_enough_if_it_can_write(scope: str, lacking: list[str], bigin_sandbox: Sandbox) -> None:
    named = frozenset(SCOPES) - {"ZohoBigin.modules.ALL"} | {f"ZohoBigin.modules.{scope}"}

    assert missing_scopes(bigin_sandbox.client(), named) == lacking


def test_answer_that_names_no_scopes_leaves_uploads_open(
    login: Callable[..., int], bigin_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    bigin_sandbox.faults.add("token", Fault.edited(lambda found: {**found, "scope": None}))

    assert login() == 0
    assert "ZohoFiles.files.ALL is tested by the first upload" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("route", "fault"),
    [
        ("layouts", Fault.refused("INVALID_MODULE")),
        ("org", Fault.refused("NO_PERMISSION")),
        ("details", Fault.refused("INTERNAL_ERROR", 400)),
        ("details", Fault.html(404)),
    ],
)
def test_refusal_for_another_reason_proves_the_scope(route: str, fault: Fault, bigin_sandbox: Sandbox) -> None:
    bigin_sandbox.faults.add(route, fault)

    assert missing_scopes(bigin_sandbox.client(), None) == []


@pytest.mark.parametrize("fault", [Fault.rate_limited(3600), Fault.redirect("https://x.example")])
def test_token_that_could_not_be_tested_is_kept_anyway(
    fault: Fault, login: Callable[..., int], bigin_sandbox: Sandbox, chest: Chest, capsys: pytest.CaptureFixture[str]
) -> None:
    bigin_sandbox.scopes = ()  # nothing is named, so that all is tried
    bigin_sandbox.faults.add("details", fault)

    assert login() == 1
    assert "there is a token, but testing it failed" in capsys.readouterr().err
    assert len(chest.kept) == 3


# -- the keyring itself


def test_keyring_answers_with_a_secret_or_with_the_problem(chest: Chest) -> None:
    assert keyrings.problem() == ""
    assert keyrings.keep("mill", {"A": bf.Secret("x")}) == ""
    assert keyrings.read("mill", "A") == (bf.Secret("x"), "")
    assert keyrings.read("mill", "B") == (bf.Secret(""), "")

    keyring.set_keyring(fail.Keyring())
    assert "no secure keyring" in keyrings.problem()
    assert "no secure keyring" in keyrings.keep("mill", {"A": bf.Secret("x")})
