"""Texts of the code as Markdown: our own mark up nothing but code between backticks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(``?)(.+?)\1")
_MARKS = re.compile(r"([\\*_<>\[\]#|{}$])")


def prose(text: str) -> str:
    """Return a text of ours in which nothing but code is marked up; fit for a table."""
    parts: list[str] = []
    end = 0
    for found in _CODE.finditer(text):
        parts += [_MARKS.sub(r"\\\1", text[end : found.start()]), f"`{found[2].replace('|', chr(92) + '|')}`"]
        end = found.end()
    parts.append(_MARKS.sub(r"\\\1", text[end:]))
    return " ".join("".join(parts).split())


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
