"""Somebody who follows the integration guide by hand: each call by the curl binary, in the guide's own words."""

from __future__ import annotations

import json
import re
import subprocess
from decimal import Decimal
from typing import Any

import attrs
from described import check_described
from guide import Call, call

from vectis_core import Vectis
from vectis_core.access import SCOPES
from vectis_http import HttpRequest, HttpResponse

DOMAIN = "vectisoms.app"
TOKEN = "Authorization: Bearer YOUR_ACCESS_TOKEN"
JSON = "Content-Type: application/json"


@attrs.frozen
class Answer:
    """What curl was answered."""

    status: int
    headers: dict[str, str]
    json: Any


@attrs.frozen
class Reader:
    """Somebody who has the guide, curl, and a client's credentials."""

    address: str
    oms: Vectis
    tenant: str
    #: What stands in the guide for what each reader has or finds, and what this one has.
    own: dict[str, str] = attrs.field(factory=dict)

    def follow(self, told: Call, *more_headers: str, body: str = "", **found: str) -> Answer:
        """Run the call by curl, with the words that stand for *found* and for the reader's own filled in."""
        command = list(told.command) or self._command(told, more_headers, body or told.body)
        own = self.own | {f"{{{name}}}": value for name, value in found.items()}
        filled = [self._filled(word, own) for word in command]
        # The guide's hosts are reached here, and without TLS, which is a proxy's.
        local = ["--connect-to", f"::{self.address.removeprefix('http://')}", "-sS", "-i", "--max-time", "60"]
        done = subprocess.run([filled[0], *local, *filled[1:]], stdout=subprocess.PIPE, check=True)
        return self._answer(told, filled, done.stdout)

    def _command(self, told: Call, more_headers: tuple[str, ...], body: str) -> list[str]:
        headers = [word for header in (*told.headers, *more_headers) for word in ("-H", header)]
        method = ["-X", told.method] if told.method != "GET" else []
        return [
            "curl",
            *method,
            f"https://{self.tenant}.{DOMAIN}{told.target}",
            *headers,
            *(["--data-binary", body] if body else []),
        ]

    @staticmethod
    def _filled(word: str, own: dict[str, str]) -> str:
        for stands, value in own.items():
            word = word.replace(stands, value)
        return re.sub("^https:", "http:", word)

    @staticmethod
    def _answer(told: Call, filled: list[str], output: bytes) -> Answer:
        head, _, body = output.partition(b"\r\n\r\n")
        first, *lines = head.decode("ascii").split("\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        [url] = [word for word in filled if word.startswith("http:")]
        path = "/" + url.split("/", 3)[3].partition("?")[0]
        status = int(first.split()[1])
        request = HttpRequest(method=told.method, path=path)
        check_described(request, HttpResponse(status, headers, body))
        return Answer(status, {name.lower(): value for name, value in headers}, json.loads(body, parse_float=Decimal))

    def get_token(self) -> Any:
        """Do as the guide says to get a token, keep it, and return the answer."""
        issued = self.oms.tenant(self.tenant).clients.create("Reader", scopes=SCOPES)
        self.own.update(YOUR_CLIENT_ID=issued.client.id, YOUR_CLIENT_SECRET=str(issued.secret))
        answer = self.follow(call("Obtaining a Token"))
        assert answer.status == 200, answer
        self.own["YOUR_ACCESS_TOKEN"] = answer.json["access_token"]
        return answer.json

    def stocked(self, pieces: int) -> str:
        """Have the guide's product in stock, and return the id of its stock record."""
        shop = self.oms.tenant(self.tenant)
        shop.products.create(sku="WIDGET-001", name="Premium Widget")
        [record] = shop.inventory.list(sku="WIDGET-001")
        shop.inventory.adjust(record.id, pieces, "First delivery")
        return record.id
