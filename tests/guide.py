"""The integration guide, read as what it says: its sentences, its calls, what it shows of answers, and its tables.

Nothing of it is written a second time in tests: who changes the guide changes what is tested.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import attrs

TEXT = (Path(__file__).parents[1] / "docs" / "integration-guide.txt").read_text("utf-8")

#: Stands for what the guide leaves out as ``...``: whatever there is, but something.
SOME = object()

_CALL = re.compile(r"(GET|POST|PATCH) (/\S+)$")
_HEADER = re.compile(r"([A-Z][A-Za-z-]+): (\S.*)$")
_TABLE_HEADS = {"EventDescription", "ParameterTypeDefaultMaxDescription", "Status CodeMeaning"}
#: The columns of the tables' rows; the guide's text runs them together.
_ROWS = (
    re.compile(r"((?:order|inventory)\.[a-z_]+)([A-Z].*)$"),
    re.compile(r"(limit|offset)(integer)(\d\d?)(100|-)([A-Z].*)$"),
    re.compile(r"(\d{3})([A-Z].*)$"),
)
_LEFT_OUT = '"..."'


@attrs.frozen
class Sentence:
    """Words that end in a period, a point of a list, or a row of a table, whose cells are apart."""

    section: str
    said: str
    cells: tuple[str, ...] = ()


@attrs.frozen
class Call:
    """A request, by its line, headers and body, or as a command for curl; what stands for others' is left as it is."""

    section: str
    method: str
    target: str
    headers: tuple[str, ...] = ()
    body: str = ""
    #: The command, where it is shown as one.
    command: tuple[str, ...] = ()
    #: What a comment before it says, and the answer that one behind it tells.
    comment: str = ""
    status: int | None = None

    @property
    def said(self) -> str:
        """What tells it from others of its section."""
        if self.command:
            return f"curl {self.method} {self.target}"
        line = f"{self.method} {self.target}"
        return f"{self.comment}: {line}, {self.status}" if self.comment else line

    @property
    def json(self) -> Any:
        """The body, decoded; ``...`` in an object is left out."""
        return _decoded(self.body)


@attrs.frozen
class Shown:
    """What an answer, or the body of a webhook, looks like."""

    section: str
    body: str

    @property
    def said(self) -> str:
        """Name the fields that it has at its outside."""
        return "{" + ", ".join(self.json) + "}"

    @property
    def json(self) -> Any:
        """The body, decoded; a list of ``...`` is ``SOME``."""
        return _decoded(self.body)


@attrs.frozen
class Program:
    """A piece of code."""

    section: str
    body: str

    @property
    def said(self) -> str:
        """Return the line that gives it its name."""
        return next(line for line in self.body.splitlines() if line.startswith("function")).removesuffix(" {")


Statement = Sentence | Call | Shown | Program


def _decoded(body: str) -> Any:
    quoted = re.sub(r", \.\.\. ?\}", "}", body).replace("[...]", _LEFT_OUT)
    told = json.loads(quoted, parse_float=Decimal)
    return {name: SOME if value == "..." else value for name, value in told.items()}


@attrs.define
class _Reader:
    """Goes through the lines once."""

    lines: list[str]
    at: int = 0
    section: str = ""
    comment: str = ""
    found: list[Statement] = attrs.field(factory=list)

    def read(self) -> tuple[Statement, ...]:
        """Return all statements, in the guide's order; raises ``AssertionError`` where a line is none of them."""
        while self.at < len(self.lines):
            self._take()
        return tuple(self.found)

    def _take(self) -> None:
        line = self.lines[self.at]
        if line.startswith("curl "):
            self._curl()
        elif _CALL.match(line):
            self._call()
        elif line == "{":
            self.found.append(Shown(self.section, self._until("}")))
        elif line.startswith("const "):
            self.found.append(Program(self.section, self._until("}")))
        else:
            self.at += 1
            self._words(line)

    def _words(self, line: str) -> None:
        row = next(filter(None, (form.match(line) for form in _ROWS)), None)
        if line.startswith("# Response: "):
            self.found[-1] = attrs.evolve(self.found[-1], status=int(line.split()[2]))
        elif line.startswith("# "):
            self.comment = line.removeprefix("# ")
        elif row:
            self.found.append(Sentence(self.section, " ".join(row.groups()), row.groups()))
        elif line.lstrip().startswith("\u2022"):
            self.found.append(Sentence(self.section, line.strip("\u2022 ")))
        elif line.endswith((".", ":")) or ": " in line:
            # One or two words before what is shown are its label, and say nothing themselves.
            sentences = re.split(r"(?<=\.) (?=[A-Z])", line)
            self.found += [Sentence(self.section, each) for each in sentences if len(each.split()) > 2 or ": " in each]
        elif line and line not in _TABLE_HEADS:
            assert self.at < 2 or not self.lines[self.at - 2], f"no heading, and nothing else: {line}"
            self.section = line

    def _until(self, end: str) -> str:
        start = self.at
        self.at = self.lines.index(end, start) + 1
        return "\n".join(self.lines[start : self.at])

    def _curl(self) -> None:
        start = self.at
        while self.lines[self.at].endswith("\\"):
            self.at += 1
        self.at += 1
        command = shlex.split("\n".join(self.lines[start : self.at]).replace("\\\n", ""))
        method = command[command.index("-X") + 1] if "-X" in command else "GET"
        [target] = [word for word in command if word.startswith("https://")]
        self.found.append(Call(self.section, method, target, command=tuple(command)))

    def _call(self) -> None:
        found = _CALL.match(self.lines[self.at])
        assert found
        self.at += 1
        headers = []
        while _HEADER.match(self.lines[self.at]):
            headers.append(self.lines[self.at])
            self.at += 1
        body = ""
        if self.lines[self.at].startswith("{ "):
            body = self.lines[self.at]
            self.at += 1
        elif "Content-Type: application/json" in headers and self.lines[self.at + 1] == "{":
            self.at += 1
            body = self._until("}")
        comment, self.comment = self.comment, ""
        self.found.append(Call(self.section, found[1], found[2], tuple(headers), body, comment=comment))


@cache
def statements() -> tuple[Statement, ...]:
    """Return what the guide says, in its order."""
    return _Reader(TEXT.splitlines()).read()


def calls(section: str) -> list[Call]:
    """Return the calls below a heading."""
    return [each for each in statements() if isinstance(each, Call) and each.section == section]


def call(section: str) -> Call:
    """Return the only call below a heading."""
    [found] = calls(section)
    return found


def shown(section: str) -> Any:
    """Return the only answer, or payload, that is shown below a heading, decoded."""
    [found] = [each for each in statements() if isinstance(each, Shown) and each.section == section]
    return found.json


def sentences(section: str) -> list[Sentence]:
    """Return what is said in words below a heading."""
    return [each for each in statements() if isinstance(each, Sentence) and each.section == section]


def rows(section: str) -> Iterator[tuple[str, ...]]:
    """Return the cells of each row of the table below a heading."""
    return (
        each.cells for each in statements() if isinstance(each, Sentence) and each.section == section and each.cells
    )


def points(section: str) -> list[tuple[str, str]]:
    """Return what is said below a heading as ``name: value``, apart."""
    found = (
        each.said.split(": ", 1) for each in statements() if isinstance(each, Sentence) and each.section == section
    )
    return [(pair[0], pair[1]) for pair in found if len(pair) == 2]


#: What the server chooses, and the guide can show an example of alone.
_CHOSEN = {"id", "orderId", "warehouseId", "access_token"}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def check_shown(example: Any, answered: Any, name: str = "") -> None:
    """Raise ``AssertionError`` unless *answered* has all that the guide shows, of its type and value; it may have more.

    Ids, tokens and moments are the server's own: they are held to their form.
    """
    if example is SOME:
        assert answered, name
    elif isinstance(example, dict):
        for field, value in example.items():
            assert field in answered, f"{name}.{field}"
            check_shown(value, answered[field], field)
    elif isinstance(example, list):
        assert len(example) == len(answered), name
        for value, found in zip(example, answered, strict=True):
            check_shown(value, found, name)
    elif isinstance(example, str) and _MOMENT.match(example):
        assert _MOMENT.match(answered), (name, answered)
    elif name in _CHOSEN:
        assert isinstance(answered, str), name
        assert answered, name
    else:
        assert (type(example), example) == (type(answered), answered), name


def program() -> str:
    """Return the guide's program."""
    [found] = [each for each in statements() if isinstance(each, Program)]
    return found.body
