"""From a leased delivery to the request that is sent, and from its answer to the report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime

from vectis_core.clock import EPOCH, to_wire
from vectis_core.events import Event
from vectis_core.json_writer import write_json
from vectis_core.signing import sign, standard_signatures
from vectis_core.webhooks.model import Delivery, Report
from vectis_core.webhooks.transport import Answer, NotDelivered, Post

#: So many characters of an answer are kept.
EXCERPT_MAX = 500


def body_of(event: Event) -> bytes:
    """Return what is told of an event: the guide's fields, and ``id`` and ``sequence``; the same at every attempt."""
    told = {
        "event": event.type,
        "timestamp": to_wire(event.at),
        "data": event.data,
        "id": event.id,
        "sequence": event.sequence,
    }
    return write_json(told)


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
        ("X-Webhook-Event", event.type),
        ("X-Webhook-Attempt", str(delivery.attempts + 1)),
        ("X-Webhook-Timestamp", str(timestamp)),
        ("X-Webhook-Signature", sign(secrets[-1], timestamp, body)),
        ("webhook-id", event.id),
    ]
    listed = standard_signatures(secrets, event.id, timestamp, body)
    if listed is not None:
        headers += [("webhook-timestamp", str(timestamp)), ("webhook-signature", listed)]
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
