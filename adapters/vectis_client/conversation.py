"""What commands and questions become on their way to a server, and what its answers become on their way back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast

import attrs

from vectis_client.effects import Request, Retries, Steps
from vectis_client.errors import Answer, error_of
from vectis_client.exchange import Tokens, answered
from vectis_client.reading import read_content
from vectis_client.routes import COMMANDS, QUESTIONS, Route, values_of
from vectis_core.checking import check
from vectis_core.commands import Command
from vectis_core.constraints import Text
from vectis_core.errors import NotFound, UsageError, ValidationError, VectisError
from vectis_core.ids import RandomIds
from vectis_core.orders.model import Placed
from vectis_http.headers import IDENTIFIED, MISMATCHED
from vectis_http.progress import is_request_id

T = TypeVar("T")

_COMMAND_ID = Text(1, 255)
_IDS = RandomIds()


def new_request_id() -> str:
    """Return an id that no other request has."""
    return _IDS.uuid7(datetime.now(UTC))


@attrs.frozen
class Conversation:
    """Talks to one server with one client's credentials; all of it is steps that a driver takes."""

    #: Where the API is, without a slash at its end.
    base_url: str
    tokens: Tokens
    retries: Retries
    #: Makes the id of each call, which all its tries have.
    request_id: Callable[[], str] = new_request_id

    def run(self, command: Command[T]) -> Steps[T]:
        """Carry out a command. Raises what the library raises, and ``UsageError`` for what HTTP does not offer."""
        route = COMMANDS.get(type(command))
        if route is None:
            raise UsageError(f"{type(command).__name__} is not offered over HTTP: do it where Vectis runs")
        command_id = _checked(command.command_id) if command.command_id is not None else _IDS.secret()
        intent = getattr(command, "intent", None)
        if intent is not None:
            check(intent)
        values = {field.name: getattr(command, field.name) for field in attrs.fields(type(command))}
        told = yield from self._told(route, {**values, "command_id": command_id})
        return cast(T, told)

    def ask(self, question: Callable[..., T]) -> Steps[T]:
        """Answer a question, which is a ``partial`` of one of ``vectis_core.queries``."""
        if not isinstance(question, partial) or question.func not in QUESTIONS:
            raise UsageError(f"{question!r} cannot be asked over HTTP: ask it where Vectis runs")
        told = yield from self._told(QUESTIONS[question.func], values_of(question.keywords))
        return cast(T, told)

    def _told(self, route: Route, values: Mapping[str, Any]) -> Steps[Any]:
        operation = route.operation
        url = self.base_url + route.target(values)
        request_id = self._new_id()
        headers = {**route.headers(values), IDENTIFIED.name.lower(): request_id}
        request = Request(operation.method, url, headers, route.body(values))
        known_by = None
        if route.changes:
            known_by = {"commandId": values["command_id"]} if operation.takes_key else {}
        try:
            answer = yield from answered(request, self.retries, self.tokens, known_by=known_by)
            return _result(route, values, answer)
        except VectisError as error:
            # An answer's own is that of the server, even where something on the way has put another in place of ours.
            error.request_id = error.request_id or request_id
            raise

    def _new_id(self) -> str:
        made = self.request_id()
        if not is_request_id(made):
            raise UsageError("request_id= must make ids of 1 to 128 visible ASCII characters")
        return made


def _checked(command_id: str) -> str:
    problem = _COMMAND_ID.problem(command_id)
    if problem is None and not (command_id.isascii() and command_id.isprintable()):
        problem = "must be printable ASCII to be sent"
    if problem is None and command_id != command_id.strip(" "):
        problem = "must not begin or end with a space, which headers lose on their way"
    if problem is not None:
        raise ValidationError.of("commandId", problem)
    return command_id


def _result(route: Route, values: Mapping[str, Any], answer: Answer) -> Any:
    success = route.operation.responses.get(answer.status)
    is_done = success is not None and success.content is None
    # What has no key and had ended by a try that was not answered is not there any more.
    is_done |= answer.may_be_a_repeat and not route.operation.takes_key and answer.tells(NotFound)
    if route.ended is not None and is_done:
        return route.ended(values[cast(str, route.of)])
    if success is None or success.content is None:
        raise error_of(answer)
    told = answer.json()
    try:
        result = read_content(success.content, told)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise answer.unexpected() from error
    if route.is_one:
        if not result.items:
            raise NotFound("No such order")
        return result.items[0]
    if route.operation.name == "createOrder":
        return Placed(result, answer.status == 201, MISMATCHED.name.lower() in answer.headers)
    return result
