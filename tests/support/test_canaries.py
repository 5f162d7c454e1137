"""The search for leaks finds a leak planted in each channel and in each disguise, and nothing else."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pytest

import bigin_frames as bf
from bigin_frames.frames.encoding import encode
from tests.support.canaries import BORN, NAME, TOKEN, VALUES, Needles, Net, listening, locals_with, people


class Talkative:
    def __init__(self, **facts: object) -> None:
        self.__dict__.update(facts)


class Html:
    def _repr_html_(self) -> str:
        return f"<b>{NAME}</b>"


@dataclass
class Listed:
    text: str = field(default=NAME, repr=False)


def with_cause(cause: BaseException, hidden: bool) -> BaseException:
    try:
        try:
            raise cause
        except ValueError as error:
            raise RuntimeError("said") from (None if hidden else error)
    except RuntimeError as error:
        return error


def with_local() -> BaseException:
    planted = NAME  # noqa: F841 - it is the leak
    try:
        raise RuntimeError("said")
    except RuntimeError as error:
        return error


def noted(error: BaseException) -> BaseException:
    error.add_note(NAME)
    return error


def log_error() -> None:
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("asyncio").exception("nothing")


PLANTS: dict[str, tuple[str, Callable[[Net], object]]] = {
    "message": ("log urllib3", lambda net: logging.getLogger("urllib3").debug(f"saw {NAME}")),
    "argument": ("log bigin_frames", lambda net: logging.getLogger("bigin_frames").debug("saw %s", NAME)),
    "extra": ("log pandera", lambda net: logging.getLogger("pandera").debug("saw", extra={"what": NAME})),
    "exception in a log": ("log asyncio", lambda net: log_error()),
    "stdout": ("stdout", lambda net: sys.stdout.write(NAME)),
    "stderr": ("stderr", lambda net: sys.stderr.write(NAME)),
    "warning": ("warning", lambda net: warnings.warn(NAME, stacklevel=1)),
    "repr": ("repr of SimpleNamespace", lambda net: net.look(SimpleNamespace(a=NAME))),
    "html": ("_repr_html_ of Html", lambda net: net.look(Html())),
    "vars": ("vars of Talkative", lambda net: net.look(Talkative(a=NAME))),
    "json": ("json of dict", lambda net: net.look({"a": NAME})),
    "asdict": ("asdict of Listed", lambda net: net.look(Listed())),
    "pickle": ("pickle of Listed", lambda net: net.look(Listed())),
    "pickled frame": ("pickle of Listed", lambda net: net.look(Listed(people()))),
    "argument of an error": ("args of KeyError", lambda net: net.look_at_error(KeyError(NAME))),
    "attribute": ("__dict__ of BiginError", lambda net: net.look_at_error(bf.BiginError("said", fact=NAME))),
    "note": ("__notes__ of ValueError", lambda net: net.look_at_error(noted(ValueError("said")))),
    "cause": ("args of ValueError", lambda net: net.look_at_error(with_cause(ValueError(NAME), False))),
    "hidden context": ("args of ValueError", lambda net: net.look_at_error(with_cause(ValueError(NAME), True))),
    "wrapped": ("args of ValueError", lambda net: net.look_at_error(RuntimeError(ValueError(NAME)))),
    "local": ("traceback with locals", lambda net: net.look_at_error(with_local())),
}


@pytest.mark.parametrize("name", PLANTS)
def test_search_finds_a_leak_in_each_channel(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    net, (channel, plant) = Net(), PLANTS[name]
    with listening(net, capfd):
        plant(net)

    assert f"{channel}: text cell" in net.found(Needles(VALUES, values=True))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("FOUND QUOKKANAUT-ZYXWELL", "text cell"),
        ("quokka_naut zyx.well", "text cell"),
        ("+491715550-1997", "phone cell"),
        (str(BORN), "date cell"),
        (repr(BORN.date()), "date cell, unpadded"),
        (repr(b"PK\x03\x04rest"), "archive"),
        ("UXVva2thbmF1dCBaeXh3ZWxs", "text cell, base64"),
        ("eyBRdW9ra2FuYXV0IFp5eHdlbGwg", "text cell, base64"),
    ],
)
def test_search_finds_a_value_in_another_form(text: str, name: str) -> None:
    assert name in Needles(VALUES, values=True).of_text(text)


def test_search_finds_pickled_dates() -> None:
    net = Net()
    net.look(Listed(pd.DataFrame({"a": [BORN]})))

    assert "pickle of Listed: date cell, binary" in net.found(Needles(VALUES, values=True))


def test_search_finds_anything_that_looks_like_a_token() -> None:
    token = f"1000.{'0a' * 16}.{'b1' * 16}"

    assert TOKEN.fullmatch(token)
    assert Needles({}, tokens=True).of_text(f"Zoho-oauthtoken {token}") == {"something of a token's shape"}


def test_search_finds_nothing_without_a_leak(capfd: pytest.CaptureFixture[str]) -> None:
    net = Net()
    with listening(net, capfd):
        logging.getLogger("urllib3").debug("row %d", 7)
        warnings.warn("3 rows", stacklevel=1)
        print("done")  # noqa: T201
        net.look_at_error(bf.MappingError("no column", column="a", field="b"))

    assert net.found(Needles(VALUES, values=True)) == []
    assert {"log urllib3", "warning", "stdout"} <= {channel for channel, _ in net.texts}


def test_search_finds_locals_of_the_package_by_type() -> None:
    with pytest.raises(bf.InputError) as refused:
        encode.decode(pa.array([NAME], pa.large_string()), bf.Field(api_name="Born", label="Born", data_type="date"))

    assert "LargeStringArray" in locals_with(refused.value, Needles({"cell": NAME}))
