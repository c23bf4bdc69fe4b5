"""Rounds, medians and the table: every figure is a ratio of two programs run in turn."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

import attrs


@attrs.frozen
class Plan:
    """How much to measure."""

    #: Rounds of each comparison; the programs take turns within a round.
    rounds: int
    #: How long one program runs in one round of a throughput measurement.
    seconds: float
    #: Orders in the large database.
    many: int
    #: Orders taken by the server before its memory is read.
    orders_before_memory: int


FULL = Plan(rounds=5, seconds=2.0, many=1_000_000, orders_before_memory=100_000)
QUICK = Plan(rounds=3, seconds=0.7, many=100_000, orders_before_memory=20_000)


@attrs.frozen
class Goal:
    """What is aimed at: a bound on the ratio, or on the figure itself where there is no comparator."""

    bound: float
    at_least: bool
    unit: str = "x"

    def met(self, value: float) -> bool:
        """Return whether *value* reaches the goal."""
        return value >= self.bound if self.at_least else value <= self.bound

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.bound:g} {self.unit}".replace(" x", "x")


@attrs.frozen
class Result:
    """One row of the table."""

    what: str
    #: ``None`` where a figure is told without one being aimed at.
    goal: Goal | None
    ours: Sequence[float]
    #: The same rounds of the comparator; empty where the goal is absolute.
    theirs: Sequence[float]
    #: What the figures count.
    unit: str
    beside: str

    @property
    def ratios(self) -> list[float]:
        """Ours to theirs, round by round; ours alone where there is no comparator."""
        if not self.theirs:
            return list(self.ours)
        return [mine / other for mine, other in zip(self.ours, self.theirs, strict=True)]

    def __str__(self) -> str:
        value = median(self.ratios)
        spread = f"{_figure(min(self.ratios))} to {_figure(max(self.ratios))}"
        theirs = f"{_figure(median(self.theirs))} ({self.beside})" if self.theirs else self.beside
        cells = [
            self.what,
            f"{_figure(median(self.ours))} {self.unit}",
            theirs,
            f"**{_figure(value)}** ({spread})",
            str(self.goal or ""),
            "" if self.goal is None else "yes" if self.goal.met(value) else "**no**",
        ]
        return "| " + " | ".join(cells) + " |"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(results: Sequence[Result]) -> str:
    """Return all results as one Markdown table."""
    head = "| | ours, median | comparator, median | ratio (min to max) | goal | met |\n|---|---|---|---|---|---|"
    return "\n".join([head, *map(str, results)])


def in_turn(rounds: int, *programs: Callable[[], float]) -> list[list[float]]:
    """Run *programs* in turn, *rounds* times after one round that is thrown away; return each one's figures.

    Every other round runs backwards, so that none always follows the same other.
    """
    figures: list[list[float]] = [[] for _ in programs]
    for number in range(rounds + 1):
        order = list(enumerate(programs))
        for place, program in order if number % 2 else reversed(order):
            figure = program()
            if number:
                figures[place].append(figure)
    return figures


def say(text: str) -> None:
    """Tell whoever waits what is going on, beside the table."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)
