"""What carriers report, and how they prove that it is theirs, as values."""

from __future__ import annotations

from datetime import datetime

from hypothesis import strategies as st

from vectis_core.testing.strategies import values
from vectis_core.testing.strategies.values import optional, texts
from vectis_core.tracking.accounts import PROOFS, CarrierSetup
from vectis_core.tracking.model import Notice, Place, Reading, TimeBasis, TrackingEvent, event_of
from vectis_core.tracking.numbers import CARRIER_NAMES
from vectis_core.tracking.statuses import INFERRED, TrackingStatus

#: Reasons that mean something to the rules, and one that does not.
_REASONS = [None, "returned", "returning", "disposed", "seized", INFERRED, "weather"]
_ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu"]


def tracking_numbers() -> st.SearchStrategy[str]:
    """Return tracking numbers: of the carriers' forms, and as people copy them."""
    forms = ["1Z999AA10123456784", "1z 999 aa1 0123 456 784", "4200000092612903029612345678", "TBA123456789000", "0"]
    return st.one_of(st.sampled_from(forms), texts(100))


def places() -> st.SearchStrategy[Place]:
    """Return where a scan happened: from everything to nothing."""
    return st.builds(
        Place,
        city=optional(texts(255)),
        region=optional(texts(255)),
        postal_code=optional(texts(32)),
        country=optional(texts(64)),
    )


def readings() -> st.SearchStrategy[Reading]:
    """Return why a code was read as what it was read as."""
    return st.builds(Reading, table=texts(64), row=optional(texts(64)), is_guess=st.booleans())


@st.composite
def tracking_events(
    draw: st.DrawFn,
    carriers: st.SearchStrategy[str] | None = None,
    numbers: st.SearchStrategy[str] | None = None,
    statuses: st.SearchStrategy[TrackingStatus | None] | None = None,
    moments: st.SearchStrategy[datetime] | None = None,
) -> TrackingEvent:
    """Return what carriers report: of any status or none, with a moment, a local time or neither."""
    basis = draw(st.sampled_from(TimeBasis))
    has_time = basis in {TimeBasis.UTC, TimeBasis.GMT_SUSPECT, TimeBasis.ENVELOPE_TIMESTAMP}
    local = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1))  # noqa: DTZ001 - that it has no zone is the point
    given = statuses if statuses is not None else optional(st.sampled_from(TrackingStatus))
    return event_of(
        draw(carriers if carriers is not None else st.sampled_from([*CARRIER_NAMES, "bobs-bikes"])),
        draw((numbers if numbers is not None else tracking_numbers()).filter(lambda number: number.split())),
        status=draw(given),
        reason=draw(st.sampled_from(_REASONS)),
        code=draw(texts(64)),
        description=draw(optional(texts(500))),
        occurred_at=draw(moments if moments is not None else values.moments()) if has_time else None,
        local_time=draw(local) if basis is TimeBasis.LOCAL_UNKNOWN_ZONE else None,
        time_basis=basis,
        reading=draw(readings()),
        place=draw(places()),
        signer=draw(optional(texts(255))),
        estimated_delivery=draw(optional(st.sampled_from(["2026-02-01", "2026-02-01T17:00:00Z"]))),
        proof_url=draw(optional(st.just("https://example.com/proof?a=1&b=%20"))),
        corrects=draw(st.booleans()),
        sub_code=draw(optional(texts(64))),
        likely_zone=draw(optional(st.sampled_from(_ZONES))),
    )


def carrier_setups() -> st.SearchStrategy[CarrierSetup]:
    """Return how pushes are to prove themselves; whether all that the proof needs is there is left open."""
    secrets = st.lists(st.one_of(st.just("x" * 8), st.just("ẞ" * 512)), min_size=1, max_size=3).map(tuple)
    return st.builds(
        CarrierSetup,
        proof=st.sampled_from(PROOFS),
        secrets=optional(secrets),
        header=optional(st.sampled_from(["X-Secret", "x" * 64])),
        encoding=st.sampled_from(["base64", "hex"]),
        parameter=st.sampled_from(["token", "tenant", "a.b_c-d"]),
        username=optional(texts(255)),
        client_id=optional(texts(64)),
        zone=optional(st.sampled_from(_ZONES)),
        payload_days=st.one_of(st.sampled_from([0, 365]), st.integers(0, 365)),
        accept_unproven=st.booleans(),
    )


def notices() -> st.SearchStrategy[tuple[Notice, ...]]:
    """Return what a push service says about itself."""
    made = st.builds(
        Notice, kind=texts(64), message=texts(500), subscription=optional(texts(64)), is_alarming=st.booleans()
    )
    return st.lists(made, min_size=1, max_size=12).map(tuple)
