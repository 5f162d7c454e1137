"""An access token that processes with the same credentials share, in a file that only their user can read.

A process that finds the token old or refused refreshes it while the others wait at a lock, and then read the new one.
Zoho allows ten new access tokens in ten minutes and fifteen valid ones, for all processes together (CRM v8,
token-validity).
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bigin_frames import filelock, limits
from bigin_frames.errors import OptionError
from bigin_frames.model import Credentials, Secret
from bigin_frames.wire.answer import Json, read_json
from bigin_frames.wire.token import Token, is_token, renewal_s

_MAX_BYTES: Final = 4096


class TokenCache:
    """An access token that is shared through a file.

    Parameters
    ----------
    path : str or path
        Created with mode 0600 at the first refresh, in an existing folder; ``.lock`` and ``.new`` are appended to its
        name for the lock and for the file that is being written.
    credentials : Credentials
    accounts : str
        Origin of the accounts host. A file of other credentials, or of another host, is not used but overwritten.
    wall : callable
        Returns the seconds since 1970, the only clock that processes share.

    Raises
    ------
    OptionError
        Here and by `get`, if the file is a link, belongs to another user, can be read by others, or cannot be used.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        credentials: Credentials,
        accounts: str,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._path = Path(path).expanduser().absolute()
        self._whose = _whose(credentials, accounts)
        self._wall = wall
        self._generation = 0  # of the token that this process got last
        if not self._path.parent.is_dir():
            raise self._unfit("is in a folder that does not exist")
        self._read()

    def __repr__(self) -> str:
        return f"TokenCache({str(self._path)!r})"

    def get(self, fetch: Callable[[], Token]) -> Token:
        """Return a token other than the last one: another process's if it is newer, else what ``fetch`` returns."""
        with self._alone():
            found = self._read()
            if found is not None and found.generation != self._generation and found.is_live(self._wall()):
                self._generation = found.generation
                return found.token(self._wall())
            asked_at = int(self._wall())
            token = fetch()
            newest = max(self._generation, found.generation if found else 0) + 1
            self._write(_Kept(newest, token.access, asked_at, token.life_s))
            self._generation = newest
        return token

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            with self._own_errors():
                lock = stack.enter_context(filelock.opened(self._beside(".lock")))
                filelock.wait_for(lock)
            yield

    def _read(self) -> _Kept | None:
        """Return the content of the file, None if there is none, or it is damaged or of other credentials."""
        if self._path.is_symlink():  # without O_NOFOLLOW on this system, nothing else would notice
            raise self._unfit("is a symbolic link")
        with self._own_errors():
            try:
                file = os.open(self._path, os.O_RDONLY | filelock.NO_LINK | getattr(os, "O_NONBLOCK", 0))
            except FileNotFoundError:
                return None
            try:
                self._check(os.fstat(file))
                return _kept(read_json(os.read(file, _MAX_BYTES)), self._whose)
            finally:
                os.close(file)

    def _check(self, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise self._unfit("is not a file")
        if os.name == "nt":
            return  # modes mean nothing there
        if status.st_uid != os.geteuid():
            raise self._unfit("belongs to another user")
        if status.st_mode & 0o077:
            raise self._unfit(f"can be read or written by other users (mode {stat.S_IMODE(status.st_mode):04o})")

    def _write(self, kept: _Kept) -> None:
        new = self._beside(".new")
        with self._own_errors():
            new.unlink(missing_ok=True)  # left by a process that died; the lock is ours
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | filelock.NO_LINK, 0o600)
            try:
                with open(file, "wb") as written:
                    written.write(kept.text(self._whose).reveal().encode())
                    written.flush()
                    os.fsync(file)
                os.replace(new, self._path)
            except BaseException:
                new.unlink(missing_ok=True)
                raise
            _flush(self._path.parent)

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)

    @contextlib.contextmanager
    def _own_errors(self) -> Iterator[None]:
        """Turn the system's errors into ours; not around calls to Bigin, some of whose errors are OSErrors too."""
        try:
            yield
            return
        except OSError as error:
            problem = f"cannot be used ({type(error).__name__}: {error.strerror})"
        raise self._unfit(problem)

    def _unfit(self, what: str) -> OptionError:
        return OptionError(
            f"The token cache {self._path} {what}. Delete it, with its .lock and .new, or set token_cache or "
            "BIGIN_TOKEN_CACHE to another file in a folder of your own; without one each process has its own token.",
            option="token_cache",
        )


def _flush(folder: Path) -> None:
    """Flush a folder to disk, so that a new name in it survives a crash."""
    if os.name != "nt":
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)


def _whose(credentials: Credentials, accounts: str) -> str:
    """Return a fingerprint of the credentials, which reveals nothing about them without the client secret."""
    return hmac.new(
        credentials.client_secret.reveal().encode(),
        json.dumps([credentials.client_id, credentials.refresh_token.reveal(), accounts]).encode(),
        hashlib.sha256,
    ).hexdigest()


@dataclass(frozen=True, slots=True)
class _Kept:
    """The content of the file: a token, its number, the wall time it was requested at, the seconds it is valid."""

    generation: int
    access: Secret
    given_at: int
    life_s: int

    def is_live(self, now: float) -> bool:
        """Return whether the token need not be renewed yet; one from the future means that a clock was changed."""
        return -limits.TOKEN_MARGIN_S <= now - self.given_at < renewal_s(self.life_s)

    def token(self, now: float) -> Token:
        return Token(self.access, min(self.life_s, int(self.given_at + self.life_s - now)), kept=True)

    def text(self, whose: str) -> Secret:
        numbers = {"generation": self.generation, "given_at": self.given_at, "life_s": self.life_s}
        return Secret(json.dumps({"whose": whose, **numbers, "access_token": self.access.reveal()}))


def _kept(found: object, whose: str) -> _Kept | None:
    """Read the file's JSON; None if anything is wrong with it, which a refresh fixes."""
    if not isinstance(found, Json):
        return None
    access = Secret(found.pop("access_token", ""))
    numbers = [found.get(name) for name in ("generation", "given_at", "life_s")]
    generation, given_at, life_s = (number if type(number) is int else -1 for number in numbers)
    ours = hmac.compare_digest(repr(found.get("whose")).encode(), repr(whose).encode())
    sound = ours and is_token(access) and generation > 0 and given_at >= 0 and 0 < life_s <= limits.TOKEN_LIFE_S
    return _Kept(generation, access, given_at, life_s) if sound else None
