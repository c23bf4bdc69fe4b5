"""What carriers push: whose it is, whether it proves itself, and what is done with it."""

from __future__ import annotations

from urllib.parse import parse_qsl

from vectis_carriers.intake import (
    Push,
    Receipt,
    Understood,
    carrier_caller,
    not_proved,
    receipt_of,
    require_proof,
    understand,
)
from vectis_core.errors import Unauthorized
from vectis_core.tracking.accounts import CarrierAccount
from vectis_core.tracking.carrier import carrier_of
from vectis_core.vectis import Vectis
from vectis_http.config import HttpConfig
from vectis_http.gate import Gate
from vectis_http.operation import Call, Query, ReadBody, Several, Steps, Work

_DEFAULT_TENANT = "default"


class CarrierPushes:
    """Takes carriers' pushes for one opened ``Vectis``."""

    def __init__(self, oms: Vectis, gate: Gate, config: HttpConfig) -> None:
        self._oms = oms
        self._gate = gate
        self._push_max = config.push_max

    def take(self, call: Call) -> Steps:
        """Take a push: its events are durable, or refused with a reason, when this comes to its ``Receipt``.

        Where nothing is configured for the carrier, the body is not even read.
        """
        carrier = carrier_of(call.path["carrier"])
        pairs = tuple(parse_qsl(call.head.query, keep_blank_values=True))
        tenant = self._tenant_of(call, pairs)
        account: CarrierAccount | None = yield Query(lambda view: view.carrier(tenant, carrier.name), quick=True)
        if account is None or account.is_closed:
            raise not_proved(carrier.name)
        body: bytes = yield ReadBody(self._push_max)
        push = Push(headers=call.head.headers, query=pairs, path_secret=call.path.get("secret"), body=body)

        def proved() -> Understood:
            if account.proof == "oauth":
                self._require_client(call, account)
            else:
                require_proof(account, self._oms.vault, carrier, push)
            return understand(carrier_caller(tenant, carrier.name), account, self._oms.vault, body, call.now)

        understood: Understood = yield Work(proved)
        outcomes = yield Several(understood.commands)
        receipt: Receipt = receipt_of(understood, outcomes)
        self._oms.engine.audience.push_taken(carrier.name, receipt.counts)
        return receipt

    def _tenant_of(self, call: Call, pairs: tuple[tuple[str, str], ...]) -> str:
        """Return the host's tenant, else that of the query; the host's where they disagree.

        What the query names twice is nobody's: what lies between the carrier and us may have read the other one.
        """
        named = self._gate.tenant_of_host(call.head.host)
        asked = [value for name, value in pairs if name == "tenant"] or [_DEFAULT_TENANT]
        return named or (asked[0] if len(asked) == 1 else "")

    def _require_client(self, call: Call, account: CarrierAccount) -> None:
        """Raise ``NotProved`` where the access token is not that of the client that the carrier is."""
        try:
            grant = self._gate.grant_of(call.head, call.now)
        except Unauthorized:
            raise not_proved(account.carrier) from None
        if (grant.tenant, grant.client_id) != (account.tenant, account.client_id):
            raise not_proved(account.carrier)
