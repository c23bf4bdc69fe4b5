"""Which addresses may be dialled: public ones, and networks that the operator has named.

Python's ``is_global`` alone is not enough: it says yes to multicast, to NAT64 and 6to4 addresses that carry a private
one, and to ranges that are set aside, and its answer differs between versions. The ranges are those of the IANA
special-purpose address registries (RFC 6890), as far as they are not ``is_global`` already.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from vectis_core.errors import UsageError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_UNICAST = IPv6Network("2000::/3")
_SET_ASIDE_4 = [IPv4Network(each) for each in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")]
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


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public internet."""
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SET_ASIDE_4)
    if address.scope_id is not None:
        return False
    return address in _UNICAST and not any(address in network for network in _SET_ASIDE_6)


def _is_of_the_web(port: int) -> bool:
    return port in _WEB_PORTS or (port >= _FIRST_FREE_PORT and port not in _OTHER_SERVICES)


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 one stands for, where it does."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
