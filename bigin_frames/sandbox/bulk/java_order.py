"""The order in which Bigin lists mapped columns: that of a Java hash map, as recorded on live calls."""

from __future__ import annotations

from collections.abc import Sequence


def hash_order(names: Sequence[str]) -> list[int]:
    """Return the positions of names in the order in which a Java HashMap with these keys lists them."""
    size = 16
    while len(names) > size * 0.75:
        size *= 2
    return sorted(range(len(names)), key=lambda n: (_spread(names[n]) & (size - 1), n))


def _spread(name: str) -> int:
    code = 0
    for letter in name:
        code = (code * 31 + ord(letter)) & 0xFFFFFFFF
    return code ^ (code >> 16)
