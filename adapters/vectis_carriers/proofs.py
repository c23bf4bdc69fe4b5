"""The ways in which a push can prove where it comes from; all comparisons take the same time for every guess.

An empty secret proves nothing: anybody has it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping


def is_same(given: str | None, secret: str) -> bool:
    """Return whether what was given is the secret."""
    # Half a surrogate pair, which JSON can spell, stays what it is: as a "?" it would pass for one.
    return bool(secret) and given is not None and hmac.compare_digest(_bytes(given), _bytes(secret))


def has_header(headers: Mapping[str, str], name: str, secret: str) -> bool:
    """Return whether the header of this lower-case name carries the secret."""
    return is_same(headers.get(name), secret)


def is_signed(given: str | None, signed: bytes, secret: str, encoding: str = "base64") -> bool:
    """Return whether *given* is the HMAC-SHA256 of *signed* under the secret, in the one right spelling of it."""
    digest = hmac.new(_bytes(secret), signed, hashlib.sha256).digest()
    right = digest.hex() if encoding == "hex" else base64.b64encode(digest).decode()
    return bool(secret) and is_same(given, right)


def has_bearer(headers: Mapping[str, str], secret: str) -> bool:
    """Return whether the secret is the bearer token (RFC 6750, section 2.1)."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and is_same(token.strip(), secret)


def has_basic(headers: Mapping[str, str], username: str, secret: str) -> bool:
    """Return whether user and password stand in the ``Authorization`` header (RFC 7617)."""
    scheme, _, coded = headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(coded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and bool(secret) and is_same(given, f"{username}:{secret}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
