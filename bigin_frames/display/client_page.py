"""The page of a client: what it is connected to, without secrets."""

from __future__ import annotations

from bigin_frames.display.html_pieces import line, page, table


def as_page(region: str, api: str, uploads: str, org_id: str | None, *, is_local: bool) -> str:
    """Return a client as a notebook shows it, without a request to Bigin."""
    facts = [
        ("region", region + " (the local sandbox)" * is_local),
        ("API", api),
        ("uploads", uploads),
        ("organisation", org_id or "the one of its token: client.org()"),
        ("credentials", "stored, never shown"),
    ]
    more = "client.modules() and client.fields('Contacts') show what can be written. No request was sent for this."
    return page(line("Bigin client", strong=True), table((), facts), line(more))
