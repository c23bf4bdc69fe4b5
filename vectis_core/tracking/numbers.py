"""Tracking numbers as they are compared, and which carriers are one network."""

from __future__ import annotations

import re

#: How the carriers that the guide names are shown to people; others are shown as they were given.
CARRIER_NAMES = {
    "amazon": "Amazon",
    "dhl": "DHL",
    "fedex": "FedEx",
    "lasership": "LaserShip",
    "ontrac": "OnTrac",
    "ups": "UPS",
    "usps": "USPS",
}

#: LaserShip became OnTrac: parcels of either are reported under both names.
_NETWORKS = {"lasership": "ontrac"}

#: USPS writes ``420`` and the destination's ZIP code, of 9 or 5 digits, before numbers of 22 or 26 digits.
_USPS_ROUTED = [re.compile(rf"420\d{{{size}}}(9[1-6]\d{{20}}(?:\d{{4}})?)", re.ASCII) for size in (9, 5)]


def shown_name(carrier: str) -> str:
    """Return the name of a carrier as people are shown it."""
    return CARRIER_NAMES.get(carrier.strip().lower(), carrier)


def network_of(carrier: str) -> str:
    """Return by whom a carrier's parcels are carried: ``FedEx Ground`` is ``fedex``, ``LaserShip`` is ``ontrac``."""
    words = re.findall(r"[a-z0-9]+", carrier.lower())
    name = words[0] if words and words[0] in CARRIER_NAMES else "".join(words) or carrier.strip().lower()
    return _NETWORKS.get(name, name)


def normalised(carrier: str, number: str) -> str:
    """Return a tracking number as it is compared: without blanks, in capitals, and without a USPS routing prefix."""
    plain = "".join(number.split()).upper()
    return _without_routing(plain) if network_of(carrier) == "usps" else plain


def track_key(carrier: str, number: str) -> str:
    """Return what a carrier's parcel is known by: its network and its normalised number, such as ``ups:1Z999``."""
    return f"{network_of(carrier)}:{normalised(carrier, number)}"


def _without_routing(number: str) -> str:
    """Return a USPS number without its routing prefix; where both lengths of it fit, the check digit decides."""
    found = [match[1] for prefix in _USPS_ROUTED if (match := prefix.fullmatch(number))]
    return max(found, key=_is_checked, default=number)


def _is_checked(number: str) -> bool:
    """Return whether the last digit is right: weights 3 and 1 from the right, to a multiple of ten."""
    digits = [int(digit) for digit in reversed(number)]
    return (sum(digits[0::2]) + 3 * sum(digits[1::2])) % 10 == 0
