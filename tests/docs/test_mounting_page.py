"""The page on mounting says what is so."""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from fastapi import FastAPI

from vectis_core import NotFound, ServiceUnavailable
from vectis_http import HttpConfig
from vectis_http.proxies import FORWARDED

PAGE = (Path(__file__).parents[2] / "docs" / "mounting.md").read_text()


def test_what_is_shown_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of the page run one after the other, and what they mount is there."""
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": "shop"}
    for program in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(program, space)  # noqa: S102 - the page's own programs
        if isinstance(space["app"], FastAPI):
            assert [each.path for each in space["app"].routes if "oms" in each.path]
            if "outlet" not in space:
                assert asked(space["app"], "/oms/readyz").status_code == 200
    handlers_answer(space["shop"], space["site"])
    assert (tmp_path / "outlet.db").exists()
    for opened in (space["outlet"], space["oms"](), space["vectis"].oms):  # type: ignore[operator,attr-defined]  # of the page
        opened.close()


def asked(app: FastAPI, path: str) -> httpx.Response:
    """Return what an application answers in its life, from its start to its end."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://shop") as client,
        ):
            return await client.get(path)

    return asyncio.run(ask())


def handlers_answer(shop: Any, site: Any) -> None:
    """Hold the page's handlers to what the API answers: status and code, a time to wait, and no words of ours."""

    def fail(kind: str) -> None:
        raise NotFound("There is no order 7") if kind == "missing" else ServiceUnavailable("/srv/shop.db is full")

    shop.add_api_route("/{kind}", fail)
    site.add_url_rule("/<kind>", view_func=fail)
    for get in (partial(asked, shop), site.test_client().get):
        missing, down = get("/missing"), get("/down")
        bodies = [json.loads(each.text) for each in (missing, down)]
        assert (missing.status_code, bodies[0]) == (404, {"error": "NotFound", "message": "There is no order 7"})
        assert (down.status_code, down.headers["Retry-After"], bodies[1]["error"]) == (503, "1", "ServiceUnavailable")
        assert "shop.db" not in down.text
        assert "Retry-After" not in missing.headers


def test_the_headers_are_those_that_are_read() -> None:
    """The table has each header that can be named, and the settings are those that there are."""
    assert re.findall(r"^\| `(\w+)` \| `X-Forwarded-", PAGE, re.MULTILINE) == list(FORWARDED)
    assert {"trusted_proxies", "forwarded", "base_domain", "public_url", "rate_limit"} <= {
        field.name for field in attrs.fields(HttpConfig)
    }
