"""A notebook completes and explains what the accessor and the package offer; no property is computed for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import signature

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import bigin_frames as bf
from bigin_frames.plans.options import Options

METHODS = {"check", "clean", "errors", "failed", "insert", "plan", "plot", "retry", "submit", "summary", "update"}


Complete = Callable[[str], set[str]]


@pytest.fixture(params=[True, False], ids=["jedi", "without jedi"])
def shell(request: pytest.FixtureRequest) -> InteractiveShell:
    """Return a notebook's shell with a frame and the package."""
    shell = InteractiveShell(user_ns={"df": pd.DataFrame({"Last_Name": ["Ada"]}), "bf": bf})
    shell.Completer.use_jedi = request.param
    return shell


@pytest.fixture
def completed(shell: InteractiveShell) -> Complete:
    """Return the function that gives what the shell would complete a text with."""

    def complete(text: str) -> set[str]:
        with provisionalcompleter():
            return {found.text.lstrip(".") for found in shell.Completer.completions(text, len(text))}

    return complete


def test_notebook_completes_accessor_and_functions(completed: Complete) -> None:
    assert completed("df.bigin.") == METHODS | {"upsert", "validate"}
    assert completed("df.big") == {"bigin"}
    assert completed("bf.ups") == {"upsert"}


@pytest.mark.parametrize(
    "call", ["df.bigin.insert('Contacts', ", "bf.insert(df, 'Contacts', ", "df.bigin.plan('Contacts', "]
)
def test_notebook_completes_options(call: str, completed: Complete) -> None:
    assert {"on_invalid=", "on_duplicate=", "on_error=", "on_overlap="} <= completed(f"{call}on_")
    assert completed(f"{call}row_") >= {"row_key="}


def test_notebook_completes_no_option_that_the_method_refuses(completed: Complete) -> None:
    assert "row_key=" not in completed("df.bigin.upsert('Contacts', row_")
    assert "find_by=" in completed("df.bigin.upsert('Contacts', find_")


@pytest.mark.parametrize(
    "name", ["df.bigin.insert", "df.bigin.upsert", "df.bigin.retry", "bf.insert", "bf.write_dataset"]
)
def test_question_mark_shows_each_option_with_its_default(name: str, shell: InteractiveShell) -> None:
    found = shell.object_inspect(name)
    shown = signature(eval(name, shell.user_ns)).parameters.values()  # noqa: S307 - one of the names above

    options = [option for option in shown if option.name in Options.__annotations__]
    assert len(options) >= len(Options.__annotations__) - 1
    for option in options:
        value = "required" if option.default is option.empty else f"default: {option.default!r}"
        assert re.search(rf"^{option.name} : .*, {re.escape(value)}$", found["docstring"], re.M)
        assert re.search(rf"\b{option.name}: ", found["definition"])
