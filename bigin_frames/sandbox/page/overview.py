"""The overview: the organisation at a glance, and how a client connects to it."""

from __future__ import annotations

from werkzeug.wrappers import Request

from bigin_frames.sandbox.metadata.modules import MODULES
from bigin_frames.sandbox.organisation.org import Org
from bigin_frames.sandbox.page.jobs import job_table
from bigin_frames.sandbox.page.markup import Html, join, link, named, tag
from bigin_frames.sandbox.page.records import counts
from bigin_frames.sandbox.page.requests import last_requests, request_table
from bigin_frames.sandbox.page.switches import changed
from bigin_frames.sandbox.page.words import count
from bigin_frames.sandbox.server.address import OPEN_TO_ALL

LATEST = 5
DEFAULT_ANSWERS = "Every open question has its default answer. "
LOCAL = ", and nothing leaves this machine."
REMOTE = f". {OPEN_TO_ALL}"
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


def show_overview(org: Org, request: Request) -> Html:
    """Show what the organisation contains; if it is empty, what to do first."""
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
    url = org.address.url_for(request.headers["Host"])
    about = ["It answers at ", tag("code", url), " as Bigin's API does", LOCAL if org.address.is_local else REMOTE]
    first = [_first_steps(org, url)] if empty else []
    rest = [] if empty else [tag("details", tag("summary", "Connect a client"), _first_steps(org, url))]
    return join(tag("h1", "Your local Bigin"), tag("p", about, class_="lead"), _facts(org), first, parts, rest)


def _section(title: str, content: Html, target: str, words: str) -> Html:
    return tag("section", tag("h2", title, " ", link(target, words, class_="more")), content)


def _facts(org: Org) -> Html:
    return named(
        {
            "Organisation (zgid)": tag("code", org.store.org["zgid"]),
            "Users": ", ".join(user.name for user in org.store.users()),
            "API credits used": f"{org.store.spend(0):,}",
        }
    )


def _behaviour(org: Org) -> Html:
    names, planned = changed(org.behaviour), len(org.faults.planned())
    answers = f"{count(len(names), 'switch', 'switches')} set: {', '.join(names)}. " if names else DEFAULT_ANSWERS
    return tag("p", answers, f"{count(planned, 'fault')} planned." if planned else "No fault is planned.")


def _first_steps(org: Org, url: str) -> Html:
    shown = [f"export {name}={value}" for name, value in org.environment(url).items() if name not in SECRET]
    steps = [
        [
            "In the shell of your client, set where the sandbox is. ",
            "Client secret and refresh token are never shown here: the terminal that started the sandbox printed all ",
            "eight lines, ready to paste. In the Python process that started it, ",
            tag("code", "box.client()"),
            " needs none of them.",
            tag("pre", "\n".join([*shown, f"# {' and '.join(SECRET)}: as the terminal printed them"])),
        ],
        ["Write something.", tag("pre", SNIPPET)],
        ["Reload this page: it shows the records, the job and every request."],
    ]
    about = tag("p", "Click a box to select its text.", class_="quiet")
    return tag("section", tag("h2", "First steps"), about, tag("ol", [tag("li", step) for step in steps]))
