"""Trials in which the n-th system call of an action fails, then the action is repeated; n = 1, 2, ... until none fails.

Runs in a process of its own under the shim of `fail_the_nth_call.c`, which counts and fails the calls:
``python -m tests.support.disk_fault_trials insert files ENOSPC 1 0 folder``. One line of JSON is printed for each n.
"""

# ruff: noqa: T201
from __future__ import annotations

import ctypes
import errno
import json
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

import pandas as pd

import bigin_frames as bf
from bigin_frames import checkpoints
from bigin_frames.errors import AlreadyDelivered, BiginError
from bigin_frames.journal import database
from tests.support.honesty import Clock

MARK = "faulty-home"
OLD, NEW = database.MIGRATIONS, (*database.MIGRATIONS, "alter table run add column note text;")


class Killed(BaseException):
    """A stand-in for the end of a process."""


def rows(tag: str) -> pd.DataFrame:
    return pd.DataFrame({"Last_Name": [f"{tag}-{i}" for i in range(4)]})


def insert(tag: str, client: bf.Client, **options: Any) -> pd.DataFrame:
    frame = rows(tag)
    try:
        return frame.bigin.insert("Contacts", client=client, max_rows_per_job=2, **options)
    except AlreadyDelivered as delivered:
        return bf.resume(delivered.run_id, frame, client=client).wait()


def keyed(tag: str, client: bf.Client) -> pd.DataFrame:
    return insert(tag, client, row_key="Row_Key")


def update(tag: str, client: bf.Client) -> pd.DataFrame:
    found = client.find("Contacts", "Last_Name", rows(tag)["Last_Name"].tolist())
    found = found.sort_values("Last_Name", ignore_index=True)
    return found[["id"]].assign(Title=tag).bigin.update("Contacts", find_by="id", client=client, max_rows_per_job=2)


def migrate(tag: str, client: bf.Client) -> pd.DataFrame:
    database.MIGRATIONS = NEW  # type: ignore[misc]
    return insert(tag, client)


def purge(tag: str, client: bf.Client) -> pd.DataFrame:
    bf.purge("0 days")
    return rows(tag).assign(ID=None, Status="ADDED", Error=None) if bf.runs().empty else bf.runs()


def begin_and_die(tag: str, client: bf.Client) -> None:
    def at(name: str) -> None:
        if name == "after commit of submitted":
            raise Killed

    checkpoints.at = at
    try:
        insert(tag, client)
    except BiginError:
        pass
    finally:
        checkpoints.at = None


def nothing(tag: str, client: bf.Client) -> None:
    """Begin with an empty journal."""


Act = Callable[[str, bf.Client], Any]
SCENARIOS: dict[str, tuple[Act, Act]] = {
    "insert": (nothing, insert),
    "update": (insert, update),
    "row_key": (nothing, keyed),
    "resume": (begin_and_die, insert),
    "purge": (insert, purge),
    "migration": (begin_and_die, migrate),
}


def outcome(act: Act, tag: str, client: bf.Client) -> dict[str, Any]:
    try:
        out = act(tag, client)
    except BiginError as refused:
        return {"error": type(refused).__name__, "job": getattr(refused, "job_id", None)}
    except Exception as foreign:
        return {"foreign": repr(foreign)}
    return {"rows": out[["ID", "Status"]].astype(object).where(out[["ID", "Status"]].notna(), None).values.tolist()}


def trials(scenario: str, calls: str, code: str, stride: int, lasting: int, folder: str) -> None:
    shim = ctypes.CDLL(None)
    prepare, act = SCENARIOS[scenario]
    n, fired = 1, 1
    while fired:
        tag = f"{scenario}-{calls}-{code}-{lasting}-{n}"
        os.environ["BIGIN_FRAMES_HOME"] = f"{folder}/{MARK}/{tag}"
        database.MIGRATIONS = OLD  # type: ignore[misc]
        clock = Clock()
        client = bf.Client.from_env(transport=clock.transport())
        client.fields("Contacts")
        prepare(tag, client)
        known = getattr(errno, code)
        shim.fault_arm(MARK.encode(), calls == "files", calls == "sockets", ctypes.c_long(n), known, lasting)
        first = outcome(act, tag, client)
        fired = shim.fault_disarm()
        second = outcome(act, tag, bf.Client.from_env(transport=clock.transport()))
        print(json.dumps({"n": n, "tag": tag, "fired": fired, "first": first, "second": second}), flush=True)
        n += stride


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    scenarios, calls, code, stride, lasting, folder = sys.argv[1:]
    for scenario in scenarios.split(","):
        trials(scenario, calls, code, int(stride), int(lasting), folder)
