"""The page of a running sandbox at `/`: forms and links only, next to the API's own paths.

Everybody who can connect can look, but no other web page can (see `protection`), and no secret of a client is shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request, Response

from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.document import HEADERS, document
from bigin_frames.sandbox.page.faults import forget_faults, plan_fault
from bigin_frames.sandbox.page.jobs import show_job, show_jobs
from bigin_frames.sandbox.page.markup import Html, join, link, tag
from bigin_frames.sandbox.page.overview import show_overview
from bigin_frames.sandbox.page.protection import check_host, check_origin
from bigin_frames.sandbox.page.records import show_record, show_records
from bigin_frames.sandbox.page.requests import show_requests
from bigin_frames.sandbox.page.switches import reset_switches, set_switch, show_switches

MOST_FORM_BYTES = 65_536


@dataclass(frozen=True)
class View:
    """One path of the page: how it is matched, its title, and what shows it or takes its form."""

    path: re.Pattern[str]
    title: str
    show: Callable[..., Html] | None
    take: Callable[[Org, Request], str] | None = None


class Page:
    """The page of one organisation."""

    def __init__(self, org: Org) -> None:
        self._org = org

    def answer(self, request: Request) -> Response | None:
        """Return the page that a request asks for; None for every other path, which the API answers."""
        for view in VIEWS:
            if found := view.path.fullmatch(request.path):
                return self._answered(request, view, found.groups())
        return None

    def _answered(self, request: Request, view: View, parts: tuple[str, ...]) -> Response:
        try:
            check_host(request, self._org.address)
            if request.method == "POST" and view.take:
                check_origin(request)
                request.max_content_length = MOST_FORM_BYTES
                return Response(status=303, headers=HEADERS | {"Location": view.take(self._org, request)})
            if request.method not in ("GET", "HEAD") or view.show is None:
                _refuse_method(view)
            content, status = view.show(self._org, request, *parts), 200
        except HTTPException as refusal:
            content, status = _refusal(refusal), refusal.code or 500
        except Exception as error:
            self._org.errors.append(error)
            content, status = tag("p", "The sandbox had an internal error; it is raised when the sandbox stops."), 500
        text = document(view.title, content, request.path)
        return Response(text.encode("utf-8", "replace"), status, HEADERS, content_type="text/html; charset=utf-8")


def _refuse_method(view: View) -> NoReturn:
    allowed = ("GET", "HEAD") * bool(view.show) + ("POST",) * bool(view.take)
    raise MethodNotAllowed(allowed, f"This path takes {', '.join(allowed)}.")


def _refusal(refusal: HTTPException) -> Html:
    return join(tag("h1", refusal.name), tag("p", refusal.description), tag("p", link("/", "Back to the overview")))


def _view(
    path: str, title: str, show: Callable[..., Html] | None, take: Callable[[Org, Request], str] | None = None
) -> View:
    return View(re.compile(path, re.ASCII), title, show, take)


VIEWS = [
    _view("/", "Overview", show_overview),
    _view("/requests", "Requests", show_requests),
    _view(r"/records/([A-Za-z_]+)", "Records", show_records),
    _view(r"/records/([A-Za-z_]+)/(\d+)", "Record", show_record),
    _view("/jobs", "Jobs", show_jobs),
    _view(r"/jobs/(\d+)", "Job", show_job),
    _view("/switches", "Switches", show_switches, set_switch),
    _view("/switches/defaults", "Switches", None, reset_switches),
    _view("/faults", "Switches", None, plan_fault),
    _view("/faults/none", "Switches", None, forget_faults),
]
