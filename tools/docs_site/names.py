"""Names in signatures: where they lead, although docstrings and annotations call things by where they are defined."""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from tools.docs_site.packages import offered

#: The packages whose own spelling of a name is the one that programs should use, the first before the next.
_OFFERING = (
    "vectis_core", "vectis_core.faces", "vectis_core.aio", "vectis_client", "vectis_http", "vectis_core.testing",
)  # fmt: skip


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.TextElement) -> nodes.Node | None:
    """Lead a name that Sphinx does not know to the place of what it means.

    What exists and has no page, as types of other packages, stays plain text; what does not exist is a warning.
    """
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"]
    public = _public_names().get(target, "")
    if public in env.domains.python_domain.objects:
        page = env.domains.python_domain.objects[public].docname
        address = f"{app.builder.get_relative_uri(node['refdoc'], page)}#{public}"
        return nodes.reference("", "", shown, internal=True, refuri=address)
    return shown if "." not in target or _exists(target) else None


def spell(
    app: Sphinx, what: str, name: str, subject: object, options: object, shown: str | None, returned: str | None
) -> tuple[str | None, str | None]:
    """Spell a signature without the rules that are noted in its types, which would hide them."""
    del app, what, name, subject, options
    return _without_rules(shown or "") or shown, returned


def _without_rules(text: str) -> str:
    """Return a signature with ``Annotated[type, rules]`` as the type alone."""
    before, found, rest = text.partition("~typing.Annotated[")
    if not found:
        return text
    ends, depth = [], 0
    for at, each in enumerate(rest):
        depth += (each in "[(") - (each in "])")
        if (depth, each) == (0, ",") or depth < 0:
            ends.append(at)
        if depth < 0:
            break
    return before + rest[: ends[0]] + _without_rules(rest[ends[-1] + 1 :])


@cache
def _public_names() -> Mapping[str, str]:
    """Return the public path of each thing, by its short name and by where it is defined."""
    found: dict[str, str] = {}
    for package in _OFFERING:
        module = importlib.import_module(package)
        for name in offered(module):
            value: Any = getattr(module, name)
            for each in (name, f"{getattr(value, '__module__', package)}.{name}"):
                found.setdefault(each, f"{package}.{name}")
    return found


def _exists(path: str) -> bool:
    """Return whether *path* names a module, or something in one."""
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            value: Any = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            if not hasattr(value, part):
                return False
            value = getattr(value, part)
        return True
    return hasattr(builtins, parts[0])
