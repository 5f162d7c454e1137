"""HTML, put together from texts; each text is escaped unless it is markup already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TypeAlias
from urllib.parse import urlencode

Child: TypeAlias = "str | int | Iterable[Child] | None"
VOID = {"input", "link", "meta"}  # they have no end tag


class Html(str):
    """Text that is markup already; any other text is escaped on its way in."""

    __slots__ = ()


def tag(element: str, /, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return an element; `class_` is class, `aria_label` aria-label, and an attribute of None or False is left out."""
    given = {key: value for key, value in attributes.items() if value is not None and value is not False}
    head = "".join(_attribute(key, value) for key, value in given.items())
    return Html(f"<{element}{head}>" if element in VOID else f"<{element}{head}>{join(*children)}</{element}>")


def join(*children: Child) -> Html:
    """Return the markup of all children, each text escaped; None is nothing."""
    return Html("".join(_markup(child) for child in children))


def link(target: str, *children: Child, **attributes: str | int | bool | None) -> Html:
    """Return a link to a path of this page."""
    return tag("a", *children, href=target, **attributes)


def address(path: str, asked: Mapping[str, str | int]) -> str:
    """Return a path with those parts of a query that are not empty."""
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{path}?{query}" if query else path


def table(heads: Iterable[Child], rows: Iterable[Iterable[Child]], **attributes: str) -> Html:
    """Return a table that scrolls sideways on a narrow screen."""
    head = tag("thead", tag("tr", [tag("th", text, scope="col") for text in heads]))
    body = tag("tbody", [tag("tr", [tag("td", cell) for cell in row]) for row in rows])
    return tag("div", tag("table", head, body, **attributes), class_="wide", tabindex=0)


def named(facts: Mapping[str, Child]) -> Html:
    """Return named facts as a list; facts that are None are left out."""
    pairs = [tag("div", tag("dt", name), tag("dd", fact)) for name, fact in facts.items() if fact is not None]
    return tag("dl", pairs)


def button(action: str, words: str) -> Html:
    """Return a form that is a button alone."""
    return tag("form", tag("button", words), method="post", action=action)


def _markup(child: Child) -> str:
    if isinstance(child, Html):
        return child
    if child is None or isinstance(child, str | int):
        return "" if child is None else escape(str(child))
    return "".join(_markup(one) for one in child)


def _attribute(key: str, value: str | int | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
