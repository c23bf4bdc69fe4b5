"""Where a webhook may go to, as far as its URL says; what a name resolves to is checked by whoever dials it.

Refused is what different programs read differently, since a check by one of them then says nothing about another:
a user name before the host, backslashes, control characters, percent signs in the host, zones, names that are no ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import attrs

#: The most characters of a URL.
LENGTH_MAX = 2048

#: RFC 3986, without what has no business in a host: letters, digits, dots, hyphens, underscores; or an IPv6 literal.
_HOST = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_PRINTABLE = re.compile(r"[!-~]+")
_PORT_MAX = 65535


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


def _authority(url: str) -> str:
    return re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]


def _has_bad_port(url: str) -> bool:
    port = _authority(url).rpartition(":")[2]
    return port.isdigit() and not 1 <= int(port) <= _PORT_MAX


#: What is wrong, in the order in which it is looked for, and the words for it.
_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (
        lambda url: "\\" in url or not _PRINTABLE.fullmatch(url),
        "must be plain ASCII without spaces, backslashes and control characters; write an international name as xn--",
    ),
    (lambda url: not _SCHEME.match(url), "must begin with https:// or http://"),
    (lambda url: "@" in _authority(url), "must not carry a user name or a password: they would stand in logs"),
    (lambda url: "#" in url, "must not have a fragment"),
    (lambda url: not _HOST.fullmatch(_authority(url)), "must name a host, as https://example.com/webhooks"),
    (_has_bad_port, "must name a port between 1 and 65535, or none"),
)
