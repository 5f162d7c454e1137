"""Secrets in the system's keyring, through the package ``keyring``; problems are returned as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bigin_frames.model import Secret


def read(service: str, name: str) -> tuple[Secret, str]:
    """Return a secret, empty if there is none, and why it could not be read, "" if it could."""
    return _asked(lambda ring: ring.get_password(service, name), "read")


def keep(service: str, secrets: Mapping[str, Secret]) -> str:
    """Store secrets under their names, replacing older ones; return what went wrong, "" if nothing did."""

    def put(ring: Any) -> None:
        for name, value in secrets.items():
            ring.set_password(service, name, value.reveal())

    return _asked(put, "written")[1]


def problem() -> str:
    """Return why this machine's keyring cannot be used, "" if it can."""
    return _asked(lambda ring: None, "read")[1]


def _asked(ask: Callable[[Any], str | None], done: str) -> tuple[Secret, str]:
    """Use the keyring, unless the package itself does not recommend it: it may be a plain file."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return Secret(""), "the package keyring is missing: pip install 'bigin_frames[keyring]'"
    ring = keyring.get_keyring()
    if not keyring.core.recommended(ring):
        return Secret(""), (
            f"this machine has no secure keyring, only {type(ring).__module__}: install one "
            "(servers without a desktop usually have none)"
        )
    try:
        return Secret(ask(ring) or ""), ""
    except KeyringError as refusal:
        return Secret(""), f"the keyring could not be {done} ({type(refusal).__name__}): unlock it"
