"""The coroutine methods are those of the faces, one for one."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tools.aio_faces import MADE, made
from vectis_core import Vectis
from vectis_core.aio import AsyncListing
from vectis_core.faces import EventFeed, Listing

OMS = Vectis.open("memory://")
GROUPS = [name for name, face in vars(OMS.tenant("default")).items() if type(face).__name__.endswith("Face")]


def methods_of(face: object) -> dict[str, Any]:
    """Return the public methods of a face by name."""
    names = [name for name in dir(type(face)) if not name.startswith("_")]
    return {name: getattr(face, name) for name in names if callable(getattr(type(face), name))}


def pairs() -> list[Any]:
    """Return each method of each face, and the one that is to be its like."""
    return [
        pytest.param(getattr(face, name, None), getattr(awaitable, name, None), id=f"{group}.{name}")
        for group in GROUPS
        for face, awaitable in [(getattr(OMS, group), getattr(OMS.aio, group))]
        for name in sorted(methods_of(face) | methods_of(awaitable))
    ]


def test_what_is_made_is_up_to_date() -> None:
    """A change of a face is a change of its awaitable like: ``python -m tools.aio_faces`` makes it."""
    assert {path: path.read_text() for path in MADE.glob("*.py")} == made()


def test_every_group_is_there() -> None:
    """What a tenant has, it has awaitably."""
    assert len(GROUPS) >= 10
    assert {type(getattr(OMS.aio, name)).__name__ for name in GROUPS} == {
        f"Async{type(getattr(OMS, name)).__name__}" for name in GROUPS
    }


@pytest.mark.parametrize(("method", "awaitable"), pairs())
def test_every_method_has_its_like(method: Any, awaitable: Any) -> None:
    """It takes the same arguments but ``within``, is to be awaited but where it returns a list, and is explained."""
    assert method is not None, "a method that the face has not"
    assert awaitable is not None, "a method of the face is missing"
    asked, taken = inspect.signature(method), inspect.signature(awaitable)
    wanted = [each for each in asked.parameters.values() if each.name != "within"]
    assert list(taken.parameters.values()) == wanted
    returned = str(asked.return_annotation)
    if returned.startswith((Listing.__name__, EventFeed.__name__)):
        assert str(taken.return_annotation) == f"Async{returned}"
        assert not inspect.iscoroutinefunction(awaitable)
    else:
        assert taken.return_annotation == asked.return_annotation
        assert inspect.iscoroutinefunction(awaitable) == inspect.ismethod(method)
    assert "within" not in awaitable.__doc__
    assert awaitable.__doc__.split()[:5] == method.__doc__.split()[:5]


def test_a_list_is_asked_for_in_place() -> None:
    """A list is no coroutine, so that ``async for`` can stand before it."""
    assert isinstance(OMS.aio.orders.list(), AsyncListing)
