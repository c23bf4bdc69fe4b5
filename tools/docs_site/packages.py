"""The Python packages, out of their docstrings: a place for every name that a package offers."""

from __future__ import annotations

import enum
import importlib
import inspect
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from sphinx.pycode import ModuleAnalyzer

import vectis_core
from vectis_core import Vectis
from vectis_core import commands as all_commands
from vectis_core.commands import Command


def package(name: str) -> str:
    """Return what a module says of itself, and a place for each name that it offers."""
    module = importlib.import_module(name)
    places = "\n".join(_place(f"{name}.{each}", getattr(module, each)) for each in offered(module))
    return _in_rest(f".. automodule:: {name}\n   :no-members:\n\n{places}")


def offered(module: ModuleType) -> list[str]:
    """Return the names that a module offers: those of ``__all__``, else its classes and functions."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and (isinstance(value, type) or inspect.isroutine(value))
        if value.__module__ == module.__name__
    ]


def _place(path: str, value: Any) -> str:
    """Return the directive that shows one name, or where it is shown already."""
    name = path.rpartition(".")[2]
    if isinstance(value, type) and path != f"vectis_core.{name}" and getattr(vectis_core, name, None) is value:
        return _told(path, f"The same as :py:class:`vectis_core.{name}`.")
    options = ["members"]
    if isinstance(value, type) and issubclass(value, enum.Enum):
        options.append("undoc-members")
    if isinstance(value, type) and issubclass(value, BaseException):
        kind, options = "autoexception", [*options, "show-inheritance"]
    elif isinstance(value, type):
        kind = "autoclass"
    elif inspect.isroutine(value):
        kind, options = "autofunction", []
    else:
        return _told(path, _comment(name, value))
    return f".. {kind}:: {path}\n" + "".join(f"   :{each}:\n" for each in options)


def _told(path: str, text: str) -> str:
    """Return the directive that tells of a name what no docstring does."""
    module, _, name = path.rpartition(".")
    return f".. py:data:: {name}\n   :module: {module}\n\n   {text}\n"


def _comment(name: str, value: Any) -> str:
    """Return the comment on a value where it is made: it has no docstring of its own, and may be offered elsewhere."""
    for module in [each for each in list(sys.modules) if each.startswith("vectis_")]:
        if getattr(sys.modules[module], name, None) is value:
            comment = ModuleAnalyzer.for_module(module).find_attr_docs().get(("", name))
            if comment:
                return " ".join(comment).strip()
    raise LookupError(f"no comment says what {name} is")


def faces() -> str:
    """Return a section for each face of an open Vectis, under the name by which programs reach it."""
    return "\n".join(
        f"### oms.{attribute}\n\n{_in_rest(_place(f'{kind.__module__}.{kind.__name__}', kind))}"
        for attribute, kind in faces_of()
    )


def faces_of() -> Iterator[tuple[str, type]]:
    """Return each face with the attribute that has it, in their order."""
    with Vectis.open("memory://") as oms:
        for attribute, value in vars(oms.tenant("default")).items():
            if type(value).__module__.startswith("vectis_core.faces."):
                yield attribute, type(value)


def commands() -> str:
    """Return a place for each command."""
    kinds = [
        value
        for value in vars(all_commands).values()
        if isinstance(value, type) and issubclass(value, Command) and value.__module__ == all_commands.__name__
    ]
    return _in_rest("\n".join(_place(f"{all_commands.__name__}.{kind.__name__}", kind) for kind in kinds))


def _in_rest(text: str) -> str:
    """Return reStructuredText, which docstrings are, as a block of a page in Markdown."""
    return f"```{{eval-rst}}\n{text}\n```\n"
