"""The keys that sign access tokens: made on first need, published, rotated without a gap, retired."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import attrs
from joserfc.jwk import RSAKey

from vectis_core.access import SigningKey
from vectis_core.commands import AddSigningKey, Command
from vectis_core.errors import UsageError
from vectis_core.sealing import Sealer
from vectis_core.vectis import Vectis
from vectis_http.access.recent import Recent

ALGORITHM = "RS256"
#: How long an access token is good; the guide prints 3600 seconds.
TOKEN_LIFETIME = timedelta(hours=1)
#: How far the clocks of two machines may differ.
LEEWAY = timedelta(seconds=30)
#: For how many seconds others may keep the published key set (``Cache-Control: max-age``).
JWKS_MAX_AGE = 300
#: How long a new key is published before it signs: twice what others may keep the old set.
LEAD = timedelta(seconds=2 * JWKS_MAX_AGE)

_KEY_BITS = 2048
#: Seconds for which the keys read from the store are used.
_AGE_MAX = 5.0
#: Seconds between reads for the sake of a key id that nobody knows: what a flood of forged tokens can cost.
_AGE_MAX_UNKNOWN = 1.0


@attrs.frozen
class VerificationKey:
    """The public half of a signing key, ready to verify with."""

    id: str
    public: RSAKey
    signs_from: datetime
    created_at: datetime
    retires_at: datetime | None
    sealed: str = attrs.field(repr=False)

    def accepted_at(self, now: datetime) -> bool:
        """Return whether tokens signed with this key are accepted at *now*."""
        return self.retires_at is None or now < self.retires_at


class KeyRing:
    """The signing keys of one database, as this process knows them.

    Call ``ensure`` before the first token is issued. A key that another process adds is known here within
    seconds, long before it signs.
    """

    def __init__(self, oms: Vectis, sealer: Sealer, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._oms = oms
        self._sealer = sealer
        self._parsed: dict[str, RSAKey] = {}
        self._private: dict[str, RSAKey] = {}
        self._known = Recent[str, Mapping[str, VerificationKey]](
            self._read, age_max=_AGE_MAX, size=1, monotonic=monotonic
        )
        oms.engine.observe(self._heed)

    def ensure(self) -> None:
        """Make the first key where the database has none, and prove that the present one can be opened.

        Of several processes that start at once, one makes the key and all use it. Raises ``StoreError`` where
        the key is sealed with another master key.
        """
        now = self._oms.store.now()
        if not self._keys():
            key = self._make(signs_from=now, now=now)
            self._oms.engine.run(AddSigningKey(key=key, only_if_none=True))
        self.signing_key(self._oms.store.now())

    def rotate(self, *, immediately: bool = False) -> SigningKey:
        """Add a key that replaces those before it, and return it.

        It is published at once, signs after a lead in which all others learn of it, and those it replaces are
        accepted until the last token they signed has expired. With *immediately*, for a key that has leaked or
        can no longer be opened, it signs from now on and every token signed before is refused. A first key signs
        from now on, too.

        Raises ``StoreError`` where the present key is sealed with another master key, unless *immediately*.
        """
        now = self._oms.store.now()
        known = bool(self._keys())
        if known and not immediately:
            # Sealed with a master key that the servers do not have, the new key would stop them when its turn comes.
            self.signing_key(now)
        signs_from = now + LEAD if known and not immediately else now
        # A process whose clock is late still signs with the old key a little after the new one has begun.
        retire = now if immediately else now + LEAD + TOKEN_LIFETIME + 2 * LEEWAY
        key = self._make(signs_from=signs_from, now=now)
        return self._oms.engine.run(AddSigningKey(key=key, retire_others_at=retire))

    def signing_key(self, now: datetime) -> RSAKey:
        """Return the private key that signs at *now*, with its ``kid``.

        Raises ``UsageError`` where ``ensure`` was never called, ``StoreError`` where the key cannot be opened.
        """
        accepted = [key for key in self._keys().values() if key.accepted_at(now)]
        if not accepted:
            raise UsageError("The database has no signing key: call KeyRing.ensure() before issuing tokens")
        # The first key has nothing to wait for: not its lead, nor that our clock reaches that of who made it.
        ready = [key for key in accepted if key.signs_from <= now] or [min(accepted, key=_order)]
        newest = max(ready, key=_order)
        private = self._private.get(newest.id)
        if private is None:
            pem = self._sealer.open(newest.sealed, newest.id)
            private = RSAKey.import_key(pem, {"kid": newest.id, "use": "sig", "alg": ALGORITHM})
            self._private[newest.id] = private
        return private

    def verification_keys(self, now: datetime) -> dict[str, RSAKey]:
        """Return the public keys whose tokens are accepted at *now*, by ``kid``."""
        return {kid: key.public for kid, key in self._keys().items() if key.accepted_at(now)}

    def verification_key(self, kid: str, now: datetime) -> RSAKey | None:
        """Return the public key with this id, if its tokens are accepted at *now*.

        An unknown id has the keys read again, at most once a second.
        """
        key = self._keys().get(kid)
        if key is None:
            key = self._known.get("", age_max=_AGE_MAX_UNKNOWN).get(kid)
        return key.public if key is not None and key.accepted_at(now) else None

    def jwks(self) -> dict[str, Any]:
        """Return the published key set (RFC 7517): all keys not yet retired, those that do not sign yet too."""
        keys = self.verification_keys(self._oms.store.now())
        return {"keys": [key.as_dict(private=False) for key in keys.values()]}

    def _keys(self) -> Mapping[str, VerificationKey]:
        return self._known.get("")

    def _read(self, _: str) -> Mapping[str, VerificationKey]:
        with self._oms.store.read() as view:
            rows = view.signing_keys()
        self._parsed = {row.id: self._parsed.get(row.id) or _public_key(row) for row in rows}
        self._private = {kid: key for kid, key in self._private.items() if kid in self._parsed}
        return {
            row.id: VerificationKey(
                row.id, self._parsed[row.id], row.signs_from, row.created_at, row.retires_at, row.sealed
            )
            for row in rows
        }

    def _make(self, *, signs_from: datetime, now: datetime) -> SigningKey:
        key = RSAKey.generate_key(_KEY_BITS)
        kid = key.thumbprint()
        public = key.as_dict(private=False, kid=kid, use="sig", alg=ALGORITHM)
        return SigningKey(
            id=kid,
            public=json.dumps(public, sort_keys=True),
            sealed=self._sealer.seal(key.as_pem(private=True), kid),
            created_at=now,
            signs_from=signs_from,
            retires_at=None,
        )

    def _heed(self, command: Command[object]) -> None:
        if isinstance(command, AddSigningKey):
            self._known.forget("")


def _order(key: VerificationKey) -> tuple[datetime, datetime, str]:
    return key.signs_from, key.created_at, key.id


def _public_key(row: SigningKey) -> RSAKey:
    return RSAKey.import_key(json.loads(row.public))


def rotate(oms: Vectis, environ: Mapping[str, str] | None = None, *, immediately: bool = False) -> SigningKey:
    """Replace the signing key of a database from outside its servers, as ``vectis keys rotate`` does.

    See ``KeyRing.rotate``. *environ* (the process's own by default) may hold the master key.
    """
    ring = KeyRing(oms, Sealer.for_store(oms.store, os.environ if environ is None else environ))
    return ring.rotate(immediately=immediately)
