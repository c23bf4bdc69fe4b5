"""``vectis serve`` on a disk that fills up: what its callers are told, over HTTP."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs

from proof.failing import ERRORS, NEEDING_SPACE, Faults
from proof.programme import Size
from vectis_core import Vectis

#: How often the disk fills up, and how many orders are asked for and looked at while it is full.
_FILLINGS = {Size.FEW: (1, 10), Size.FULL: (20, 40)}
#: Seconds within which a server must write again.
_PATIENCE = 30.0


@attrs.define
class Served:
    """What callers were told."""

    fillings: int = 0
    told: Counter[str] = attrs.Factory(Counter)
    #: Seconds from each freeing to the next order.
    back: list[float] = attrs.Factory(list)
    violations: list[str] = attrs.Factory(list)


@attrs.frozen
class _Answer:
    status: int
    headers: dict[str, str]
    body: Any


class _Caller:
    """A client of the HTTP API."""

    def __init__(self, address: str, client_id: str, client_secret: str) -> None:
        self._address = address
        self._form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._token = ""

    def take_token(self) -> None:
        """Take a new access token, whose limit of requests is unused."""
        self._token = ""
        data = urllib.parse.urlencode(self._form).encode()
        self._token = self._sent(self._request("/oauth/token", data)).body["access_token"]

    def get(self, path: str) -> _Answer:
        return self._sent(self._request(path))

    def send(self, method: str, path: str, body: object) -> _Answer:
        request = self._request(path, json.dumps(body).encode())
        request.method = method
        request.add_header("Content-Type", "application/json")
        return self._sent(request)

    def _request(self, path: str, data: bytes | None = None) -> urllib.request.Request:
        return urllib.request.Request(self._address + path, data)  # noqa: S310 - our own server

    def _sent(self, request: urllib.request.Request) -> _Answer:
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - our own server
                return _Answer(answer.status, _lower(answer.headers.items()), json.loads(answer.read()))
        except urllib.error.HTTPError as answer:
            with answer:
                return _Answer(answer.code, _lower(answer.headers.items()), json.loads(answer.read()))


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}


class _Shop:
    """Orders asked for while the disk is full and once it is not."""

    def __init__(self, caller: _Caller, served: Served) -> None:
        self._caller = caller
        self._served = served
        #: External ids of orders that were answered with 201 or 200.
        self.acknowledged: set[str] = set()
        self._newest = ""
        self._refused: list[str] = []

    def set_up(self) -> None:
        """Make a product with stock, and one order."""
        self._caller.take_token()
        self._must(201, self._caller.send("POST", "/api/products", {"sku": "W", "name": "Widget"}))
        [record] = self._must(200, self._caller.get("/api/inventory?sku=W")).body["items"]
        change = {"adjustment": 1_000_000, "reason": "first delivery"}
        self._must(200, self._caller.send("PATCH", f"/api/inventory/{record['id']}/adjust", change))
        self._must(201, self._order("first"))

    def while_full(self, filling: int, calls: int) -> None:
        """Ask for orders and look at them."""
        for number in range(calls):
            answer = self._order(f"o-{filling}-{number}")
            if answer.status != 201:
                self._check_refusal(answer)
                self._refused.append(f"o-{filling}-{number}")
                self._served.told[f"{answer.status} {answer.body.get('error')}"] += 1
            for path in (f"/api/orders/{self._newest}", "/api/orders?limit=5", "/api/inventory?sku=W"):
                self._must(200, self._caller.get(path))

    def when_free(self, filling: int, freed: float) -> None:
        """See that the server writes, and ask again for all orders that were not answered with one."""
        self._must(201, self._order(f"free-{filling}"))
        self._served.back.append(time.monotonic() - freed)
        for external_id in self._refused:
            answer = self._order(external_id)
            self._must(200 if answer.status == 200 else 201, answer)
        self._refused.clear()

    def _order(self, external_id: str) -> _Answer:
        address = {"name": "Jane Smith", "line1": "123 Main St", "city": "Austin", "country": "US"}
        items = [{"sku": "W", "quantity": 1, "unitPrice": 19.99}]
        body = {"externalId": external_id, "items": items, "shippingAddresses": [address]}
        answer = self._caller.send("POST", "/api/orders", body)
        if answer.status in {200, 201}:
            self.acknowledged.add(external_id)
            self._newest = answer.body["id"]
        return answer

    def _check_refusal(self, answer: _Answer) -> None:
        """Note a refusal that is not of the one form that says when to come again."""
        waits = answer.headers.get("retry-after", "")
        named = isinstance(answer.body, dict) and answer.body.get("error") in {"OutcomeUnknown", "ServiceUnavailable"}
        if answer.status != 503 or not named or set(answer.body) != {"error", "message", "details"} or int(waits) < 1:
            self._served.violations.append(f"on a full disk an order was answered with {answer}")

    def _must(self, status: int, answer: _Answer) -> _Answer:
        if answer.status != status:
            self._served.violations.append(f"{status} was to come, and it was {answer}")
        return answer


def serve_on_a_full_disk(size: Size, folder: Path) -> Served:
    """Serve a database, and fill its disk up as often as the size says."""
    served = Served()
    fillings, calls = _FILLINGS[size]
    watched = (folder / "served").resolve()
    watched.mkdir()
    faults = Faults(watched.with_suffix(".control"))
    url = f"sqlite:///{watched / 'shop.db'}"
    with _serving(url, faults.environment(watched, os.environ)) as caller:
        shop = _Shop(caller, served)
        shop.set_up()
        for number in range(fillings):
            caller.take_token()
            # A few orders fit before it is full.
            faults.arm(NEEDING_SPACE, ERRORS["ENOSPC"], first=1 + number * 7)
            shop.while_full(number, calls)
            freed = time.monotonic()
            faults.disarm()
            shop.when_free(number, freed)
            served.fillings += 1
    with Vectis.open(url) as oms:
        served.violations += [f"verify: {fault}" for fault in oms.verify().faults]
        there = {order.external_id for order in oms.orders.list()}
    served.violations += [f"order {name} was acknowledged and is gone" for name in shop.acknowledged - there]
    return served


@contextmanager
def _serving(url: str, environment: Mapping[str, str]) -> Iterator[_Caller]:
    command = [sys.executable, "-P", "-m", "vectis_cli", "serve", "--database", url, "--port", "0"]
    # It reports each failed commit; here they are meant to fail.
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=quiet, text=True, env=dict(environment)) as process:
        try:
            said = ""
            while "  curl" not in said:
                line = process.stdout.readline() if process.stdout else ""
                if not line:
                    raise RuntimeError(f"the server ended after saying {said!r}")
                said += line
            words = [re.findall(rf"{name}\s+(\S+)", said)[0] for name in ("clientId", "clientSecret")]
            yield _Caller(re.findall(r"http://\S+:\d+", said)[0], *words)
        finally:
            process.terminate()
