"""Who asks, and for what, where a proxy stands between: forwarded headers, from proxies that were named alone.

Of the headers that proxies send, those are read that proxies do send: ``X-Forwarded-For``, ``-Host`` and ``-Prefix``.
``Forwarded`` (RFC 7239) is not: hardly a proxy sets it by itself, and one that does not lets through what the client
wrote. For the same reason each header has to be asked for by name but ``X-Forwarded-For``, which all proxies set.
``X-Forwarded-Proto`` is not either: the reference alone names a scheme, and where TLS ends before us ``public_url``
says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import attrs

from vectis_http.messages import HttpRequest

#: What can be believed of a proxy: ``X-Forwarded-`` and this.
FORWARDED = ("for", "host", "prefix")
#: Stands for whoever connects by a socket file, and so has no address.
UNIX = "unix"

#: A host's name or address, and its port.
HOST = re.compile(r"[A-Za-z0-9._-]+(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?", re.ASCII)
#: Segments that are not empty: a prefix of ``//host`` would make of a path an address elsewhere.
_PREFIX = re.compile(r"(?:/[A-Za-z0-9:@!$&'()*+,;=~._%-]+)+", re.ASCII)
#: An address with a port behind it, as some balancers write it; IPv6 stands in brackets then.
_WITH_PORT = re.compile(r"\[([^\]]+)\](?::\d+)?|([0-9.]+):\d+", re.ASCII)


class Proxies:
    """The proxies that are believed, and in what."""

    def __init__(self, trusted: Iterable[str], forwarded: Iterable[str]) -> None:
        names = tuple(trusted)
        self._networks = tuple(ip_network(name) for name in names if name != UNIX)
        self._trusts_unix = UNIX in names
        self._any = bool(names)
        self._forwarded = frozenset(forwarded)

    def seen_through(self, head: HttpRequest) -> HttpRequest:
        """Return the request as it was before the trusted proxies that it came by; never raises."""
        if not self._any or not self._trusts(head.remote_address):
            return head
        headers = dict(head.headers)
        host, prefix = self._told(headers, "host", HOST), self._told(headers, "prefix", _PREFIX)
        if host:
            headers["host"] = host
        return attrs.evolve(
            head, headers=headers, remote_address=self._client(head), prefix=(prefix or "") + head.prefix
        )

    def _told(self, headers: dict[str, str], what: str, form: re.Pattern[str]) -> str | None:
        """Return what the nearest proxy says, which stands last, where it is believed and of a form that it can be."""
        if what not in self._forwarded:
            return None
        last = headers.get(f"x-forwarded-{what}", "").rpartition(",")[2].strip().rstrip("/")
        return last if form.fullmatch(last) else None

    def _client(self, head: HttpRequest) -> str:
        """Return the nearest address that is no trusted proxy's; what stands before it is whatever the client wrote."""
        address = head.remote_address
        if "for" not in self._forwarded:
            return address
        for entry in reversed(head.headers.get("x-forwarded-for", "").split(",")):
            with_port = _WITH_PORT.fullmatch(entry.strip())
            before = with_port[1] or with_port[2] if with_port else entry.strip()
            if not self._trusts(address) or _address(before) is None:
                break
            address = before
        return address

    def _trusts(self, name: str) -> bool:
        if not name:
            return self._trusts_unix
        address = _address(name)
        return address is not None and any(address in network for network in self._networks)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    """Return an address, that of IPv4 where it is written as one of IPv6, or ``None`` where *name* is none."""
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
