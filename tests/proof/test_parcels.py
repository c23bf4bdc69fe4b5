"""What carriers push in the proof of permutations: all of it, as stated, with proofs that are some and some none."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from proof.crowd.journeys import CARRIERS, JOURNEYS, SECRET, ZONE, Journey, forged, proof_of, setup_of
from proof.crowd.parcels import FORGED, LABEL, SCANS, Board, parcels, told_how_often
from vectis_carriers.verifying import Push, is_proved
from vectis_core.tracking.accounts import CarrierAccount
from vectis_core.tracking.carrier import carrier_names, carrier_of

BASE = datetime(2026, 11, 14, 3, tzinfo=UTC)


def account(carrier: str) -> CarrierAccount:
    """Return a carrier's account as the proof configures it, without its secrets."""
    setup = setup_of(carrier)
    return CarrierAccount(
        tenant="default",
        carrier=carrier,
        proof=setup["proof"],
        secrets=(),
        header=setup.get("header"),
        encoding="base64",
        parameter="token",
        username=None,
        client_id=None,
        zone=ZONE,
        payload_days=0,
        created_at=BASE,
        updated_at=BASE,
    )


def test_every_carrier_pushes() -> None:
    """All that are installed."""
    assert set(carrier_names()) <= set(CARRIERS)


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_a_journey_is_read_as_it_is_stated(journey: Journey) -> None:
    """Each scan is one event, of its status and its moment, and unlike all others and the one that never was."""
    carrier, ids = carrier_of(journey.carrier), set()
    for index, scan in enumerate(journey.scans):
        parsed = carrier.parse(json.loads(journey.push("PX1", index, BASE)))
        assert not parsed.faults
        [event] = parsed.events
        assert (event.status, event.moment(BASE, ZONE, "UTC")) == (scan.status, journey.moment(index, BASE))
        ids.add(event.id)
    [alien] = carrier.parse(json.loads(journey.alien("PX1", BASE))).events
    assert len(ids | {alien.id}) == SCANS + 1


@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.name)
def test_what_is_forged_proves_nothing(journey: Journey) -> None:
    """The right proof opens; none of the three forgeries does."""
    body, other = journey.alien("PX1", BASE), journey.push("PX1", 0, BASE)
    carrier = carrier_of(journey.carrier)

    def proves(headers: dict[str, str]) -> bool:
        return is_proved(account(journey.carrier), [SECRET], carrier, Push(headers=headers, body=body))

    assert proves(proof_of(journey.carrier, body))
    assert not any(proves(forged(journey.carrier, body, other, kind)) for kind in range(3))


def test_all_orders_and_all_numbers_of_times() -> None:
    """Each journey in 720 orders, each of its scans once, twice and three times, with every kind of forgery."""
    everything = parcels(720, 4)
    assert len({(parcel.journey.name, parcel.order) for parcel in everything}) == 720 * len(JOURNEYS)
    assert len(told_how_often(everything)) == len(JOURNEYS) * SCANS * 3
    assert {parcel.label for parcel in everything} == set(range(SCANS + 1))


def test_the_pushes_of_a_parcel() -> None:
    """One step for each scan, in order, and for the label; repeats come from other processes, not before their step."""
    for parcel in parcels(12, 4):
        steps = [push.what for push in parcel.pushes if push.is_step]
        assert [what for what in steps if what != LABEL] == list(parcel.order)
        assert steps.index(LABEL) == parcel.label
        for scan, times in enumerate(parcel.times):
            told = [push for push in parcel.pushes if push.what == scan]
            assert len({push.place for push in told}) == len(told) == times
            assert {push.after for push in told} == {steps.index(scan)}
        assert sum(push.what == FORGED for push in parcel.pushes) == 1


def test_a_board_counts() -> None:
    """Steps by parcel, new scans by parcel and process."""
    board = Board(2, 4)
    board.answered(1)
    board.wait(1, 1)
    board.filed(0, 3)
    board.filed(0, 2)
    assert (board.new_scans(0), board.new_scans(1)) == (2, 0)
