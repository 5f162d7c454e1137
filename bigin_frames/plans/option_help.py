"""The help of the verbs: a signature and a docstring with every option, made from `options`.

Type checkers see ``**options: Unpack[Options]``; a person who asks for help sees each option, its default and meaning.
All of it is made during the import, so it is made with the plainest of means.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from functools import lru_cache
from inspect import Parameter, Signature, cleandoc, signature
from itertools import dropwhile
from typing import Any, Final, TypeVar

from bigin_frames.plans import options
from bigin_frames.plans.options import Options, Settings

F = TypeVar("F", bound=Callable[..., Any])

PARAMETERS: Final = "Parameters\n----------\n"
EXAMPLES: Final = "Examples\n--------\n"  # the last section of a docstring as it is written
OPTIONS: Final = "Other Parameters\n----------------\n"  # numpydoc's section for many keyword parameters


def described_options() -> dict[str, tuple[str, str]]:
    """Return each option that the docstring of `Options` describes, with its kind and its meaning."""
    _, _, listed = cleandoc(Options.__doc__ or "").partition("----------\n")
    found: dict[str, tuple[str, str]] = {}
    name = ""
    for line in listed.splitlines():
        if line.startswith("    "):
            kind, meaning = found[name]
            found[name] = (kind, f"{meaning}\n{line[4:]}" if meaning else line[4:])
        else:
            name, _, kind = line.partition(" : ")
            found[name] = (kind, "")
    return found


_DESCRIBED: Final = described_options()
_DEFAULTS: Final = {field.name: field.default for field in fields(Settings) if field.name in Options.__annotations__}


def with_options(
    *, required: Collection[str] = (), without: Collection[str] = (), defaults: Mapping[str, Any] | None = None
) -> Callable[[F], F]:
    """Decorate a function that takes ``**options``: its signature and its docstring get every option.

    Parameters
    ----------
    required : collection of str
        Options that the function cannot do without: they come first and have no default.
    without : collection of str
        Options that the function refuses.
    defaults : mapping of str to value, optional
        Defaults that are other than those of `Settings`.
    """
    shown = {**_DEFAULTS, **(defaults or {})}
    needed = dict.fromkeys(required, Parameter.empty)
    shown = needed | {name: value for name, value in shown.items() if name not in needed and name not in without}

    def decorate(function: F) -> F:
        given = signature(function)
        own = [one for one in given.parameters.values() if one.kind is not Parameter.VAR_KEYWORD]
        listed = [_parameter(name, default) for name, default in shown.items()]
        function.__dict__["__signature__"] = given.replace(parameters=[*own, *listed])
        if function.__doc__:  # python -OO has none
            entries = "".join(_entry(name, default) for name, default in shown.items())
            function.__doc__ = f"{cleandoc(function.__doc__)}\n\n{OPTIONS}{entries}"
        return function

    return decorate


def method_of(function: Callable[..., Any]) -> Callable[[F], F]:
    """Decorate a method with the words of the function that takes the frame first, without its frame and its examples.

    The method's own docstring has a summary, for readers of the source, and the examples.
    """

    def decorate(method: F) -> F:
        given: Signature | None = function.__dict__.get("__signature__")
        if given is not None:
            _, *others = given.parameters.values()
            method.__dict__["__signature__"] = given.replace(parameters=[_SELF, *others])
        if method.__doc__ and function.__doc__:
            whole = function.__doc__ if given else cleandoc(function.__doc__)
            words, _, listed = whole.partition(OPTIONS)
            words = _without_frame(words.partition(EXAMPLES)[0])
            examples = cleandoc(method.__doc__).partition(EXAMPLES)[2].rstrip()
            method.__doc__ = f"{words}\n\n{EXAMPLES}{examples}\n" + (listed and f"\n{OPTIONS}{listed}")
        return method

    return decorate


_SELF: Final = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)


def _without_frame(words: str) -> str:
    """Return a docstring without the first of its parameters."""
    before, heading, after = words.partition(PARAMETERS)
    rest = "\n".join(dropwhile(lambda line: line.startswith(" "), after.splitlines()[1:]))
    others = rest[:1] not in ("", "\n")
    return f"{before}{heading if others else ''}{rest.strip()}".strip()


@lru_cache
def _parameter(name: str, default: Any) -> Parameter:
    text = getattr(Options.__annotations__[name], "__forward_arg__", "")
    if default is Parameter.empty:
        text = text.removesuffix(" | None")
    kind = getattr(options, text, text)  # the words of an option that is one of a few, otherwise the text of its type
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


@lru_cache
def _entry(name: str, default: Any) -> str:
    kind, meaning = _DESCRIBED[name]
    value = "required" if default is Parameter.empty else f"default: {default!r}"
    indented = meaning.replace("\n", "\n    ")
    return f"{name} : {kind}, {value}\n    {indented}\n"
