"""The files of a plan: what its jobs would send, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, cast

from bigin_frames.delivery.batches.task import Task
from bigin_frames.errors import OptionError
from bigin_frames.frames.encoding.csv_zip import Packed
from bigin_frames.wire import build, hosts

_NO_FILE_YET: Final = "0"


def save_jobs(folder: Path, task: Task, packs: Iterable[Packed]) -> list[Path]:
    """Write each job's zip and the JSON body of its create-job call; see `Plan.save`."""
    written: list[Path] = []
    for made in packs:
        call = build.create(hosts.region(), task.request(made.name), _NO_FILE_YET)
        for path, content in (
            (folder / f"{made.name}.zip", made.body),
            (folder / f"{made.name}.json", cast(bytes, call.body)),
        ):
            _write_new(path, content)
            written.append(path)
    return written


def _write_new(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise OptionError(f"{path.name} is already in that folder; choose an empty folder.", option="folder") from None
