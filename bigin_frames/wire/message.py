"""Requests and responses as values; their repr and their pickle show no secret and no cell value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from bigin_frames.model import Secret

CALLS = ("token", "org", "modules", "fields", "layouts", "upload", "create", "job", "download", "records", "find")


class Parts:
    """A body in pieces, which can be read any number of times, so that a large file is never copied.

    Parameters
    ----------
    *parts : bytes
        Sent one after the other; a part over 64 KiB is sent in slices of that size.
    """

    __slots__ = ("_length", "_parts")

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts
        self._length = sum(map(len, parts))

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[memoryview]:
        for part in self._parts:
            view = memoryview(part)
            for start in range(0, len(view), _SLICE_BYTES):
                yield view[start : start + _SLICE_BYTES]

    def __repr__(self) -> str:
        return f"<Parts: {self._length} bytes>"


_SLICE_BYTES = 64 * 2**10


@dataclass(frozen=True, slots=True)
class Request:
    """A call as it goes over the wire.

    Parameters
    ----------
    call : str
        The route's name, one of `CALLS`.
    method, url : str
    headers : Mapping[str, str or Secret]
        A value that must not be seen is a `Secret`; only the transport reveals it.
    body : bytes or Parts or Secret, optional
    authorized : bool
        True if the call carries the access token.
    """

    call: str
    method: str
    url: str
    headers: Mapping[str, str | Secret] = field(repr=False)
    body: bytes | Parts | Secret | None = field(default=None, repr=False)
    authorized: bool = True

    def wire_headers(self) -> dict[str, str]:
        """Return the headers with their secrets revealed; only the transport calls this."""
        return {name: v.reveal() if isinstance(v, Secret) else v for name, v in self.headers.items()}

    def wire_body(self) -> bytes | Parts | None:
        """Return the body with its secrets revealed; only the transport calls this."""
        return self.body.reveal().encode("ascii") if isinstance(self.body, Secret) else self.body

    @property
    def host(self) -> str:
        """Return the host the request goes to."""
        return urlsplit(self.url).hostname or ""

    @property
    def path_template(self) -> str:
        """Return the path for logs: without query, ids replaced, an address chosen by the server left out."""
        if self.call == "download":
            return "{download_url}"
        return re.sub(r"[0-9]{4,}", "{id}", urlsplit(self.url).path)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer; header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def signed(request: Request, access_token: Secret) -> Request:
    """Return the request with the token on it; the scheme is Zoho's own, not Bearer (Bigin v2, create-job)."""
    value = Secret(f"Zoho-oauthtoken {access_token.reveal()}")
    return replace(request, headers={**request.headers, "Authorization": value})
