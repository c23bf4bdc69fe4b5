"""DHL's words, English and German: often the only place where it says what happened.

The keywords are ours: DHL publishes none, and each of its divisions words its events as it likes. The German ones
are those of parcels in Germany, as they stand in public code that reads them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import attrs

from vectis_carriers.codes import Meaning
from vectis_core.tracking.model import Reading
from vectis_core.tracking.statuses import TrackingStatus

_TABLE = "keywords in status and description"


@attrs.frozen
class _Keyword:
    #: What people are told.
    name: str
    words: re.Pattern[str]
    status: TrackingStatus
    #: ``None`` where the name is all that there is to tell.
    reason: str | None = None


def _keyword(name: str, words: str, status: TrackingStatus, reason: str | None = None) -> _Keyword:
    return _Keyword(name, re.compile(words), status, reason)


#: The first that fits counts. A way to a locker is none yet, and a parcel that the recipient fetched is delivered.
_KEYWORDS = (
    _keyword("refused", r"\brefused\b|annahme verweigert|annahmeverweigerung", TrackingStatus.EXCEPTION, "refused"),
    _keyword(
        "return",
        r"\breturn(?:ed|ing|s)? to (?:the )?(?:sender|shipper)\b|r(?:ü|ue)cksendung|zur(?:ü|ue)ck an den absender"
        r"|zur(?:ü|ue)ckgesandt",
        TrackingStatus.RETURNED_TO_SENDER,
        "returning",
    ),
    _keyword("not home", r"\bnot (?:at )?home\b", TrackingStatus.DELIVERY_ATTEMPTED),
    _keyword("nicht angetroffen", r"nicht angetroffen", TrackingStatus.DELIVERY_ATTEMPTED),
    _keyword("attempted", r"\battempted\b|\bdelivery attempt\b", TrackingStatus.DELIVERY_ATTEMPTED),
    _keyword(
        "ready for collection",
        r"\b(?:ready|available|awaiting) (?:for )?(?:collection|pick-?up)\b|\bready to be (?:collected|picked up)\b",
        TrackingStatus.AVAILABLE_FOR_PICKUP,
    ),
    _keyword("abholbereit", r"zur abholung bereit|abholbereit|abgeholt werden", TrackingStatus.AVAILABLE_FOR_PICKUP),
    _keyword(
        "courier",
        r"\bwith (?:the )?(?:delivery )?courier\b",
        TrackingStatus.OUT_FOR_DELIVERY,
    ),
    _keyword(
        "out for delivery",
        r"\bout for delivery\b|\bloaded (?:on|onto|into) (?:the |a )?delivery vehicle\b",
        TrackingStatus.OUT_FOR_DELIVERY,
    ),
    _keyword("in Zustellung", r"\bin zustellung\b|zustellfahrzeug geladen", TrackingStatus.OUT_FOR_DELIVERY),
    _keyword(
        "picked up",
        r"\bpicked up\b(?! by (?:the )?(?:recipient|receiver|consignee|customer|addressee))",
        TrackingStatus.PICKED_UP,
    ),
    _keyword("abgeholt", r"^(?!.*(?:empf(?:ä|ae)nger|packstation|filiale)).*\babgeholt\b", TrackingStatus.PICKED_UP),
)

#: The short words that are themselves the name of a status code.
NAMES = {
    "delivered": "delivered",
    "zugestellt": "delivered",
    "failure": "failure",
    "in transit": "transit",
    "pre-transit": "pre-transit",
    "transit": "transit",
}

_SIGNED = re.compile(r"\bsigned for by:? *(.{1,255})$", re.IGNORECASE)


def meaning_of(words: str, allowed: Collection[TrackingStatus | None]) -> Meaning | None:
    """Return what the first keyword in *words* means, of those that mean one of *allowed*; ``None`` where none is."""
    told = words.lower()
    for keyword in _KEYWORDS:
        if keyword.status in allowed and keyword.words.search(told):
            reason = keyword.reason or f"text:{keyword.name}"
            return Meaning(keyword.status, reason, Reading(_TABLE, keyword.name, is_guess=True))
    return None


def signer_in(words: str | None) -> str | None:
    """Return who signed, by words such as ``Delivered - Signed for by: DOCK``."""
    found = _SIGNED.search(words) if words else None
    return found[1].strip() or None if found else None
