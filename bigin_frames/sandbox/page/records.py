"""The records of a module, a page at a time, and one record with all its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request

from bigin_frames.sandbox.metadata.fields import ID
from bigin_frames.sandbox.metadata.modules import MODULES, WRITABLE
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.markup import Html, join, link, named, table, tag
from bigin_frames.sandbox.page.paging import paged
from bigin_frames.sandbox.page.words import count, time_text


def show_records(org: Org, request: Request, module: str) -> Html:
    """Show a module's records, newest first; `search` finds those in which each of its words occurs in some field."""
    _check_module(module)
    search = request.args.get("search", "")
    found = _found(org, module, search)
    shown, pager = paged(found, request, {"search": search})
    listed = org.store.records(module, shown)[::-1]
    names = [name for name in org.store.fields(module) if any(name in record["cells"] for record in listed)]
    rows = [
        [link(f"/records/{module}/{record[ID]}", record[ID]), *(record["cells"].get(name) for name in names)]
        for record in listed
    ]
    return join(
        tag("h1", MODULES[module][1]),
        tag("nav", [_tab(org, name, module) for name in WRITABLE], class_="tabs", aria_label="Modules"),
        _search_form(module, search),
        tag("p", count(len(found), "record"), f" with “{search}”" if search.strip() else None, class_="quiet"),
        table([ID, *names], rows, class_="cells") if rows else tag("p", _nothing(search), class_="empty"),
        pager,
    )


def show_record(org: Org, request: Request, module: str, record_id: str) -> Html:
    """Show one record: each filled field as it was sent, and its normal form where that differs."""
    _check_module(module)
    found = org.store.records(module, [record_id])
    if not found:
        raise NotFound(f"{MODULES[module][1]} has no record with this id.")
    cells, values = found[0]["cells"], found[0]["values"]
    filled = {name: field.data_type for name, (_, field) in org.store.fields(module).items() if name in cells}
    heads = ["Field", "Type", "As sent", *(["In normal form"] if values else [])]
    rows = [
        [tag("code", name), kind, cells[name], *([values.get(name)] if values else [])] for name, kind in filled.items()
    ]
    facts = {"Created": time_text(found[0]["created"]), "Modified": time_text(found[0]["modified"])}
    return join(
        tag("p", link(f"/records/{module}", f"← {MODULES[module][1]}")),
        tag("h1", MODULES[module][0], " ", tag("code", record_id)),
        named(facts),
        table(heads, rows, class_="facts"),
    )


def counts(org: Org) -> dict[str, int]:
    """Return the number of records of each module that the sandbox keeps."""
    return {module: len(org.store.record_ids(module)) for module in WRITABLE}


def _found(org: Org, module: str, search: str) -> list[str]:
    words = search.casefold().split()
    if not words:
        return sorted(org.store.record_ids(module), reverse=True)
    return [found[ID] for found in reversed(org.store.records(module)) if _contains(found, words)]


def _contains(found: Mapping[str, Any], words: Sequence[str]) -> bool:
    text = "\n".join([found[ID], *found["cells"].values()]).casefold()
    return all(word in text for word in words)


def _check_module(module: str) -> None:
    if module not in WRITABLE:
        raise NotFound(f"The sandbox keeps {', '.join(WRITABLE)}.")


def _tab(org: Org, name: str, here: str) -> Html:
    current = "page" if name == here else None
    number = tag("span", f"{len(org.store.record_ids(name)):,}", class_="quiet")
    return link(f"/records/{name}", MODULES[name][1], " ", number, aria_current=current)


def _search_form(module: str, search: str) -> Html:
    return tag(
        "form",
        tag("input", type="search", name="search", value=search, placeholder="Search all fields", aria_label="Search"),
        tag("button", "Search"),
        link(f"/records/{module}", "Show all") if search else None,
        action=f"/records/{module}",
        class_="search",
        role="search",
    )


def _nothing(search: str) -> str:
    return "No record contains all of these words." if search.strip() else "No record yet: write some with a bulk job."
