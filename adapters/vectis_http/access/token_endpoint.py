"""``POST /oauth/token``: client credentials for an access token (RFC 6749 sections 2.3, 3.2, 4.4 and 5)."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote_plus

import attrs

from vectis_core.access import SCOPES, ApiClient, is_secret_of
from vectis_core.constraints import unstorable
from vectis_core.vectis import Vectis
from vectis_http.access.keys import TOKEN_LIFETIME
from vectis_http.access.rate_limit import Decision, MemoryWindows
from vectis_http.access.tokens import Tokens
from vectis_http.shapes.access import ACCESS_TOKEN, TOKEN_REFUSAL, AccessToken, TokenRefusal

#: Requests for a token that one address may make in a minute, good or bad.
ATTEMPTS_PER_ADDRESS = 600
#: Tokens that one client may get in a minute: each brings a rate limit of its own.
TOKENS_PER_CLIENT = 120

FORM_TYPE = "application/x-www-form-urlencoded"
_FORM_BYTES_MAX = 16_384
_FIELDS_MAX = 32
_ID_CHARACTERS_MAX = 255
_NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="vectis", charset="UTF-8"')

#: Status, headers and body (to be written as JSON) of an answer.
Answer = tuple[int, list[tuple[str, str]], dict[str, Any]]


class _Refused(Exception):
    """The request gets no token; carries the answer."""

    def __init__(self, status: int, error: str, message: str, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.headers = headers

    def answer(self) -> Answer:
        """Return RFC 6749's error body, in which the guide's form stands too."""
        body = TOKEN_REFUSAL.show(TokenRefusal(self.error, self.message))
        return self.status, [*_NO_STORE, *self.headers], body


@attrs.frozen
class _Credentials:
    client_id: str
    secret: str = attrs.field(repr=False)


class TokenEndpoint:
    """Answers requests for a token, throttled by address and by client within this process."""

    def __init__(
        self,
        oms: Vectis,
        tokens: Tokens,
        *,
        attempts_per_address: int = ATTEMPTS_PER_ADDRESS,
        tokens_per_client: int = TOKENS_PER_CLIENT,
    ) -> None:
        self._oms = oms
        self._tokens = tokens
        self._attempts = MemoryWindows(attempts_per_address)
        self._issued = MemoryWindows(tokens_per_client)

    def answer(
        self,
        content_type: str | None,
        authorization: str | None,
        body: bytes,
        remote_addr: str | None,
        now: datetime,
    ) -> Answer:
        """Return the answer to a request; never raises for anything that stands in it.

        Only the header and the body are looked at: credentials in a query string are never used.
        """
        try:
            _throttle(self._attempts.hit(_network_of(remote_addr), now))
            form = _form_of(content_type, body)
            client = self._authenticated(_credentials_of(authorization, form))
            _check_grant_type(form.get("grant_type"))
            scopes = _scopes_of(form.get("scope"), client)
            # Counted only now: who does not know the secret cannot use up a client's share.
            _throttle(self._issued.hit(client.id, now))
        except _Refused as refused:
            return refused.answer()
        token = self._tokens.issue(client, scopes, now)
        issued = AccessToken(token, "Bearer", int(TOKEN_LIFETIME.total_seconds()), " ".join(scopes))
        return 200, list(_NO_STORE), ACCESS_TOKEN.show(issued)

    def _authenticated(self, credentials: _Credentials) -> ApiClient:
        client = None
        given = credentials.client_id
        if len(given) <= _ID_CHARACTERS_MAX and not unstorable(given):
            with self._oms.store.read() as view:
                client = view.client(given)
        if not is_secret_of(client, credentials.secret) or client is None:
            _refuse_client("The client is unknown, its secret is wrong, or it was revoked")
        return client


def _form_of(content_type: str | None, body: bytes) -> Mapping[str, str]:
    """Return the fields of the form; one without a value counts as left out (RFC 6749 section 3.2)."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type != FORM_TYPE:
        _refuse_request(f"The body must be of type {FORM_TYPE}")
    if len(body) > _FORM_BYTES_MAX:
        _refuse_request("The body is too long")
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_MAX)
    except ValueError:
        _refuse_request("The body is not a form in UTF-8, or has too many fields")
    form = dict(fields)
    if len(form) < len(fields):
        _refuse_request("The body names a parameter more than once")
    return {name: value for name, value in form.items() if value}


def _credentials_of(authorization: str | None, form: Mapping[str, str]) -> _Credentials:
    client_id, secret = form.get("client_id"), form.get("client_secret")
    if authorization is not None:
        basic = _basic_of(authorization)
        if secret is not None or (client_id is not None and client_id != basic.client_id):
            _refuse_request("The client must be named once: in the form or by HTTP Basic, not by both")
        return basic
    if client_id is None or secret is None:
        _refuse_client("client_id and client_secret are required, in the form or by HTTP Basic")
    return _Credentials(client_id, secret)


def _basic_of(authorization: str) -> _Credentials:
    """Return the client of an ``Authorization`` header: both parts form-encoded (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        _refuse_client("The client must be named in the form or by HTTP Basic")
    try:
        client_id, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        return _Credentials(unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict"))
    except ValueError:
        _refuse_client("The Authorization header is not HTTP Basic with a client id and a secret")


def _check_grant_type(grant_type: str | None) -> None:
    if grant_type is None:
        _refuse_request("grant_type is required")
    if grant_type != "client_credentials":
        raise _Refused(400, "unsupported_grant_type", "The only grant_type is client_credentials")


def _scopes_of(asked: str | None, client: ApiClient) -> list[str]:
    """Return the scopes of the token: all that the client has, or those asked for of them."""
    wanted = set(asked.split(" ")) if asked is not None else set(client.scopes)
    if wanted.difference(SCOPES):
        raise _Refused(400, "invalid_scope", "One of the scopes does not exist")
    missing = wanted.difference(client.scopes)
    if missing:
        raise _Refused(400, "invalid_scope", f"The client does not have: {' '.join(sorted(missing))}")
    return [scope for scope in SCOPES if scope in wanted]


def _network_of(remote_addr: str | None) -> str:
    """Return what is counted as one address: of IPv6 the /64, of which a single host has every address."""
    try:
        address = ipaddress.ip_address(remote_addr or "")
    except ValueError:
        return remote_addr or ""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _throttle(decision: Decision) -> None:
    if not decision.allowed:
        wait = ("Retry-After", str(decision.retry_after))
        raise _Refused(429, "RateLimitExceeded", "Too many requests for tokens: keep a token and reuse it", wait)


def _refuse_request(message: str) -> NoReturn:
    raise _Refused(400, "invalid_request", message) from None


def _refuse_client(message: str) -> NoReturn:
    raise _Refused(401, "invalid_client", message, _CHALLENGE) from None
