"""No file of the library contains a secret or the value of a cell, and its files are private."""

from __future__ import annotations

import os
import sqlite3
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.transport import Transport
from bigin_frames.journal.journal import Journal
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.canaries import MAIL, NAME, VALUES, Needles, people, plain
from tests.support.leak_journeys import COLUMNS, Trip, reasons, secrets_of

KEPT: dict[str, Callable[[Trip], object]] = {
    "insert": lambda trip: trip.write(),
    "upsert": lambda trip: bf.upsert(trip.frame, "Contacts", columns=COLUMNS, find_by="Email", client=trip.client),
    "update": lambda trip: _updated(trip),
    "row key": lambda trip: trip.write(row_key="Key"),
    "own row keys": lambda trip: trip.write(
        trip.frame.assign(Key=[f"{NAME} {i}" for i in range(3)]), row_key="Key", columns={**COLUMNS, "Key": "Key"}
    ),
    "clean": lambda trip: trip.write(bf.clean(trip.frame, "Contacts", columns=COLUMNS, client=trip.client).frame),
    "some invalid": lambda trip: trip.write(trip.frame.assign(Email=[MAIL, None, None]), on_invalid="skip"),
    "refused upload": lambda trip: (trip.box.faults.add("upload", Fault.json(trip.echo(), 400)), trip.write()),
    "refused job": lambda trip: (trip.box.faults.add("create", Fault.json(trip.echo(), 400)), trip.write()),
    "refused rows": lambda trip: (trip.write(), trip.write(repeat=True)),
    "reasons in free words": lambda trip: (
        trip.box.faults.add("download", reasons(f"INVALID_DATA-Last_Name: {NAME} 0 and {MAIL}")),
        trip.write(),
    ),
    "reasons in the grammar": lambda trip: (
        trip.box.faults.add("download", reasons("INVALID_DATA-Quokkanaut_Zyxwell:Quokkanaut_Zyxwell-Email")),
        trip.write(),
    ),
    "unknown and looked up": lambda trip: _unknown(trip).reconcile(),
    "unknown and settled by hand": lambda trip: _unknown(trip).resolve(0, "applied", reason="looked"),
    "unreadable": lambda trip: (
        trip.box.faults.add("create", Fault.body(f"{{'{trip.echo()}".encode(), 201)),
        trip.write(),
    ),
    "failed": lambda trip: (trip.box.faults.add("job", Fault.job_failed()), trip.write()),
    "failed with words": lambda trip: (
        trip.box.faults.add("details", Fault.edited(_failing), times=None),
        trip.write(),
    ),
    "bad result": lambda trip: (
        trip.box.faults.add("download", Fault.damaged_zip("bad crc"), times=None),
        trip.write(),
    ),
    "resumed": lambda trip: _resumed(trip),
    "overlap": lambda trip: (trip.write(), trip.write(people(4), on_overlap="skip")),
}  # fmt: skip


def _failing(job: Any) -> Any:
    return {**job, "status": "FAILED", "resource": [{**job["resource"][0], "code": f"cannot take {NAME} 0"}]}


def _updated(trip: Trip) -> None:
    out = trip.write()
    frame = trip.frame.assign(id=out["ID"].tolist())
    bf.update(frame, "Contacts", find_by="id", columns={**COLUMNS, "id": "id"}, client=trip.client)


def _unknown(trip: Trip) -> Any:
    trip.box.faults.add("create", Fault.reset_after())
    run = bf.submit(trip.frame, "Contacts", columns=COLUMNS, client=trip.client)
    run.wait()
    return run


def _resumed(trip: Trip) -> None:
    trip.box.faults.add("job", Fault.job_slow(40))
    with pytest.raises(bf.JobPending) as pending:
        trip.write(wait=0.0)
    pending.value.run.wait()
    bf.resume(pending.value.run_id, trip.frame, client=trip.client).frame()


@pytest.mark.parametrize("name", KEPT)
def test_no_file_keeps_a_secret_or_a_cell(
    name: str,
    bigin_sandbox: Sandbox,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A row key is made of a digest, which may be kept; so may ids, codes and names of fields."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / "state"))
    bigin_sandbox.add_field("Contacts", "Born", "date")
    bigin_sandbox.add_field("Contacts", "Key", unique=True)
    trip = Trip(
        bigin_sandbox, bigin_sandbox.client(transport=Transport(sleep=lambda seconds: None)), "http://127.0.0.1:9"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.BiginWarning)
        try:
            KEPT[name](trip)
        except bf.ApiError:
            assert name.startswith("refused")
    unread = [path.rename(tmp_path_factory.mktemp("unread") / "0.zip") for path in tmp_path.rglob("unreadable/*.zip")]
    secrets, values = secrets_of(bigin_sandbox), Needles(VALUES, values=True)
    texts = list(_kept(tmp_path))

    assert len(unread) == (name == "bad result")  # the only file with cells
    assert not [found for path in unread if (found := secrets.of_text(path.read_bytes().decode("latin-1")))]
    assert len(texts) > 10
    assert [found for text in texts if (found := secrets.of_text(text) | values.of_text(text))] == []


def _kept(folder: Path) -> Iterator[str]:
    """Yield the content of every file, and what is packed in the cells of the journal."""
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
            yield str(path)
    db = sqlite3.connect(folder / "state" / "journal.sqlite3")
    try:
        for (table,) in db.execute("select name from sqlite_master where type = 'table'").fetchall():
            for line in db.execute(f"select * from {table}").fetchall():  # noqa: S608 - names of our own tables
                yield from (_unpacked(cell) for cell in line)
    finally:
        db.close()


def _unpacked(cell: object) -> str:
    if not isinstance(cell, bytes):
        return str(cell)
    try:
        return zlib.decompress(cell).decode("latin-1")
    except zlib.error:
        return cell.decode("latin-1")


def test_search_of_files_finds_a_planted_cell(bigin_sandbox: Sandbox, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("BIGIN_FRAMES_HOME", str(tmp_path / "state"))
    bf.insert(pd.DataFrame({"Last_Name": ["Ada"]}), "Contacts", client=bigin_sandbox.client())
    with sqlite3.connect(tmp_path / "state" / "journal.sqlite3") as db:
        db.execute("create table planted (cell blob)")
        db.execute("insert into planted values (?)", (zlib.compress(f'["{NAME}"]'.encode()),))
    db.close()

    assert any(plain(NAME) in plain(text) for text in _kept(tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="modes are those of POSIX")
def test_file_of_a_transaction_is_private_too(tmp_path: Path) -> None:
    """SQLite keeps pages of the journal in a second file until a transaction ends."""
    before = os.umask(0)
    try:
        journal = Journal(tmp_path / "state")
        assert journal.salt
        with journal._file.transaction("test") as db:
            db.execute("create table other as select * from store")
            modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "state").glob("journal*")}
    finally:
        os.umask(before)

    assert modes == {"journal.sqlite3": "0o600", "journal.sqlite3-journal": "0o600"}
