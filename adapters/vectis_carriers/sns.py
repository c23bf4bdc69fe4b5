"""Messages of Amazon SNS, in which a relay may wrap what a carrier sends."""

from __future__ import annotations

import re

from vectis_carriers.parts import link_of
from vectis_carriers.payload import Node, unreadable
from vectis_core.tracking.model import Notice

_OF_AMAZON = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/\S*")


def is_sns(root: Node) -> bool:
    """Return whether *root* is a message of SNS, not what it carries."""
    return root["Type"].text() in {"Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"}


def notice_of(root: Node) -> Notice | None:
    """Return what SNS says about itself; ``None`` for a notification, which carries a message.

    Raises ``UnreadablePayload`` for a notification without one.
    """
    kind, topic = root["Type"].text(), root["TopicArn"].text()
    if kind == "Notification":
        if not isinstance(root["Message"].value, str):
            raise unreadable("The notification of Amazon SNS must have a Message")
        return None
    if kind == "SubscriptionConfirmation":
        return Notice(kind, _to_confirm(root, topic), topic)
    ended = f"The topic {topic} of Amazon SNS sends no more here: subscribe again unless that is meant"
    return Notice("UnsubscribeConfirmation", ended, topic, is_alarming=True)


def _to_confirm(root: Node, topic: str | None) -> str:
    address = link_of(root["SubscribeURL"])
    if address is None or _OF_AMAZON.fullmatch(address) is None:
        return f"The topic {topic} asks to send here, with an address that is not of Amazon SNS: do not open it"
    return f"The topic {topic} of Amazon SNS asks to send here. If it is yours, confirm it: open {address}"
