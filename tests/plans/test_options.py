"""Options have one list: what is described, what a call is given, and what it is checked against are the same."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

import pytest

from bigin_frames.errors import OptionError
from bigin_frames.plans import options
from bigin_frames.plans.option_help import described_options
from bigin_frames.plans.options import Options, Settings, settled

HIDDEN = {"operation", "part"}  # an argument of the verbs, and what only the package sets
DEFAULTS = {field.name: field.default for field in fields(Settings) if field.name not in HIDDEN}
OF_FEW_WORDS = {name: words for name, words in options._WORDS.items() if name != "operation"}


def test_options_settings_and_the_docstring_have_the_same_names_in_the_same_order() -> None:
    assert list(described_options()) == list(Options.__annotations__) == list(DEFAULTS)


@pytest.mark.parametrize("name", OF_FEW_WORDS)
def test_words_of_an_option_are_those_of_its_type_its_check_and_its_description(name: str) -> None:
    typed = get_args(getattr(options, Options.__annotations__[name].__forward_arg__))
    described, _ = described_options()[name]

    assert set(typed) == set(OF_FEW_WORDS[name])
    assert described == "{" + ", ".join(f'"{word}"' for word in OF_FEW_WORDS[name]) + "}"
    assert DEFAULTS[name] in typed


@pytest.mark.parametrize("name", DEFAULTS)
def test_default_of_each_option_is_accepted(name: str) -> None:
    assert getattr(settled("insert", {name: DEFAULTS[name]}), name) == DEFAULTS[name]


def test_option_that_is_misspelt_is_named_with_the_nearest_one() -> None:
    with pytest.raises(OptionError, match="no option 'on_eror'; did you mean on_error") as refused:
        settled("insert", {"on_eror": "raise"})
    assert refused.value.option == "on_eror"
