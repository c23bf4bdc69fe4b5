"""Diagrams of states, drawn as SVG when the site is built: no script, no other host, and both colour schemes.

The pages write them in Mermaid, which GitHub draws itself, and a test holds what they write to the tables in
``vectis_core.orders``. Of Mermaid's language this reads what those pages use: ``a --> b: step``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import ClassVar

import attrs
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

_ARROW = re.compile(r"(\S+) --> (\w+)(?:: (\w+))?")
_START = "[*]"
_BOX_WIDTH, _BOX_HEIGHT, _GAP, _TOP = 150, 34, 62, 34
_LEFT = 215
#: How much further out an arrow bows for each status that it passes by.
_BOW = 64


class StateDiagram(SphinxDirective):
    """A block of Mermaid that draws a state machine."""

    has_content: ClassVar[bool] = True

    def run(self) -> list[nodes.Node]:
        """Return the drawing."""
        drawing = _Drawing.read(self.content)
        return [nodes.raw("", drawing.as_svg(), format="html")]


def _longest(status: str, steps: Mapping[tuple[str, str], object]) -> list[str]:
    """Return the longest way on from a status; a table that goes round in circles has none, and is not drawn here."""
    ways = [_longest(after, steps) for before, after in steps if before == status != after]
    return [status, *max(ways, key=len, default=[])]


@attrs.frozen
class _Drawing:
    """A state machine that is to be drawn."""

    #: From top to bottom: the longest way through first, then what ends beside it.
    statuses: list[str]
    #: The steps that lead from one status to another, or to itself.
    steps: dict[tuple[str, str], list[str]]

    @classmethod
    def read(cls, lines: Iterable[str]) -> _Drawing:
        steps: dict[tuple[str, str], list[str]] = {}
        for found in filter(None, map(_ARROW.search, lines)):
            before, after, step = found.groups()
            steps.setdefault((before, after), []).extend([step] if step else [])
        chain = _longest(_START, steps)[1:]
        return cls([*chain, *dict.fromkeys(after for _, after in steps if after not in chain)], steps)

    def as_svg(self) -> str:
        """Return the drawing; what it says is there as text, for readers who do not see it too."""
        height = _TOP + len(self.statuses) * (_BOX_HEIGHT + _GAP) - _GAP + 8
        told = "; ".join(f"{a} to {b} by {' or '.join(by)}" for (a, b), by in self.steps.items() if by)
        return (
            f'<svg class="states" viewBox="0 0 720 {height}" role="img" aria-label="{escape(told)}">'
            '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>'
            f"{''.join(self._boxes())}{''.join(self._arrows())}</svg>"
        )

    def _top_of(self, status: str) -> int:
        return _TOP + self.statuses.index(status) * (_BOX_HEIGHT + _GAP)

    def _boxes(self) -> Iterator[str]:
        middle = _LEFT + _BOX_WIDTH // 2
        yield f'<circle cx="{middle}" cy="6" r="5"/>'
        for status in self.statuses:
            top = self._top_of(status)
            yield f'<rect x="{_LEFT}" y="{top}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="8"/>'
            yield _words(middle, top + 22, [status], "middle", "status")

    def _arrows(self) -> Iterator[str]:
        for (before, after), steps in self.steps.items():
            if before == after:
                yield self._loop(before, steps)
            elif before == _START or self._distance(before, after) == 1:
                yield self._straight(before, after, steps)
            else:
                yield self._bowed(before, after, steps)

    def _distance(self, before: str, after: str) -> int:
        return self.statuses.index(after) - self.statuses.index(before)

    def _straight(self, before: str, after: str, steps: list[str]) -> str:
        middle, end = _LEFT + _BOX_WIDTH // 2, self._top_of(after)
        start = 11 if before == _START else self._top_of(before) + _BOX_HEIGHT
        return _line(f"M{middle} {start}V{end}") + _words(middle + 8, (start + end) // 2 + 4, steps)

    def _bowed(self, before: str, after: str, steps: list[str]) -> str:
        """Return an arrow past other statuses, at the right, the further out the more it passes."""
        distance = self._distance(before, after)
        edge = _LEFT + _BOX_WIDTH
        start, end = self._top_of(before) + _BOX_HEIGHT // 2 + 4 * distance, self._top_of(after) + _BOX_HEIGHT // 2 - 8
        out = edge + 40 + _BOW * distance
        path = f"M{edge} {start}C{out} {start} {out} {end} {edge} {end}"
        # The words stand two thirds down, where long arrows have left the words of short ones behind.
        return _line(path) + _words(edge + 8 + (out - edge) * 2 // 3, start + (end - start) * 2 // 3 + 4, steps)

    def _loop(self, status: str, steps: list[str]) -> str:
        """Return the arrow of what leaves the status as it is, at the left."""
        top = self._top_of(status)
        path = f"M{_LEFT} {top + 8}h-16a9 9 0 0 0 0 18h16"
        lines = [", ".join(steps[at : at + 2]) for at in range(0, len(steps), 2)]
        first = top + 21 - 7 * (len(lines) - 1)
        return _line(path) + "".join(
            _words(_LEFT - 34, first + 15 * at, [each], "end") for at, each in enumerate(lines)
        )


def _line(path: str) -> str:
    return f'<path class="step" d="{path}" marker-end="url(#arrow)"/>'


def _words(x: int, y: int, words: list[str], anchor: str = "start", kind: str = "name") -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(", ".join(words))}</text>'
