"""What the batches of one run share: locks, a worker, signals to stop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from bigin_frames.delivery.batches.batch import Batch

P = ParamSpec("P")
T = TypeVar("T")


_CREATING = threading.Lock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CREATING._at_fork_reinit)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Gates:
    """Locks, a worker and signals that the batches of one run share.

    One create-job call at a time in the whole process, so that a crash leaves at most one batch unknown; one batch at a
    time packed or merged, by one thread if there is a `worker`, and at most three zips waiting or uploading, which
    limits the memory that is used in addition to the frame; signals to stop; and the org's credits for 24 hours, if
    jobs wait for them, with a signal that one does.
    """

    creating: threading.Lock = field(default_factory=lambda: _CREATING)
    working: threading.Lock = field(default_factory=threading.Lock)
    worker: ThreadPoolExecutor | None = None
    uploading: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(3))
    stop: threading.Event = field(default_factory=threading.Event)
    leave: threading.Event = field(default_factory=threading.Event)
    credits_per_day: int | None = None
    short: threading.Event = field(default_factory=threading.Event)

    def work(self, function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Call a function that needs much memory, in the worker: otherwise each of five threads keeps that memory."""
        begun: Future[T] | None = None
        if self.worker is not None:
            with suppress(RuntimeError):  # no further thread can be started, or the interpreter is about to end
                begun = self.worker.submit(function, *given, **named)
        if begun is not None:
            return begun.result()
        with self.working:
            return function(*given, **named)

    def closed_to(self, batch: Batch) -> bool:
        """Return whether a batch must stop here: nothing new is begun after `stop`, nothing continues after `leave`."""
        return self.leave.is_set() or (self.stop.is_set() and batch.job_id is None)
