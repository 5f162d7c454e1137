"""Help and completion show every option of a verb with its default, and leave out only what the verb refuses."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Unpack

import pandas as pd
import pytest

import bigin_frames as bf
from bigin_frames import verbs
from bigin_frames.accessor import BiginAccessor
from bigin_frames.dask import BiginDaskAccessor
from bigin_frames.errors import OptionError
from bigin_frames.plans.option_help import described_options, method_of, with_options
from bigin_frames.plans.options import Options, settled

NAMES = set(Options.__annotations__)
WRITES = ("insert", "update", "upsert")
WITH_OPTIONS = (*WRITES, "submit", "plan", "check", "clean", "validate", "retry")
ON_DASK = (*WRITES, "check", "plan")
HELPED: dict[str, Callable[..., Any]] = {
    **{f"verbs.{name}": getattr(verbs, name) for name in WITH_OPTIONS},
    **{f"df.bigin.{name}": getattr(BiginAccessor, name) for name in WITH_OPTIONS},
    **{f"ddf.bigin.{name}": getattr(BiginDaskAccessor, name) for name in ON_DASK},
    "write_dataset": bf.write_dataset,
}
# One value of each option that some verb refuses.
REFUSED = {"row_key": "Load_Key", "repeat": True, "on_overlap": "skip"}


def left_out(name: str) -> set[str]:
    return NAMES - set(inspect.signature(HELPED[name]).parameters)


def test_every_function_that_takes_options_is_here() -> None:
    taking = {
        f"{home}.{name}"
        for home, owner in (("verbs", verbs), ("df.bigin", BiginAccessor), ("ddf.bigin", BiginDaskAccessor))
        for name, one in vars(owner).items()
        if inspect.isfunction(one) and "options" in one.__annotations__
    }

    assert taking | {"write_dataset"} == set(HELPED)


@pytest.mark.parametrize("name", HELPED)
def test_signature_has_the_options_as_keywords_with_the_defaults_of_a_call(name: str) -> None:
    parameters = inspect.signature(HELPED[name]).parameters
    shown = {option: parameters[option] for option in parameters if option in NAMES}
    own = {"on_invalid": "skip"} if name == "write_dataset" else {}
    required = {"find_by"} if name.endswith((".update", ".upsert")) else set()

    assert {one.kind for one in parameters.values()} <= {
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    }
    assert {one.kind for one in shown.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert {option for option, one in shown.items() if one.default is one.empty} == required
    defaults = {option: one.default for option, one in shown.items() if option not in required}
    settings = settled("insert", own)
    assert defaults == {option: getattr(settings, option) for option in defaults}


@pytest.mark.parametrize("name", HELPED)
def test_docstring_has_each_option_with_its_default_and_meaning(name: str) -> None:
    words = inspect.getdoc(HELPED[name]) or ""
    for option, parameter in inspect.signature(HELPED[name]).parameters.items():
        if option in NAMES:
            kind, meaning = described_options()[option]
            value = "required" if parameter.default is parameter.empty else f"default: {parameter.default!r}"
            indented = meaning.replace("\n", "\n    ")
            assert words.count(f"\n{option} : {kind}, {value}\n    {indented}\n") == 1 or words.endswith(indented)


@pytest.mark.parametrize("name", HELPED)
def test_only_what_a_verb_refuses_is_left_out(name: str) -> None:
    assert left_out(name) <= set(REFUSED)
    if "row_key" in left_out(name):
        with pytest.raises(OptionError):
            settled(name.rpartition(".")[2], {"row_key": REFUSED["row_key"], "find_by": "Email"})  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["repeat", "on_overlap"])
@pytest.mark.parametrize("method", ON_DASK)
def test_option_left_out_on_dask_is_refused_there(option: str, method: str) -> None:
    dd = pytest.importorskip("dask.dataframe")
    if option not in left_out(f"ddf.bigin.{method}"):
        assert method == "check"
        return
    frame = dd.from_pandas(pd.DataFrame({"Last_Name": ["Ada"]}), npartitions=1)

    with pytest.raises(OptionError) as refused:
        getattr(frame.bigin, method)("Contacts", **{option: REFUSED[option]})
    assert refused.value.option == option


@pytest.mark.parametrize("name", [*WITH_OPTIONS, "failed", "errors", "summary", "plot"])
def test_method_says_what_its_function_says_without_the_frame(name: str) -> None:
    function, method = inspect.getdoc(getattr(verbs, name)) or "", inspect.getdoc(getattr(BiginAccessor, name)) or ""
    said, shown = function.splitlines(), method.splitlines()

    assert shown[0] == said[0]
    assert not [line for line in shown if line in ("frame : DataFrame", "out : DataFrame")]
    assert "verbs." not in method
    assert "bf." not in method
    for heading in ("Returns", "Raises", "Other Parameters"):
        assert (heading in shown) == (heading in said)
    assert shown.count("Examples") == 1


def test_accessor_takes_the_same_arguments_as_its_function() -> None:
    for name in WITH_OPTIONS:
        function = list(inspect.signature(getattr(verbs, name)).parameters.values())[1:]
        method = list(inspect.signature(getattr(BiginAccessor, name)).parameters.values())[1:]

        assert method == function


def test_type_checkers_are_left_the_typed_options() -> None:
    assert bf.insert.__annotations__["options"] == "Unpack[Options]"


def test_own_keywords_come_before_the_options() -> None:
    @with_options(without=NAMES - {"wait", "find_by"}, required=["find_by"], defaults={"wait": 5.0})
    def one(frame: pd.DataFrame, *, mine: int = 1, **options: Unpack[Options]) -> None:
        """Do it.

        Parameters
        ----------
        frame : DataFrame
            Of yours.
        mine : int
        """

    class Two:
        @method_of(one)
        def two(self, *, mine: int = 1, **options: Unpack[Options]) -> None:
            """Do it.

            Examples
            --------
            >>> Two().two()
            """

    assert (
        str(inspect.signature(Two().two))
        == "(*, mine: 'int' = 1, find_by: 'str', wait: 'float | None' = 5.0) -> 'None'"
    )
    words = (inspect.getdoc(Two.two) or "").splitlines()
    assert words[:7] == ["Do it.", "", "Parameters", "----------", "mine : int", "", "Examples"]
    assert "wait : float, default: 5.0" in words


def test_help_without_docstrings_still_has_the_signatures() -> None:
    code = "from inspect import signature; from bigin_frames import insert; print(insert.__doc__, signature(insert))"
    seen = subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert seen.stdout.startswith("None (frame")
    assert "'raise', 'skip'] = 'raise'" in seen.stdout
