"""An immutable sorted map: a B+ tree whose changes copy one path and share all else.

A snapshot is a reference, a rollback is forgetting one, and a list newest first sorts nothing. Every node knows
how many entries are below it, so that counting a range and skipping into it cost a descent.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, Generic, TypeVar, overload

import attrs

#: A key; all keys of one map have comparable places.
Path = tuple[Any, ...]
V = TypeVar("V")
D = TypeVar("D")

#: The most entries of a node.
WIDTH = 32


@attrs.frozen(eq=False)
class _Leaf:
    keys: tuple[Path, ...]
    values: tuple[Any, ...]

    @property
    def low(self) -> Path:
        return self.keys[0]

    @property
    def size(self) -> int:
        return len(self.keys)


@attrs.frozen(eq=False)
class _Branch:
    nodes: tuple[_Leaf | _Branch, ...]
    lows: tuple[Path, ...]
    size: int

    @property
    def low(self) -> Path:
        return self.lows[0]


_Node = _Leaf | _Branch
_EMPTY = _Leaf((), ())


def _leaves(keys: tuple[Path, ...], values: tuple[Any, ...]) -> tuple[_Node, ...]:
    if len(keys) <= WIDTH:
        return (_Leaf(keys, values),) if keys else ()
    half = len(keys) // 2
    return (_Leaf(keys[:half], values[:half]), _Leaf(keys[half:], values[half:]))


def _branch(nodes: tuple[_Node, ...]) -> _Branch:
    return _Branch(nodes, tuple(node.low for node in nodes), sum(node.size for node in nodes))


def _branches(nodes: tuple[_Node, ...]) -> tuple[_Node, ...]:
    if len(nodes) <= WIDTH:
        return (_branch(nodes),) if nodes else ()
    half = len(nodes) // 2
    return (_branch(nodes[:half]), _branch(nodes[half:]))


def _child(node: _Branch, key: Path) -> int:
    return max(bisect_right(node.lows, key) - 1, 0)


def _put(node: _Node, key: Path, value: Any) -> tuple[_Node, ...]:
    """Return the one or two nodes that replace *node*."""
    if isinstance(node, _Branch):
        at = _child(node, key)
        old = node.nodes[at]
        put = _put(old, key, value)
        if len(put) == 1:
            nodes = (*node.nodes[:at], put[0], *node.nodes[at + 1 :])
            lows = (key, *node.lows[1:]) if key < node.lows[0] else node.lows
            return (_Branch(nodes, lows, node.size + put[0].size - old.size),)
        return _branches(node.nodes[:at] + put + node.nodes[at + 1 :])
    at = bisect_left(node.keys, key)
    rest = at + (at < len(node.keys) and node.keys[at] == key)
    return _leaves((*node.keys[:at], key, *node.keys[rest:]), (*node.values[:at], value, *node.values[rest:]))


def _drop(node: _Node, key: Path) -> tuple[_Node, ...]:
    """Return the nodes that replace *node*: none where nothing is left. Half-empty nodes are left alone."""
    if isinstance(node, _Branch):
        at = _child(node, key)
        return _branches(node.nodes[:at] + _drop(node.nodes[at], key) + node.nodes[at + 1 :])
    at = bisect_left(node.keys, key)
    return _leaves(node.keys[:at] + node.keys[at + 1 :], node.values[:at] + node.values[at + 1 :])


def _walk(node: _Node, start: int, stop: int) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, _Leaf):
        yield from zip(node.keys[start:stop], node.values[start:stop], strict=True)
        return
    for child in node.nodes:
        if stop <= 0:
            return
        if start < child.size:
            yield from _walk(child, max(start, 0), min(stop, child.size))
        start, stop = start - child.size, stop - child.size


def _walk_back(node: _Node, start: int, stop: int) -> Iterator[tuple[Path, Any]]:
    if isinstance(node, _Leaf):
        for at in range(stop - 1, start - 1, -1):
            yield node.keys[at], node.values[at]
        return
    end = node.size
    for child in reversed(node.nodes):
        begin = end - child.size
        if end <= start:
            return
        if begin < stop:
            yield from _walk_back(child, max(start - begin, 0), min(stop - begin, child.size))
        end = begin


def successor(prefix: Path) -> Path:
    """Return the smallest key above all keys that start with *prefix*, the last place of which is text."""
    return (*prefix[:-1], prefix[-1] + "\x00")


@attrs.frozen(eq=False)
class SortedMap(Generic[V]):
    """A map from tuples, in order of its keys, that never changes: ``put`` and ``without`` return another."""

    _root: _Node = _EMPTY

    def __len__(self) -> int:
        return self._root.size

    def __contains__(self, key: Path) -> bool:
        return self.get(key, _EMPTY) is not _EMPTY

    @overload
    def get(self, key: Path) -> V | None: ...
    @overload
    def get(self, key: Path, default: D) -> V | D: ...
    def get(self, key: Path, default: Any = None) -> Any:
        """Return the value at *key*, or *default*."""
        node = self._root
        while isinstance(node, _Branch):
            node = node.nodes[_child(node, key)]
        at = bisect_left(node.keys, key)
        return node.values[at] if at < len(node.keys) and node.keys[at] == key else default

    def put(self, key: Path, value: V) -> SortedMap[V]:
        """Return the map with *value* at *key*."""
        nodes = _put(self._root, key, value)
        return SortedMap(nodes[0] if len(nodes) == 1 else _branch(nodes))

    def without(self, key: Path) -> SortedMap[V]:
        """Return the map without *key*, whether or not it had it."""
        if key not in self:
            return self
        nodes = _drop(self._root, key)
        root = nodes[0] if nodes else _EMPTY
        while isinstance(root, _Branch) and len(root.nodes) == 1:
            root = root.nodes[0]
        return SortedMap(root)

    def rank(self, key: Path) -> int:
        """Return how many keys are smaller than *key*."""
        node, before = self._root, 0
        while isinstance(node, _Branch):
            at = _child(node, key)
            before += sum(child.size for child in node.nodes[:at])
            node = node.nodes[at]
        return before + bisect_left(node.keys, key)

    def under(self, prefix: Path) -> tuple[int, int]:
        """Return the ranks of the first key that starts with *prefix*, and of the first after them all."""
        return (self.rank(prefix), self.rank(successor(prefix))) if prefix else (0, len(self))

    def items(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[Path, V]]:
        """Return keys and values by rank, from *start* to before *stop*."""
        return _walk(self._root, start, min(len(self) if stop is None else stop, len(self)))

    def backwards(self, start: int, stop: int) -> Iterator[tuple[Path, V]]:
        """Return keys and values by falling rank, from before *stop* down to *start*."""
        return _walk_back(self._root, start, stop)

    def values_under(self, prefix: Path) -> Iterator[V]:
        """Return the values of all keys that start with *prefix*, in order."""
        return (value for _, value in self.items(*self.under(prefix)))
