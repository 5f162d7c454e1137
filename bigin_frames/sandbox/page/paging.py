"""Long lists, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request

from bigin_frames.sandbox.page.markup import Html, address, link, tag

PER_PAGE = 50


def paged(items: Sequence[Any], request: Request, asked: Mapping[str, str]) -> tuple[list[Any], Html | None]:
    """Return the items of the page asked for, the last page at most, and links to the page before and after it."""
    last = max(1, -(-len(items) // PER_PAGE))
    wanted = request.args.get("page", "")
    page = min(max(1, int(wanted)), last) if wanted.isdecimal() and len(wanted) < 10 else 1
    shown = list(items[(page - 1) * PER_PAGE : page * PER_PAGE])
    if last == 1:
        return shown, None

    def step(to: int, text: str) -> Html:
        target = address(request.path, {**asked, "page": to})
        return link(target, text) if 1 <= to <= last else tag("span", text, class_="quiet")

    steps = [step(page - 1, "← Previous"), tag("span", f"Page {page} of {last}"), step(page + 1, "Next →")]
    return shown, tag("nav", steps, class_="pager", aria_label="Pages")
