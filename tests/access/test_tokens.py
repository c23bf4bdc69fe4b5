"""Access tokens: what a good one holds, and every way in which a bad one is refused."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from access.world import START, Process, World, claims_of, forged
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import RSAKey

from vectis_core.commands import AddClientSecret, Command, RevokeClient
from vectis_core.errors import Unauthorized
from vectis_http.access import Grant, InvalidToken, Tokens

Claims = dict[str, Any]


@pytest.fixture
def token(world: World, process: Process) -> str:
    """Return a good token of a client with all scopes but admin."""
    client = process.new_client().client
    return process.tokens.issue(client, client.scopes, world.now)


def segment(value: object) -> str:
    """Return a part of a token as JSON in base64url."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def header_of(token: str) -> Claims:
    """Return a token's header."""
    head = token.split(".", maxsplit=1)[0]
    decoded: Claims = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return decoded


def refusal_of(process: Process, token: str, now: datetime) -> InvalidToken:
    """Return the error with which a token is refused."""
    with pytest.raises(InvalidToken) as caught:
        process.tokens.verify(token, now)
    return caught.value


def test_a_token_holds_the_claims_of_rfc_9068_and_the_tenant(world: World, process: Process) -> None:
    """A token is an RS256 JWT with typ JWT, a kid, and issuer, audience, times, ids, scopes and tenant."""
    client = process.new_client("orders:read", "orders:write", tenant="acme").client
    token = process.tokens.issue(client, ["orders:read"], world.now)
    kid = process.ring.signing_key(world.now).kid
    assert header_of(token) == {"alg": "RS256", "typ": "JWT", "kid": kid}
    claims = claims_of(token, process, world.now)
    assert claims.pop("jti").startswith("tok_")
    issued = int(world.now.timestamp())
    assert claims == {
        "iss": f"urn:vectis:{world.store.database_id}",
        "aud": "vectis",
        "sub": client.id,
        "client_id": client.id,
        "iat": issued,
        "exp": issued + 3600,
        "scope": "orders:read",
        "tenant": "acme",
    }


def test_a_good_token_grants_what_it_says(world: World, process: Process) -> None:
    """Verifying returns tenant, client, scopes, id and times, and the same again from memory."""
    client = process.new_client(tenant="acme").client
    token = process.tokens.issue(client, ["orders:read", "events:read"], world.now)
    grant = process.tokens.verify(token, world.now)
    assert grant == Grant(
        tenant="acme",
        client_id=client.id,
        scopes=frozenset({"orders:read", "events:read"}),
        jti=claims_of(token, process, world.now)["jti"],
        expires_at=datetime(2026, 1, 26, 13, tzinfo=UTC),
        issued_at=START,
    )
    assert process.tokens.verify(token, world.now) == grant


def test_the_issuer_is_the_public_url_where_there_is_one(world: World) -> None:
    """A configured public URL is the issuer, and tokens of another issuer are refused."""
    public = world.process("https://api.example.com")
    public.ring.ensure()
    client = public.new_client().client
    token = public.tokens.issue(client, client.scopes, world.now)
    assert claims_of(token, public, world.now)["iss"] == "https://api.example.com"
    assert public.tokens.verify(token, world.now)
    refusal_of(world.process(), token, world.now)


def test_every_token_has_an_id_of_its_own(world: World, process: Process) -> None:
    """Two tokens of one moment have two ids, so that each is counted for itself."""
    client = process.new_client().client
    tokens = [process.tokens.issue(client, client.scopes, world.now) for _ in range(10)]
    assert len({process.tokens.verify(token, world.now).jti for token in tokens}) == 10


@pytest.mark.parametrize("seen_before", [True, False], ids=["remembered", "new"])
def test_an_expired_token_is_refused(world: World, process: Process, token: str, seen_before: bool) -> None:
    """A token is good for an hour, with half a minute of leeway, whether or not it is remembered."""
    if seen_before:
        process.tokens.verify(token, world.now)
    verifier = process if seen_before else world.process()
    assert verifier.tokens.verify(token, world.time.pass_by(3629))
    verifier = process if seen_before else world.process()
    assert "expired" in refusal_of(verifier, token, world.time.pass_by(2)).message


def test_a_refusal_carries_the_code_of_rfc_6750(world: World, process: Process) -> None:
    """The error is an ``Unauthorized`` whose details name ``invalid_token``."""
    error = refusal_of(process, "nonsense", world.now)
    assert isinstance(error, Unauthorized)
    assert (error.code, error.http_status, error.details) == ("Unauthorized", 401, {"error": "invalid_token"})


def test_a_token_of_another_key_is_refused(world: World, process: Process, token: str) -> None:
    """A token signed by a stranger's key is refused, though it names a key of ours."""
    stranger = RSAKey.generate_key(2048)
    claims = claims_of(token, process, world.now)
    refusal_of(process, forged(process, claims, world.now, key=stranger), world.now)
    assert process.tokens.verify(forged(process, claims, world.now), world.now)


def test_a_token_of_another_database_is_refused(world: World, process: Process) -> None:
    """A good token of one database is nothing to another."""
    other = World().process()
    other.ring.ensure()
    client = other.new_client().client
    token = other.tokens.issue(client, client.scopes, world.now)
    assert "not ours" in refusal_of(process, token, world.now).message


@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_an_unsigned_token_is_refused(world: World, process: Process, token: str, signature: str) -> None:
    """``alg: none`` is refused, with a signature or without."""
    header = header_of(token) | {"alg": "none"}
    refusal_of(process, f"{segment(header)}.{token.split('.')[1]}.{signature}", world.now)


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(world: World, process: Process, token: str) -> None:
    """HS256 under the public key, which everybody knows, is refused in every form the key can be had in."""
    (published,) = process.ring.jwks()["keys"]
    public = RSAKey.import_key(published)
    header = header_of(token) | {"alg": "HS256"}
    signed = f"{segment(header)}.{token.split('.')[1]}"
    for secret in (public.as_pem(private=False), public.as_der(private=False), published["n"].encode()):
        digest = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        mac = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert "RS256" in refusal_of(process, f"{signed}.{mac}", world.now).message


@pytest.mark.parametrize("value", [None, "unknown", 7, "", "../../keys", "a' or 1=1"])
def test_a_token_of_an_unknown_key_id_is_refused(world: World, process: Process, token: str, value: object) -> None:
    """Only keys of our own set are looked for, by their id."""
    head = header_of(token) | {"kid": value}
    if value is None:
        del head["kid"]
    _, payload, signature = token.split(".")
    refusal_of(process, f"{segment(head)}.{payload}.{signature}", world.now)


@pytest.mark.parametrize(
    "extra",
    [
        {"typ": "at+jwt"},
        {"typ": None},
        {"typ": "jwt"},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": True},
        {"jku": "https://evil.example/jwks.json"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["MIIB"]},
        {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
        {"zip": "DEF"},
    ],
    ids=lambda extra: next(iter(extra)),
)
def test_a_header_that_says_more_or_other_than_ours_is_refused(
    world: World, process: Process, token: str, extra: Claims
) -> None:
    """A wrong type, ``crit``, or where else to find a key: refused even where our own key signed it."""
    claims = claims_of(token, process, world.now)
    header = {name: value for name, value in (header_of(token) | extra).items() if value is not None}
    key = process.ring.signing_key(world.now)
    signed = f"{segment(header)}.{segment(claims)}"
    signature = _rs256(key, signed)
    assert "RS256" in refusal_of(process, f"{signed}.{signature}", world.now).message


def test_the_header_test_signs_as_we_do(world: World, process: Process, token: str) -> None:
    """The forger of the test before makes good tokens where the header is ours: what it meets is the header."""
    signed = f"{segment(header_of(token))}.{segment(claims_of(token, process, world.now))}"
    signature = _rs256(process.ring.signing_key(world.now), signed)
    assert process.tokens.verify(f"{signed}.{signature}", world.now)


def _rs256(key: RSAKey, signed: str) -> str:
    assert key.private_key is not None
    raw = key.private_key.sign(signed.encode(), PKCS1v15(), SHA256())
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("claim", ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope", "tenant"])
@pytest.mark.parametrize("how", ["missing", "null", "a list in a list", "an object"])
def test_every_claim_is_required(world: World, process: Process, token: str, claim: str, how: str) -> None:
    """A token that lacks a claim, or has another kind of value in it, is refused."""
    claims = claims_of(token, process, world.now)
    if how == "missing":
        del claims[claim]
    else:
        claims[claim] = {"null": None, "a list in a list": [[]], "an object": {"a": 1}}[how]
    refusal_of(process, forged(process, claims, world.now), world.now)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"iss": "urn:vectis:another"},
        {"aud": "another"},
        {"aud": ["another", "third"]},
        {"sub": "cli_another"},
        {"client_id": "cli_another"},
        {"client_id": "cli_another", "sub": "cli_another"},
        {"tenant": "another"},
        {"exp": 0},
        {"exp": 10**400},
        {"exp": True},
        {"exp": "1999999999"},
        {"exp": int(START.timestamp()) - 31},
        {"iat": int(START.timestamp()) + 31},
        {"iat": -(10**400)},
        {"jti": 7},
        {"nbf": int(START.timestamp()) + 31},
    ],
    ids=str,
)
def test_a_wrong_claim_is_refused(world: World, process: Process, token: str, wrong: Claims) -> None:
    """Wrong issuer, audience, tenant, client or time: refused though our own key signed it."""
    claims = claims_of(token, process, world.now) | wrong
    refusal_of(process, forged(process, claims, world.now), world.now)


def test_clocks_may_differ_by_half_a_minute(world: World, process: Process, token: str) -> None:
    """A token of a machine whose clock is 30 seconds ahead is accepted."""
    ahead = int(START.timestamp()) + 30
    claims = claims_of(token, process, world.now) | {"iat": ahead, "exp": ahead + 3600}
    assert process.tokens.verify(forged(process, claims, world.now), world.now)


def test_another_tenants_client_cannot_be_claimed(world: World, process: Process) -> None:
    """A token whose tenant is not its client's is refused, whoever signed it."""
    process.new_client(tenant="acme")
    client = process.new_client(tenant="other").client
    token = process.tokens.issue(client, client.scopes, world.now)
    claims = claims_of(token, process, world.now) | {"tenant": "acme"}
    assert process.tokens.verify(token, world.now).tenant == "other"
    assert "does not exist" in refusal_of(process, forged(process, claims, world.now), world.now).message


MALFORMED: dict[str, Callable[[str], str]] = {
    "nothing": lambda _: "",
    "dots": lambda _: "..",
    "one part": lambda token: token.split(".")[0],
    "two parts": lambda token: token.rpartition(".")[0],
    "four parts": lambda token: token + ".AAAA",
    "cut": lambda token: token[:-1],
    "padded": lambda token: token + "=",
    "space": lambda token: token + " ",
    "newline": lambda token: token.replace(".", "\n.", 1),
    "not ascii": lambda token: token[:-1] + "é",
    "surrogate": lambda token: token[:-1] + "\ud800",
    "NUL": lambda token: token + "\x00",
    "header is a list": lambda token: segment(["alg", "kid"]) + token[token.index(".") :],
    "header is a number": lambda token: segment(7) + token[token.index(".") :],
    "header is deep": lambda token: "W1tb" * 120 + token[token.index(".") :],
    "header is deeper": lambda token: "W1tb" * 1900 + token[token.index(".") :][:100],
    "header is long": lambda token: "e" * 8000 + token[token.index(".") :][:100],
    "payload is other": lambda token: token.replace(".eyJ", ".eyK", 1),
    "payload is nothing": lambda token: token.split(".")[0] + ".." + token.split(".")[2],
    "ten megabytes": lambda token: token + "A" * 10_000_000,
    "just too long": lambda token: token + "A" * (8193 - len(token)),
    "JSON": lambda token: json.dumps({"payload": token}),
}


@pytest.mark.parametrize("how", MALFORMED)
def test_what_is_no_token_is_refused(world: World, process: Process, token: str, how: str) -> None:
    """Damaged, malformed and enormous tokens are refused, and nothing worse happens."""
    refusal_of(process, MALFORMED[how](token), world.now)
    assert process.tokens.verify(token, world.now)


@pytest.mark.parametrize("length", [8193, 10_000_000])
def test_a_token_that_is_too_long_is_refused_unread(world: World, process: Process, token: str, length: int) -> None:
    """More than 8 KiB cannot be a token of ours, and is not even parsed."""
    assert "too long" in refusal_of(process, token + "A" * (length - len(token)), world.now).message


def test_a_signed_payload_that_is_no_object_is_refused(world: World, process: Process, token: str) -> None:
    """What our key has signed and is no set of claims is refused."""
    for payload in ("[]", "7", "null", "not JSON", "[" * 3000):
        encoded = base64.urlsafe_b64encode(payload.encode()).rstrip(b"=").decode()
        signed = f"{token.split('.', maxsplit=1)[0]}.{encoded}"
        refusal_of(process, f"{signed}.{_rs256(process.ring.signing_key(world.now), signed)}", world.now)


def test_a_revoked_client_is_refused_from_the_next_request_on(world: World, process: Process, token: str) -> None:
    """In the process that revokes, no time passes between the revocation and the first refusal."""
    client_id = process.tokens.verify(token, world.now).client_id
    process.run(RevokeClient(client_id=client_id))
    assert "revoked" in refusal_of(process, token, world.now).message


def test_a_revocation_is_heeded_elsewhere_within_a_second(world: World, process: Process, token: str) -> None:
    """Another process refuses a revoked client's token a second later at the latest."""
    other = world.process()
    client_id = other.tokens.verify(token, world.now).client_id
    process.run(RevokeClient(client_id=client_id))
    refusal_of(other, token, world.time.pass_by(1.001))


def test_who_is_told_of_a_revocation_finds_it_in_force(world: World, process: Process, token: str) -> None:
    """Whoever awaits a revocation is answered only when the process has forgotten the client's old state."""
    client_id = process.tokens.verify(token, world.now).client_id
    answered_first: list[bool] = []

    async def revoke() -> None:
        loop = asyncio.get_running_loop()
        future = process.engine.submit_told(RevokeClient(client_id=client_id))

        def watch(_: Command[Any]) -> None:
            # Runs on the loop after whatever the engine has sent there before it told the observers.
            told = asyncio.run_coroutine_threadsafe(is_done(), loop)
            answered_first.append(told.result())

        async def is_done() -> bool:
            return future.done()

        process.engine.observe(watch)
        await future
        refusal_of(process, token, world.now)

    asyncio.run(revoke())
    process.engine.close()
    assert answered_first == [False]


def test_a_client_read_while_it_is_revoked_is_not_remembered(world: World, process: Process, token: str) -> None:
    """A request that had read the client just before its revocation leaves nothing behind for the next one."""
    client_id = claims_of(token, process, world.now)["client_id"]

    @contextmanager
    def read_then_revoke() -> Iterator[Any]:
        with world.store.read() as view:
            found = view.client(client_id)
        process.run(RevokeClient(client_id=client_id))
        yield SimpleNamespace(client=lambda _: found)

    store = SimpleNamespace(database_id=world.store.database_id, read=read_then_revoke)
    oms: Any = SimpleNamespace(engine=process.engine, ids=process.oms.ids, store=store)
    tokens = Tokens(oms, process.ring, monotonic=world.time.monotonic)
    assert tokens.verify(token, world.now)
    store.read = world.store.read
    with pytest.raises(InvalidToken, match="revoked"):
        tokens.verify(token, world.now)


def test_a_new_secret_leaves_tokens_as_they_are(world: World, process: Process, token: str) -> None:
    """Replacing a secret ends no token: it is no revocation."""
    client_id = process.tokens.verify(token, world.now).client_id
    process.run(AddClientSecret(client_id=client_id))
    assert process.tokens.verify(token, world.now).client_id == client_id


def test_a_token_gives_no_scope_that_its_client_does_not_have(world: World, process: Process) -> None:
    """Scopes are those of the token which the client has just now, and which exist."""
    client = process.new_client("orders:read").client
    token = process.tokens.issue(client, ["orders:read", "admin", "nonsense"], world.now)
    assert process.tokens.verify(token, world.now).scopes == {"orders:read"}


def test_a_verified_token_costs_no_second_signature(
    world: World, process: Process, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remembered token is answered without verifying its signature again."""
    process.tokens.verify(token, world.now)

    def no_more(*_: object, **__: object) -> None:
        raise AssertionError("verified again")

    monkeypatch.setattr("joserfc.jwt.decode", no_more)
    assert process.tokens.verify(token, world.now)
    with pytest.raises(AssertionError, match="verified again"):
        world.process().tokens.verify(token, world.now)
