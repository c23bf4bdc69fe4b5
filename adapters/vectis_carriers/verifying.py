"""Whether a push proves that it comes from its carrier, by the proof that its tenant has configured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import attrs

from vectis_carriers.proofs import has_basic, has_bearer, has_header, is_same, is_signed
from vectis_core.tracking.accounts import CarrierAccount
from vectis_core.tracking.carrier import Carrier


@attrs.frozen
class Push:
    """A request of a carrier, as far as it can prove anything."""

    #: By lower-case name.
    headers: Mapping[str, str] = attrs.field(repr=False)
    body: bytes = attrs.field(repr=False)
    #: The parameters of the query, decoded, in their order.
    query: Sequence[tuple[str, str]] = attrs.field(default=(), repr=False)
    #: What stands in the path after ``tracking/``.
    path_secret: str | None = attrs.field(default=None, repr=False)


def is_proved(account: CarrierAccount, secrets: Sequence[str], carrier: Carrier, push: Push) -> bool:
    """Return whether *push* carries the account's proof, made with any of its *secrets*, decrypted.

    Each secret is tried, also after one that fits: how long it takes does not tell which, or how near a guess was. An
    access token (``oauth``) is no secret of the carrier and is checked where tokens are issued: here it proves nothing.
    """
    if account.proof == "open":
        return True
    check = _CHECKS.get(account.proof)
    if check is None:
        return False
    verdicts = [bool(secret) and check(account, secret, carrier, push) for secret in secrets]
    return any(verdicts)


def _by_carrier(_account: CarrierAccount, secret: str, carrier: Carrier, push: Push) -> bool:
    return carrier.authenticate(push.headers, push.body, secret)


def _by_header(account: CarrierAccount, secret: str, carrier: Carrier, push: Push) -> bool:
    name = account.header or carrier.default_header
    return name is not None and has_header(push.headers, name.lower(), secret)


def _by_hmac(account: CarrierAccount, secret: str, carrier: Carrier, push: Push) -> bool:
    name = account.header or carrier.default_header
    given = push.headers.get(name.lower()) if name is not None else None
    return is_signed(given, push.body, secret, account.encoding)


def _by_query(account: CarrierAccount, secret: str, _carrier: Carrier, push: Push) -> bool:
    given = [value for name, value in push.query if name == account.parameter]
    # What stands there twice may be read as either by whatever lies between the carrier and us.
    return len(given) == 1 and is_same(given[0], secret)


def _by_path(_account: CarrierAccount, secret: str, _carrier: Carrier, push: Push) -> bool:
    return is_same(push.path_secret, secret)


def _by_basic(account: CarrierAccount, secret: str, _carrier: Carrier, push: Push) -> bool:
    return account.username is not None and has_basic(push.headers, account.username, secret)


def _by_bearer(_account: CarrierAccount, secret: str, _carrier: Carrier, push: Push) -> bool:
    return has_bearer(push.headers, secret)


_CHECKS: Mapping[str, Callable[[CarrierAccount, str, Carrier, Push], bool]] = {
    "carrier": _by_carrier,
    "header": _by_header,
    "hmac": _by_hmac,
    "query": _by_query,
    "path": _by_path,
    "basic": _by_basic,
    "bearer": _by_bearer,
}
