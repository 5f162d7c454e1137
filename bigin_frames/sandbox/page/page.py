"""Show a running sandbox to a person: a page at `/`, made of forms and links alone, beside the API's own paths.

Whoever can reach the loopback can look, but a web page from elsewhere cannot: a request under another host name is
refused (DNS rebinding), and so is a form sent from another origin (CSRF). Nothing a client has to keep secret is shown.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from typing import NoReturn

from werkzeug.exceptions import Forbidden, HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page import jobs, overview, records, switches
from bigin_frames.sandbox.page.markup import Html, join, link, tag

LOOPBACK_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?")
MOST_FORM_BYTES = 65_536
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


@dataclass(frozen=True)
class View:
    """Hold one path of the page: how it is matched, its title, and what shows it or takes its form."""

    path: re.Pattern[str]
    title: str
    show: Callable[..., Html] | None
    take: Callable[[Org, Request], str] | None = None


class Page:
    """Answer the requests of a browser for one organisation."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def answer(self, request: Request) -> Response | None:
        """Return the page a request asks for; None for every path that is not the page's, which the API answers."""
        for view in VIEWS:
            if found := view.path.fullmatch(request.path):
                return self._answered(request, view, found.groups())
        return None

    def _answered(self, request: Request, view: View, parts: tuple[str, ...]) -> Response:
        try:
            _check_host(request)
            if request.method == "POST" and view.take:
                _check_origin(request)
                request.max_content_length = MOST_FORM_BYTES
                return Response(status=303, headers=HEADERS | {"Location": view.take(self._org, request)})
            if request.method not in ("GET", "HEAD") or view.show is None:
                _refuse_method(view)
            content, status = view.show(self._org, request, *parts), 200
        except HTTPException as refusal:
            content, status = _refusal(refusal), refusal.code or 500
        except Exception as error:
            self._org.errors.append(error)
            content, status = tag("p", "The sandbox met an error of its own; it is raised when the sandbox stops."), 500
        document = _document(view.title, content, request.path)
        return Response(document.encode("utf-8", "replace"), status, HEADERS, content_type="text/html; charset=utf-8")


def _check_host(request: Request) -> None:
    """Refuse another host name: a foreign site whose name was made to mean 127.0.0.1 would read and click here."""
    if not LOOPBACK_HOST.fullmatch(request.headers.get("Host", "")):
        raise Forbidden("This page answers under 127.0.0.1 or localhost only.")


def _check_origin(request: Request) -> None:
    """Refuse a form that another site sent; every browser names the origin of a POST."""
    if request.headers.get("Origin") != f"http://{request.headers['Host']}":
        raise Forbidden("This form can be sent from the sandbox's own page only.")


def _refuse_method(view: View) -> NoReturn:
    allowed = ("GET", "HEAD") * bool(view.show) + ("POST",) * bool(view.take)
    raise MethodNotAllowed(allowed, f"This path takes {', '.join(allowed)}.")


def _refusal(refusal: HTTPException) -> Html:
    return join(tag("h1", refusal.name), tag("p", refusal.description), tag("p", link("/", "To the overview")))


def _document(title: str, content: Html, path: str) -> Html:
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


def _view(
    path: str, title: str, show: Callable[..., Html] | None, take: Callable[[Org, Request], str] | None = None
) -> View:
    return View(re.compile(path, re.ASCII), title, show, take)


VIEWS = [
    _view("/", "Overview", overview.overview),
    _view("/requests", "Requests", overview.requests),
    _view(r"/records/([A-Za-z_]+)", "Records", records.records),
    _view(r"/records/([A-Za-z_]+)/(\d+)", "Record", records.record),
    _view("/jobs", "Jobs", jobs.jobs),
    _view(r"/jobs/(\d+)", "Job", jobs.job),
    _view("/switches", "Switches", switches.switches, switches.set_switch),
    _view("/switches/defaults", "Switches", None, switches.set_back),
    _view("/faults", "Switches", None, switches.plan_fault),
    _view("/faults/none", "Switches", None, switches.forget_faults),
]
