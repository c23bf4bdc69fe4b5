"""What callers want of webhooks, and what workers report of them, as values."""

from __future__ import annotations

from hypothesis import strategies as st

from vectis_core.events import EVENT_FILTERS
from vectis_core.testing.strategies import values
from vectis_core.testing.strategies.values import optional, texts, unless_unset
from vectis_core.webhooks.model import (
    OVERLAP_MAX,
    NewSubscription,
    ReplayRange,
    Report,
    Rotation,
    SubscriptionChange,
)
from vectis_core.webhooks.schedule import Policy

_LOCAL = ["http://127.0.0.1:1/hook", "http://[::1]:65535/"]


def webhook_urls() -> st.SearchStrategy[str]:
    """Return addresses of webhooks in many forms; nobody is to be reached there."""
    hosts = ["shop.example", "SHOP.example:8443", "a_b.example", "192.0.2.1", "[2001:db8::1]:443"]
    ends = ["", "/", "/hooks?a=1&b=%20", "/%E2%82%AC;x=y", "?q", "/" + "x" * 1_900]
    made = st.builds("https://{}{}".format, st.sampled_from(hosts), st.sampled_from(ends))
    return st.one_of(made, st.sampled_from(_LOCAL))


def event_filters() -> st.SearchStrategy[tuple[str, ...]]:
    """Return which events a subscription is for."""
    return st.lists(st.sampled_from(EVENT_FILTERS), min_size=1, max_size=4, unique=True).map(tuple)


def _secrets() -> st.SearchStrategy[str]:
    return st.one_of(st.just("x" * 16), st.just("ẞ" * 255), texts(64).map(lambda text: f"a secret of size {text}"))


def new_subscriptions() -> st.SearchStrategy[NewSubscription]:
    """Return webhooks to subscribe to, with and without a secret of the caller's."""
    return st.builds(NewSubscription, url=webhook_urls(), events=event_filters(), secret=optional(_secrets()))


def subscription_changes() -> st.SearchStrategy[SubscriptionChange]:
    """Return changes of a subscription, of some properties or of none."""
    return st.builds(
        SubscriptionChange,
        url=unless_unset(webhook_urls()),
        events=unless_unset(event_filters()),
        active=unless_unset(st.booleans()),
    )


def rotations() -> st.SearchStrategy[Rotation]:
    """Return how a secret is replaced, at once or with the longest overlap among them."""
    overlaps = st.one_of(st.sampled_from([0, OVERLAP_MAX]), st.integers(0, OVERLAP_MAX))
    return st.builds(Rotation, secret=optional(_secrets()), overlap=overlaps)


def replay_ranges() -> st.SearchStrategy[ReplayRange]:
    """Return times of which everything is to be delivered once more, empty ones among them."""
    return st.builds(
        ReplayRange, since=values.moments(), until=optional(values.moments()), types=optional(event_filters())
    )


def reports() -> st.SearchStrategy[tuple[Report, ...]]:
    """Return what a worker says that attempts came to, of deliveries that there may be."""
    made = st.builds(
        Report,
        delivery_id=values.object_ids(),
        at=values.moments(),
        code=st.sampled_from([None, 200, 302, 400, 410, 429, 503]),
        error=optional(texts(64)),
        duration=st.integers(0, 60_000),
        excerpt=optional(texts(255)),
        retry_after=optional(st.integers(0, 86_400)),
        jitter=st.floats(-1, 1),
    )
    return st.lists(made, max_size=3).map(tuple)


def policies() -> st.SearchStrategy[Policy]:
    """Return how patient a worker is."""
    return st.builds(Policy, delays=st.lists(st.integers(0, 86_400), max_size=4).map(tuple))
