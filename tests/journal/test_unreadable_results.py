"""A result that cannot be read is kept for a week, for its user only; a readable one is never kept."""

from __future__ import annotations

import errno
import os
import stat
import warnings
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.client.settings import home
from bigin_frames.journal import unreadable_results
from bigin_frames.sandbox import Fault, Sandbox
from tests.support.honesty import Clock

WEEK_S = 7 * 24 * 3600


@pytest.fixture
def client(bigin_sandbox: Sandbox) -> bf.Client:
    bigin_sandbox.behaviour = replace(bigin_sandbox.behaviour, polls_added=0, polls_in_progress=0)
    return bigin_sandbox.client(transport=Clock().transport())


def damaged(box: Sandbox, client: bf.Client, name: str = "Ada", times: int | None = None) -> tuple[pd.DataFrame, str]:
    """Write a row whose result is damaged several times; return the frame, and the text of the warnings."""
    box.faults.clear()
    box.faults.add("download", Fault.damaged_zip("bad crc"), times=times)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        out = bf.insert(pd.DataFrame({"Last_Name": [name]}), "Contacts", client=client)
    return out, " ".join(str(warning.message) for warning in said)


def files() -> list[Path]:
    return sorted(path for path in home().rglob("*.zip") if path.is_file())


def aged(path: Path, seconds: float) -> None:
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize("mask", [0o000, 0o077])
def test_result_that_stays_unreadable_is_kept_for_its_user_only_and_named(
    mask: int, bigin_sandbox: Sandbox, client: bf.Client, caplog: pytest.LogCaptureFixture
) -> None:
    before = os.umask(mask)
    try:
        out, said = damaged(bigin_sandbox, client)
    finally:
        os.umask(before)
    (path,) = files()
    (run_id,) = bf.runs()["run"]

    assert out[["Status", "Error"]].iloc[0].tolist() == ["UNREPORTED", "RESULT_UNREADABLE"]
    assert path.name == f"{run_id}-0000.zip"
    assert path.read_bytes().startswith(b"PK")
    assert f"Unreadable results, with cell values, are kept for a week: {path}." in said
    assert f"kept for a week: {path}" in caplog.text
    assert path.name in bf.resume(run_id).unknown["evidence"].iloc[0]
    if os.name != "nt":
        assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]


def test_result_that_is_readable_in_the_end_is_not_kept(bigin_sandbox: Sandbox, client: bf.Client) -> None:
    out, said = damaged(bigin_sandbox, client, times=2)

    assert (out["Status"].tolist(), said, files()) == (["ADDED"], "", [])


def test_result_that_never_came_leaves_nothing(bigin_sandbox: Sandbox, client: bf.Client) -> None:
    bigin_sandbox.faults.add("download", Fault.not_found(), times=None)
    with pytest.warns(bf.UndecidedRowsWarning) as said:
        bf.insert(pd.DataFrame({"Last_Name": ["Ada"]}), "Contacts", client=client)

    assert "kept" not in str(said[0].message)
    assert files() == []


def test_next_run_that_begins_deletes_what_is_a_week_old(bigin_sandbox: Sandbox, client: bf.Client) -> None:
    damaged(bigin_sandbox, client, "Ada")
    damaged(bigin_sandbox, client, "Ben")
    old, young = files()
    aged(old, WEEK_S + 60)
    aged(young, WEEK_S - 3600)
    bigin_sandbox.faults.clear()
    bf.insert(pd.DataFrame({"Last_Name": ["Cai"]}), "Contacts", client=client)

    assert files() == [young]


@pytest.mark.parametrize(
    ("older_than", "left"), [("90 days", ["young"]), ("7 days", ["young"]), ("1 day", []), ("0 days", [])]
)
def test_purge_deletes_results_that_are_a_week_old_or_younger_on_request(
    older_than: str, left: list[str], bigin_sandbox: Sandbox, client: bf.Client
) -> None:
    damaged(bigin_sandbox, client, "Ada")
    damaged(bigin_sandbox, client, "Ben")
    old, young = files()
    aged(old, WEEK_S + 60)
    aged(young, WEEK_S / 2)
    assert bf.purge(older_than) == 0  # the status of the rows is unknown: their runs stay

    assert files() == [young] * len(left)
    assert len(bf.runs()) == 2


def test_full_disk_does_not_hold_verdicts_back(
    bigin_sandbox: Sandbox, client: bf.Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = os.open

    def full(path: os.PathLike[str] | str, *how: int, **more: int) -> int:
        if str(path).endswith(".zip"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, *how, **more)

    monkeypatch.setattr(os, "open", full)
    out, said = damaged(bigin_sandbox, client)

    assert out["Status"].tolist() == ["UNREPORTED"]
    assert "could not be kept: No space left on device" in caplog.text
    assert "kept for a week" not in said


def test_file_is_replaced_whole_or_not_at_all_and_no_link_is_followed(tmp_path: Path) -> None:
    path = unreadable_results.keep(tmp_path, "0123abcd", 7, b"first")
    path.unlink()
    other = tmp_path / "other"
    other.write_bytes(b"precious")
    path.symlink_to(other)
    assert unreadable_results.keep(tmp_path, "0123abcd", 7, b"second") == path
    with pytest.raises(TypeError):
        unreadable_results.keep(tmp_path, "0123abcd", 8, "no bytes")  # type: ignore[arg-type]

    assert other.read_bytes() == b"precious"
    assert [one.read_bytes() for one in unreadable_results.kept(tmp_path)] == [b"second"]


def test_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "unreadable").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic link"):
        unreadable_results.keep(tmp_path, "0123abcd", 0, b"PK")

    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_files_are_found_by_their_run_and_nothing_else_is_deleted(tmp_path: Path) -> None:
    unreadable_results.clear(tmp_path)  # of a folder that does not exist
    for run_id, number in (("0123abcd", 1), ("0123abcd", 0), ("4567abcd", 0)):
        unreadable_results.keep(tmp_path, run_id, number, b"PK")
    note = tmp_path / "unreadable" / "note.txt"
    note.touch()
    names = [path.name for path in unreadable_results.kept(tmp_path, "0123abcd")]
    unreadable_results.clear(tmp_path, timedelta(0))

    assert names == ["0123abcd-0000.zip", "0123abcd-0001.zip"]
    assert list((tmp_path / "unreadable").iterdir()) == [note]
