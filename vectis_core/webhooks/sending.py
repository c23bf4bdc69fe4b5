"""From a leased delivery to the request that is sent, and from its answer to the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from vectis_core.clock import EPOCH
from vectis_core.events import Event
from vectis_core.json_writer import write_json
from vectis_core.shapes import Member, Shape
from vectis_core.signing import sign, standard_signatures
from vectis_core.webhooks.model import Delivery, Report
from vectis_core.webhooks.transport import Answer, NotDelivered, Post

#: So many characters of an answer are kept.
EXCERPT_MAX = 500

NOTIFICATION = Shape.of(
    Event,
    "Notification",
    Member("event", "type", description="The type of the event"),
    Member("timestamp", "at", description="When it happened"),
    Member("data", "data", description="As the catalogue describes it for the type"),
    Member("id", "id", description="Of the event, the same at every attempt"),
    "sequence",
)

_EVENT = "X-Webhook-Event"
_ATTEMPT = "X-Webhook-Attempt"
_TIMESTAMP = "X-Webhook-Timestamp"
_SIGNATURE = "X-Webhook-Signature"
_ID = "webhook-id"
_STANDARD_TIMESTAMP = "webhook-timestamp"
_STANDARD_SIGNATURES = "webhook-signature"
#: What each header says, and whether it is always there.
HEADERS_SENT: dict[str, tuple[str, bool]] = {
    _SIGNATURE: ("HMAC-SHA256 of `timestamp.body` under the secret, in lower-case hex", True),
    _TIMESTAMP: ("Unix timestamp (seconds) of this attempt", True),
    _EVENT: ("The type of the event", True),
    _ATTEMPT: ("1, 2, 3 ... of the same delivery", True),
    _ID: ("The event's id, the same at every attempt: keep it to know repeats", True),
    _STANDARD_TIMESTAMP: ("As Standard Webhooks 1.0.0 wants it; with secrets that we made", False),
    _STANDARD_SIGNATURES: ("Signatures as Standard Webhooks 1.0.0 wants them; with secrets that we made", False),
}


def body_of(event: Event) -> bytes:
    """Return what is told of an event: the guide's fields, and ``id`` and ``sequence``; the same at every attempt."""
    return write_json(NOTIFICATION.show(event))


def post_of(
    delivery: Delivery, event: Event, url: str, secrets: Sequence[str], now: datetime, *, agent: str, deadline: float
) -> Post:
    """Return the request of one attempt, signed for *now*.

    *secrets* are those that sign, newest first. The hex header holds one signature at all times, by the oldest of
    them, since the guide's receiver knows no list: it changes when the overlap of two secrets ends.
    """
    body = body_of(event)
    timestamp = (now - EPOCH).days * 86_400 + (now - EPOCH).seconds
    headers = [
        ("Content-Type", "application/json"),
        ("User-Agent", agent),
        (_EVENT, event.type),
        (_ATTEMPT, str(delivery.attempts + 1)),
        (_TIMESTAMP, str(timestamp)),
        (_SIGNATURE, sign(secrets[-1], timestamp, body)),
        (_ID, event.id),
    ]
    listed = standard_signatures(secrets, event.id, timestamp, body)
    if listed is not None:
        headers += [(_STANDARD_TIMESTAMP, str(timestamp)), (_STANDARD_SIGNATURES, listed)]
    return Post(url, tuple(headers), body, deadline)


def report_of(
    delivery: Delivery, answer: Answer | NotDelivered, *, at: datetime, seconds: float, jitter: float
) -> Report:
    """Return what an attempt came to."""
    if isinstance(answer, NotDelivered):
        return Report(delivery.id, at, None, answer.kind, round(seconds * 1000), None, None, jitter)
    excerpt = answer.excerpt.decode("utf-8", "replace").replace("\x00", "\ufffd")[:EXCERPT_MAX] or None
    wait = _seconds_asked(answer.retry_after, at)
    return Report(delivery.id, at, answer.code, None, round(seconds * 1000), excerpt, wait, jitter)


def _seconds_asked(header: str | None, now: datetime) -> int | None:
    """Return what ``Retry-After`` asks for (RFC 9110 section 10.2.3: seconds or a date), ``None`` for anything else."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return max(0, int((moment - now).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return None
