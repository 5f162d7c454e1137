"""The page on delivery shows what happens: each example is run against the local Bigin, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames.options import Options
from bigin_frames.sandbox import Fault, Manners, Sandbox
from tests.honesty import Clock

GUIDE = Path(__file__).parents[1] / "docs" / "delivery.md"
BLOCK = re.compile(r"```(python|text)\n(.*?)```", re.S)


def lost_answers(box: Sandbox) -> None:
    """Let the four create-job calls of the page meet what its comments say."""
    for nth, fault in ((1, Fault.reset_after()), (2, Fault.reset_before()), (4, Fault.closed_after())):
        box.faults.add("create", fault, nth=nth)


@pytest.mark.filterwarnings("ignore::bigin_frames.errors.UndecidedRowsWarning")
def test_every_example_shows_what_happens(bigin_sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    bigin_sandbox.manners = Manners(polls_added=0, polls_in_progress=0)
    bigin_sandbox.add_field("Contacts", "Load_Key", length=64, unique=True)
    lost_answers(bigin_sandbox)
    email = ["ada@example.org", "grace@example.org"]
    known = {
        "bf": bf,
        "client": bigin_sandbox.client(transport=Clock().transport()),
        "people": pd.DataFrame({"Last_Name": ["Lovelace", "Hopper"], "Email": email}),
        "names": pd.DataFrame({"Last_Name": ["Noether", "Curie"]}),
        "more": pd.DataFrame({"Last_Name": ["Meitner", "Germain"]}),
    }
    blocks = BLOCK.findall(GUIDE.read_text("utf-8"))
    assert [kind for kind, _ in blocks] == ["python", "text"] * 4

    for (_, code), (_, said) in zip(blocks[::2], blocks[1::2], strict=True):
        exec(compile(code, str(GUIDE), "exec"), known)  # noqa: S102 - our own example
        assert capsys.readouterr().out.split() == said.split()
    assert bigin_sandbox.faults.waiting() == []
    assert len(bigin_sandbox.records("Contacts")) == 6


def test_page_names_what_exists() -> None:
    page = GUIDE.read_text("utf-8")
    errors = {"AlreadyDelivered", "JobPending", "RunBusy", "OverlapWarning"}
    options = {"row_key", "repeat", "on_overlap", "callback"}

    assert all(f"`{name}" in page and hasattr(bf, name) for name in errors)
    assert all(f"`{name}" in page and name in Options.__annotations__ for name in options)
    assert all(f"run.{name}" in page and hasattr(bf.Run, name) for name in ("unknown", "reconcile", "adopt", "resolve"))
    assert all(f"`{status}`" in page for status in ("UNKNOWN", "UNREPORTED", "UNSENT", "PENDING"))
