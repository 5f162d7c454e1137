"""A notebook completes what the accessor and the package offer, and no property is computed for it."""

from __future__ import annotations

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

import bigin_frames as bf

METHODS = {"check", "clean", "errors", "failed", "insert", "plan", "plot", "retry", "submit", "summary", "update"}


@pytest.mark.parametrize("jedi", [True, False])
def test_notebook_completes_accessor_and_functions(jedi: bool) -> None:
    shell = InteractiveShell(user_ns={"df": pd.DataFrame({"Last_Name": ["Ada"]}), "bf": bf})
    shell.Completer.use_jedi = jedi

    def completed(text: str) -> set[str]:
        with provisionalcompleter():
            return {found.text.lstrip(".") for found in shell.Completer.completions(text, len(text))}

    assert completed("df.bigin.") == METHODS | {"upsert", "validate"}
    assert completed("df.big") == {"bigin"}
    assert completed("bf.ups") == {"upsert"}
