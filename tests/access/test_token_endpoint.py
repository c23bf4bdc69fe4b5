"""``POST /oauth/token``: who gets a token, and how everybody else is told that they do not."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from access.world import Process, World

from vectis_core.access import IssuedClient
from vectis_http.access import TokenEndpoint

FORM = "application/x-www-form-urlencoded"
Answer = tuple[int, dict[str, str], dict[str, Any]]


class Caller:
    """A program that asks for tokens."""

    def __init__(self, process: Process, world: World) -> None:
        self.process = process
        self.world = world
        self.issued: IssuedClient = process.new_client("orders:read", "orders:write", tenant="acme")
        self.id = self.issued.client.id
        self.secret = self.issued.secret or ""

    def post(
        self,
        body: str | bytes,
        authorization: str | None = None,
        content_type: str | None = FORM,
        address: str | None = "192.0.2.1",
    ) -> Answer:
        """Return status, headers and payload."""
        raw = body.encode() if isinstance(body, str) else body
        status, headers, payload = self.process.endpoint.answer(
            content_type, authorization, raw, address, self.world.now
        )
        assert len(dict(headers)) == len(headers)
        return status, dict(headers), payload

    def form(self, **changes: str | None) -> str:
        """Return the body of a good request, with fields changed or left out."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.id,
            "client_secret": self.secret,
            **changes,
        }
        return urlencode({name: value for name, value in fields.items() if value is not None})

    def basic(self, client_id: str | None = None, secret: str | None = None) -> str:
        """Return an Authorization header."""
        pair = f"{quote_plus(client_id or self.id)}:{quote_plus(secret or self.secret)}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.fixture
def caller(process: Process, world: World) -> Caller:
    """Return a program with a client of its own."""
    return Caller(process, world)


def assert_refused(answer: Answer, status: int, error: str) -> None:
    """Check that an answer refuses in both forms: RFC 6749's and the guide's."""
    got, headers, payload = answer
    assert (got, payload["error"]) == (status, error)
    assert set(payload) == {"error", "error_description", "message", "details"}
    assert payload["message"] == payload["error_description"]
    assert payload["details"] == {}
    # RFC 6749 section 5.2 allows printable ASCII without quotes and backslashes.
    assert payload["message"].isascii()
    assert payload["message"].isprintable()
    assert not set('"\\') & set(payload["message"])
    assert (headers["Cache-Control"], headers["Pragma"]) == ("no-store", "no-cache")
    assert ("WWW-Authenticate" in headers) == (status == 401)


def test_the_guides_call_gets_a_token(caller: Caller) -> None:
    """The guide's form gets the guide's answer, and the scope, kept by no cache; the token is good."""
    status, headers, payload = caller.post(caller.form())
    assert status == 200
    assert headers == {"Cache-Control": "no-store", "Pragma": "no-cache"}
    token = payload.pop("access_token")
    assert payload == {"token_type": "Bearer", "expires_in": 3600, "scope": "orders:read orders:write"}
    grant = caller.process.tokens.verify(token, caller.world.now)
    assert (grant.client_id, grant.tenant) == (caller.id, "acme")
    assert grant.scopes == {"orders:read", "orders:write"}


def test_the_client_may_come_by_basic(caller: Caller) -> None:
    """HTTP Basic, form-encoded inside, gets a token; naming the same client in the form too does no harm."""
    body = caller.form(client_id=None, client_secret=None)
    assert caller.post(body, caller.basic())[0] == 200
    assert caller.post(body, caller.basic().replace("Basic", "bAsIC "))[0] == 200
    assert caller.post(caller.form(client_secret=None), caller.basic())[0] == 200


def test_what_stands_in_basic_is_form_encoded(caller: Caller) -> None:
    """Id and secret are decoded as form fields inside HTTP Basic (RFC 6749 section 2.3.1)."""
    encoded = ["".join(f"%{byte:02X}" for byte in text.encode()) for text in (caller.id, caller.secret)]
    header = "Basic " + base64.b64encode(":".join(encoded).encode()).decode()
    assert caller.post("grant_type=client_credentials", header)[0] == 200


@pytest.mark.parametrize(
    "content_type", [FORM, f"{FORM}; charset=utf-8", "Application/X-WWW-Form-Urlencoded;charset=UTF-8"]
)
def test_the_media_type_is_compared_as_http_says(caller: Caller, content_type: str) -> None:
    """Case and parameters of the media type do not matter."""
    assert caller.post(caller.form(), content_type=content_type)[0] == 200


@pytest.mark.parametrize("content_type", [None, "", "application/json", "multipart/form-data", "text/plain"])
def test_only_a_form_is_read(caller: Caller, content_type: str | None) -> None:
    """A body of another type is refused, whatever stands in it."""
    assert_refused(caller.post(caller.form(), content_type=content_type), 400, "invalid_request")


@pytest.mark.parametrize(
    "change",
    [
        {"client_secret": "wrong"},
        {"client_secret": None},
        {"client_secret": ""},
        {"client_id": "cli_unknown"},
        {"client_id": None},
        {"client_id": "\x00"},
        {"client_id": "c" * 10_000},
        {"client_id": None, "client_secret": None},
    ],
    ids=str,
)
def test_who_cannot_prove_itself_is_refused(caller: Caller, change: dict[str, str | None]) -> None:
    """An unknown client, a wrong secret and a missing one are all ``invalid_client``."""
    assert_refused(caller.post(caller.form(**change)), 401, "invalid_client")


def test_an_unknown_client_and_a_wrong_secret_cannot_be_told_apart(caller: Caller) -> None:
    """The answer does not say whether there is such a client."""
    assert caller.post(caller.form(client_id="cli_unknown")) == caller.post(caller.form(client_secret="x"))


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic ", "Basic !!!", "Basic bm8gY29sb24=", "Basic /w==", "Bearer eyJ", "Digest a=b", ""],
)
def test_a_bad_authorization_header_is_answered_with_a_challenge(caller: Caller, header: str) -> None:
    """Whoever tries to come by the header is told how: 401 with a challenge for Basic."""
    answer = caller.post("grant_type=client_credentials", header)
    assert_refused(answer, 401, "invalid_client")
    assert answer[1]["WWW-Authenticate"].startswith('Basic realm="vectis"')


def test_a_wrong_secret_by_basic_is_answered_with_a_challenge(caller: Caller) -> None:
    """The challenge matches the way that was tried (RFC 6749 section 5.2)."""
    answer = caller.post("grant_type=client_credentials", caller.basic(secret="wrong"))
    assert_refused(answer, 401, "invalid_client")
    assert answer[1]["WWW-Authenticate"].startswith("Basic")


def test_a_client_may_prove_itself_in_one_way_only(caller: Caller) -> None:
    """Form and Basic at once are refused (RFC 6749 section 2.3), two clients at once too."""
    assert_refused(caller.post(caller.form(), caller.basic()), 400, "invalid_request")
    other = caller.form(client_id="cli_other", client_secret=None)
    assert_refused(caller.post(other, caller.basic()), 400, "invalid_request")


@pytest.mark.parametrize(
    "more", ["&grant_type=client_credentials", "&client_id=x", "&scope=orders:read&scope=orders:read", "&a=1&a=2"]
)
def test_a_repeated_parameter_is_refused(caller: Caller, more: str) -> None:
    """No parameter may come twice (RFC 6749 section 3.2), not even with the same value."""
    assert_refused(caller.post(caller.form() + more), 400, "invalid_request")


def test_unknown_and_empty_parameters_are_ignored(caller: Caller) -> None:
    """What is not known is ignored, and what is empty counts as left out (RFC 6749 section 3.2)."""
    assert caller.post(caller.form(audience="vectis", scope=""))[0] == 200


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("CLIENT_CREDENTIALS", "unsupported_grant_type"),
    ],
)
def test_the_grant_is_client_credentials(caller: Caller, grant_type: str | None, error: str) -> None:
    """Another grant type, or none, is refused by its own code."""
    assert_refused(caller.post(caller.form(grant_type=grant_type)), 400, error)


def test_a_token_may_ask_for_fewer_scopes(caller: Caller) -> None:
    """A token has the scopes that were asked for, and no others."""
    status, _, payload = caller.post(caller.form(scope="orders:read"))
    assert (status, payload["scope"]) == (200, "orders:read")
    assert caller.process.tokens.verify(payload["access_token"], caller.world.now).scopes == {"orders:read"}


@pytest.mark.parametrize(
    "scope", ["admin", "orders:read admin", "nonsense", 'a"b\\c', "é", " ", "orders:read,orders:write"]
)
def test_scopes_that_the_client_does_not_have_are_refused(caller: Caller, scope: str) -> None:
    """More than the client has, or what is no scope at all, is ``invalid_scope``."""
    assert_refused(caller.post(caller.form(scope=scope)), 400, "invalid_scope")


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"a=%ff", b"&" * 100, b"a=1&" * 100, b"x" * 100_000, b'{"grant_type": 1}', b"%00=%00"]
)
def test_a_body_that_is_no_form_gets_no_token(caller: Caller, body: bytes) -> None:
    """Rubbish in the body is a 4xx."""
    status, _, payload = caller.post(body)
    assert status in {400, 401}
    assert payload["error"] in {"invalid_request", "invalid_client"}


def test_two_secrets_are_good_at_once(caller: Caller) -> None:
    """A new secret leaves the one before it good, and ends the one before that."""
    clients = caller.process.oms.tenant("acme").clients
    second = clients.add_secret(caller.id).secret
    assert caller.post(caller.form())[0] == caller.post(caller.form(client_secret=second))[0] == 200
    third = clients.add_secret(caller.id).secret
    assert_refused(caller.post(caller.form()), 401, "invalid_client")
    assert caller.post(caller.form(client_secret=second))[0] == 200
    assert caller.post(caller.form(client_secret=third))[0] == 200


def test_a_revoked_client_gets_no_token(caller: Caller) -> None:
    """A revoked client is refused at once, in every process."""
    caller.process.oms.tenant("acme").clients.revoke(caller.id)
    assert_refused(caller.post(caller.form()), 401, "invalid_client")


def test_requests_from_one_address_are_throttled(caller: Caller, world: World) -> None:
    """Past the limit an address is told to wait, good credentials or not; another address is not."""
    caller.process.endpoint = TokenEndpoint(caller.process.oms, caller.process.tokens, attempts_per_address=3)
    for _ in range(3):
        assert_refused(caller.post(caller.form(client_secret="wrong")), 401, "invalid_client")
    world.time.pass_by(20)
    answer = caller.post(caller.form())
    assert_refused(answer, 429, "RateLimitExceeded")
    assert answer[1]["Retry-After"] == "40"
    assert caller.post(caller.form(), address="192.0.2.2")[0] == 200
    world.time.pass_by(40)
    assert caller.post(caller.form())[0] == 200


def test_a_host_has_one_share_of_all_its_ipv6_addresses(caller: Caller) -> None:
    """The addresses of one /64 are counted together, those of another apart."""
    caller.process.endpoint = TokenEndpoint(caller.process.oms, caller.process.tokens, attempts_per_address=2)
    assert caller.post(caller.form(), address="2001:db8::1")[0] == 200
    assert caller.post(caller.form(), address="2001:db8::ffff:1")[0] == 200
    assert caller.post(caller.form(), address="2001:db8::2")[0] == 429
    assert caller.post(caller.form(), address="2001:db8:0:1::1")[0] == 200


def test_tokens_of_one_client_are_throttled(caller: Caller) -> None:
    """A client that asks for token after token is told to wait; wrong secrets of others use up nothing of its share."""
    caller.process.endpoint = TokenEndpoint(caller.process.oms, caller.process.tokens, tokens_per_client=3)
    for number in range(10):
        wrong = caller.post(caller.form(client_secret="wrong"), address=f"198.51.100.{number}")
        assert_refused(wrong, 401, "invalid_client")
    for number in range(3):
        assert caller.post(caller.form(), address=f"192.0.2.{number}")[0] == 200
    assert_refused(caller.post(caller.form(), address="192.0.2.99"), 429, "RateLimitExceeded")


def test_an_address_that_is_not_known_is_one_address(caller: Caller) -> None:
    """Requests without an address, or with a socket's name, are counted too."""
    caller.process.endpoint = TokenEndpoint(caller.process.oms, caller.process.tokens, attempts_per_address=1)
    assert caller.post(caller.form(), address=None)[0] == 200
    assert caller.post(caller.form(), address=None)[0] == 429
    assert caller.post(caller.form(), address="unix:/run/x")[0] == 200
    assert caller.post(caller.form(), address="unix:/run/x")[0] == 429
