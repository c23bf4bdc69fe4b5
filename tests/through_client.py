"""The API suite through the client: each request that a client can make, is made by one, and must come to the same.

A request of a test is decoded as the server decodes it; what it asks goes through the client to the API. What the
client has understood is shown again by the server's own shapes, and must be the very answer that the API gave.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import attrs
import httpx

from vectis_client import Retries, UnexpectedAnswer
from vectis_client.conversation import Conversation
from vectis_client.drivers import Driver
from vectis_client.effects import Steps
from vectis_client.routes import COMMANDS, QUESTIONS, Route
from vectis_core.commands import Command
from vectis_core.errors import OutcomeUnknown, VectisError
from vectis_core.json_writer import write_json
from vectis_core.tenancy import Caller
from vectis_http import HttpApi, HttpRequest, HttpResponse
from vectis_http.answers import refusal
from vectis_http.converter import decode
from vectis_http.json_codec import read_json
from vectis_http.operation import Body, Call, Operation
from vectis_http.operations import RESOURCES
from vectis_http.routing import Router

_ROUTES = {each.operation.name: each for each in (*QUESTIONS.values(), *COMMANDS.values()) if not each.is_one}
_ROUTER = Router(RESOURCES)
#: Of a carrier's secrets the API tells how many there are, and an account in process holds the secrets themselves.
_NOT_SHOWN_AGAIN = {"configureCarrier", "getCarrier", "listCarriers"}
#: What the client says for itself, whatever a test's request said.
_ITS_OWN = {"authorization", "content-type", "idempotency-key", "accept"}


@attrs.frozen
class _Given:
    """The token that a test has."""

    token: str

    def current(self) -> Steps[str]:
        """Return it without asking anybody."""
        return self.token
        yield

    def refuse(self, token: str) -> None:
        """Keep it: a test that has a bad one wants to see what that comes to."""


class _Recorded(httpx.BaseTransport):
    """Hands what the client sends to the API, beside what else the test's request said, and keeps the answer."""

    def __init__(self, api: HttpApi, request: HttpRequest) -> None:
        self._api = api
        self._request = request
        self.answers: list[HttpResponse] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return what the API answers."""
        path, _, query = request.url.raw_path.decode().partition("?")
        said = {name: value for name, value in self._request.headers.items() if name not in _ITS_OWN}
        told = {name: value for name, value in request.headers.items() if name in _ITS_OWN}
        body = request.read()
        length = {"content-length": str(len(body))} if body else {}
        sent = attrs.evolve(
            self._request, path=path, query=query, body=body, headers={"host": "localhost", **said, **told, **length}
        )
        answer = self._api.handle(sent)
        self.answers.append(answer)
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


@attrs.frozen
class ThroughClient:
    """Sends a test's requests through the client where one could have made them, else as they are."""

    api: HttpApi

    def __call__(self, request: HttpRequest, sized: bool) -> HttpResponse:
        """Return what the API answers, which the client has understood without loss."""
        asked = self._asked(request)
        if asked is None:
            return self._plainly(request, sized)
        operation, call, token = asked
        recorded = _Recorded(self.api, request)
        conversation = Conversation("https://api.test", _Given(token), Retries(attempts=1))  # type: ignore[arg-type]  # as tokens are had
        driver = Driver(httpx.Client(transport=recorded), 30, _never, 1 << 26)
        try:
            result = driver.drive(_steps(conversation, operation, call))
        except VectisError as error:
            understood = refusal(error, ())
            is_known = not isinstance(error, OutcomeUnknown | UnexpectedAnswer)
        else:
            if operation.name in _NOT_SHOWN_AGAIN:
                return recorded.answers[-1]
            reply = operation.reply(call, result)
            understood = HttpResponse(reply.status, [], b"" if reply.payload is None else write_json(reply.payload))
            is_known = True
        if not recorded.answers:
            # What the client refuses of its own accord, the API refuses too, if perhaps for another reason first.
            answer = self._plainly(request, sized)
            assert answer.status >= 400, (understood, answer)
            return answer
        answer = recorded.answers[-1]
        if is_known:
            assert understood.status == answer.status, (understood, answer)
            assert _json(understood) == _json(answer), operation.name
        else:
            assert answer.status >= 500, answer
        return answer

    def _plainly(self, request: HttpRequest, sized: bool) -> HttpResponse:
        length = {"content-length": str(len(request.body))} if request.body and sized else {}
        return self.api.handle(attrs.evolve(request, headers={"host": "localhost", **length, **request.headers}))

    def _asked(self, request: HttpRequest) -> tuple[Operation, Call, str] | None:
        """Return what a request asks for, and its token; ``None`` where no client makes such a request."""
        found = _ROUTER.find(request.path)
        operation = found[0].operations.get(request.method) if found else None
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if (
            found is None
            or operation is None
            or operation.name not in _ROUTES
            or kind != "Bearer"
            or not (token.isascii() and token.count(".") == 2)
        ):
            return None
        is_json = request.headers.get("content-type", "") == "application/json"
        if bool(request.body) > is_json or (operation.body is Body.NONE and request.body):
            return None
        key = request.headers.get("idempotency-key", "a key")
        if not (0 < len(key) <= 255 and key.isascii() and key.isprintable() and key.strip() == key):
            return None
        try:
            query = operation.reader.read(request.query)
            intent = (
                None if operation.body is Body.NONE else decode(operation.request, read_json(request.body or b"{}"))
            )
        except VectisError:
            return None
        key = request.headers.get("idempotency-key") if operation.takes_key else None
        caller = Caller(tenant="of the token", actor="the client")
        return operation, Call(request, caller, self.api.oms.clock.now(), found[1], query, intent, key), token


def _steps(conversation: Conversation, operation: Operation, call: Call) -> Steps[Any]:
    """Return the client's steps for a call: those of the command that it makes, or of its question."""
    effect = operation.handler(call)
    if isinstance(effect, Command):
        return conversation.run(effect)
    route = _ROUTES[operation.name]
    return conversation._told(route, _values(route, call))


def _values(route: Route, call: Call) -> Mapping[str, Any]:
    """Return what a question asks, by the names that it has in process."""
    values = {route.renamed.get(name, name): value for name, value in call.query.items()}
    if route.of is not None:
        [values[route.of]] = call.path.values()
    if route.operation.name == "exportCustomer":
        values["where"] = SimpleNamespace(customer_id=call.intent.customer_id, customer_email=call.intent.email)
    return {**values, "who": call.intent, "command_id": call.command_id or "a key"}


def _json(answer: HttpResponse) -> Any:
    return read_json(answer.body) if answer.body else None


def _never(seconds: float) -> None:
    raise AssertionError(f"one try waits for nothing, not for {seconds} s")


@contextmanager
def through_client(api: HttpApi) -> Iterator[ThroughClient]:
    """The API by way of the client, as one more face."""
    yield ThroughClient(api)
