"""The same ``Idempotency-Key`` at once over HTTP, in two servers of one database."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urlencode

import attrs

from vectis_core import Vectis
from vectis_http import HttpApi, HttpConfig, HttpRequest, HttpResponse

_SERVERS = 2
_CLIENTS = 20
#: More than all of them ask for in a minute.
_REQUESTS = 100_000


@attrs.frozen
class Knocked:
    """What came of it."""

    calls: int
    #: How many asked with one key.
    most: int
    violations: list[str]


def knock(url: str, keys: int) -> Knocked:
    """Ask with each of so many keys from all clients at once."""
    found: list[str] = []
    with ExitStack() as stack:
        opened = [stack.enter_context(Vectis.open(url)) for _ in range(_SERVERS)]
        face = opened[0].tenant("default")
        face.products.create(sku="W", name="Widget")
        [record] = face.inventory.list()
        apis = [HttpApi(oms, HttpConfig(rate_limit=_REQUESTS), environ={}) for oms in opened]
        issued = face.clients.create("a crowd")
        token = _token(apis[0], issued.client.id, str(issued.secret))
        pool = stack.enter_context(ThreadPoolExecutor(_CLIENTS))
        for number in range(keys):
            gate = threading.Barrier(_CLIENTS)

            def ask(place: int, number: int = number, gate: threading.Barrier = gate) -> HttpResponse:
                gate.wait()
                return _adjust(apis[place % _SERVERS], token, record.id, f"key-{number}", 1)

            answers = list(pool.map(ask, range(_CLIENTS)))
            found += _judged(number, answers, _adjust(apis[0], token, record.id, f"key-{number}", 2))
        if face.inventory.get(record.id).on_hand != keys:
            found.append(f"{keys} keys over HTTP had {face.inventory.get(record.id).on_hand} effects")
    return Knocked(keys * (_CLIENTS + 1), _CLIENTS, found)


def _judged(number: int, answers: Sequence[HttpResponse], other: HttpResponse) -> list[str]:
    told = {(answer.status, answer.body) for answer in answers}
    found = []
    if len(told) != 1 or answers[0].status != 200:
        found.append(f"key {number} over HTTP was answered with {sorted(told)[:3]}")
    if other.status != 409:
        found.append(f"key {number} with another body was answered with {other.status} over HTTP")
    return found


def _adjust(api: HttpApi, token: str, stock_id: str, key: str, pieces: int) -> HttpResponse:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json", "idempotency-key": key}
    body = json.dumps({"adjustment": pieces, "reason": key}).encode()
    return api.handle(HttpRequest("PATCH", f"/api/inventory/{stock_id}/adjust", headers=headers, body=body))


def _token(api: HttpApi, client_id: str, secret: str) -> str:
    form = urlencode({"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret})
    headers = {"content-type": "application/x-www-form-urlencoded", "host": "localhost"}
    answer = api.handle(HttpRequest("POST", "/oauth/token", headers=headers, body=form.encode()))
    token: str = json.loads(answer.body)["access_token"]
    return token
