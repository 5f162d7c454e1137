"""The script of faults: which call gets which one, as in `box.faults.add("create", Fault.reset_after(), nth=2)`."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from bigin_frames.sandbox.faults.fault import Fault

ROUTES = (
    "token",
    "org",
    "modules",
    "module",
    "fields",
    "layouts",
    "upload",
    "create",
    "details",
    "download",
    "records",
    "record",
    "delete",
    "coql",
    "job",
)


@dataclass
class Planned:
    """One entry of the script: from the nth call on, that many times; `seen` counts the calls so far."""

    route: str
    fault: Fault
    nth: int
    times: float
    seen: int = 0

    def due(self) -> bool:
        """Count a call and return whether it gets the fault."""
        self.seen += 1
        return self.nth <= self.seen < self.nth + self.times

    def open(self) -> bool:
        """Return whether the fault has not happened as often as it should."""
        return self.times != float("inf") and self.seen < self.nth + self.times - 1


@dataclass
class Faults:
    """The script of faults; calls are counted per entry, from the moment it was added."""

    _planned: list[Planned] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, route: str, fault: Fault, *, nth: int = 1, times: int | None = 1) -> None:
        """Make the nth call of a route from now on fail, and `times` calls in all (None: every one from then on).

        Raises
        ------
        ValueError
            For a route that does not exist, or a job's fault on a call.
        """
        if route not in ROUTES:
            raise ValueError(f"no such route: {route!r}; there are {', '.join(ROUTES)}")
        if (route == "job") is not (fault.job is not None):
            raise ValueError(f"{fault.name} does not go with the route {route!r}")
        with self._lock:
            self._planned.append(Planned(route, fault, nth, float("inf") if times is None else times))

    def clear(self) -> None:
        """Forget every fault."""
        with self._lock:
            self._planned.clear()

    def take(self, route: str) -> Fault | None:
        """Count a call of a route and return the fault that is due, the one added first if there are several."""
        with self._lock:
            due = [planned.fault for planned in self._planned if planned.route == route and planned.due()]
        return due[0] if due else None

    def waiting(self) -> list[str]:
        """Return the routes and names of faults that have not happened as often as they should."""
        with self._lock:
            return [f"{planned.route}: {planned.fault.name}" for planned in self._planned if planned.open()]

    def planned(self) -> list[Planned]:
        """Return the entries that still apply to coming calls."""
        with self._lock:
            return [replace(one) for one in self._planned if one.seen < one.nth + one.times - 1]
