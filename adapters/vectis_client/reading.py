"""Reads what the API answers back into the core's entities, by the very declarations that it was shown by."""

from __future__ import annotations

import typing
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

import attrs

from vectis_client.untold import UNTOLD, partly
from vectis_core.events import Event, position_of
from vectis_core.orders.model import OrderLine, ShipmentLine
from vectis_core.queries import Page
from vectis_core.shapes import Member, Shape, steps_of
from vectis_http.operation import Content, Listing

#: Makes a value of what stands in an answer.
Read = Callable[[Any], Any]


def _line_number(line_id: str) -> int:
    """Return the number of an order's line, which is the end of its id."""
    return int(line_id.rpartition("-")[2])


#: What undoes what a member was converted by; of others, what they were made of is not told.
_INVERSES: Mapping[Any, Read] = {datetime.isoformat: datetime.fromisoformat}
#: Fields that follow from what another member, named by its source, says.
_DERIVED: Mapping[type, tuple[tuple[str, str, Read], ...]] = {
    Event: (("position", "cursor", position_of),),
    OrderLine: (("line_no", "id", _line_number),),
    ShipmentLine: (("line_no", "line_id", _line_number),),
}


@attrs.frozen
class _Leaf:
    """A field that stands in the answer itself."""

    field: str
    wire: str
    read: Read
    #: What it is where the answer leaves it out.
    missing: Any = UNTOLD

    def value(self, wire: Mapping[str, Any]) -> Any:
        """Return the field's value."""
        told = wire.get(self.wire, self.missing)
        return told if told is None or told is UNTOLD else self.read(told)


@attrs.frozen
class _Node:
    """A value whose fields stand side by side with those of others in one object."""

    kind: type
    leaves: tuple[_Leaf, ...]
    #: Fields that are such values themselves, and whether they may be ``None``.
    nodes: tuple[tuple[str, _Node, bool], ...]

    def entity(self, wire: Mapping[str, Any]) -> Any:
        """Return the value of which *wire* is all; raises ``KeyError`` where it is an object of something else."""
        if not self.is_told(wire):
            raise KeyError(f"nothing of a {self.kind.__name__} is told")
        return self.value(wire)

    def value(self, wire: Mapping[str, Any]) -> Any:
        """Return the value."""
        told = {leaf.field: leaf.value(wire) for leaf in self.leaves}
        for field, node, nullable in self.nodes:
            is_none = nullable and all(leaf.value(wire) is None for leaf in node.leaves)
            told[field] = None if is_none else node.value(wire)
        return partly(self.kind, **told)

    def is_told(self, wire: Mapping[str, Any]) -> bool:
        """Return whether *wire* has any of its members."""
        names = (leaf.wire for leaf in self.leaves)
        return any(name in wire for name in names) or any(node.is_told(wire) for _, node, _ in self.nodes)


@cache
def reader_of(shape: Shape) -> Read:
    """Return what reads values that *shape* has shown."""
    return _node_of(shape.kind, [(each.source, each) for each in shape.members]).entity


def read_content(content: Content, wire: Any) -> Any:
    """Return what the body of a success says: an entity, a tuple of them, or a page."""
    if isinstance(content, Shape):
        return reader_of(content)(wire)
    if not isinstance(content, Listing):
        raise TypeError(f"{content!r} is not of our making")
    entries = tuple(map(reader_of(content.entry), wire[content.name]))
    if not content.is_page:
        return entries
    pagination = wire["pagination"]
    return Page(entries, int(pagination["limit"]), int(pagination["offset"]), int(pagination["total"]))


def _node_of(kind: type, members: Iterable[tuple[str, Member]]) -> _Node:
    """Return how a value of *kind* is read from members, each with the path of its source from the value on."""
    fields = {field.name for field in attrs.fields(kind)}
    by_path = dict(members)
    below: dict[str, list[tuple[str, Member]]] = defaultdict(list)
    leaves = []
    for path, member in by_path.items():
        head, _, rest = path.partition(".")
        # What is no field is computed of fields that are told too.
        if head in fields and rest:
            below[head].append((rest, member))
        elif head in fields:
            read = _read_of(steps_of(kind, head)[0].type, member)
            if read is not None:
                leaves.append(_Leaf(head, member.name, read, None if member.is_left_out else UNTOLD))
    for field, source, read in _DERIVED.get(kind, ()):
        leaves.append(_Leaf(field, by_path[source].name, read))
    steps = {head: steps_of(kind, head)[0] for head in below}
    nodes = [(head, _node_of(steps[head].type, found), steps[head].nullable) for head, found in below.items()]
    return _Node(kind, tuple(leaves), tuple(nodes))


def _read_of(hint: Any, member: Member) -> Read | None:
    """Return what reads a member of which the field's type is *hint*; ``None`` where it cannot be told back."""
    if member.convert is not None:
        return _INVERSES.get(member.convert)
    if typing.get_origin(hint) is tuple:
        entry = reader_of(member.shape) if member.shape is not None else _plain(typing.get_args(hint)[0])
        return lambda told: tuple(map(entry, told))
    return reader_of(member.shape) if member.shape is not None else _plain(hint)


def _plain(hint: Any) -> Read:
    if hint is datetime:
        return datetime.fromisoformat
    if hint is Decimal:
        return Decimal
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _word_of(hint)
    return _as_it_is


def _word_of(kind: type[StrEnum]) -> Read:
    """Return what reads a word; one that only a newer server knows stays a text, which is all that such a word is."""
    known = {str(each): each for each in kind}
    return lambda told: known.get(told, told)


def _as_it_is(told: Any) -> Any:
    return told
