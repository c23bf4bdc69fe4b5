"""What a carrier's package supplies, and how it is found: by the entry points ``vectis.carriers``.

An eighth carrier is a package of someone else's, with an entry point that names an object of the form of ``Carrier``.
All of it is pure: nothing here reads a clock, a file or the network.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from vectis_core.errors import NotFound, ValidationError
from vectis_core.tracking.model import Parsed

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

GROUP = "vectis.carriers"


class UnreadablePayload(ValidationError):
    """A payload is not of a form that its carrier sends; the one error that parsing raises."""


class Carrier(Protocol):
    """One carrier's dialect; its attributes may be constants of a class."""

    @property
    def name(self) -> str:
        """As in the API's path, such as ``ups``."""
        ...

    @property
    def default_proof(self) -> str:
        """The kind of proof that its pushes carry of themselves; see ``vectis_core.tracking.accounts``."""
        ...

    @property
    def default_header(self) -> str | None:
        """The header that carries it, in lower case, where that is a header."""
        ...

    @property
    def default_zone(self) -> str:
        """The zone that local times without one are taken to be in, by its name in the IANA database."""
        ...

    def authenticate(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        """Return whether a push proves, in the carrier's own scheme, that it was made with *secret*.

        *headers* are by lower-case name, *body* as it came. Never raises; takes no shorter for a worse guess.
        """
        ...

    def parse(self, payload: Any) -> Parsed:
        """Return all that a payload, decoded from JSON, says; raises ``UnreadablePayload`` and nothing else."""
        ...

    def cut(self, payload: Any) -> Any:
        """Return the payload without photographs and signatures, which are not kept."""
        ...


def carrier_names() -> list[str]:
    """Return the names of all carriers that are installed."""
    return sorted(_entry_points().names)


def carrier_of(name: str) -> Carrier:
    """Return the carrier with this name; raises ``NotFound`` where none is installed."""
    if name not in _CARRIERS:
        found = _entry_points()
        if name not in found.names:
            raise NotFound(
                f"No carrier is called {name!r}: it is one of {', '.join(sorted(found.names))}",
                {"carriers": sorted(found.names)},
            )
        _CARRIERS[name] = found[name].load()
    return _CARRIERS[name]


_CARRIERS: dict[str, Carrier] = {}


@functools.cache
def _entry_points() -> EntryPoints:
    # Reading the installed packages' metadata takes as long as importing the core does otherwise.
    from importlib.metadata import entry_points  # noqa: PLC0415

    return entry_points(group=GROUP)
