"""Who can use the page: only a browser that asked for it under a name of its own, and forms of the page itself.

A request under a foreign host name is refused (DNS rebinding), and so is a form sent from another origin (CSRF).
"""

from __future__ import annotations

from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Request

from bigin_frames.sandbox.server.address import Address

LOCAL = "This page can be opened on this machine only, as 127.0.0.1 or localhost."
REMOTE = "This page can be opened under an IP address, a name without a dot, or the name given as --host."


def check_host(request: Request, address: Address) -> None:
    """Refuse a foreign host name: a site whose name was made to mean this machine could read and click here."""
    if not address.is_own(request.headers.get("Host", "")):
        raise Forbidden(LOCAL if address.is_local else REMOTE)


def check_origin(request: Request) -> None:
    """Refuse a form that another site sent; every browser names the origin of a POST."""
    if request.headers.get("Origin") != f"http://{request.headers['Host']}":
        raise Forbidden("This form can be sent from the sandbox's own page only.")
