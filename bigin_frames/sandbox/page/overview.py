"""Show the organisation at a glance, how a client finds it, and the last requests."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.wrappers import Request

from bigin_frames.sandbox.metadata.fields import MODULES
from bigin_frames.sandbox.organisation.org import LoggedRequest, Org
from bigin_frames.sandbox.page.jobs import job_table
from bigin_frames.sandbox.page.markup import Html, join, link, table, tag
from bigin_frames.sandbox.page.records import count, counts, described, time_text
from bigin_frames.sandbox.page.switches import changed

MOST_REQUESTS = 100
LATEST = 5
USUAL_ANSWERS = "Every open question has its usual answer. "
SECRET = ("BIGIN_CLIENT_SECRET", "BIGIN_REFRESH_TOKEN")
SNIPPET = """\
import pandas as pd
import bigin_frames as bf

people = pd.DataFrame({
    "Last_Name": ["Noether", "Curie", "Lovelace"],
    "Email": ["emmy@example.com", "marie@example.com", "ada@example.com"],
})
out = people.bigin.insert("Contacts", client=bf.Client.from_env())
print(out[["Last_Name", "ID", "Status", "Error"]])"""


def overview(org: Org, request: Request) -> Html:
    """Show what there is; in an empty organisation, what to do first."""
    numbers, accepted, seen = counts(org), org.store.jobs()[::-1], last_requests(org)
    empty = not any(numbers.values()) and not accepted
    cards = [
        link(f"/records/{name}", tag("strong", f"{number:,}"), tag("span", MODULES[name][1]), class_="card")
        for name, number in numbers.items()
    ]
    parts = [tag("div", cards, class_="cards")]
    if not empty:
        parts += [_section("Latest jobs", job_table(org, accepted[:LATEST]), "/jobs", "All jobs")]
    if seen:
        parts += [_section("Latest requests", request_table(org, seen[:LATEST]), "/requests", "The last hundred")]
    parts += [_section("Behaviour", _behaviour(org), "/switches", "Change it")]
    about = ["It answers at ", tag("code", org.url), " as Bigin's API does, and nothing leaves this machine."]
    first = [_first_steps(org)] if empty else []
    rest = [] if empty else [tag("details", tag("summary", "Point a client here"), _first_steps(org))]
    return join(tag("h1", "Your local Bigin"), tag("p", about, class_="lead"), _facts(org), first, parts, rest)


def requests(org: Org, request: Request) -> Html:
    """Show the last hundred requests to the API, newest first; those for this page are not among them."""
    seen = last_requests(org)
    about = "The last hundred calls of the API, newest first. Neither tokens nor bodies are kept."
    listed = request_table(org, seen) if seen else tag("p", "No request yet.", class_="empty")
    return join(tag("h1", "Requests"), tag("p", about, class_="quiet"), listed)


def last_requests(org: Org) -> list[LoggedRequest]:
    """Return the last hundred requests, newest first."""
    return org.requests[: -MOST_REQUESTS - 1 : -1]


def request_table(org: Org, seen: Sequence[LoggedRequest]) -> Html:
    """Return a table of requests; their queries are left out, since anything may stand in them."""
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


def _section(title: str, content: Html, target: str, words: str) -> Html:
    return tag("section", tag("h2", title, " ", link(target, words, class_="more")), content)


def _facts(org: Org) -> Html:
    return described(
        {
            "Organisation (zgid)": tag("code", org.store.org["zgid"]),
            "Users": ", ".join(user.name for user in org.store.users()),
            "API credits used": f"{org.store.spend(0):,}",
        }
    )


def _behaviour(org: Org) -> Html:
    names, planned = changed(org.behaviour), len(org.faults.planned())
    answers = f"{count(len(names), 'switch', 'switches')} set: {', '.join(names)}. " if names else USUAL_ANSWERS
    return tag("p", answers, f"{count(planned, 'fault')} planned." if planned else "No fault is planned.")


def _first_steps(org: Org) -> Html:
    shown = [f"export {name}={value}" for name, value in org.environment().items() if name not in SECRET]
    steps = [
        [
            "In the shell of your client, say where the sandbox is. ",
            "Client secret and refresh token are never shown here: the terminal that started the sandbox printed all ",
            "eight lines, ready to be pasted. Inside the Python that started it, ",
            tag("code", "box.client()"),
            " does without.",
            tag("pre", "\n".join([*shown, f"# {' and '.join(SECRET)}: as the terminal printed them"])),
        ],
        ["Write something.", tag("pre", SNIPPET)],
        ["Load this page again: the records, the job and every request are here."],
    ]
    about = tag("p", "One click into a box selects all of it.", class_="quiet")
    return tag("section", tag("h2", "First steps"), about, tag("ol", [tag("li", step) for step in steps]))
