"""Where a webhook may lead: to public addresses only, so that it cannot be made to reach into the site's own network.

The host is looked up when a webhook is made and again before each delivery, and the connection goes to the very address
that was looked at: a name that changes its address in between gains nothing.
"""

import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from service.errors import RetraceError
from service.settings import settings

_PORTS = {"http": 80, "https": 443}

#: addresses that carry an IPv4 address in their last 32 bits
_CARRYING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))


class BadAddress(RetraceError):
    """A webhook's address that cannot be used."""

    status = 422
    kind = "bad-webhook-address"


class PrivateAddress(BadAddress):
    """A webhook's address inside the site's own network."""

    kind = "private-webhook-address"


@dataclass(frozen=True)
class Target:
    """A webhook's address, taken apart."""

    secure: bool
    host: str
    port: int
    #: path and query
    place: str


def target(url: str) -> Target:
    """An address taken apart. Raises `BadAddress`."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:
        raise BadAddress("The address is not a URL; give one such as https://mes.example.com/events.") from error
    if parts.scheme not in _PORTS or not host or port == 0 or not all(33 <= ord(letter) < 127 for letter in url):
        raise BadAddress("The address must begin with https:// or http:// and name a host, without spaces.")
    if "@" in parts.netloc:
        raise BadAddress("The address must not hold a name and a password; bodies are signed instead.")
    place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", host, port or _PORTS[parts.scheme], place)


def looked_up(to: Target) -> list[str]:
    """The IP addresses of a host, all of them public. Raises `BadAddress`, `PrivateAddress`."""
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadAddress(f"The host {to.host} cannot be found; check its name.") from error
    addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
    if not settings().webhook_private and not all(map(is_public, addresses)):
        raise PrivateAddress(
            f"The host {to.host} lies in a private network; whoever runs the site may allow it with "
            "RETRACE_WEBHOOK_PRIVATE=1."
        )
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and what it may carry inside as well."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _with_inner(ip))


def _with_inner(ip: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """An address, or the IPv4 addresses that it stands for."""
    if isinstance(ip, IPv4Address):
        return [ip]
    if ip.ipv4_mapped is not None:
        return [ip.ipv4_mapped]
    inner: list[IPv4Address | IPv6Address] = [one for one in (ip.sixtofour, *(ip.teredo or ())) if one is not None]
    if any(ip in network for network in _CARRYING):
        return [IPv4Address(int(ip) & 0xFFFF_FFFF)]
    return [ip, *inner]
