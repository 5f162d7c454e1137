"""The faults that can be planned on the page, with their forms, and those that are planned."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request

from bigin_frames.sandbox.faults.damage import DAMAGES
from bigin_frames.sandbox.faults.fault import Fault
from bigin_frames.sandbox.faults.script import ROUTES, Planned
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.markup import Child, Html, button, table, tag

MOST_CALLS = 1_000_000


def plan_fault(org: Org, request: Request) -> str:
    """Plan a fault, and return where the browser goes next."""
    form = request.form
    route = form.get("route", "")
    offered = OFFERED.get(route if route in OFFERED else "call", {})
    name = form.get("fault", "")
    nth, times = form.get("nth", ""), form.get("times", "")
    if route not in ROUTES or name not in offered:
        raise BadRequest("There is no such fault for such a call.")
    if not _is_number(nth) or (times and not _is_number(times)):
        raise BadRequest(f"“From no.” and “How often” take whole numbers from 1 to {MOST_CALLS:,}.")
    org.faults.add(route, offered[name](), nth=int(nth), times=int(times) if times else None)
    return "/switches"


def forget_faults(org: Org, request: Request) -> str:
    """Remove every planned fault, and return where the browser goes next."""
    org.faults.clear()
    return "/switches"


# where -> name -> constructor; "call" is every route but the job; a downloaded result can be damaged, too
OFFERED: dict[str, dict[str, Callable[[], Fault]]] = {
    "call": {
        "429 too many requests": Fault.rate_limited,
        "429 and Retry-After: 5": lambda: Fault.rate_limited(5),
        "500 internal error": Fault.internal_error,
        "500 although the work was done": lambda: Fault.internal_error(applied=True),
        "401 invalid token": Fault.invalid_token,
        "401 scope mismatch": Fault.scope_mismatch,
        "404 not found": Fault.not_found,
        "401 of the gateway": Fault.gateway,
        "all tokens expired": Fault.expired_tokens,
        "access denied instead of a token": Fault.access_denied,
        "502 web page of a proxy": Fault.html,
        "200 web page of a login": lambda: Fault.html(200),
        "JSON that is cut off": Fault.malformed_json,
        "connection reset before the work": Fault.reset_before,
        "connection reset after the work": Fault.reset_after,
        "connection closed after the work": Fault.closed_after,
        "half an answer": Fault.truncated,
        "answer in small pieces, slowly": Fault.slow_drip,
        "no answer at all": Fault.silent,
    },
    "download": {f"damaged zip: {how}": partial(Fault.damaged_zip, how) for how in DAMAGES},
    "job": {
        "fails before the first row": Fault.job_failed,
        "fails after ten rows": lambda: Fault.job_failed(rows=10),
        "fails after ten rows, with a result": lambda: Fault.job_failed(rows=10, with_result=True),
        "stays at ADDED forever": Fault.job_stuck,
        "stays in progress forever": lambda: Fault.job_stuck("INPROGRESS"),
        "takes 20 more polls": lambda: Fault.job_slow(20),
    },
}
_TITLES = {"call": "A call", "download": "A result file", "job": "A job"}


def fault_form(where: str, offered: Iterable[str]) -> Html:
    """Return the form that plans one of the faults on offer."""
    calls = [route for route in ROUTES if route != "job"] if where == "call" else [where]
    route: Child = tag("label", "Call", tag("select", [tag("option", name) for name in calls], name="route"))
    if where != "call":
        route = tag("input", type="hidden", name="route", value=where)
    return tag(
        "form",
        tag("h3", _TITLES[where]),
        route,
        tag("label", "Fault", tag("select", [tag("option", name) for name in offered], name="fault"), class_="grow"),
        _number_field("From no.", "nth", "1", required=True),
        _number_field("How often", "times", "1", placeholder="always"),
        tag("button", "Plan"),
        method="post",
        action="/faults",
        class_="fault",
    )


def _number_field(label: str, name: str, value: str, **more: str | bool) -> Html:
    field = tag("input", type="number", name=name, value=value, min=1, max=MOST_CALLS, **more)
    return tag("label", label, field)


def planned_faults(planned: Iterable[Planned]) -> Html:
    """Return the faults that are planned, and a button that removes them all."""
    rows = [[one.route, one.fault.name, f"no. {one.nth}", _times(one.times), str(one.seen)] for one in planned]
    if not rows:
        return tag("p", "No fault is planned.", class_="empty")
    heads = ["Call", "Fault", "From", "How often", "Calls seen"]
    return tag("div", table(heads, rows), button("/faults/none", "Remove all"), class_="planned")


def _times(times: float) -> str:
    return "always" if math.isinf(times) else f"{times:.0f} times" if times > 1 else "once"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= MOST_CALLS
