"""Whether a push is proved: by the right secret in the right place, and by nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_carriers import amazon
from vectis_carriers.verifying import Push, is_proved
from vectis_core.tracking.accounts import CLOSED, PROOFS, CarrierAccount

NOW = datetime(2026, 9, 10, tzinfo=UTC)
ACCOUNT = CarrierAccount(
    tenant="default",
    carrier="amazon",
    proof="header",
    secrets=(),
    header=None,
    encoding="base64",
    parameter="token",
    username="amazon",
    client_id=None,
    zone=None,
    payload_days=30,
    created_at=NOW,
    updated_at=NOW,
)
BODY = b'{"detail": {}}'
#: What a secret may be, and how each proof carries it.
PLACES = ("carrier", "header", "hmac", "query", "path", "basic", "bearer")
#: A header's value has no blanks at its ends.
SECRETS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Z"]), min_size=8, max_size=40)


def account(proof: str, **more: Any) -> CarrierAccount:
    """Return an account with this proof."""
    return attrs.evolve(ACCOUNT, proof=proof, **more)


def signature(secret: str, body: bytes = BODY, encoding: str = "base64") -> str:
    """Return the signature of a body."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256)
    return digest.hexdigest() if encoding == "hex" else base64.b64encode(digest.digest()).decode()


def basic(username: str, secret: str) -> str:
    """Return the ``Authorization`` header of a user."""
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


def push(proof: str, secret: str, **more: Any) -> Push:
    """Return a push that carries this proof, and no other."""
    by_proof: dict[str, dict[str, Any]] = {
        "carrier": {"headers": {"x-api-key": secret}},
        "header": {"headers": {"x-api-key": secret}},
        "hmac": {"headers": {"x-api-key": signature(secret)}},
        "query": {"query": (("tenant", "default"), ("token", secret))},
        "path": {"path_secret": secret},
        "basic": {"headers": {"authorization": basic("amazon", secret)}},
        "bearer": {"headers": {"authorization": f"Bearer {secret}"}},
    }
    return Push(**({"headers": {}, "body": BODY} | by_proof[proof] | more))


def passes(proof: str, sent: Push, *secrets: str, **more: Any) -> bool:
    """Return whether a push is proved to an account with this proof and these secrets."""
    return is_proved(account(proof, **more), secrets, amazon.CARRIER, sent)


@given(st.sampled_from(PLACES), SECRETS, SECRETS, SECRETS)
def test_only_the_right_secret_passes(proof: str, secret: str, other: str, third: str) -> None:
    """Any of those configured, wherever it stands among them; never part of one, or more."""
    assert passes(proof, push(proof, secret), secret)
    assert passes(proof, push(proof, secret), other, third, secret)
    assert passes(proof, push(proof, secret), other) is (secret == other)
    assert not passes(proof, push(proof, secret[:-1]), secret)
    assert not passes(proof, push(proof, secret + "0"), secret)
    assert not passes(proof, push(proof, ""), secret)
    assert not passes(proof, Push(headers={}, body=BODY), secret)
    assert not passes(proof, push(proof, secret))


@given(st.sampled_from(PLACES), st.sampled_from(PLACES), SECRETS)
def test_a_secret_of_another_proof_does_not_pass(configured: str, sent: str, secret: str) -> None:
    """The right secret in the wrong place is none; Amazon's own scheme is its header."""
    is_same_place = configured == sent or {configured, sent} == {"carrier", "header"}

    assert passes(configured, push(sent, secret), secret) is is_same_place


@given(SECRETS, st.binary(max_size=40), st.sampled_from(["base64", "hex"]))
def test_a_signature_is_of_this_body_in_one_spelling(secret: str, body: bytes, encoding: str) -> None:
    """Another body's, another encoding's, in capitals or unpadded, it proves nothing."""

    def signs(given: str, body: bytes = body) -> bool:
        return passes("hmac", Push(headers={"x-sig": given}, body=body), secret, header="X-Sig", encoding=encoding)

    right = signature(secret, body, encoding)
    assert signs(right)
    assert not signs(right, body + b" ")
    assert not signs(signature(secret, body, "hex" if encoding == "base64" else "base64"))
    assert not signs(right.swapcase())
    assert not signs(right.rstrip("=")[:-1])


def test_the_header_is_the_account_s_else_the_carrier_s() -> None:
    """In whatever case it was configured; where there is neither, nothing passes."""
    sent = Push(headers={"x-relay": "example-key"}, body=BODY)

    assert passes("header", sent, "example-key", header="X-Relay")
    assert not passes("header", sent, "example-key")
    nameless = attrs.evolve(amazon.CARRIER, default_header=None)
    headers = {"x-api-key": "example-key", "": "example-key"}
    for proof in ("header", "hmac"):
        assert not is_proved(account(proof), ["example-key"], nameless, Push(headers=headers, body=BODY))


def test_a_parameter_that_stands_twice_proves_nothing() -> None:
    """Who lies between may have read the other one."""
    once, twice = (("token", "example-key"),), (("token", "example-key"), ("token", "x"))

    assert passes("query", Push(headers={}, body=BODY, query=once), "example-key")
    assert not passes("query", Push(headers={}, body=BODY, query=twice), "example-key")
    assert not passes("query", Push(headers={}, body=BODY, query=once), "example-key", parameter="key")


def test_a_user_is_part_of_the_proof() -> None:
    """Another user's name, none configured, or a header that is no user and password: refused."""
    sent = push("basic", "example-key")

    assert passes("basic", sent, "example-key")
    assert not passes("basic", sent, "example-key", username="other")
    assert not passes("basic", sent, "example-key", username=None)
    for value in ("Basic", "Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer example-key"):
        assert not passes("basic", Push(headers={"authorization": value}, body=BODY), "example-key")


def test_open_lets_anybody_in_and_nothing_else_does() -> None:
    """Access tokens are checked where they are issued; a proof that nobody knows proves nothing."""
    stranger = Push(headers={}, body=BODY)

    assert passes("open", stranger)
    for proof in (*PROOFS, CLOSED, "hearsay"):
        assert passes(proof, stranger, "example-key") is (proof == "open")
    assert not passes("oauth", push("bearer", "example-key"), "example-key")


@pytest.mark.parametrize("proof", PLACES)
def test_an_empty_secret_opens_nothing(proof: str) -> None:
    """Should one ever be stored."""
    assert not passes(proof, push(proof, ""), "")


def test_half_a_character_is_not_another_one() -> None:
    """A lone surrogate, which a query can spell, is not the question mark that stands for it elsewhere."""
    assert not passes("query", push("path", "", query=(("token", "example\ud800key"),)), "example?key")


@attrs.frozen
class Counting:
    """A carrier that counts what it is asked."""

    asked: list[str]
    name: str = "counting"
    default_proof: str = "carrier"
    default_header: str | None = None
    default_zone: str = "UTC"

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Return whether it is the right one."""
        self.asked.append(secret)
        return secret == "right"

    def parse(self, payload: Any) -> Any:
        """Is not asked."""
        raise NotImplementedError

    def cut(self, payload: Any) -> Any:
        """Is not asked."""
        raise NotImplementedError


@pytest.mark.parametrize("secrets", [("right", "b", "c"), ("a", "right", "c"), ("a", "b", "right"), ("a", "b", "c")])
def test_every_secret_is_tried(secrets: tuple[str, ...]) -> None:
    """Also those after the one that fits: the time it takes does not tell which."""
    carrier = Counting([])

    assert is_proved(account("carrier"), secrets, carrier, Push(headers={}, body=BODY)) is ("right" in secrets)
    assert carrier.asked == list(secrets)


def test_a_push_shows_no_secret() -> None:
    """Where one is printed, in a log or a traceback."""
    printed = "".join(repr(push(proof, "example-key")) for proof in PLACES)

    assert "example-key" not in printed
