"""The command ``vectis``: serves the HTTP API, makes clients, verifies, imports and exports."""

from vectis_cli.root import main

__all__ = ["main"]
