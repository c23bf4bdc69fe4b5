"""The HTTP API, out of its description: every operation, what it takes, and what it answers."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from tools.docs_site.markdown import prose, table
from vectis_core import Vectis
from vectis_http import HttpApi
from vectis_http.openapi import Document
from vectis_http.reference.calls import OF_GUIDE
from vectis_http.reference.page import Row, anchor, laid_out


@cache
def _described() -> dict[str, Any]:
    with Vectis.open("memory://") as oms:
        return laid_out(Document(HttpApi(oms).groups).as_dict(), OF_GUIDE)


def operations() -> str:
    """Return a section for each group of operations, and in it one for each operation."""
    return _environment().get_template("operations.md").render(_described())


def schemas() -> str:
    """Return a section for each schema that operations name."""
    return _environment().get_template("schemas.md").render(_described())


def headers() -> str:
    """Return a table of the headers that answers have."""
    rows = (
        [f'<a id="header-{anchor(name)}"></a>`{name}`', prose(each["description"]), f"`{each['example']}`"]
        for name, each in _described()["headers"].items()
    )
    return table(["header", "means", "for example"], rows)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=False,  # noqa: S701 - it writes Markdown; what is not ours stands in code
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "anchor": anchor, "rows": _rows}
    return environment


def _rows(fields: list[Row]) -> str:
    return table(
        ["name", "what it is", "meaning"],
        (
            [
                f"`{field.name}`{', required' if field.is_required else ''}",
                f"{field.kind}{f', in the {field.place}' if field.place else ''}".replace("|", "&#124;"),
                prose(field.description),
            ]
            for field in fields
        ),
    )
