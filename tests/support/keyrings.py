"""Keyrings in memory, in place of the system's."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class Chest(KeyringBackend):
    """A keyring in memory, recommended by the package as a system's keyring is."""

    priority = 5.0

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Locked(Chest):
    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("canary")


class PlainFile(Chest):
    """A keyring with the priority of keyrings.alt's plain file."""

    priority = 0.5
