"""A token cache is private and only used with the same credentials; what is wrong with it is reported or fixed."""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bigin_frames as bf
from bigin_frames import filelock
from bigin_frames.client.tokens import TokenCache
from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.wire.token import Token

ACCOUNTS = "https://accounts.zoho.com"
CREDENTIALS = ("1000.ID", "canary-secret", "1000.canary-refresh")
NOON = 1_800_000_000.0
posix = pytest.mark.skipif(os.name == "nt", reason="modes, links and signals are those of POSIX")


class Bigin:
    """A token endpoint that counts the tokens it issues, and a wall clock that is set by hand."""

    def __init__(self, path: Path) -> None:
        self.path, self.wall, self.given = path, NOON, 0

    def cache(self, *credentials: str, accounts: str = ACCOUNTS) -> TokenCache:
        return TokenCache(self.path, bf.Credentials(*(credentials or CREDENTIALS)), accounts, lambda: self.wall)

    def fetch(self) -> Token:
        self.given += 1
        return Token(bf.Secret(f"1000.canary-{self.given}"), 3600)

    def gives(self, cache: TokenCache) -> str:
        """Return which token the cache returns next, ``"2"`` for the second one that was issued."""
        return cache.get(self.fetch).access.reveal().removeprefix("1000.canary-")

    def change(self, **facts: Any) -> None:
        self.path.write_text(json.dumps({**json.loads(self.path.read_text()), **facts}))


@pytest.fixture
def bigin(tmp_path: Path) -> Bigin:
    return Bigin(tmp_path / "token.json")


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


# -- who refreshes


def test_next_process_takes_the_token_that_is_there(bigin: Bigin) -> None:
    first, second = bigin.cache(), bigin.cache()

    assert [bigin.gives(first), bigin.gives(second)] == ["1", "1"]
    assert bigin.given == 1


def test_invalid_token_is_refreshed_once_for_all_caches(bigin: Bigin) -> None:
    caches = [bigin.cache() for _ in range(4)]
    for burst in ("1", "2", "3"):
        assert [bigin.gives(cache) for cache in caches] == [burst] * 4

    assert bigin.given == 3


def test_failed_refresh_leaves_the_file_unchanged(bigin: Bigin) -> None:
    def refused() -> Token:
        raise bf.AuthError("no", call="token", status=400, code="invalid_code")

    first, second = bigin.cache(), bigin.cache()
    bigin.gives(first)
    with pytest.raises(bf.AuthError):
        first.get(refused)

    assert bigin.gives(second) == "1"
    assert bigin.gives(first) == "2"


def test_others_wait_while_one_refreshes_and_use_its_token(bigin: Bigin) -> None:
    inside, go, got = threading.Event(), threading.Event(), []

    def slow() -> Token:
        inside.set()
        assert go.wait(10)
        return bigin.fetch()

    threads = [threading.Thread(target=lambda: got.append(bigin.cache().get(slow).access)) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert inside.wait(10)
    assert got == []
    go.set()
    for thread in threads:
        thread.join(10)

    assert got == [bf.Secret("1000.canary-1")] * 8
    assert bigin.given == 1


HOLDER = """
import sys
from pathlib import Path
from bigin_frames import filelock
with filelock.opened(Path(sys.argv[1])) as file:
    filelock.wait_for(file)
    print("held", flush=True)
    sys.stdin.read()
"""


@posix
def test_kill_during_a_refresh_frees_the_lock_and_leaves_no_unfinished_file(bigin: Bigin, tmp_path: Path) -> None:
    lock = tmp_path / "token.json.lock"
    (tmp_path / "token.json.new").write_text("half a tok")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with filelock.opened(lock) as file:
            assert not filelock.taken(file)
        holder.kill()

    assert bigin.gives(bigin.cache()) == "1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["token.json", "token.json.lock"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_child_forked_during_a_refresh_does_not_keep_the_lock(tmp_path: Path) -> None:
    (end, let_end), (started, tell) = os.pipe(), os.pipe()
    with filelock.opened(tmp_path / "lock") as file:
        assert filelock.taken(file)
        child = os.fork()
        if child == 0:
            try:
                os.close(let_end)
                os.write(tell, b"!")
                os.read(end, 1)
            finally:
                os._exit(0)
        assert os.read(started, 1) == b"!"
    with filelock.opened(tmp_path / "lock") as file:
        free = filelock.taken(file)
    os.close(let_end)
    os.waitpid(child, 0)
    for one in (end, started, tell):
        os.close(one)

    assert free


# -- the clock


@pytest.mark.parametrize(
    ("step_s", "taken"),
    [(0, "1"), (3539, "1"), (3540, "2"), (3600, "2"), (86400, "2"), (-60, "1"), (-61, "2"), (-3600, "2"), (-NOON, "2")],
)
def test_token_counts_as_old_a_minute_early_and_when_the_clock_was_changed(
    bigin: Bigin, step_s: float, taken: str
) -> None:
    bigin.gives(bigin.cache())
    bigin.wall += step_s

    assert bigin.gives(bigin.cache()) == taken


@given(step_s=st.integers(-100_000, 100_000))
def test_shared_token_is_never_valid_for_longer(tmp_path_factory: pytest.TempPathFactory, step_s: int) -> None:
    bigin = Bigin(tmp_path_factory.mktemp("cache") / "token.json")
    bigin.gives(bigin.cache())
    bigin.wall += step_s
    token = bigin.cache().get(bigin.fetch)

    assert 0 < token.life_s <= 3600
    assert not token.kept or token.life_s <= 3600 - step_s


# -- what is in the file


@posix
@pytest.mark.usefixtures("open_umask")
def test_files_are_private_whatever_the_umask(bigin: Bigin, tmp_path: Path) -> None:
    for _ in range(2):
        bigin.gives(bigin.cache())
        assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {
            "token.json": 0o600,
            "token.json.lock": 0o600,
        }
        bigin.wall += 7200


def test_file_holds_the_access_token_and_no_other_secret(bigin: Bigin) -> None:
    bigin.gives(bigin.cache())
    text = bigin.path.read_text()

    assert set(json.loads(text)) == {"whose", "generation", "given_at", "life_s", "access_token"}
    assert [part for part in (*CREDENTIALS, "1000.canary-1") if part in text] == ["1000.canary-1"]


@pytest.mark.parametrize(
    ("credentials", "accounts"),
    [
        (("1000.OTHER", *CREDENTIALS[1:]), ACCOUNTS),
        ((*CREDENTIALS[:1], "other", CREDENTIALS[2]), ACCOUNTS),
        ((*CREDENTIALS[:2], "1000.other"), ACCOUNTS),
        (CREDENTIALS, "https://accounts.zoho.eu"),
    ],
    ids=["client id", "client secret", "refresh token", "accounts host"],
)
def test_file_of_other_credentials_is_not_used(bigin: Bigin, credentials: tuple[str, ...], accounts: str) -> None:
    first = bigin.cache()
    bigin.gives(first)

    assert bigin.gives(bigin.cache(*credentials, accounts=accounts)) == "2"
    assert bigin.gives(first) == "3"


def test_parts_of_two_credentials_are_not_confused(bigin: Bigin) -> None:
    bigin.gives(bigin.cache("ab", "s", "c"))

    assert bigin.gives(bigin.cache("a", "s", "bc")) == "2"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b"\xff\x00", b"9" * 5000, b'{"whose": 1}'])
def test_damaged_file_is_replaced_by_a_refresh(bigin: Bigin, content: bytes) -> None:
    bigin.gives(bigin.cache())
    bigin.path.write_bytes(content)

    assert [bigin.gives(bigin.cache()), bigin.gives(bigin.cache())] == ["2", "2"]


@pytest.mark.parametrize(
    "facts",
    [
        {"generation": 0}, {"generation": True}, {"generation": "1"}, {"given_at": -1}, {"given_at": 1.8e9},
        {"life_s": 0}, {"life_s": 3601}, {"life_s": None}, {"access_token": ""}, {"access_token": "two words"},
        {"access_token": "line\r\nX-Header: y"}, {"access_token": 5}, {"access_token": None}, {"whose": None},
        {"whose": "0" * 64}, {"whose": "\u00e9"},
    ],
    ids=str,
)  # fmt: skip
def test_file_with_an_impossible_value_is_replaced_by_a_refresh(bigin: Bigin, facts: dict[str, Any]) -> None:
    bigin.gives(bigin.cache())
    bigin.change(**facts)

    assert [bigin.gives(bigin.cache()), bigin.gives(bigin.cache())] == ["2", "2"]


def test_file_that_is_deleted_meanwhile_is_created_again(bigin: Bigin) -> None:
    cache = bigin.cache()
    bigin.gives(cache)
    bigin.path.unlink()

    assert [bigin.gives(cache), bigin.gives(bigin.cache())] == ["2", "2"]


# -- what is refused


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622, 0o610, 0o777])
def test_file_that_others_may_read_or_write_is_refused(bigin: Bigin, mode: int) -> None:
    cache = bigin.cache()
    bigin.gives(cache)
    bigin.path.chmod(mode)

    with pytest.raises(bf.OptionError, match=rf"can be read or written by other users \(mode {mode:04o}\)"):
        bigin.cache()
    with pytest.raises(bf.OptionError, match="Delete it"):
        bigin.gives(cache)
    assert bigin.given == 1


@posix
@pytest.mark.parametrize("name", ["token.json", "token.json.lock"])
def test_link_is_refused_and_not_followed(bigin: Bigin, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(mode=0o600)
    cache = bigin.cache()
    (tmp_path / name).symlink_to(elsewhere)

    with pytest.raises(bf.OptionError, match="symbolic link") as refused:
        bigin.gives(cache)
    assert (refused.value.option, bigin.given, elsewhere.read_bytes()) == ("token_cache", 0, b"")


@posix
def test_link_in_the_way_of_what_is_written_is_removed_and_not_followed(bigin: Bigin, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / "token.json.new").symlink_to(elsewhere)

    assert bigin.gives(bigin.cache()) == "1"
    assert not elsewhere.exists()


@posix
def test_pipe_is_refused_without_reading_it(bigin: Bigin) -> None:
    os.mkfifo(bigin.path, 0o600)

    with pytest.raises(bf.OptionError, match="is not a file"):
        bigin.cache()


@posix
@pytest.mark.skipif(os.name != "nt" and os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_user_is_refused(bigin: Bigin) -> None:
    bigin.gives(bigin.cache())
    os.chown(bigin.path, 65534, -1)

    with pytest.raises(bf.OptionError, match="belongs to another user"):
        bigin.cache()


def test_missing_folder_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(bf.OptionError, match="is in a folder that does not exist") as refused:
        bf.Client(bf.Credentials(*CREDENTIALS), token_cache=tmp_path / "none" / "token.json")

    assert refused.value.option == "token_cache"


@posix
def test_error_of_the_system_is_reported_without_a_secret(bigin: Bigin, tmp_path: Path) -> None:
    (tmp_path / "token.json.new").mkdir()
    with pytest.raises(bf.OptionError, match=r"cannot be used \(\w+Error: ") as refused:
        bigin.gives(bigin.cache())
    chain = [error for error in (refused.value, refused.value.__context__) if error]
    frames = [frame for error in chain for frame, _ in traceback.walk_tb(error.__traceback__)]
    own = [repr(frame.f_locals) for frame in frames if "bigin_frames" in frame.f_code.co_filename]

    assert any("access" in facts for facts in own)
    assert "canary" not in str(chain) + str(own)


def test_interrupted_write_leaves_nothing_behind(bigin: Bigin, tmp_path: Path) -> None:
    cache = bigin.cache()
    bigin.path.mkdir()  # a file does not replace a folder
    with pytest.raises(bf.OptionError):
        bigin.gives(cache)
    bigin.path.rmdir()

    def fetch() -> Token:
        bigin.path.mkdir()
        return bigin.fetch()

    with pytest.raises(bf.OptionError):
        cache.get(fetch)
    assert not (tmp_path / "token.json.new").exists()


# -- the client


def test_repr_and_attributes_show_no_secret(bigin: Bigin) -> None:
    cache = bigin.cache()
    bigin.gives(cache)

    assert repr(cache) == f"TokenCache({str(bigin.path)!r})"
    assert "canary" not in repr(vars(cache))


def refreshes(box: Sandbox) -> int:
    return sum(request.route == "token" for request in box.requests)


def test_no_file_is_created_by_default(bigin_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    bigin_sandbox.client().modules()
    bf.Client.from_env(environ={**bigin_sandbox.environment(), "BIGIN_TOKEN_CACHE": ""}).modules()

    assert list(tmp_path.iterdir()) == []
    assert refreshes(bigin_sandbox) == 2


def test_variable_names_the_file_and_an_option_takes_precedence(
    bigin_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    environ = {**bigin_sandbox.environment(), "BIGIN_TOKEN_CACHE": "~/named"}
    for options in ({}, {}, {"token_cache": str(tmp_path / "given")}, {"token_cache": None}):
        bf.Client.from_env(environ=environ, **options).modules()

    assert {path.name for path in tmp_path.iterdir()} == {"named", "named.lock", "given", "given.lock"}
    assert refreshes(bigin_sandbox) == 3


def test_invalid_token_in_the_file_costs_one_refresh_and_no_failed_call(bigin_sandbox: Sandbox, tmp_path: Path) -> None:
    """One client misses two generations: its own token is invalid, and so is the one in the file."""
    sleeper, other = (bigin_sandbox.client(token_cache=tmp_path / "token") for _ in range(2))
    sleeper.modules()
    for _ in range(2):
        bigin_sandbox.expire_tokens()
        other.modules() if refreshes(bigin_sandbox) == 1 else sleeper.modules()

    assert refreshes(bigin_sandbox) == 3


def test_token_that_is_always_refused_is_renewed_once_a_call(bigin_sandbox: Sandbox, tmp_path: Path) -> None:
    bigin_sandbox.faults.add("modules", Fault.invalid_token(), times=None)
    client = bigin_sandbox.client(token_cache=tmp_path / "token")

    with pytest.raises(bf.AuthError):
        client.modules()
    assert refreshes(bigin_sandbox) == 2


@posix
def test_cache_that_becomes_unusable_means_that_the_call_was_not_sent(bigin_sandbox: Sandbox, tmp_path: Path) -> None:
    client = bigin_sandbox.client(token_cache=tmp_path / "token")
    client.modules()
    (tmp_path / "token").chmod(0o644)
    bigin_sandbox.expire_tokens()

    with pytest.raises(bf.NotSentError, match=r"'org' was not sent.*can be read or written by other users"):
        client.org()
    assert refreshes(bigin_sandbox) == 1


def test_insert_leaves_the_token_in_its_file_and_nowhere_else(
    bigin_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / "state"))
    with caplog.at_level("DEBUG"):
        client = bigin_sandbox.client(token_cache=tmp_path / "token")
        bf.insert(pd.DataFrame({"Last_Name": ["Ada"]}), "Contacts", client=client)
    access = json.loads((tmp_path / "token").read_text())["access_token"].encode()
    files = {path.name for path in tmp_path.rglob("*") if path.is_file() and access in path.read_bytes()}

    assert files == {"token"}
    assert access.decode() not in caplog.text
