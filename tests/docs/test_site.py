"""The site of the documentation: it is built without a warning, it is whole, and it asks nothing of any other host."""

from __future__ import annotations

import fcntl
import importlib
import re
import subprocess
import sys
import tomllib
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import attrs
import click
import pytest

from vectis_cli import main
from vectis_client import RateLimitExceeded, UnexpectedAnswer
from vectis_core import Vectis, VectisError
from vectis_core.orders import ORDER_TRANSITIONS, SHIPMENT_TRANSITIONS
from vectis_core.webhooks.catalogue import CATALOGUE
from vectis_http import HttpApi, HttpConfig
from vectis_http.openapi.errors import ERRORS

ROOT = Path(__file__).parents[2]
PACKAGES = [
    Path(each).name
    for each in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
        "packages"
    ]
]
#: Packages inside of these that programs import from by their own name.
FURTHER = [
    "vectis_core.aio",
    "vectis_core.faces",
    "vectis_core.orders",
    "vectis_core.stock",
    "vectis_core.testing",
    "vectis_core.testing.conformance",
    "vectis_core.testing.judge",
    "vectis_core.testing.simulate",
    "vectis_core.testing.strategies",
    "vectis_core.verify",
    "vectis_carriers.intake",
]
#: Elements that fetch what their attribute names, when the page is opened.
FETCHING = {"src", "srcset", "poster", "data"}
ELSEWHERE = re.compile(r"(?:https?:)?//\w", re.IGNORECASE)


class Page(HTMLParser):
    """What one page can be jumped to at, what it leads to, what it loads, and what it says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        #: Those in the page's own text, not in what stands around every page.
        self.own_links: list[str] = []
        self.loaded: list[str] = []
        self.drawings: list[str] = []
        self.text = text
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self._inside = self._inside or tag == "article"
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        self.loaded += [value for name, value in given.items() if name in FETCHING]
        self.loaded += re.findall(r"url\((.*?)\)", given.get("style", ""))
        if tag == "svg" and given.get("aria-label"):
            self.drawings.append(given["aria-label"])
        if tag == "link" and given.get("rel") not in {"index", "search", "next", "prev", "canonical"}:
            self.loaded.append(given["href"])
        if tag in {"a", "link"} and "href" in given:
            self.links.append(given["href"])
            self.own_links += [given["href"]] if self._inside else []

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "article"


@attrs.frozen
class Site:
    """The site as it was built."""

    folder: Path
    pages: dict[str, Page]
    #: The names of Python for which there is a place.
    names: set[str]

    def target(self, page: str, link: str) -> tuple[str, str]:
        """Return the file that a link of a page leads to, and the place in it."""
        address, place = urldefrag(link)
        file = (self.folder / page).parent / unquote(address) if address else self.folder / page
        return str(file.resolve().relative_to(self.folder.resolve())), unquote(place)


def build(target: Path) -> None:
    """Build the site as ``make docs`` does."""
    [recipe] = re.findall(r"^\t@\$\(BIN\)/sphinx-build (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    options = recipe.removesuffix("docs build/docs").split()
    command = [sys.executable, "-m", "sphinx", *options, "-d", f"{target}.doctrees", "docs", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Site:
    """Return the site, which the first of several workers builds for all."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "site"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "objects.inv").exists():
            build(folder)
    pages = {str(path.relative_to(folder)): Page(path.read_text("utf-8")) for path in folder.rglob("*.html")}
    inventory = (folder / "objects.inv").read_bytes().split(b"\n", 4)[4]
    rows = [row.split() for row in zlib.decompress(inventory).decode().splitlines()]
    return Site(folder, pages, {row[0] for row in rows if row[1].startswith("py:")})


def test_every_link_leads_somewhere(site: Site) -> None:
    """Each link inside the site leads to a file that is there, and to a place in it."""
    broken = []
    for name, page in site.pages.items():
        for link in {each for each in page.links if not re.match(r"\w+:", each) and each != "#"}:
            file, place = site.target(name, link)
            known = site.pages[file].ids if file in site.pages else set()
            # The search page is led to with nothing but a question.
            if not (site.folder / file.partition("?")[0]).is_file() or (place and place not in known):
                broken.append((name, link))

    assert broken == []


def test_nothing_is_asked_of_another_host(site: Site) -> None:
    """Scripts, styles, pictures and fonts are the site's own, those that styles load among them."""
    loaded = [(name, each) for name, page in site.pages.items() for each in page.loaded]
    styles = [path for path in site.folder.rglob("*.css") if path.stat().st_size]
    loaded += [
        (path.name, each)
        for path in styles
        for each in re.findall(r"url\(\s*[\"']?(.*?)[\"']?\s*\)|@import\s+[\"'](.*?)[\"']", path.read_text("utf-8"))
        for each in each
    ]
    assert loaded
    assert styles

    assert [(name, each) for name, each in loaded if ELSEWHERE.match(each)] == []


def test_no_script_names_an_address_to_fetch(site: Site) -> None:
    """What the scripts have of addresses stands in comments and in words, never in what they load or send to."""
    sending = re.compile(r"(?:fetch|open|import|src|href|sendBeacon|WebSocket)\s*[=(]?\s*\(?\s*[\"'`](?:https?:)?//\w")
    scripts = {path: path.read_text("utf-8") for path in site.folder.rglob("*.js")}
    inline = {
        name: "".join(re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)) for name, page in site.pages.items()
    }
    assert scripts

    assert [str(name) for name, text in {**scripts, **inline}.items() if sending.search(text)] == []


def test_everything_is_three_clicks_away(site: Site) -> None:
    """From the start page each page is reached by three links that stand in the text, whatever stands around it."""
    reached = {"index.html"}
    for _ in range(3):
        reached |= {
            site.target(page, link)[0]
            for page in reached & set(site.pages)
            for link in site.pages[page].own_links
            if not re.match(r"\w+:", link)
        }
    written = {str(path.relative_to(ROOT / "docs").with_suffix(".html")) for path in (ROOT / "docs").rglob("*.md")}

    assert written - reached == set()


@pytest.mark.parametrize("package", [*PACKAGES, *FURTHER])
def test_every_public_name_has_a_place(site: Site, package: str) -> None:
    """What a package offers in ``__all__`` is explained in the reference."""
    offered = getattr(importlib.import_module(package), "__all__", [])

    assert {f"{package}.{name}" for name in offered} - site.names == set()


def test_every_call_of_an_open_vectis_has_a_place(site: Site) -> None:
    """Each public method of each face is explained."""
    with Vectis.open("memory://") as oms:
        faces = [each for each in vars(oms).values() if type(each).__module__.startswith("vectis_core.faces.")]
    calls = {
        f"{type(face).__module__}.{type(face).__name__}.{name}"
        for face in faces
        for name in vars(type(face))
        if not name.startswith("_")
    }
    assert len(faces) > 10

    assert calls - site.names == set()


def commands(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Return a command and all below it, each with its words."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, (*path, name))


def test_what_a_page_says_unbuilt_is_not_on_the_site(site: Site) -> None:
    """Where the text of the code is put in, nobody is told to build it."""
    assert not [name for name, page in site.pages.items() if "Most of this page is made of" in page.text]


def test_every_command_and_option_is_there(site: Site) -> None:
    """The page on commands has a section for each, and each of its options."""
    ids = site.pages["reference/commands.html"].ids
    wanted = {"-".join(path) for path, _ in commands(main, ("vectis",))}
    wanted |= {
        f"cmdoption-{'-'.join(path)}-{option.lstrip('-')}"
        for path, command in commands(main, ("vectis",))
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts[:1]
    }

    assert wanted - ids == set()


def below(kind: type[VectisError]) -> Iterator[type[VectisError]]:
    """Return every error that is one of *kind*."""
    for each in kind.__subclasses__():
        yield from [each, *below(each)]


def test_every_error_is_there(site: Site) -> None:
    """The page on errors has each class that a program can catch, and each word that HTTP tells."""
    text = site.pages["reference/errors.html"].text
    offered = {RateLimitExceeded.__name__, UnexpectedAnswer.__name__, *importlib.import_module("vectis_core").__all__}
    classes = [kind.__name__ for kind in below(VectisError) if kind.__name__ in offered]
    assert "InsufficientStock" in classes

    assert [name for name in classes if f">{name}<" not in text] == []
    assert [kind.code for kind in ERRORS if f"operations.html#error-{kind.code.lower()}" not in text] == []


def test_every_event_is_there(site: Site) -> None:
    """The page on events has a section for each type, under the anchor that GitHub gives it."""
    assert {kind.type.replace(".", "") for kind in CATALOGUE} - site.pages["events.html"].ids == set()


def test_every_operation_is_there(site: Site) -> None:
    """The page on operations has each, with its method and path, and each schema that it names."""
    text = re.sub(r"</?span.*?>", "", site.pages["reference/operations.html"].text)
    with Vectis.open("memory://") as oms:
        operations = HttpApi(oms, environ={}).operations

    assert [each.path for each in operations if f">{each.method} {each.path.replace('...', '')}<" not in text] == []


def test_every_setting_is_there(site: Site) -> None:
    """The page on settings has each field of what a server can be given, and each variable that a command reads."""
    text = site.pages["reference/settings.html"].text
    variables = {parameter.envvar for _, command in commands(main, ()) for parameter in command.params} - {None}
    assert variables

    assert [each for each in [*variables, "VECTIS_SECRET_KEY"] if f">{each}<" not in text] == []
    assert [field.name for field in attrs.fields(HttpConfig) if f">{field.name}<" not in text] == []


def test_every_step_is_drawn(site: Site) -> None:
    """The diagrams of both state machines have each step of their tables."""
    orders, shipments = site.pages["lifecycle.html"].drawings
    for drawing, table in ((orders, ORDER_TRANSITIONS), (shipments, SHIPMENT_TRANSITIONS)):
        for before, steps in table.items():
            for step in steps:
                assert re.search(rf"\b{before} to \w+ by [\w ]*\b{step}\b", drawing), (before, step)
