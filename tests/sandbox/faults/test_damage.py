"""Each damage of a result archive is the one that its name says."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from bigin_frames.sandbox import Fault, Sandbox
from bigin_frames.sandbox.faults.damage import DAMAGES
from tests.sandbox.caller import Caller
from tests.sandbox.rows import HEADER, ROWS


@pytest.fixture
def body(caller: Caller) -> dict[str, Any]:
    return caller.body(HEADER, ROWS)


def _text(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.namelist()[0])


@pytest.mark.parametrize(
    ("how", "error"),
    [("truncated", "not a zip"), ("bad crc", "CRC"), ("not a zip", "not a zip"), ("no members", "out of range")],
)
def test_a_damaged_zip_cannot_be_read(box: Sandbox, caller: Caller, how: str, error: str) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.damaged_zip(how))
    body = caller.download(url).content

    with pytest.raises((zipfile.BadZipFile, IndexError), match=error):
        _text(body)
    assert _text(caller.download(url).content).startswith(b"Last_Name")


@pytest.mark.parametrize(
    ("how", "names", "proof"),
    [
        ("two members", ["Contacts-people.csv", "second.csv"], lambda text: text.startswith(b"Last_Name")),
        ("no csv", ["readme.txt"], lambda text: b"Last_Name" not in text),
        ("path name", ["../../outside.csv"], lambda text: text.startswith(b"Last_Name")),
        ("wrong encoding", ["Contacts-people.csv"], lambda text: text.startswith(b"\xff\xfe")),
        ("latin-1", ["Contacts-people.csv"], lambda text: text.endswith(b"\xe9\n")),
        ("empty csv", ["Contacts-people.csv"], lambda text: text == b""),
        ("header only", ["Contacts-people.csv"], lambda text: text.count(b"\n") == 1),
    ],
)
def test_a_zip_may_contain_something_else(
    box: Sandbox, caller: Caller, how: str, names: list[str], proof: Callable[[bytes], bool]
) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.damaged_zip(how))
    body = caller.download(url).content

    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.namelist() == names
    assert proof(_text(body))


@pytest.mark.parametrize(("how", "claimed"), [("bomb", 300_000_000), ("forged size", 0)])
def test_a_zip_may_be_a_bomb(box: Sandbox, caller: Caller, how: str, claimed: int) -> None:
    url = caller.finish(caller.start(HEADER, ROWS))["result"]["download_url"]
    box.faults.add("download", Fault.damaged_zip(how))
    body = caller.download(url).content

    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        size = archive.infolist()[0].file_size
    assert len(body) < 500_000
    assert size > claimed if claimed else size == 10


def test_every_damage_has_a_test() -> None:
    from pathlib import Path

    assert [how for how in DAMAGES if f'"{how}"' not in Path(__file__).read_text()] == []
