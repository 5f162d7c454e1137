"""What the batches of one run share: locks, a worker, signs to stop."""

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
    """Hold what the batches of one run share.

    One create-job at a time in the whole process, so that a crash leaves one batch unknown at most; one batch at a time
    packed or merged, by one thread if there is a `worker`, and three zips waiting or travelling, which bounds the
    memory taken besides the frame; a sign to stop; and the org's credits for 24 hours, where jobs are to wait for them,
    with a sign that one has.
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
        """Do what takes memory: in the worker, for the system keeps what each of five threads has once taken."""
        begun: Future[T] | None = None
        if self.worker is not None:
            with suppress(RuntimeError):  # the machine gives no further thread, or the interpreter is about to end
                begun = self.worker.submit(function, *given, **named)
        if begun is not None:
            return begun.result()
        with self.working:
            return function(*given, **named)

    def closed_to(self, batch: Batch) -> bool:
        """Tell whether a batch must stand still: nothing new is begun after ``stop``, nothing goes on after `leave`."""
        return self.leave.is_set() or (self.stop.is_set() and batch.job_id is None)
