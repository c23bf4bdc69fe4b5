"""Where webhooks may go: to public addresses over https, and to networks that the operator has named.

A URL is held against the rules when it is subscribed, as far as it says by itself where it leads, and every address
that its host resolves to when it is dialled.

Python's ``is_global`` alone is not enough: it says yes to multicast, to NAT64 and 6to4 addresses that carry a private
one, and to ranges that are set aside, and its answer differs between versions. The ranges are those of the IANA
special-purpose address registries (RFC 6890), as far as they are not ``is_global`` already.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from vectis_core.errors import UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_UNICAST = IPv6Network("2000::/3")
#: The last is the host that each machine on Azure has beside it, under an address that looks like a public one.
_SET_ASIDE_4 = [IPv4Network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", "168.63.129.16")]
_SET_ASIDE_6 = [IPv6Network(each) for each in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]

#: Ports below 1024 belong to services, and a request can be made to look like one of theirs: only those of the web.
_WEB_PORTS = frozenset({80, 443})
_FIRST_FREE_PORT = 1024
#: So do these: what browsers dial no more (https://fetch.spec.whatwg.org/#port-blocking), and Redis and memcached,
#: which take commands line by line.
_OTHER_SERVICES = frozenset(
    {
        1719,
        1720,
        1723,
        2049,
        3659,
        4045,
        4190,
        5060,
        5061,
        6000,
        6379,
        6566,
        *range(6665, 6670),
        6679,
        6697,
        10080,
        11211,
    }
)


#: What the name ``localhost`` means.
_LOCALHOST = ("127.0.0.1", "::1")


class AddressRules:
    """Public addresses at ports of the web, over https; besides, everything in the networks that are *allowed* by name.

    With *plain_http* public addresses are posted to without encryption too: whoever is on the way reads along.
    """

    def __init__(self, allowed: Iterable[str] = (), *, plain_http: bool = False) -> None:
        """Take networks as ``10.1.0.0/16`` or single addresses; raises ``UsageError`` for what is neither."""
        try:
            self._allowed: list[Network] = [ip_network(each) for each in allowed]
        except ValueError as error:
            raise UsageError(f"{error}: name networks as 10.1.0.0/16") from error
        self._plain_http = plain_http

    def allows(self, text: str, port: int, *, secure: bool = True) -> bool:
        """Return whether the address *text*, as a resolver returned it, may be dialled at *port*.

        *secure* is whether it is for https.
        """
        try:
            address = _unwrapped(ip_address(text))
        except ValueError:
            return False
        if any(address in network for network in self._allowed):
            return True
        return (secure or self._plain_http) and is_public(address) and _is_of_the_web(port)

    def problem(self, url: str) -> str | None:
        """Return why nothing can ever go to *url*, a ``WebhookUrl`` without a problem; ``None`` where it may.

        A name is not resolved here, since it may mean something else by the time it is dialled; ``localhost`` and what
        is below it mean one thing at all times (RFC 6761 section 6.3).
        """
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        host = parts.hostname or ""
        known = _LOCALHOST if host.rpartition(".")[2] == "localhost" else (host,) if _is_address(host) else ()
        if any(self.allows(address, port, secure=secure) for address in known) or (not known and self._allowed):
            return None
        if not (secure or self._plain_http):
            return "must begin with https://, or lead to a network that the operator has allowed"
        if known and not any(is_public(_unwrapped(ip_address(address))) for address in known):
            return "must lead to a public address, or to a network that the operator has allowed"
        return None if _is_of_the_web(port) else "must name port 80, 443 or one above 1023 that is no other service's"


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public internet."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SET_ASIDE_4)
    if address.scope_id is not None:
        return False
    return address in _UNICAST and not any(address in network for network in _SET_ASIDE_6)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _is_of_the_web(port: int) -> bool:
    return port in _WEB_PORTS or (port >= _FIRST_FREE_PORT and port not in _OTHER_SERVICES)


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
