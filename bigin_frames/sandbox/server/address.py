"""The address that the sandbox listens on, and under which names it can be asked for its page.

A web page can make a browser send requests to this machine under a name of its own ("DNS rebinding"): the name first
means the page's own server and then 127.0.0.1. Such a name is always a full one of the public DNS. An IP address, a
name without a dot and a name under `.local` cannot be used for it, nor can the one name given as `host`.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
OPEN_TO_ALL = "It has no password: everybody who reaches this address can read and write its records."
# A Host header: a name or an IPv4 address, or an IPv6 address in brackets, each with or without a port.
HOST = re.compile(r"(?P<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class Address:
    """What the sandbox listens on: the `host` that was asked for, and the IP address and the port it was bound to."""

    host: str = LOOPBACK
    ip: str = LOOPBACK
    port: int = 0

    @property
    def is_local(self) -> bool:
        """Return whether only this machine can connect."""
        return ipaddress.ip_address(self.ip).is_loopback

    @property
    def url(self) -> str:
        """Return where a client on this machine connects; 0.0.0.0 and :: are no addresses to connect to."""
        ip = ipaddress.ip_address(self.ip)
        shown = {4: LOOPBACK, 6: "::1"}[ip.version] if ip.is_unspecified else self.ip
        return f"http://[{shown}]:{self.port}" if ":" in shown else f"http://{shown}:{self.port}"

    def url_for(self, asked: str) -> str:
        """Return the address to name in an answer to a call with this Host header.

        Beyond this machine the caller's own way here is the only one known to work: a container's port may be
        published under another number, and its name is known outside of it only.
        """
        return self.url if self.is_local or not HOST.fullmatch(asked) else f"http://{asked}"

    def is_own(self, asked: str) -> bool:
        """Return whether the page can be shown under this Host header without a risk of DNS rebinding."""
        found = HOST.fullmatch(asked)
        if found is None:
            return False
        name = found["name"].lower()
        if self.is_local:
            return name in {"localhost", LOOPBACK, "[::1]", self.ip, f"[{self.ip}]"}
        return _is_ip(name.strip("[]")) or "." not in name or name.endswith(".local") or name == self.host.lower()


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a host, by address or by name; on all addresses for 0.0.0.0 and for ::."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    family, _, _, _, where = min(found, key=lambda one: one[0] is not socket.AF_INET)  # IPv4 if the name has both
    both = host == "::" and socket.has_dualstack_ipv6()
    return socket.create_server((where[0], port), family=family, backlog=128, dualstack_ipv6=both)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
