"""Signatures as a receiver checks them: what is ours and fresh passes, and nothing else, in no less time."""

from __future__ import annotations

import base64
import hmac
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from proof.node import Delivery, verdicts
from vectis_core.signing import TOLERANCE, sign, standard_signatures, verify

SECRET = "a secret of the test"
STANDARD = "whsec_" + base64.b64encode(bytes(range(24))).decode()
NOW = 1_790_000_000

SECRETS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=16, max_size=40)


@given(st.binary(max_size=200), SECRETS, st.integers(1, 10**12))
def test_what_was_signed_verifies(body: bytes, secret: str, timestamp: int) -> None:
    """Any bytes, any secret, at any time; with 64 lower-case hex digits."""
    signature = sign(secret, timestamp, body)

    assert len(signature) == 64
    assert set(signature) <= set("0123456789abcdef")
    assert verify(body, signature=signature, timestamp=str(timestamp), secret=secret, now=timestamp)


@given(st.binary(max_size=50), st.binary(max_size=50), st.integers(1, 10**10), st.integers(1, 10**10))
def test_nothing_else_verifies(body: bytes, other: bytes, timestamp: int, moved: int) -> None:
    """Another body, another time, another secret, and another layout of the same signature."""
    signature = sign(SECRET, timestamp, body)

    def passes(
        body: bytes = body, signature: str = signature, timestamp: int = timestamp, secret: str = SECRET
    ) -> bool:
        return verify(body, signature=signature, timestamp=str(timestamp), secret=secret, now=timestamp)

    assert passes(body=other) is (other == body)
    assert passes(timestamp=moved) is (moved == timestamp)
    assert not passes(secret=SECRET + "!")
    assert not passes(signature=signature.upper() if signature.upper() != signature else "")
    assert not passes(signature=signature + "0")
    assert not passes(signature=f" {signature}")


@pytest.mark.parametrize(
    ("age", "fresh"),
    [(0, True), (TOLERANCE, True), (TOLERANCE + 1, False), (-TOLERANCE, True), (-TOLERANCE - 1, False)],
)
def test_a_delivery_is_good_for_five_minutes(age: int, fresh: bool) -> None:
    """Before its timestamp as after it: one that was kept back is refused, and one that was dated ahead to be kept."""
    signature = sign(SECRET, NOW, b"{}")

    assert verify(b"{}", signature=signature, timestamp=str(NOW), secret=SECRET, now=NOW + age) is fresh
    assert verify(b"{}", signature=signature, timestamp=str(NOW), secret=SECRET, now=NOW + age, tolerance=10**6)


def test_the_time_is_that_of_the_system() -> None:
    """Where none is given."""
    now = int(time.time())

    assert verify(b"", signature=sign(SECRET, now, b""), timestamp=str(now), secret=SECRET)
    assert not verify(b"", signature=sign(SECRET, now - 400, b""), timestamp=str(now - 400), secret=SECRET)


@pytest.mark.parametrize(
    "timestamp", ["", "x", "-5", "+5", " 5", "5 ", "5.0", "1e9", "0x5", "\u0665", "5" * 99, "05", "5\n"]
)
def test_a_malformed_timestamp_is_refused(timestamp: str) -> None:
    """Whatever ``int`` makes of it: the text is what was signed."""
    assert not verify(b"", signature=sign(SECRET, 5, b""), timestamp=timestamp, secret=SECRET, now=5)


@pytest.mark.parametrize("signature", ["", "0" * 64, "g" * 64, "\u2603" * 64, "\udcff" * 64, "0" * 10**6])
def test_a_malformed_signature_is_refused(signature: str) -> None:
    """Without an error: whoever forges it must not be able to break the receiver."""
    assert not verify(b"", signature=signature, timestamp="5", secret=SECRET, now=5)


def test_two_secrets_are_good_while_one_replaces_the_other() -> None:
    """A receiver that knows both loses nothing, whichever signs."""
    both = ["the old secret of it", "the new secret of it"]

    for secret in both:
        assert verify(b"{}", signature=sign(secret, NOW, b"{}"), timestamp=str(NOW), secret=both, now=NOW)
    assert not verify(b"{}", signature=sign(SECRET, NOW, b"{}"), timestamp=str(NOW), secret=both, now=NOW)
    assert not verify(b"{}", signature=sign(SECRET, NOW, b"{}"), timestamp=str(NOW), secret=[], now=NOW)


@pytest.mark.parametrize("signing", ["the old secret of it", "the new secret of it", "a secret of nobody"])
def test_the_time_it_takes_says_nothing(signing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every secret is compared, whichever fits, and by a comparison that tells nothing by its time."""
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def noting(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr("vectis_core.signing.hmac.compare_digest", noting)
    both = ["the old secret of it", "the new secret of it"]
    verify(b"{}", signature=sign(signing, NOW, b"{}"), timestamp=str(NOW), secret=both, now=NOW)

    assert [one.decode() for one, _ in compared] == [sign(secret, NOW, b"{}") for secret in both]


def test_the_verifier_of_the_guide_agrees() -> None:
    """In Node.js, step for step: it takes ours, refuses what is altered, late or another's, and throws at no list."""
    now, body = int(time.time()), '{"name":"Zo\u00eb \U0001f600"}'.encode()
    signature = sign(SECRET, now, body)
    late = now - TOLERANCE - 60

    asked = [
        Delivery(body, signature, str(now), SECRET),
        Delivery(body + b" ", signature, str(now), SECRET),
        Delivery(body, sign(SECRET, late, body), str(late), SECRET),
        Delivery(body, signature, str(now - 1), SECRET),
        Delivery(body, signature, str(now), "another secret of it"),
        Delivery(body, f"{signature},{signature}", str(now), SECRET),
    ]
    assert verdicts(asked) == ["true", "false", "false", "false", "false", "RangeError"]


@pytest.mark.parametrize(
    "secret", [STANDARD, "whsec_" + base64.b64encode(b"twenty-five bytes of key.").decode().rstrip("=")]
)
def test_the_reference_of_standard_webhooks_agrees(secret: str) -> None:
    """With and without the padding of the secret; altered or under another id it is refused."""
    now = int(time.time())
    listed = standard_signatures([STANDARD, secret], "evt_1", now, b"{}")
    assert listed is not None
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(now), "webhook-signature": listed}

    assert Webhook(secret).verify(b"{}", headers) == {}
    for forged in ({"webhook-id": "evt_2"}, {"webhook-timestamp": str(now - 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(b"{}", {**headers, **forged})


@pytest.mark.parametrize("secret", [SECRET, "whsec_", "whsec_no base 64 at all", "whsec_====", "WHSEC_" + STANDARD[6:]])
def test_a_secret_of_another_form_has_no_standard_signature(secret: str) -> None:
    """There is no key in it for Standard Webhooks; beside one of that form it is left out of the list."""
    assert standard_signatures([secret], "evt_1", NOW, b"") is None
    assert standard_signatures([secret, STANDARD], "evt_1", NOW, b"") == standard_signatures(
        [STANDARD], "evt_1", NOW, b""
    )
