"""Signatures of webhooks: how ours are made, and how a receiver checks them.

Two schemes stand side by side. The guide's: ``X-Webhook-Signature`` is the lower-case hex HMAC-SHA256 of
``"{timestamp}.{body}"`` under the whole secret. Standard Webhooks 1.0.0: ``webhook-signature`` lists base 64 of the
HMAC-SHA256 of ``"{id}.{timestamp}.{body}"``, each under the decoded bytes of a ``whsec_`` secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Iterable

#: For how many seconds a delivery is good, before and after its timestamp; the guide names five minutes.
TOLERANCE = 300

_STANDARD_PREFIX = "whsec_"
_HEX_LENGTH = 64
#: As we write it: without zeros before it, which would leave it the same number and another text.
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,14}")


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the guide's signature of *body*, sent at *timestamp* (seconds since 1970): 64 lower-case hex digits."""
    return hmac.new(secret.encode(), b"%d." % timestamp + body, hashlib.sha256).hexdigest()


def standard_signatures(secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> str | None:
    """Return the list of Standard Webhooks, one signature a secret; ``None`` where no secret is a ``whsec_`` one."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    keys = (_standard_key(secret) for secret in secrets)
    made = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys if key is not None]
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in made) or None


def verify(
    body: bytes,
    *,
    signature: str,
    timestamp: str,
    secret: str | Iterable[str],
    tolerance: int = TOLERANCE,
    now: float | None = None,
) -> bool:
    """Return whether a delivery is ours and fresh, by its headers ``X-Webhook-Signature`` and ``X-Webhook-Timestamp``.

    *body* is the raw body, before anything decodes it. *secret* may be several, while one replaces another.
    *tolerance* and *now* are in seconds; *now* is the system's time where left out. Takes the same time whether or
    not a signature fits, and is false for whatever is malformed.
    """
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    sent = int(timestamp)
    if abs((time.time() if now is None else now) - sent) > tolerance:
        return False
    given = signature.encode("utf-8", "surrogatepass")
    fits = False
    for each in [secret] if isinstance(secret, str) else secret:
        fits |= hmac.compare_digest(sign(each, sent, body).encode(), given)
    return fits and len(given) == _HEX_LENGTH


def _standard_key(secret: str) -> bytes | None:
    """Return the key that Standard Webhooks reads from a secret, ``None`` where it is not of that form."""
    if not secret.startswith(_STANDARD_PREFIX):
        return None
    encoded = secret[len(_STANDARD_PREFIX) :]
    try:
        # Some write it without the padding at its end, and all libraries take it so.
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True) or None
    except binascii.Error:
        return None
