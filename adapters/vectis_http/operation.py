"""What one operation of the API is: a row of the table in ``vectis_http.operations``."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Protocol

import attrs

from vectis_core.access import SCOPES
from vectis_core.commands import Command
from vectis_core.constraints import Schema
from vectis_core.engine import Purge
from vectis_core.errors import VectisError
from vectis_core.ports import Slice, View
from vectis_core.queries import Page, page_slice
from vectis_core.shapes import Refer, Shape
from vectis_core.tenancy import Caller
from vectis_http.messages import HttpRequest
from vectis_http.parameters import PAGE, Parameter, QueryReader
from vectis_http.shapes.access import PAGINATION

JSON = "application/json"
PAGE_NAMES = tuple(each.name for each in PAGE)


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

    @property
    def part(self) -> Slice:
        """Which part of a list is asked for."""
        return page_slice(**{name: self.query[name] for name in PAGE_NAMES})

    @property
    def filters(self) -> dict[str, Any]:
        """What entries of a list are asked for."""
        return {name: value for name, value in self.query.items() if name not in PAGE_NAMES}


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
Effect = ReadBody | Command[Any] | Several | Query | Work | Purge


@attrs.frozen
class Document:
    """A body that is no JSON of ours, or is written already."""

    media_type: str
    content: bytes = attrs.field(repr=False)


@attrs.frozen
class Reply:
    """What a success is answered with."""

    status: int
    #: What the body says, a ``Document``, or ``None`` for no body.
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


class Content(Protocol):
    """What a body says: a ``Shape``, a ``Listing`` of one, or JSON that others define."""

    @property
    def show(self) -> Callable[[Any], Any]:
        """What makes the body out of a result."""
        ...

    def schema(self, refer: Refer) -> Schema:
        """Return the JSON Schema of the body."""
        ...


@attrs.frozen
class Success:
    """What one status of a success says."""

    meaning: str
    content: Content | None = None
    #: Where given, ``Location`` is the result's own address below this path.
    place: str | None = None
    #: The names of further headers that it has, or may have.
    headers: tuple[str, ...] = ()
    media_type: str = JSON

    def reply(self, status: int, call: Call, result: Any, *headers: tuple[str, str]) -> Reply:
        """Return the answer that tells *result*."""
        if self.content is None:
            return Reply(status, None, headers)
        payload = self.content.show(result)
        if self.place is not None:
            headers = (*headers, ("Location", f"{call.head.prefix}{self.place}/{payload['id']}"))
        return Reply(status, payload, headers)


def _only_reply(operation: Operation) -> Callable[[Call, Any], Reply]:
    """Return what answers with the one success that an operation has."""
    [(status, success)] = operation.responses.items()
    if success.content is None or success.place is not None:
        return lambda call, result: success.reply(status, call, result)
    # Most reads end here, so nothing is looked up that is known now.
    show = success.content.show
    return lambda _, result: Reply(status, show(result))


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
    #: Each status of a success, and what it says.
    responses: Mapping[int, Success]
    #: Answers a success; gets what the handler's command, query, work or steps came to.
    reply: Callable[[Call, Any], Reply] = attrs.field(default=attrs.Factory(_only_reply, takes_self=True))
    #: What may go wrong beyond what every operation of its kind shares.
    errors: tuple[type[VectisError], ...] = ()
    #: What errors say, by status, where that is more than the common form.
    refusals: Mapping[int, Shape] = attrs.field(factory=dict)
    query: tuple[Parameter, ...] = ()
    body: Body = Body.NONE
    #: What the body is decoded into.
    request: type = Nothing
    #: Whether it takes ``Idempotency-Key``.
    takes_key: bool = False
    reader: QueryReader = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "reader", QueryReader(self.query))


@attrs.frozen
class Listing:
    """A body that has a list of entries by a name, and ``pagination`` where it is but a page of it."""

    name: str
    entry: Shape
    is_page: bool = False

    def show(self, value: Any) -> Any:
        """Return the body of a ``Page``, or of any iterable where it is all of the list."""
        show = self.entry.show
        if not self.is_page:
            return {self.name: [show(entry) for entry in value]}
        page: Page[Any] = value
        return {self.name: [show(entry) for entry in page.items], "pagination": PAGINATION.show(page)}

    def schema(self, refer: Refer) -> Schema:
        """Return the JSON Schema of the body."""
        properties: Schema = {self.name: {"type": "array", "items": refer(self.entry)}}
        if self.is_page:
            properties["pagination"] = refer(PAGINATION)
        return {"type": "object", "properties": properties, "required": list(properties)}


def page_of(name: str, entry: Shape) -> Listing:
    """Return a body that has a page of a list called *name*."""
    return Listing(name, entry, is_page=True)


def all_of(name: str, entry: Shape) -> Listing:
    """Return a body that has the whole of a list called *name*."""
    return Listing(name, entry)
