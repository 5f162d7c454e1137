"""Every public docstring has an example, and every example is run against the local Bigin."""

from __future__ import annotations

import doctest
import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import errors
from bigin_frames.accessor import BiginAccessor
from bigin_frames.sandbox import Behaviour, Sandbox

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Classes whose members have examples of their own, or are used in the example of the class.
WITH_MEMBERS = (bf.Run, bf.Plan, bf.ValidationReport, bf.Client, bf.Cleaned, Sandbox, bf.Metadata, BiginAccessor)
CAUGHT = {"InvalidRowsError", "AlreadyDelivered", "JobPending", "MappingError"}  # the page of errors shows the others


def raised() -> set[str]:
    """Return the public names that are errors or warnings."""
    return {name for name in bf.__all__ if name in vars(errors)}


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield a class's public methods and properties."""
    for name in vars(kind):
        member = getattr(kind, name)
        if name[0] != "_" and (callable(member) or isinstance(member, property | cached_property)):
            yield f"{kind.__name__}.{name}", member


def documented() -> dict[str, str]:
    """Return the docstring of everything public that should have an example."""
    found = {name: getattr(bf, name) for name in bf.__all__ if name not in raised() - CAUGHT and name != "sandbox"}
    found |= {"bigin_frames": bf, "Sandbox": Sandbox, "BiginAccessor": BiginAccessor}
    for kind in WITH_MEMBERS:
        found |= dict(members(kind))
    return {name: inspect.getdoc(one) or "" for name, one in found.items()}


DOCSTRINGS = documented()


def without_example(docstrings: dict[str, str]) -> set[str]:
    """Return the names that neither have an example nor are used in the one of their class."""
    return {
        name
        for name, text in docstrings.items()
        if ">>> " not in text
        and not re.search(rf"^ *>>> .*\.{name.rpartition('.')[2]}\b", _class_of(name, docstrings), re.M)
    }


def _class_of(name: str, docstrings: dict[str, str]) -> str:
    kind, _, member = name.rpartition(".")
    return docstrings[kind] if member and kind else ""


def failures(text: str, name: str, names: dict[str, Any]) -> str:
    """Run a docstring's example; return what differs from what it shows."""
    test = doctest.DocTestParser().get_doctest(text, dict(names), name, None, None)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(test, out=said.append)
    return "".join(said)


@pytest.fixture
def names(
    bigin_sandbox: Sandbox, bigin_client: bf.Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Any]:
    """Return what an example finds: a local Bigin that the environment points to, and two small frames."""
    bigin_sandbox.behaviour = Behaviour(polls_added=0, polls_in_progress=0, callback="never")
    for name, value in bigin_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)  # where examples write their files
    last, email = ["Lovelace", "Hopper"], ["ada@example.org", "grace@example.org"]
    return {
        "bf": bf,
        "pd": pd,
        "box": bigin_sandbox,
        "client": bigin_client,
        "df": pd.DataFrame({"Last_Name": last, "Email": email}),
        "people": pd.DataFrame({"Surname": last, "E-mail": email}),
    }


@pytest.mark.parametrize("name", [name for name, text in DOCSTRINGS.items() if ">>> " in text])
def test_example_shows_what_happens(name: str, names: dict[str, Any]) -> None:
    assert failures(DOCSTRINGS[name], name, names) == ""


def test_every_public_docstring_has_an_example() -> None:
    assert without_example(DOCSTRINGS) == set()


@pytest.mark.parametrize("name", ["insert", "BiginAccessor.retry", "Plan.credits", "JobPending", "Sandbox.client"])
def test_example_that_is_left_out_is_seen(name: str) -> None:
    assert without_example(DOCSTRINGS | {name: "Do something."}) == {name}


def test_member_that_the_example_of_its_class_uses_is_shown() -> None:
    class_and_member = {"Thing": "A thing.\n\n>>> thing.size\n2", "Thing.size": "Its size.", "Thing.sizes": "All."}

    assert without_example(class_and_member) == {"Thing.sizes"}


@pytest.mark.parametrize(
    "wrong", [">>> df['Last_Name'].tolist()\n['Ada']", ">>> df.bigin.insert('Contats')", ">>> 1 +"]
)
def test_example_that_is_wrong_is_seen(wrong: str, names: dict[str, Any]) -> None:
    assert "Failed example" in failures(f"Do something.\n\n{wrong}\n", "planted", names)


def test_members_are_found() -> None:
    assert {"Plan.rows", "Client.from_env", "Client.read_result", "BiginAccessor.failed", "Metadata.fields"} <= set(
        DOCSTRINGS
    )
