"""The page of a client: where it is connected to, and no secret."""

from __future__ import annotations

from bigin_frames.display.html_pieces import line, page, table


def as_page(region: str, api: str, uploads: str, org_id: str | None, *, is_local: bool) -> str:
    """Return a client as a notebook shows it; nothing is asked for that."""
    facts = [
        ("region", region + " (the local sandbox)" * is_local),
        ("API", api),
        ("uploads", uploads),
        ("organisation", org_id or "the one its token belongs to: client.org()"),
        ("credentials", "held, never shown"),
    ]
    more = "client.modules() and client.fields('Contacts') say what can be written; nothing is asked before."
    return page(line("Client of Bigin", strong=True), table((), facts), line(more))
