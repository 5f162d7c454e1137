"""The hosts of each region, and the addresses that may see the access token: an exact list, never a pattern.

Hosts: Bigin v2, bulk-write/upload-file and refresh. No host is derived from another: Canada's accounts are at
``zohocloud.ca``. Download hosts follow the one recorded address, ``download-accl.zoho.com``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bigin_frames.errors import OptionError, UntrustedHostError


@dataclass(frozen=True, slots=True)
class Region:
    """The origins (scheme, host and port, no path) of one data centre.

    ``downloads`` lists further origins from which a result may be fetched with the token.
    """

    name: str
    api: str
    content: str
    accounts: str
    downloads: tuple[str, ...]

    @property
    def trusted(self) -> frozenset[str]:
        """Return every origin that may see the access token; the accounts host is not one of them."""
        return frozenset((self.api, self.content, *self.downloads))

    @property
    def is_local(self) -> bool:
        """Return whether the API host is this machine, as with the sandbox."""
        return _is_loopback(self.api)


def _zoho(name: str, suffix: str, accounts: str) -> Region:
    return Region(
        name,
        api=f"https://www.zohoapis.{suffix}",
        content=f"https://content.zohoapis.{suffix}",
        accounts=f"https://accounts.{accounts}",
        downloads=(f"https://www.content.zohoapis.{suffix}", f"https://download-accl.{accounts}"),
    )


REGIONS: dict[str, Region] = {
    region.name: region
    for region in (
        _zoho("us", "com", "zoho.com"),
        _zoho("eu", "eu", "zoho.eu"),
        _zoho("in", "in", "zoho.in"),
        _zoho("au", "com.au", "zoho.com.au"),
        _zoho("cn", "com.cn", "zoho.com.cn"),
        _zoho("jp", "jp", "zoho.jp"),
        _zoho("ca", "ca", "zohocloud.ca"),
        _zoho("sa", "sa", "zoho.sa"),
    )
}


# Where people create clients and grant codes; no token is ever sent there (ServiceDesk Plus, data-centers, lists them).
CONSOLES: dict[str, str] = {
    "us": "https://api-console.zoho.com",
    "eu": "https://api-console.zoho.eu",
    "in": "https://api-console.zoho.in",
    "au": "https://api-console.zoho.com.au",
    "cn": "https://api-console.zoho.com.cn",
    "jp": "https://api-console.zoho.jp",
    "ca": "https://api-console.zohocloud.ca",
    "sa": "https://api-console.zoho.sa",
}


def region(
    name: str = "us",
    *,
    api_url: str | None = None,
    content_url: str | None = None,
    accounts_url: str | None = None,
    download_hosts: Iterable[str] = (),
) -> Region:
    """Return a data centre by name, with hosts replaced where an address is given.

    Parameters
    ----------
    name : str
        One of us, eu, in, au, cn, jp, ca, sa.
    api_url, content_url, accounts_url : str, optional
        ``https://host[:port]``, or ``http://`` for a loopback host. A loopback ``api_url`` is used for all three, and
        loopback and real hosts are never mixed: a real token must not reach a local process, nor the reverse.
    download_hosts : iterable of str
        Further https hosts that results may come from.

    Raises
    ------
    OptionError
        If the name or an address is not usable.
    """
    base = _named(name)
    extra = tuple(base_url(f"https://{host}", "download_hosts") for host in download_hosts)
    api = base_url(api_url, "api_url") if api_url else base.api
    local = _is_loopback(api)
    content = base_url(content_url, "content_url") if content_url else api if local else base.content
    accounts = base_url(accounts_url, "accounts_url") if accounts_url else api if local else base.accounts
    if {_is_loopback(content), _is_loopback(accounts)} != {local}:
        raise OptionError(
            "api_url, content_url and accounts_url must be all on this machine or none of them: "
            "a real token must not reach a local server, nor the reverse.",
            option="api_url",
        )
    own = base.downloads if api == base.api else ()
    return Region(base.name, api, content, accounts, own + extra)


def _named(name: str) -> Region:
    found = REGIONS.get(name.strip().lower())
    if found is None:
        raise OptionError(f"region must be one of {', '.join(REGIONS)}.", option="region")
    return found


def base_url(url: str, option: str) -> str:
    """Return the origin of an address the user gave, lower case, host in IDNA; raise OptionError naming ``option``."""
    match = _URL.fullmatch(_ascii(url.strip()))
    origin = _origin(match) if match else None
    if match is None or origin is None or match["path"] not in (None, "/"):
        raise OptionError(
            f"{option} must be https://host or, on this machine only, http://127.0.0.1:port, without path or user.",
            option=option,
        )
    return origin


def _ascii(url: str) -> str:
    """Return the address with its host in IDNA, "" if that is not possible."""
    scheme, between, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    try:
        return scheme + between + host.encode("idna").decode("ascii") + slash + path
    except UnicodeError:
        return ""


def check_host(url: str, where: Region) -> str:
    """Return ``url`` in its canonical form if its origin may see the token; raise UntrustedHostError otherwise."""
    match = _URL.fullmatch(url)
    origin = _origin(match) if match else None
    if match is None or origin not in where.trusted:
        raise UntrustedHostError(
            f"The address points to {host_of(url)}, which is not a host of region {where.name!r}; "
            "the token was not sent. If that host belongs to Bigin, add it to download_hosts.",
            host=host_of(url),
        )
    return f"{origin}{match['path'] or '/'}"


def download_url(url: str, where: Region, *, base: str | None = None) -> str:
    """Return the address of a result, checked: a path is joined to ``base`` (the API host), any other must be trusted.

    Recorded addresses are absolute, the documentation's are paths (CRM v7, bulk-write/job-details).

    Raises
    ------
    UntrustedHostError
        If the address points to any other host; the token is then not sent.
    """
    is_path = url.startswith("/") and not url.startswith("//")
    return check_host(f"{base or where.api}{url}" if is_path else url, where)


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address that has been checked."""
    return "/".join(url.split("/", 3)[:3])


def host_of(url: str) -> str:
    """Return the host of an address for use in a message: printable ASCII, at most 100 characters, only the host."""
    authority = re.split(r"[/?#\\]", url.partition("//")[2] or url, maxsplit=1)[0].rpartition("@")[2]
    return re.sub(r"[^A-Za-z0-9.:\[\]_-]", "?", authority)[:100] or "nowhere"


def is_api_host(api_domain: str, where: Region) -> bool:
    """Return whether the token answer's ``api_domain`` is the region's own API host."""
    match = _URL.fullmatch(api_domain)
    return match is not None and _origin(match) == where.api


# Whatever is not matched is refused: user names, backslashes, spaces, control characters, other alphabets, fragments.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Z0-9.-]+|\[::1\])(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>/(?!/)(?!(?:[^?]*/)?(?:\.|%2e){1,2}(?:[/?]|\Z))(?![^?]*%(?:2f|5c|00))[A-Z0-9._~!$&'()*+,;=:@%/?-]*)?",
    re.ASCII | re.IGNORECASE,
)
_DEFAULT_PORT = {"https": 443, "http": 80}


def _origin(match: re.Match[str]) -> str | None:
    """Return the canonical origin, or None for plain http to, and numeric addresses of, anything but this machine."""
    scheme, host = match["scheme"].lower(), match["host"].lower()
    port = int(match["port"] or _DEFAULT_PORT[scheme])
    allowed = _is_local_host(host) or (scheme == "https" and not _is_address(host))
    if port > 65_535 or not allowed:
        return None
    return f"{scheme}://{host}" + (f":{port}" if port != _DEFAULT_PORT[scheme] else "")


def _is_loopback(origin: str) -> bool:
    match = _URL.fullmatch(origin)
    return match is not None and _is_local_host(match["host"])


def _is_local_host(host: str) -> bool:
    return host in ("localhost", "[::1]") or (_is_address(host) and _address(host) is not None)


def _address(host: str) -> ipaddress.IPv4Address | None:
    """Return a canonical IPv4 loopback address, None for any other."""
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return None
    return address if address.is_loopback else None


def _is_address(host: str) -> bool:
    # "2130706433", "0x7f.1" and "127.1" are addresses to a resolver: a last label that starts with a digit decides.
    return host.startswith("[") or host.rstrip(".").rpartition(".")[2][:1].isdigit()
