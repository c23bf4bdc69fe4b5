"""Tracking numbers are compared as carriers mean them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.tracking.numbers import network_of, normalised, shown_name, track_key


@pytest.mark.parametrize(
    ("carrier", "number", "key"),
    [
        ("UPS", " 1z 999\taa1 ", "ups:1Z999AA1"),
        ("FedEx Ground", "12", "fedex:12"),
        ("LaserShip", "lx1", "ontrac:LX1"),
        ("ontrac", "LX1", "ontrac:LX1"),
        ("USPS", "420 12345 9400 1000 0000 0000 0000 00", "usps:9400100000000000000000"),
        ("usps", "420123456789" + "94" + "0" * 24, "usps:" + "94" + "0" * 24),
        ("usps", "42012345" + "94" + "0" * 25, "usps:42012345" + "94" + "0" * 25),
        ("ups", "42012345" + "94" + "0" * 20, "ups:42012345" + "94" + "0" * 20),
        ("Acme Parcel-Post", "a", "acmeparcelpost:A"),
        (" !! ", "a", "!!:A"),
    ],
)
def test_what_a_parcel_is_known_by(carrier: str, number: str, key: str) -> None:
    """Blanks, case, services of a carrier and a routing prefix are of no matter; two names of one network are one."""
    assert track_key(carrier, number) == key


names = st.one_of(st.text(max_size=20), st.sampled_from(["fedex", "FEDEX ", "LaserShip", "DHL Express", "usps", "Ups"]))


@given(carrier=names, number=st.text(max_size=40))
def test_showing_a_carrier_loses_no_parcel(carrier: str, number: str) -> None:
    """A shipment's parcel is the same by the carrier that was asked for and by the one that is shown."""
    assert track_key(shown_name(carrier), number) == track_key(carrier, number)


@given(carrier=names, number=st.text(max_size=40))
def test_what_is_normal_stays(carrier: str, number: str) -> None:
    """To normalise twice is to normalise once, for networks and for numbers."""
    once = normalised(carrier, number)

    assert normalised(carrier, once) == once
    assert network_of(network_of(carrier)) == network_of(carrier)
