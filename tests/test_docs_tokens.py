"""The page on tokens shows what happens: each example is run against the local Bigin, in the order of the page."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import keyring
import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.sandbox import Sandbox
from bigin_frames.settings import _KEYRING, _OPTIONS, _SECRETS
from tests.test_settings import Chest

PAGE = (Path(__file__).parents[1] / "docs" / "tokens.md").read_text("utf-8")
BLOCK = re.compile(r"```python\n(.*?)```\n\n```text\n(.*?)```", re.S)


class Vault:
    """Hand the sandbox's secrets out, and count how often."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.asked, names = 0, {"id": "CLIENT_ID", "secret": "CLIENT_SECRET", "refresh_token": "REFRESH_TOKEN"}
        self._kept = {short: environ[f"BIGIN_{name}"] for short, name in names.items()}

    def read(self, name: str) -> dict[str, str]:
        assert name == "bigin"
        self.asked += 1
        return self._kept


@pytest.fixture
def environ(bigin_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Lead to the sandbox, by the environment and by a keyring in memory."""
    found, before, chest = bigin_sandbox.environment(), keyring.get_keyring(), Chest()
    monkeypatch.setenv("BIGIN_KEYRING", "")
    for name, value in found.items():
        monkeypatch.setenv(name, value)
        if name in _SECRETS:
            chest.set_password("bigin", name, value)
    keyring.set_keyring(chest)
    yield found
    keyring.set_keyring(before)


def test_every_example_shows_what_happens(
    bigin_sandbox: Sandbox, environ: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bigin_sandbox.manners = replace(bigin_sandbox.manners, polls_added=0, polls_in_progress=0, callback="never")
    vault, people = Vault(environ), pd.DataFrame({"Last_Name": ["Lovelace", "Hopper"]})
    known = {"bf": bf, "os": os, "vault": vault, "folder": tmp_path, "people": people}
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    examples = BLOCK.findall(PAGE)
    assert len(examples) == PAGE.count("```python") == 5

    for code, said in examples:
        exec(compile(code.replace("8799", str(port)), "tokens.md", "exec"), known)  # noqa: S102 - our own example
        assert capsys.readouterr().out.split() == said.split()
    assert vault.asked == 1
    assert [request.route for request in bigin_sandbox.requests].count("token") == 4  # two clients share one


def test_page_names_what_exists() -> None:
    variables = set(re.findall(r"BIGIN_[A-Z_]+", PAGE))

    assert variables == {*_SECRETS, _KEYRING, "BIGIN_TOKEN_CACHE"}
    assert "BIGIN_TOKEN_CACHE" in _OPTIONS
    assert hasattr(bf.Run, "adopt")
    with bf.Callback("https://hooks.example.org") as hooks:
        assert hooks.refused == 0
    assert len(re.findall(r"127\.0\.0\.1:8799|port=8799", PAGE)) == 3  # the proxies lead to the receiver's port
    assert not [line for line in PAGE.splitlines() if len(line) > 125]
