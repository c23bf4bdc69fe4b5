"""What each command does: which rows it needs, and what it decides, as pure functions over a unit of work."""

from vectis_core.handlers.table import Handler, handler_of

__all__ = ["Handler", "handler_of"]
