"""What one operation of the API is: a row of the table in ``vectis_http.operations``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any

import attrs

from vectis_core.access import SCOPES
from vectis_core.commands import Command
from vectis_core.errors import VectisError
from vectis_core.ports import View
from vectis_core.queries import Page
from vectis_core.tenancy import Caller
from vectis_http.messages import HttpRequest
from vectis_http.parameters import Parameter, QueryReader

JSON = "application/json"


@attrs.frozen
class Call:
    """One request that was let in, with all of it decoded."""

    #: As it came, without its body.
    head: HttpRequest
    caller: Caller
    now: datetime
    path: Mapping[str, str]
    query: Mapping[str, Any]
    #: What the body asks for; of a form, its bytes.
    intent: Any
    command_id: str | None

    @property
    def tenant(self) -> str:
        """For whom."""
        return self.caller.tenant

    @property
    def id(self) -> str:
        """The path's ``{id}``."""
        return self.path["id"]


@attrs.frozen
class Query:
    """A question to the store."""

    read: Callable[[View], Any]
    #: Whether it is so few index seeks that an event loop may wait for it where the store is local.
    quick: bool = False


@attrs.frozen
class Work:
    """A piece of work that may take a while or read the store, such as signing a token."""

    do: Callable[[], Any]
    quick: bool = False


@attrs.frozen
class ReadBody:
    """The body is wanted: its bytes, counted while they come; more than *limit* raise ``PayloadTooLarge``."""

    limit: int


@attrs.frozen
class Several:
    """Commands that do not need each other; they come to a list of outcomes and refusals."""

    commands: tuple[Command[Any], ...]


#: What an exchange asks of its driver. A command comes to an ``Outcome``, a query and work to their result.
Effect = ReadBody | Command[Any] | Several | Query | Work


@attrs.frozen
class Reply:
    """What a success is answered with."""

    status: int
    #: What the body says, or ``None`` for none.
    payload: Any
    headers: tuple[tuple[str, str], ...] = ()


#: Several effects, one after the other, that come to one result.
Steps = Generator[Effect, Any, Any]
#: Makes of a call what it asks for.
Handler = Callable[[Call], Command[Any] | Query | Work | Steps]


class Body(Enum):
    """What an operation reads of a body."""

    NONE = "none"
    REQUIRED = "required"
    #: ``{}`` stands for none.
    OPTIONAL = "optional"
    FORM = "form"
    #: JSON of somebody else's form, read by the operation's own steps.
    FOREIGN = "foreign"


@attrs.frozen
class Nothing:
    """The body of an operation that asks for nothing more than its path: ``{}``."""


@attrs.frozen(kw_only=True)
class Operation:
    """One row: what is asked how, who may ask it, what it comes to, and how that is answered."""

    #: Unique; a client's method is named after it.
    name: str
    summary: str
    method: str
    path: str
    #: The scope that the token must have; ``None`` for what takes no token.
    scope: str | None = attrs.field(validator=attrs.validators.optional(attrs.validators.in_(SCOPES)))
    handler: Handler
    #: Answers a success; gets what the handler's command, query, work or steps came to.
    reply: Callable[[Call, Any], Reply]
    #: Each status of a success, and what it says.
    responses: Mapping[int, str]
    #: What may go wrong beyond what every operation of its kind shares.
    errors: tuple[type[VectisError], ...] = ()
    query: tuple[Parameter, ...] = ()
    body: Body = Body.NONE
    #: What the body is decoded into.
    request: type = Nothing
    #: Whether it takes ``Idempotency-Key``.
    takes_key: bool = False
    reader: QueryReader = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "reader", QueryReader(self.query))


Render = Callable[[Any], Any]


def ok(render: Render) -> Callable[[Call, Any], Reply]:
    """Return what answers 200 with the result as *render* shows it."""
    return lambda _, result: Reply(200, render(result))


def created(render: Render, place: str) -> Callable[[Call, Any], Reply]:
    """Return what answers 201, with the result's own address below *place*."""
    return lambda call, result: Reply(201, render(result), (location(call, place, result.id),))


def location(call: Call, place: str, entity_id: str) -> tuple[str, str]:
    """Return the header that says where the entity with this id is."""
    return ("Location", f"{call.head.prefix}{place}/{entity_id}")


def page_of(name: str, render: Render) -> Callable[[Call, Page[Any]], Reply]:
    """Return what answers 200 with a page of a list called *name*."""

    def reply(_: Call, page: Page[Any]) -> Reply:
        pagination = {"limit": page.limit, "offset": page.offset, "total": page.total}
        return Reply(200, {name: [render(item) for item in page.items], "pagination": pagination})

    return reply


def all_of(name: str, render: Render) -> Callable[[Call, Any], Reply]:
    """Return what answers 200 with the whole of a list called *name*."""
    return lambda _, items: Reply(200, {name: [render(item) for item in items]})
