"""The HTML document around each view: head, tabs and stylesheet, and the headers that allow nothing else."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from importlib.resources import files

from bigin_frames.sandbox.page.markup import Html, join, link, tag

STYLE = (files("bigin_frames.sandbox.page") / "page.css").read_text("utf-8")
STYLE_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    # This one stylesheet, the icon in the head and our own forms; no script, no frame, nothing from elsewhere.
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",  # under no-referrer a browser sends even our own forms with "Origin: null"
}
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16'"
    " rx='4' fill='%230f766e'/%3E%3Cpath d='M4 5h8M4 8h8M4 11h5' stroke='white' stroke-width='1.6'/%3E%3C/svg%3E"
)
TABS = {
    "/": "Overview",
    "/records/Contacts": "Records",
    "/jobs": "Jobs",
    "/requests": "Requests",
    "/switches": "Switches",
}


def document(title: str, content: Html, path: str) -> Html:
    """Return the document of a view; `path` marks its tab."""
    here = next((tab for tab in TABS if path.split("/")[1] == tab.split("/")[1]), None)
    links = [link(tab, name, aria_current="page" if tab == here else None) for tab, name in TABS.items()]
    brand = link("/", "Bigin ", tag("span", "sandbox"), class_="brand")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} - Bigin sandbox"),
        tag("link", rel="icon", href=ICON),
        tag("style", Html(STYLE)),
    )
    body = tag("body", tag("header", brand, tag("nav", links, aria_label="Parts of this page")), tag("main", content))
    return join(Html("<!doctype html>"), tag("html", head, body, lang="en"))
