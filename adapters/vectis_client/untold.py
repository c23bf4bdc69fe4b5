"""What HTTP does not tell of an entity: a value that can be shown and compared, and says so where it is used."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

import attrs

from vectis_core.errors import UsageError

T = TypeVar("T")

_WORDS = "This is not told over HTTP: it is there where Vectis runs in this process"


class Untold:
    """The type of ``UNTOLD``, which stands in each field of an entity that the API does not tell.

    A row's number in the books, or when a lease ends, is nobody's business but the database's. To use one where there
    is none would be a silent mistake, so it raises ``UsageError``; ``repr`` and ``==`` of the entity work.
    """

    _only: Untold | None = None

    def __new__(cls) -> Untold:
        """Return the one instance."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __repr__(self) -> str:
        return "UNTOLD"

    def __reduce__(self) -> str:
        return "UNTOLD"

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            # Python itself looks such names up, to find out what can be done with a value.
            raise AttributeError(name)
        raise UsageError(_WORDS)

    def _refuse(self, *_: object) -> NoReturn:
        raise UsageError(_WORDS)

    __str__ = __format__ = __bool__ = __int__ = __index__ = __float__ = __len__ = __iter__ = __getitem__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __contains__ = _refuse


#: Stands for what the server does not tell.
UNTOLD: Any = Untold()


def partly(kind: type[T], /, **told: Any) -> T:
    """Return a value of the attrs class *kind* of which only some fields are told; nothing is converted or checked."""
    value = object.__new__(kind)
    fields: Any = attrs.fields(kind)  # type: ignore[arg-type]  # mypy knows no bound that says "an attrs class"
    for field in fields:
        object.__setattr__(value, field.name, told.get(field.name, UNTOLD))
    return value
