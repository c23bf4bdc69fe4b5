"""Sealing as a port: secrets that must be read again are kept encrypted."""

from __future__ import annotations

import os
from typing import Protocol

from vectis_core.ports import Store


class Vault(Protocol):
    """Encrypts what must not lie open in a database or its backups."""

    def seal(self, plain: bytes, owner: str) -> str:
        """Return *plain* encrypted, so that it opens only for the same *owner*.

        Raises ``StoreError`` where there is no master key and none can be made.
        """
        ...

    def open(self, sealed: str, owner: str) -> bytes:
        """Return what was sealed for *owner*; raises ``StoreError`` where no master key at hand opens it."""
        ...


class StoreVault:
    """The vault of a store, by ``VECTIS_SECRET_KEY`` or the key file beside it; looked for when it is first used.

    A program that seals nothing gets no key file, needs no variable, and is spared the import of the ciphers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sealer: Vault | None = None

    def seal(self, plain: bytes, owner: str) -> str:
        """Return *plain* encrypted for *owner*."""
        return self._found().seal(plain, owner)

    def open(self, sealed: str, owner: str) -> bytes:
        """Return what was sealed for *owner*."""
        return self._found().open(sealed, owner)

    def _found(self) -> Vault:
        if self._sealer is None:
            from vectis_core.sealing import Sealer  # noqa: PLC0415 - the ciphers take long to import

            self._sealer = Sealer.for_store(self._store, os.environ)
        return self._sealer
