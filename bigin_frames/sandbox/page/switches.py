"""Show the switches that make the sandbox behave otherwise, and let forms set them; each change is one form."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request

from bigin_frames.sandbox.behaviour.questions import QUESTIONS
from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.faults.damage import DAMAGES
from bigin_frames.sandbox.faults.fault import Fault
from bigin_frames.sandbox.faults.script import ROUTES, Planned
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.controls import HINTS, control, plain, read
from bigin_frames.sandbox.page.markup import Child, Html, join, table, tag

USUAL = Behaviour()
MOST_CALLS = 1_000_000


def switches(org: Org, request: Request) -> Html:
    """Show each fault that can be planned and each switch with its question and its present answer."""
    behaviour, names = org.behaviour, changed(org.behaviour)
    told = f"Not at their defaults: {', '.join(names)}." if names else f"All {len(HINTS)} are at their defaults."
    back = _button("/switches/defaults", "Set all back") if names else None
    return join(
        tag("h1", "Switches"),
        tag("h2", "Faults"),
        tag("p", "Let the next calls meet a failure; they are counted from the moment it is planned.", class_="quiet"),
        [_fault_form(where, offered) for where, offered in OFFERED.items()],
        _planned(org.faults.planned()),
        tag("h2", "Open questions"),
        tag(
            "p",
            "Bigin's documentation leaves these open. A default is the answer with the best evidence; a good client"
            " survives all of them. Numbers are those of docs/open-questions.md.",
            class_="quiet",
        ),
        tag("div", tag("p", told), back, class_="bar"),
        [_section(title, listed, behaviour) for title, listed in QUESTIONS.items()],
    )


def changed(behaviour: Behaviour) -> list[str]:
    """Return the names of the switches that are not at their default."""
    return [name for name in HINTS if getattr(behaviour, name) != getattr(USUAL, name)]


# -- what forms do; each returns where the browser goes next


def set_switch(org: Org, request: Request) -> str:
    """Set one switch."""
    name = request.form.get("switch", "")
    if name not in HINTS:
        raise BadRequest("There is no such switch.")
    try:
        value = read(name, request.form.get("value", ""))
    except ValueError as wrong:
        raise BadRequest(f"{name}: {wrong}") from None
    org.behaviour = replace(org.behaviour, **{name: value})
    return f"/switches#{name}"


def set_back(org: Org, request: Request) -> str:
    """Set every switch to its default."""
    org.behaviour = Behaviour()
    return "/switches"


def plan_fault(org: Org, request: Request) -> str:
    """Plan a fault."""
    form = request.form
    route = form.get("route", "")
    offered = OFFERED.get(route if route in OFFERED else "call", {})
    name = form.get("fault", "")
    nth, times = form.get("nth", ""), form.get("times", "")
    if route not in ROUTES or name not in offered:
        raise BadRequest("There is no such fault of such a call.")
    if not _is_number(nth) or (times and not _is_number(times)):
        raise BadRequest(f"Which call and how often are whole numbers from 1 to {MOST_CALLS:,}.")
    org.faults.add(route, offered[name](), nth=int(nth), times=int(times) if times else None)
    return "/switches"


def forget_faults(org: Org, request: Request) -> str:
    """Forget every planned fault."""
    org.faults.clear()
    return "/switches"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 8 and 1 <= int(text) <= MOST_CALLS


# where -> name -> constructor; "call" stands for every route but the job, a downloaded result has damages of its own
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
        "access denied to the token": Fault.access_denied,
        "502 web page of a proxy": Fault.html,
        "200 web page of a login": lambda: Fault.html(200),
        "JSON that breaks off": Fault.malformed_json,
        "connection reset before the work": Fault.reset_before,
        "connection reset after the work": Fault.reset_after,
        "connection closed after the work": Fault.closed_after,
        "half an answer": Fault.truncated,
        "answer in slow drops": Fault.slow_drip,
        "no answer at all": Fault.silent,
    },
    "download": {f"damaged zip: {how}": partial(Fault.damaged_zip, how) for how in DAMAGES},
    "job": {
        "fails before the first row": Fault.job_failed,
        "fails after ten rows": lambda: Fault.job_failed(rows=10),
        "fails after ten rows, with a result": lambda: Fault.job_failed(rows=10, with_result=True),
        "stays at ADDED for ever": Fault.job_stuck,
        "stays in progress for ever": lambda: Fault.job_stuck("INPROGRESS"),
        "takes 20 more polls": lambda: Fault.job_slow(20),
    },
}
_TITLES = {"call": "A call", "download": "A result file", "job": "A job"}


def _fault_form(where: str, offered: Iterable[str]) -> Html:
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
        tag("button", "Plan it"),
        method="post",
        action="/faults",
        class_="fault",
    )


def _number_field(label: str, name: str, value: str, **more: str | bool) -> Html:
    field = tag("input", type="number", name=name, value=value, min=1, max=MOST_CALLS, **more)
    return tag("label", label, field)


def _planned(planned: Iterable[Planned]) -> Html | None:
    rows = [[one.route, one.fault.name, f"no. {one.nth}", _times(one.times), str(one.seen)] for one in planned]
    if not rows:
        return tag("p", "No fault is planned.", class_="empty")
    heads = ["Call", "Fault", "Beginning with", "How often", "Calls seen"]
    return tag("div", table(heads, rows), _button("/faults/none", "Forget all"), class_="planned")


def _times(times: float) -> str:
    return "always" if math.isinf(times) else f"{times:.0f} times" if times > 1 else "once"


def _section(title: str, listed: dict[str, tuple[int | None, str]], behaviour: Behaviour) -> Html:
    rows = [_switch(name, number, words, behaviour) for name, (number, words) in listed.items()]
    return tag("section", tag("h3", title), rows, class_="switches")


def _switch(name: str, number: int | None, words: str, behaviour: Behaviour) -> Html:
    value, usual = getattr(behaviour, name), getattr(USUAL, name)
    differs = value != usual
    about = [tag("code", name), f" · question {number}" if number else None]
    if differs:
        about += [" · ", tag("strong", f"default: {plain(usual)}")]
    return tag(
        "form",
        tag("label", tag("span", words), tag("small", about), for_=f"value-{name}"),
        tag("input", type="hidden", name="switch", value=name),
        control(name, value, usual),
        tag("button", "Set"),
        method="post",
        action="/switches",
        id=name,
        class_="switch changed" if differs else "switch",
    )


def _button(action: str, words: str) -> Html:
    return tag("form", tag("button", words), method="post", action=action)
