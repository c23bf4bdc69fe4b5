"""What a proof is: something that is tried many times, the rule it must keep, and the control that must break it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path

import attrs


class Size(StrEnum):
    """How much of a proof is run."""

    #: A few of everything, for ``make test``.
    FEW = "few"
    #: All of it, for ``make prove``.
    FULL = "full"


@attrs.frozen
class Finding:
    """What a run came to."""

    #: How much was tried, as ``5,012 cuts x 3 loss models``.
    size: str
    #: What was seen, as ``0 of 312,000 acknowledged orders lost``.
    figures: str = ""
    #: Each breach of the rule, with what is needed to see it again.
    violations: Sequence[str] = ()
    #: How it ended before it came to anything, where it did: that is neither a rule kept nor a control caught.
    broke: str = ""


def fewer(what: str, tried: int, wanted: int) -> list[str]:
    """Return the violation that less was tried than a proof says: a crowd that died early leaves little to judge."""
    return [f"only {tried:,} of {wanted:,} {what} were tried"] if tried < wanted else []


#: Tries as much as the size says, with an empty folder for its files.
Trial = Callable[[Size, Path], Finding]


@attrs.frozen
class Proof:
    """One row of the table."""

    #: Its place in the programme of ``docs/proof.md``.
    number: int
    name: str
    #: What must hold, in a sentence.
    rule: str
    run: Trial
    #: The same with something known to be bad; it must find violations.
    control: Trial
    #: What is bad about the control, as ``synchronous=NORMAL``.
    bad: str
