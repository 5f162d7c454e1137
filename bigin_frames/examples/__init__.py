"""Examples for the help of classes with many methods, as doctests: ``box`` is a `Sandbox`, ``df`` a small frame.

- `client`: `Client`
- `plan`: `Plan`
- `report`: `ValidationReport`
- `run`: `Run`
- `sandbox`: `Sandbox`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import cleandoc
from typing import Any, TypeVar

T = TypeVar("T", bound=type)


def with_examples(examples: Mapping[str, str]) -> Callable[[T], T]:
    """Decorate a class: the docstring of each member that is named gets an example; "" is the class itself."""

    def decorate(kind: T) -> T:
        for name, example in examples.items():
            member: Any = vars(kind)[name] if name else kind
            member = getattr(member, "__func__", member)  # of a class method or static method
            if member.__doc__:  # python -OO has none
                member.__doc__ = f"{cleandoc(member.__doc__)}\n\nExamples\n--------\n{cleandoc(example)}\n"
        return kind

    return decorate
