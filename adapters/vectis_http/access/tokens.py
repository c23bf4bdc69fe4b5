"""Access tokens: issues them, and says on every request for whom one still speaks.

A token is a JWT signed by RS256 with the claims of RFC 9068 and the tenant. The checks are those of RFC 8725:
one algorithm, keys of our own set only, nothing in the header but what we put there, every claim required.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NoReturn

import attrs
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.util import urlsafe_b64decode

from vectis_core.access import SCOPES, ApiClient
from vectis_core.commands import AddClientSecret, Command, RevokeClient
from vectis_core.errors import Unauthorized
from vectis_core.ids import prefixed
from vectis_core.vectis import Vectis
from vectis_http.access.keys import ALGORITHM, LEEWAY, TOKEN_LIFETIME, KeyRing
from vectis_http.access.recent import Recent

AUDIENCE = "vectis"
#: Those of RFC 9068 and the tenant; a token that lacks one is refused.
_CLAIMS = ("iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope", "tenant")
#: No token of ours comes near this; a longer one is refused unread.
_TOKEN_CHARACTERS_MAX = 8192
#: Beyond this a header cannot be ours, and JSON that short cannot nest deep enough to do harm.
_HEADER_CHARACTERS_MAX = 512
#: Seconds for which the state of a client is used before it is read again: a revocation made in another
#: process is heeded within this time.
_CLIENT_AGE_MAX = 1.0
_CLIENTS_REMEMBERED = 10_000
_TOKENS_REMEMBERED = 10_000
#: Claims that joserfc leaves open, and that are text here.
_TEXTS = ("client_id", "scope", "tenant")


class InvalidToken(Unauthorized):
    """A token was presented and is not good; ``details["error"]`` is RFC 6750's ``invalid_token``."""

    def __init__(self, message: str) -> None:
        super().__init__(message, {"error": "invalid_token"})


@attrs.frozen
class Grant:
    """What a good token allows just now."""

    tenant: str
    client_id: str
    #: Those of the token that its client still has.
    scopes: frozenset[str]
    #: The token's own id, by which requests are counted.
    jti: str
    expires_at: datetime
    issued_at: datetime


@attrs.define
class _Verified:
    """A token whose signature and claims were found good."""

    kid: str
    granted: Grant
    #: The client as last seen, and what the token allows by that.
    current: tuple[ApiClient, Grant] | None = None


class Tokens:
    """Issues and verifies the access tokens of one database.

    *issuer* is the public URL where one is configured, else ``None`` for ``urn:vectis:<database id>``. A token
    is verified once and then remembered; its key, its time and its client are checked at every request.
    """

    def __init__(
        self,
        oms: Vectis,
        ring: KeyRing,
        *,
        issuer: str | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer or f"urn:vectis:{oms.store.database_id}"
        self._oms = oms
        self._ring = ring
        self._lock = threading.Lock()
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()
        self._clients = Recent[str, ApiClient | None](
            self._read_client, age_max=_CLIENT_AGE_MAX, size=_CLIENTS_REMEMBERED, monotonic=monotonic
        )
        oms.engine.observe(self._heed)

    def issue(self, client: ApiClient, scopes: Iterable[str], now: datetime) -> str:
        """Return a new token for *client* with *scopes*, good for ``TOKEN_LIFETIME``."""
        key = self._ring.signing_key(now)
        issued = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "exp": issued + int(TOKEN_LIFETIME.total_seconds()),
            "aud": AUDIENCE,
            "sub": client.id,
            "client_id": client.id,
            "iat": issued,
            "jti": prefixed("tok", self._oms.ids.uuid7(now)),
            "scope": " ".join(scopes),
            "tenant": client.tenant,
        }
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT", "kid": key.kid}, claims, key, [ALGORITHM])

    def verify(self, token: str, now: datetime) -> Grant:
        """Return what *token* allows at *now*.

        Raises ``InvalidToken`` where it is not one of ours, has expired, or its client is gone or revoked. Only
        a token that was not seen before costs a signature; a client's state is at most a second old, and never
        older than the last ``RevokeClient`` of this process.
        """
        if len(token) > _TOKEN_CHARACTERS_MAX:
            _refuse("The access token is too long to be one of ours")
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        verified = self._recall(digest)
        if verified is None:
            verified = self._check(token, now)
            self._remember(digest, verified)
        elif now >= verified.granted.expires_at + LEEWAY:
            self._forget(digest)
            _refuse("The access token has expired")
        elif self._ring.verification_key(verified.kid, now) is None:
            self._forget(digest)
            _refuse("The access token is signed with a key that has retired")
        return self._current(verified)

    def _current(self, verified: _Verified) -> Grant:
        granted = verified.granted
        client = self._clients.get(granted.client_id)
        if client is None or client.tenant != granted.tenant:
            _refuse("The access token is for a client that does not exist")
        if client.revoked_at is not None:
            _refuse("The client of the access token was revoked")
        current = verified.current
        if current is None or current[0] is not client:
            scopes = granted.scopes.intersection(client.scopes)
            verified.current = current = client, attrs.evolve(granted, scopes=scopes)
        return current[1]

    def _check(self, token: str, now: datetime) -> _Verified:
        kid = _kid_of(token)
        key = self._ring.verification_key(kid, now)
        if key is None:
            _refuse("The access token is signed with a key that is not ours")
        try:
            claims = jwt.decode(token, key, [ALGORITHM]).claims
            self._rules(now).validate(claims)
            for name in _TEXTS:
                if not isinstance(claims[name], str):
                    raise InvalidClaimError(name)
            granted = Grant(
                tenant=claims["tenant"],
                client_id=claims["client_id"],
                scopes=frozenset(claims["scope"].split(" ")).intersection(SCOPES),
                jti=claims["jti"],
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
                issued_at=datetime.fromtimestamp(claims["iat"], UTC),
            )
        except ExpiredTokenError:
            _refuse("The access token has expired")
        except (JoseError, ValueError, OverflowError, OSError, RecursionError):
            _refuse("The access token is not good: its signature or one of its claims is wrong")
        if claims["sub"] != granted.client_id:
            _refuse("The access token is not good: its subject is not its client")
        return _Verified(kid, granted)

    def _rules(self, now: datetime) -> jwt.JWTClaimsRegistry:
        required: dict[str, jwt.ClaimsOption] = {name: {"essential": True} for name in _CLAIMS}
        required["iss"] = {"essential": True, "value": self.issuer}
        required["aud"] = {"essential": True, "value": AUDIENCE}
        return jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()), **required)

    def _recall(self, digest: bytes) -> _Verified | None:
        with self._lock:
            verified = self._verified.get(digest)
            if verified is not None:
                self._verified.move_to_end(digest)
            return verified

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        with self._lock:
            self._verified[digest] = verified
            if len(self._verified) > _TOKENS_REMEMBERED:
                self._verified.popitem(last=False)

    def _forget(self, digest: bytes) -> None:
        with self._lock:
            self._verified.pop(digest, None)

    def _read_client(self, client_id: str) -> ApiClient | None:
        with self._oms.store.read() as view:
            return view.client(client_id)

    def _heed(self, command: Command[object]) -> None:
        if isinstance(command, RevokeClient | AddClientSecret):
            self._clients.forget(command.client_id)


def _kid_of(token: str) -> str:
    """Return the key id of a token whose header is exactly such as we write, so that nothing in it can steer us.

    This refuses ``alg: none``, HMAC with the public key as its secret, ``crit``, ``jwk``, ``jku`` and ``x5u``
    before anything is verified.
    """
    head, dot, _ = token.partition(".")
    if not dot or len(head) > _HEADER_CHARACTERS_MAX or not token.isascii():
        _refuse("The access token is not a JSON Web Token")
    try:
        header: Any = json.loads(urlsafe_b64decode(head.encode()))
    except ValueError:
        _refuse("The access token is not a JSON Web Token")
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str) or header != {"alg": ALGORITHM, "typ": "JWT", "kid": kid}:
        _refuse(f"The access token must be signed by {ALGORITHM} with typ JWT and a key of ours")
    return kid


def _refuse(message: str) -> NoReturn:
    raise InvalidToken(message) from None
