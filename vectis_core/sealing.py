"""Seals private keys and secrets, so that who reads the database alone can neither sign tokens nor webhooks."""

from __future__ import annotations

import base64
import os
import secrets
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vectis_core.access import key_file_of
from vectis_core.errors import StoreError
from vectis_core.ports import Store

#: The environment variable with the master key, or several, comma-separated: the first seals, all open.
SECRET_KEY_VARIABLE = "VECTIS_SECRET_KEY"  # noqa: S105 - the name of the variable, not what is in it

#: Fewer characters than this cannot carry the 128 bits that a key needs.
_MASTER_LENGTH_MIN = 32
_FORMAT = "v1."
_NONCE_BYTES = 12

#: Returns the master keys, the one that seals first; given whether one may be made where there is none.
Masters = Callable[[bool], Sequence[str]]

#: The master key for stores in memory, one for all that serve such a store in this process.
_PASSING = secrets.token_urlsafe(32)


class Sealer:
    """Encrypts (AES-256-GCM) under a master key, bound to what the sealed text belongs to.

    The master key is fetched at the first use and not before: a store that never gets a key gets no key file.
    """

    def __init__(self, masters: Masters) -> None:
        self._masters = masters
        self._lock = threading.Lock()
        self._ciphers: tuple[AESGCM, ...] | None = None

    @classmethod
    def for_store(cls, store: Store, environ: Mapping[str, str]) -> Sealer:
        """Return the sealer of *store*: by ``VECTIS_SECRET_KEY``, else by a file, else of this process.

        Beside a store that is a local file, it is the file of the same name with ``.key`` added, readable by its
        owner alone. Any other store gets one that ends with the process, as the keys of a store in memory do.
        Raises ``StoreError`` where the variable holds too little.
        """
        given = environ.get(SECRET_KEY_VARIABLE, "").strip()
        if given:
            masters = _masters_in(given)
            return cls(lambda _: masters)
        if store.path is not None:
            return cls(partial(_masters_of_file, key_file_of(store.path)))
        return cls(lambda _: [_PASSING])

    def seal(self, plain: bytes, owner: str) -> str:
        """Return *plain* encrypted, so that it opens only for the same *owner*; makes a key file on first need.

        Raises ``StoreError`` where there is no master key and none can be made.
        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._opened(make=True)[0].encrypt(nonce, plain, owner.encode())
        return _FORMAT + base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, owner: str) -> bytes:
        """Return what was sealed for *owner*; raises ``StoreError`` where no master key at hand opens it."""
        ciphers = self._opened(make=False)
        if sealed.startswith(_FORMAT):
            try:
                raw = base64.urlsafe_b64decode(sealed[len(_FORMAT) :])
            except ValueError:
                raw = b""
            for cipher in ciphers:
                try:
                    return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode())
                except (InvalidTag, ValueError):
                    continue
        raise StoreError(
            "The keys and secrets of this database are sealed with another master key. Set VECTIS_SECRET_KEY to the "
            "one they were made with (unset it where that was the key file beside the database). Without it, make new "
            "signing keys with `vectis keys rotate --immediately`, which ends all tokens, and rotate the secrets of "
            "webhooks."
        )

    def _opened(self, *, make: bool) -> tuple[AESGCM, ...]:
        with self._lock:
            if self._ciphers is None:
                self._ciphers = tuple(_cipher_of(master) for master in self._masters(make))
            return self._ciphers


def _cipher_of(master: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vectis: sealing of signing keys")
    return AESGCM(derive.derive(master.encode("utf-8", "surrogateescape")))


def _masters_in(given: str) -> Sequence[str]:
    masters = [master.strip() for master in given.split(",") if master.strip()]
    if not masters or any(len(master) < _MASTER_LENGTH_MIN for master in masters):
        raise StoreError(
            f"{SECRET_KEY_VARIABLE} must have at least {_MASTER_LENGTH_MIN} random characters. Make one with: "
            'python -c "import secrets; print(secrets.token_urlsafe(32))"'
        )
    return masters


def _masters_of_file(path: Path, make: bool) -> Sequence[str]:
    try:
        if make and not path.exists():
            _make_file(path)
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            master = file.read(1024).decode("ascii").strip()
    except FileNotFoundError:
        raise StoreError(
            f"The key file {path} is missing. Restore it (it belongs to the database as its backup does), or "
            f"set {SECRET_KEY_VARIABLE}, or make new signing keys with `vectis keys rotate --immediately`."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(
            f"The key file {path} cannot be used ({error}). Repair it, or set {SECRET_KEY_VARIABLE}."
        ) from error
    if mode & 0o077:
        raise StoreError(f"The key file {path} can be read by others than its owner: chmod 600 {path}")
    if len(master) < _MASTER_LENGTH_MIN:
        raise StoreError(f"The key file {path} is damaged: restore it, or set {SECRET_KEY_VARIABLE}.")
    return [master]


def _make_file(path: Path) -> None:
    """Make the key file whole or not at all; of several that try at once, the first one's stands."""
    draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(secrets.token_urlsafe(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
