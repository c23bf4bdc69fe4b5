"""Where a webhook may go to, as far as its URL says; what a name resolves to is checked by whoever dials it.

Refused is what different programs read differently, since a check by one of them then says nothing about another:
a user name before the host, backslashes, control characters, percent signs in the host, zones, names that are no ASCII,
and numbers that some take for addresses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import attrs

from vectis_core.constraints import Schema

#: The most characters of a URL.
LENGTH_MAX = 2048

#: RFC 3986, without what has no business in a host: letters, digits, dots, hyphens, underscores; or an IPv6 literal.
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
#: What programs take for a number, and then the whole host for an address: 127.1, 0x7f.1, 2130706433, 0177.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0[Xx][0-9A-Fa-f]*")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_PRINTABLE = re.compile(r"[!-~]+")
_PORT = re.compile(r"[0-9]{1,5}")
_PORT_MAX = 65535

_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_V4 = rf"{_BYTE}(?:\.{_BYTE}){{3}}"
_V6 = r"\[[0-9A-Fa-f:.]+\]"
#: The last label of a name decides whether programs take the whole for an address.
_LAST = rf"(?!(?:{_NUMBER.pattern})(?:[:/?]|$)){_LABEL}"
#: As JSON Schema wants it, for who does not read this.
_HOST = rf"(?:(?:{_LABEL}\.)*{_LAST}|{_V4}|{_V6})"
_PATTERN = rf'^[Hh][Tt][Tt][Pp][Ss]?://{_HOST}(?::[0-9]{{1,5}})?(?:[/?][!"$-\[\]-~]*)?$'


@attrs.frozen
class WebhookUrl:
    """An absolute ``https`` or ``http`` URL that every reader reads alike."""

    def problem(self, value: Any) -> str | None:
        """Return why *value* is refused."""
        if not isinstance(value, str):
            return "must be a string"
        if not 1 <= len(value) <= LENGTH_MAX:
            return f"must have 1 to {LENGTH_MAX} characters"
        return next((words for is_wrong, words in _RULES if is_wrong(value)), None)

    def schema(self) -> Schema:
        """Return the rule as a JSON Schema, as far as that goes.

        It lets an IPv6 literal have any hexadecimal digits, a port be any five digits, and a name be of any length.
        """
        return {"type": "string", "format": "uri", "maxLength": LENGTH_MAX, "pattern": _PATTERN}


def _authority(url: str) -> str:
    return re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]


def _has_no_host(url: str) -> bool:
    host = _host_and_port(url)[0]
    if host.startswith("["):
        return not (host.endswith("]") and _is(IPv6Address, host[1:-1]))
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return not _is(IPv4Address, host)
    return not _NAME.fullmatch(host)


def _has_bad_port(url: str) -> bool:
    port = _host_and_port(url)[1]
    return port is not None and not (_PORT.fullmatch(port) and 1 <= int(port) <= _PORT_MAX)


def _host_and_port(url: str) -> tuple[str, str | None]:
    authority = _authority(url)
    if authority.endswith("]") or ":" not in authority:
        return authority, None
    host, _, port = authority.rpartition(":")
    return host, port


def _is(kind: type[IPv4Address | IPv6Address], text: str) -> bool:
    """Return whether *text* is an address; one with a zone (``fe80::1%eth0``) is not one for everybody."""
    try:
        kind(text)
    except ValueError:
        return False
    return "%" not in text


#: What is wrong, in the order in which it is looked for, and the words for it.
_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (
        lambda url: "\\" in url or not _PRINTABLE.fullmatch(url),
        "must be plain ASCII without spaces, backslashes and control characters; write an international name as xn--",
    ),
    (lambda url: not _SCHEME.match(url), "must begin with https:// or http://"),
    (lambda url: "@" in _authority(url), "must not carry a user name or a password: they would stand in logs"),
    (lambda url: "#" in url, "must not have a fragment"),
    (_has_no_host, "must name a host, as https://example.com/webhooks, or write out an address, as 203.0.113.9"),
    (_has_bad_port, "must name a port between 1 and 65535, or none"),
)
