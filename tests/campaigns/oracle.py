"""The oracle that decides what happens at each effect, and the ends of an execution."""

from __future__ import annotations

from collections.abc import Sequence


class Died(BaseException):
    """The end of a process, as by a kill."""


class Seen(BaseException):
    """The end of an execution that has reached the state of an earlier one."""


class Violation(Exception):
    """A promise that an execution breaks."""


class Oracle:
    """The oracle decides what happens: first as given, then always the first possibility.

    ``crashes``, ``faults`` and ``switches`` are left to spend; what costs more than is left is not possible.
    """

    def __init__(self, given: Sequence[int], crashes: int, faults: int, switches: int = 0) -> None:
        self.given, self.left = given, [crashes, faults, switches]
        self.trail: list[tuple[int, int]] = []  # which option was picked, of how many

    def pick(self, options: int, purse: int) -> int:
        """Return one of several options; all but the first cost one of a budget."""
        left = self.left
        if options == 1 or not left[purse]:
            return 0
        trail = self.trail
        taken = self.given[len(trail)] if len(trail) < len(self.given) else 0
        trail.append((taken, options))
        if taken:
            left[purse] -= 1
        return taken


CRASH, FAULT, SWITCH = 0, 1, 2


def following(trail: list[tuple[int, int]]) -> list[int] | None:
    """Return the beginning of the next execution, None after the last."""
    while trail:
        taken, options = trail.pop()
        if taken + 1 < options:
            return [*(earlier for earlier, _ in trail), taken + 1]
    return None
