"""Read and keep secrets in the system's keyring, by the package ``keyring``, and say what is amiss in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bigin_frames.model import Secret


def read(service: str, name: str) -> tuple[Secret, str]:
    """Return a secret, empty where there is none, and what kept it from being read, "" if nothing did."""
    return _asked(lambda chest: chest.get_password(service, name), "read")


def keep(service: str, secrets: Mapping[str, Secret]) -> str:
    """Put secrets under their names, in place of older ones, and return what went wrong, "" if nothing did."""

    def put(chest: Any) -> None:
        for name, value in secrets.items():
            chest.set_password(service, name, value.reveal())

    return _asked(put, "written")[1]


def problem() -> str:
    """Say why this machine has no keyring to keep secrets in, "" if it has one."""
    return _asked(lambda chest: None, "read")[1]


def _asked(ask: Callable[[Any], str | None], done: str) -> tuple[Secret, str]:
    """Ask the keyring; one that the package itself does not recommend may be a plain file, and is not asked."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return Secret(""), "the package keyring is missing: pip install 'bigin_frames[keyring]'"
    chest = keyring.get_keyring()
    if not keyring.core.recommended(chest):
        return Secret(""), (
            f"this machine has no keyring that keeps secrets safe, only {type(chest).__module__}: install one, "
            "which a server without a desktop seldom has"
        )
    try:
        return Secret(ask(chest) or ""), ""
    except KeyringError as refusal:
        return Secret(""), f"the keyring could not be {done} ({type(refusal).__name__}): unlock it"
