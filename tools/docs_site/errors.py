"""The errors, out of their classes: the tree that Python raises, and the answers that HTTP gives."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import vectis_client
import vectis_core
from tools.docs_site.markdown import prose, table
from vectis_core.errors import VectisError
from vectis_http.openapi.errors import ERRORS
from vectis_http.reference.calls import as_json


def tree() -> str:
    """Return a table of every error that a program may catch: which it is one of, its status, and what it means."""
    head = ["class", "is a", "HTTP", "means"]
    return table(head, (_row(kind) for kind in _below(VectisError)))


def _below(kind: type[VectisError]) -> Iterator[type[VectisError]]:
    if _package(kind):
        yield kind
    for each in kind.__subclasses__():
        yield from _below(each)


def _package(kind: type[VectisError]) -> str | None:
    """Return the package that offers an error; ``None`` where it never leaves ours."""
    offering = [package for package in (vectis_core, vectis_client) if kind.__name__ in package.__all__]
    return offering[0].__name__ if offering else None


def _row(kind: type[VectisError]) -> list[str]:
    meaning = inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0]
    name = f"{{py:class}}`~{_package(kind)}.{kind.__name__}`"
    again = " The same call may succeed later." if kind.retryable else ""
    return [name, f"`{kind.__bases__[0].__name__}`", str(kind.http_status), prose(meaning) + again]


def answers() -> str:
    """Return a section for each error that HTTP tells, under the anchor that it has on the served page."""
    return "\n".join(
        f"(error-{kind.code.lower()})=\n\n### {kind.code}\n\nStatus {kind.status}. {prose(kind.meaning)}."
        f"{' The same call may succeed later.' if kind.sample.retryable else ''}\n\n"
        f"```json\n{as_json(kind.example)}\n```\n"
        for kind in ERRORS
    )


def statuses() -> str:
    """Return a table of the errors that HTTP tells, by status, each with a link to its example."""
    rows = (
        [str(kind.status), f"[{kind.code}](operations.md#error-{kind.code.lower()})", prose(kind.meaning)]
        for kind in ERRORS
    )
    return table(["status", "`error`", "means"], rows)
