"""The page for people: complete, the browser's strictest policy kept, nothing asked of any other host."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import attrs
import pytest
from browser import Tab, browsing
from described import description
from serving import serving

from vectis_core import Vectis
from vectis_core.webhooks.catalogue import CATALOGUE
from vectis_http import HttpApi, HttpConfig, HttpRequest
from vectis_http.openapi.errors import ERRORS
from vectis_http.reference.assets import ASSETS

OPERATIONS = description().operations


class _Reader(HTMLParser):
    """Collects what a page has that can be jumped to or loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.ids += [value for name, value in attributes if name == "id" and value]
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "a":
            self.links.append(given["href"] or "")
        elif given.get("src") or given.get("href"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        elif tag in {"script", "style"}:
            self.inline.append(tag)


@pytest.fixture(scope="module")
def api() -> Iterator[HttpApi]:
    """Return an API."""
    with Vectis.open("memory://") as oms:
        yield HttpApi(oms, environ={})


@pytest.fixture(scope="module")
def page(api: HttpApi) -> str:
    """Return the page as it is sent."""
    return api.handle(HttpRequest(method="GET", path="/docs")).body.decode()


@pytest.fixture(scope="module")
def read(page: str) -> _Reader:
    """Return the page read without any script."""
    reader = _Reader()
    reader.feed(page)
    return reader


def anchor(name: str) -> str:
    """Return a name as it stands in an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


def test_everything_has_its_own_address(read: _Reader) -> None:
    """Each operation, event and error can be linked to, no two things have one name, no link leads nowhere."""
    wanted = {each.name for each in OPERATIONS}
    wanted |= {f"event-{anchor(kind.type)}" for kind in CATALOGUE} | {f"error-{anchor(kind.code)}" for kind in ERRORS}

    assert wanted <= set(read.ids)
    assert len(set(read.ids)) == len(read.ids)
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)


def test_each_call_stands_there_in_three_languages(page: str) -> None:
    """curl, Python and JavaScript, with the guide's examples in them."""
    for name in ("curl", "Python", "JavaScript"):
        assert page.count(f"<summary>{name}</summary>") == len(OPERATIONS)
    assert "-d client_id=YOUR_CLIENT_ID" in page
    assert "https://oms.example.com/api/orders/550e8400-e29b-41d4-a716-446655440000/confirm" in page


@pytest.mark.parametrize(
    ("public_url", "head", "address"),
    [
        (None, {"headers": {"host": "127.0.0.1:8080"}}, "http://127.0.0.1:8080"),
        (None, {"headers": {"host": "[::1]:8080"}, "scheme": "https", "prefix": "/oms"}, "https://[::1]:8080/oms"),
        (None, {"headers": {"host": "a'$(reboot)<b>"}, "prefix": "/oms"}, "https://oms.example.com/oms"),
        (None, {"headers": {"host": "shop.example.org"}, "scheme": "javascript"}, "http://shop.example.org"),
        ("https://shop.example.org/oms/", {"headers": {"host": "evil.example.net"}}, "https://shop.example.org/oms"),
    ],
)
def test_secrets_are_sent_where_the_page_came_from(public_url: str | None, head: dict[str, Any], address: str) -> None:
    """Each call names the address that was reached, or that clients are told; the guide's hosts are not ours."""
    with Vectis.open("memory://") as oms:
        api = HttpApi(oms, HttpConfig(public_url=public_url), environ={})
        page = html.unescape(api.handle(HttpRequest(method="GET", path="/docs", **head)).body.decode())
        document = json.loads(api.handle(HttpRequest(method="GET", path="/openapi.json", **head)).body)

    told = set(re.findall(r"curl (?:-X \w+ )?(\S+)", page)) | set(re.findall(r'fetch\("([^"]*)"', page))
    told |= set(re.findall(r'token_url="([^"]*)"', page))
    assert len(told) > 50
    assert {each for each in told if not each.lstrip("'").startswith(f"{address}/")} == set()
    assert "vectisoms.app" not in page
    assert document["servers"][0]["url"] in {address, head.get("prefix")}


def test_the_page_of_each_host_is_a_version_of_its_own(api: HttpApi) -> None:
    """Who keeps the page of one address is sent that of another; of many addresses nothing is kept."""
    versions = set()
    for number in range(20):
        headers = {"host": f"shop-{number}.example.org"}
        version = dict(api.handle(HttpRequest(method="GET", path="/docs", headers=headers)).headers)["ETag"]
        again = HttpRequest(method="GET", path="/docs", headers={**headers, "if-none-match": version})
        assert api.handle(again).status == 304
        versions.add(version)
    assert len(versions) == 20


def test_nothing_stands_in_it_that_the_policy_forbids(api: HttpApi, read: _Reader) -> None:
    """No style or script within the page, nothing loaded but our own files, which exist and may be kept for ever."""
    assert read.inline == []
    assert {each.removeprefix("docs/") for each in read.loaded} == set(ASSETS)
    for name, document in ASSETS.items():
        answer = api.handle(HttpRequest(method="GET", path=f"/docs/{name}"))
        assert (answer.status, answer.body) == (200, document.content)
        assert "immutable" in dict(answer.headers)["Cache-Control"]
        assert "http://" not in document.content.decode().replace("http://www.w3.org/2000/svg", "")
    assert api.handle(HttpRequest(method="GET", path="/docs/reference.000000000000.js")).status == 404


def test_the_policy_is_strict(api: HttpApi) -> None:
    """By default nothing is allowed; styles and scripts come from the same host, nobody frames the page."""
    headers = dict(api.handle(HttpRequest(method="GET", path="/docs")).headers)
    policy = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))

    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


@attrs.frozen
class Site:
    """The page on a real server, in a real browser."""

    tab: Tab
    address: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the page and start a browser that knows no other host."""
    file: Path = tmp_path_factory.mktemp("page") / "shop.db"
    with browsing() as new_tab, serving(f"sqlite:///{file}") as server:
        yield Site(new_tab(), server.address)


def visible(tab: Tab) -> Any:
    """Return the ids of the articles that are seen."""
    return tab.run("[...document.querySelectorAll('article')].filter(e => e.checkVisibility()).map(e => e.id)")


class TestInABrowser:
    """What the page does for who opens it."""

    def test_it_loads_from_its_own_host_alone(self, site: Site) -> None:
        """No request to another host, no complaint of the browser: no policy broken, no script failed."""
        site.tab.requests.clear()
        site.tab.open(f"{site.address}/docs")

        assert {each for each in site.tab.requests if not each.startswith(site.address)} == set()
        assert len(site.tab.requests) >= 3
        assert site.tab.complaints == []

    def test_search_finds_operations_and_events(self, site: Site) -> None:
        """All words must be there; what is not found is hidden, in the contents too; Escape shows all again."""
        site.tab.open(f"{site.address}/docs")
        site.tab.press("/")
        for letter in "low_stock":
            site.tab.press(letter)

        assert "event-inventory-low-stock" in visible(site.tab)
        assert "createProduct" not in visible(site.tab)
        assert "found" in site.tab.run("document.getElementById('found').textContent")
        hidden = "document.querySelector('nav [data-of=createProduct]').checkVisibility()"
        assert site.tab.run(hidden) is False
        site.tab.press("Escape")
        assert {each.name for each in OPERATIONS} <= set(visible(site.tab))

    def test_a_link_shows_what_the_search_has_hidden(self, site: Site) -> None:
        """Who follows a link to what is not found just now gets there."""
        site.tab.open(f"{site.address}/docs")
        site.tab.run("input.value = 'low_stock'; search(); location.hash = '#createProduct'")

        seen = "new Promise(done => setTimeout(() => done(createProduct.checkVisibility()), 0))"
        assert site.tab.run(seen) is True

    def test_the_keyboard_reaches_the_content(self, site: Site) -> None:
        """The first key leads to the link that skips the contents, and that to the text."""
        site.tab.open(f"{site.address}/docs")
        site.tab.press("Tab")

        assert site.tab.run("document.activeElement.className") == "skip"
        site.tab.press("Enter")
        assert site.tab.run("location.hash") == "#content"

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_text_stands_out_from_its_ground(self, site: Site, scheme: str) -> None:
        """In light and dark, all colours of text have a contrast of 4.5 to 1 at least (WCAG 2.2, AA)."""
        site.tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        site.tab.open(f"{site.address}/docs")
        colours = site.tab.run(
            "['--paper','--tint','--ink','--quiet','--accent','--required']"
            ".map(name => getComputedStyle(document.documentElement).getPropertyValue(name))"
        )
        site.tab.ask("Emulation.setEmulatedMedia", features=[])
        grounds, inks = colours[:2], colours[2:]

        assert all(contrast(ground, ink) >= 4.5 for ground in grounds for ink in inks), colours

    def test_it_is_read_without_scripts(self, site: Site) -> None:
        """With scripts off, every operation and event is there and seen, and no dead search box."""
        site.tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        site.tab.open(f"{site.address}/docs#createOrder")
        site.tab.ask("Emulation.setScriptExecutionDisabled", value=False)

        wanted = {each.name for each in OPERATIONS} | {f"event-{anchor(kind.type)}" for kind in CATALOGUE}
        assert wanted <= set(visible(site.tab))
        assert site.tab.run("document.querySelector('.search').checkVisibility()") is False
        assert site.tab.run("getComputedStyle(document.body).display") == "grid"
        assert site.tab.run("scrollY") > 0

    def test_on_a_telephone_tables_are_not_cut_off(self, site: Site) -> None:
        """On a narrow screen the page is as wide as that, and so is each table; only programs are moved aside."""
        site.tab.ask("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
        site.tab.open(f"{site.address}/docs")
        wide = site.tab.run(
            "[document.documentElement, ...document.querySelectorAll('.table')]"
            ".filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent.slice(0, 80))"
        )
        site.tab.ask("Emulation.clearDeviceMetricsOverride")

        assert wide == []

    def test_on_paper_nothing_is_folded_away(self, site: Site) -> None:
        """Printed, the contents and the search are gone, and each example is there."""
        site.tab.open(f"{site.address}/docs")
        site.tab.ask("Emulation.setEmulatedMedia", media="print")
        shown = site.tab.run(
            "[...document.querySelectorAll('details pre')].every(e => e.checkVisibility({contentVisibilityAuto: true}))"
        )
        contents = site.tab.run("document.querySelector('nav').checkVisibility()")
        site.tab.ask("Emulation.setEmulatedMedia", media="")

        assert (shown, contents) == (True, False)


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, as WCAG 2.2 defines it."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Return how bright a colour such as ``#1b1f1d`` is."""
    parts = [int(colour.strip()[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_what_has_no_body_is_shown_without_one(page: str) -> None:
    """An operation that reads no body has no part on it, and an answer without one does not say what it would be."""
    shown = dict(re.findall(r'<article id="(\w+)" class="operation">(.*?)</article>', page, re.DOTALL))
    described = [each for methods in description().document["paths"].values() for each in methods.values()]

    assert {name for name, text in shown.items() if "<h4>Body</h4>" in text} == {
        each["operationId"] for each in described if "requestBody" in each
    }
    assert not re.search(r"<dt><code>204</code></dt>\s*<dd>\s*<p>[^<]*any JSON", page)


def test_the_fields_of_a_body_stand_at_the_call(page: str) -> None:
    """Who reads a call need not go elsewhere for its fields; what has no name of its own is told by its way."""
    shown = dict(re.findall(r'<article id="([\w-]+)" class="\w+">(.*?)</article>', page, re.DOTALL))

    for name in ("externalId", "items", "shippingAddresses", "customerEmail", "currency"):
        assert f"<code>{name}</code>" in shown["createOrder"].partition("<h4>Call</h4>")[0]
    assert "<code>items[].sku</code>" in shown["event-order-shipped"]
    assert "<code>details.shortages[].available</code>" in shown["schema-insufficientstockerror"]
