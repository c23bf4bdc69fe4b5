"""Commands as values."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given

from vectis_core import commands as product
from vectis_core.commands import Command
from vectis_core.testing.strategies import commands


@given(commands())
def test_a_command_says_what_it_asks_and_no_secret(command: Command[Any]) -> None:
    """As attrs would have it say: its name and each field, but those that are not to be shown."""
    shown = [field.name for field in attrs.fields(type(command)) if field.repr]
    plain = attrs.make_class(type(command).__name__, shown, slots=True)

    assert repr(command) == repr(plain(*(getattr(command, name) for name in shown)))


def test_what_is_sealed_is_not_shown() -> None:
    """A kept payload is not written into any log."""
    kept = product.KeepPayload(carrier="ups", received_at=None, days=30, sealed="what UPS sent")

    assert "what UPS sent" not in repr(kept)
    assert "days=30" in repr(kept)


def test_all_commands_share_what_says_so() -> None:
    """None has one of its own, which each import would compile."""
    kinds = [each for each in vars(product).values() if isinstance(each, type) and issubclass(each, Command)]

    assert len(kinds) > 40
    assert {kind.__repr__ for kind in kinds} == {Command.__repr__}
