"""The last requests to the API."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request

from bigin_frames.sandbox.organisation.log import LoggedRequest
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.markup import Html, join, table, tag
from bigin_frames.sandbox.page.words import time_text

MOST_REQUESTS = 100


def show_requests(org: Org, request: Request) -> Html:
    """Show the last hundred requests to the API, newest first; requests for this page are not among them."""
    seen = last_requests(org)
    about = "The last hundred calls of the API, newest first. Tokens and bodies are not kept."
    listed = request_table(org, seen) if seen else tag("p", "No request yet.", class_="empty")
    return join(tag("h1", "Requests"), tag("p", about, class_="quiet"), listed)


def last_requests(org: Org) -> list[LoggedRequest]:
    """Return the last hundred requests, newest first."""
    return org.requests[: -MOST_REQUESTS - 1 : -1]


def request_table(org: Org, seen: Sequence[LoggedRequest]) -> Html:
    """Return a table of requests; their queries are left out, since they may contain anything."""
    return table(
        ["Time", "Method", "Path", "Call", "Status", "Took"], [_row(org, one) for one in seen], class_="requests"
    )


def _row(org: Org, one: LoggedRequest) -> list[Html | str]:
    colour = "grey" if one.status is None else "red" if one.status >= 400 else "green"
    status = tag("span", one.status or "no answer", class_=f"badge {colour}")
    took = None if one.took_s is None else f"{one.took_s * 1000:,.1f} ms"
    return [
        time_text(one.at, org.clock()),
        one.method,
        tag("code", one.path),
        one.route,
        status,
        tag("span", took, class_="number"),
    ]
