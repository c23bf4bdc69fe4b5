"""The part of the documentation's site that is made of the code each time it is built, as an extension of Sphinx.

A page asks for it with a comment, ``<!-- made of the code: errors -->``, which GitHub does not show; the text is put in
its place before the page is read, so that its headings, anchors and links are like any other. What such a page says to
who reads it unbuilt is taken out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sphinx.application import Sphinx

from tools.docs_site import api, errors, packages, settings
from tools.docs_site.diagrams import StateDiagram
from tools.docs_site.names import resolve, spell

#: A link to a file beside this folder, which the site hands out as it is.
_OUTSIDE = re.compile(r"\]\((?=\.\./[\w./]+\))")
_PLACE = re.compile(r"^<!-- made of the code: (\w+)(?: (\S+))? -->$", re.MULTILINE)
#: What a page says where nothing is put in its place, as on GitHub.
_UNBUILT = re.compile(r"^> Most of this page is made of the code: .*\n\n", re.MULTILINE)
#: What a page may ask for, and what writes it.
_MAKERS: dict[str, Callable[..., str]] = {
    "operations": api.operations,
    "schemas": api.schemas,
    "headers": api.headers,
    "answers": errors.answers,
    "errors": errors.tree,
    "package": packages.package,
    "faces": packages.faces,
    "commands": packages.commands,
    "serving": settings.serving,
    "statuses": errors.statuses,
}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the parts with Sphinx."""
    app.add_directive("mermaid", StateDiagram)
    app.connect("source-read", _fill)
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-signature", spell)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _fill(app: Sphinx, page: str, source: list[str]) -> None:
    del app
    if "/" not in page:
        source[0] = _OUTSIDE.sub("](path:", source[0])
    source[0] = _UNBUILT.sub("", source[0])
    source[0] = _PLACE.sub(lambda found: _MAKERS[found[1]](*filter(None, [found[2]])), source[0])
