"""Small journals, open and closed."""

# ruff: noqa: S603  (programs of the tests' own)
from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bigin_frames.journal.database import NAME
from bigin_frames.journal.entries import BatchRecord, RunRecord
from bigin_frames.journal.journal import Journal

KEY = "0" * 32
DIGESTS = bytes(range(48))
VERDICTS = {"ID": ["1", None], "Status": ["ADDED", "SKIPPED"], "Error": [None, "DUPLICATE_DATA-Email"]}
KEPT = json.dumps(VERDICTS).encode()


def run_of(name: str = "a1", key: str = KEY, **facts: Any) -> RunRecord:
    given: dict[str, Any] = {
        "org": "7", "module": "Contacts", "operation": "insert", "rows": 3, "spec": {"zone": "UTC", "key": None},
        "decided": {"rows": [2], "Status": ["INVALID"], "Error": ["INVALID_DATA-Phone"]},
    }  # fmt: skip
    return RunRecord(id=name, key=key, **{**given, **facts})


def batch_of(number: int = 0, **facts: Any) -> BatchRecord:
    rows = np.array([0, 1], np.int64).tobytes()
    return BatchRecord(
        **{"number": number, "rows": rows, "csv_bytes": 9, "digests": DIGESTS, "state": "prepared", **facts}
    )


def filled(folder: Path, *runs: str) -> Journal:
    """Return a journal in which the batch of each run is merged."""
    made = Journal(folder)
    for name in runs or ("a1",):
        made.begin(run_of(name, key=name * 8), [batch_of()])
        made.move(name, 0, "prepared", "merged", {"job_id": "11", "verdicts": KEPT})
    return made


def closed(folder: Path, *runs: str) -> Path:
    """Return the file of a journal that is not open."""
    made = filled(folder, *runs)
    assert made._file.db is not None
    made._file.db.close()
    return folder / NAME


def limited(code: str, kilobytes: int) -> subprocess.CompletedProcess[str]:
    """Run a program in which no file may grow beyond so much; writing more fails as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))

    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, preexec_fn=limit, check=False)
