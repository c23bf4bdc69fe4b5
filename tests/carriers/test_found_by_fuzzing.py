"""What a coverage-guided fuzzer found in the dialects: each finding, made small."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from carrier_samples import sample

from vectis_carriers.proofs import has_basic, has_bearer, has_header, is_same, is_signed
from vectis_core.tracking.carrier import carrier_names, carrier_of

HEADERS = ("fdx-signature", "x-hmac", "credential", "x-dhl-token", "x-api-key", "x-vectis-token", "authorization")


def signed_by_nobody(body: bytes) -> str:
    """Return the signature of a body under an empty secret, which anybody can make."""
    return base64.b64encode(hmac.new(b"", body, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("carrier", carrier_names())
def test_an_empty_secret_proves_nothing(carrier: str) -> None:
    """Neither an empty header, nor an empty token, nor a signature made with nothing."""
    envelope = json.dumps({"timestamp": "", "payload": ""}).encode()
    proofs = ("", "Bearer ", "Bearer", signed_by_nobody(envelope), signed_by_nobody(b""))
    for proof in proofs:
        assert carrier_of(carrier).authenticate(dict.fromkeys(HEADERS, proof), envelope, "") is False


def test_no_way_of_proving_takes_an_empty_secret() -> None:
    """Each by itself, so that whoever uses one of them need not think of it."""
    assert not is_same("", "")
    assert not has_header({"x": ""}, "x", "")
    assert not has_bearer({"authorization": "Bearer "}, "")
    assert not has_basic({"authorization": "Basic " + base64.b64encode(b"me:").decode()}, "me", "")
    assert not is_signed(signed_by_nobody(b"body"), b"body", "")
    assert not is_signed(hmac.new(b"", b"body", hashlib.sha256).hexdigest(), b"body", "", "hex")


@pytest.mark.parametrize("long", ["PU" * 1200, "data:image/png;base64,iVBOR"])
def test_what_is_cut_is_not_read(long: str) -> None:
    """A code that is a file in Base64 by its looks is read as what it is read as once the file has been cut."""
    payload = sample("fedex_delivered")
    [parcel] = payload["output"]["completeTrackResults"]
    for scan in parcel["trackResults"][0]["scanEvents"]:
        scan["eventType"] = scan["derivedStatusCode"] = long
    fedex = carrier_of("fedex")

    read, again = fedex.parse(payload), fedex.parse(fedex.cut(payload))
    assert (read.events, read.faults) == (again.events, again.faults)
    assert not read.events
    assert read.faults
