"""Work that needs much memory is done by one thread."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bigin_frames.delivery.batches.gates import Gates


def test_work_is_done_once_by_the_worker_and_its_error_is_raised_by_the_caller() -> None:
    calls = []

    def fail() -> None:
        calls.append(threading.get_ident())
        raise RuntimeError("of its own")

    with ThreadPoolExecutor(1) as worker:
        gates = Gates(worker=worker)
        with pytest.raises(RuntimeError, match="of its own"):
            gates.work(fail)

        assert calls == [gates.work(threading.get_ident)]
        assert calls != [threading.get_ident()]


def test_work_is_done_by_the_caller_if_the_worker_takes_none() -> None:
    worker = ThreadPoolExecutor(1)
    worker.shutdown()

    assert Gates(worker=worker).work(threading.get_ident) == threading.get_ident()
    assert Gates().work(max, 1, 2) == 2
