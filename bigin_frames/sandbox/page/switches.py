"""The switches of the sandbox's behaviour, each with its question and a form that sets it."""

from __future__ import annotations

from dataclasses import replace

from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Request

from bigin_frames.sandbox.behaviour.questions import QUESTIONS
from bigin_frames.sandbox.behaviour.switches import Behaviour
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.controls import HINTS, control, read
from bigin_frames.sandbox.page.faults import OFFERED, fault_form, planned_faults
from bigin_frames.sandbox.page.markup import Html, button, join, tag
from bigin_frames.sandbox.page.words import plain

USUAL = Behaviour()


def show_switches(org: Org, request: Request) -> Html:
    """Show each fault that can be planned and each switch with its question and its current answer."""
    behaviour, names = org.behaviour, changed(org.behaviour)
    state = f"Not at their defaults: {', '.join(names)}." if names else f"All {len(HINTS)} are at their defaults."
    back = button("/switches/defaults", "Reset all") if names else None
    return join(
        tag("h1", "Switches"),
        tag("h2", "Faults"),
        tag("p", "Make upcoming calls fail. Counting starts when you press the button.", class_="quiet"),
        [fault_form(where, offered) for where, offered in OFFERED.items()],
        planned_faults(org.faults.planned()),
        tag("h2", "Open questions"),
        tag(
            "p",
            "Bigin's documentation leaves these open. A default is the answer with the best evidence; a good client"
            " works with all of them. Numbers are those of docs/open-questions.md.",
            class_="quiet",
        ),
        tag("div", tag("p", state), back, class_="bar"),
        [_section(title, listed, behaviour) for title, listed in QUESTIONS.items()],
    )


def changed(behaviour: Behaviour) -> list[str]:
    """Return the names of the switches that are not at their default."""
    return [name for name in HINTS if getattr(behaviour, name) != getattr(USUAL, name)]


# -- what forms do


def set_switch(org: Org, request: Request) -> str:
    """Set one switch, and return where the browser goes next."""
    name = request.form.get("switch", "")
    if name not in HINTS:
        raise BadRequest("There is no such switch.")
    try:
        value = read(name, request.form.get("value", ""))
    except ValueError as wrong:
        raise BadRequest(f"{name}: {wrong}") from None
    org.behaviour = replace(org.behaviour, **{name: value})
    return f"/switches#{name}"


def reset_switches(org: Org, request: Request) -> str:
    """Set every switch to its default, and return where the browser goes next."""
    org.behaviour = Behaviour()
    return "/switches"


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
