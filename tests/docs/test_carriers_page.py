"""The page on carriers: its commands run and answer what it shows, its tables are those of the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from vectis_carriers.codes import tables_of
from vectis_carriers.intake import PARTS_MAX
from vectis_core import TimeBasis, TrackingStatus, Vectis
from vectis_core.handlers.tenancy import WAITING_SCANS_KEPT
from vectis_core.handlers.tracking import AHEAD, SCANS_MAX
from vectis_core.tracking.accounts import PAYLOAD_DAYS, PROOFS
from vectis_core.tracking.carrier import carrier_names, carrier_of
from vectis_core.tracking.matching import ONE_PARCEL, REGISTERED_LATE, USED_AGAIN, USUALLY
from vectis_core.tracking.statuses import is_final, is_movement
from vectis_http import HttpApi, HttpConfig, WsgiApp

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "carriers.md").read_text("utf-8")
#: The reasons with which one status or another ends a parcel's way.
REASONS = ["disposed", "seized", "seized_or_destroyed", "returned"]


def blocks(language: str) -> list[str]:
    """Return the page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def rows(first: str) -> list[list[str]]:
    """Return the cells of the table whose first column is headed so."""
    lines = PAGE.splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith(f"| {first} |"))
    body = lines[start + 2 :]
    end = next(index for index, line in enumerate(body) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body[:end]]


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
        pass


@pytest.fixture(name="shop")
def _shop() -> Iterator[dict[str, str]]:
    """Serve a new database, and return where it is and a token of it, as the page's commands read them."""
    with Vectis.open("memory://") as oms:
        issued = oms.clients.create("a program", scopes=("admin",))
        served = make_server("127.0.0.1", 0, WsgiApp(HttpApi(oms, HttpConfig(), environ={})), handler_class=_Quiet)
        thread = threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        place = f"http://127.0.0.1:{served.server_port}"
        asked = ["-d", "grant_type=client_credentials", "-u", f"{issued.client.id}:{issued.secret}"]
        done = subprocess.run(["curl", "-sS", f"{place}/oauth/token", *asked], capture_output=True, check=True)
        yield {"SHOP": place, "TOKEN": json.loads(done.stdout)["access_token"]}
        served.shutdown()
        served.server_close()
        thread.join()


def test_the_commands_of_the_page_run(shop: dict[str, str], tmp_path: Path) -> None:
    """What is configured is configured, what is signed is taken, and both answers are as they are printed."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "vectis").write_text(f'#!/bin/sh\nexec {sys.executable} -m vectis_cli "$@"\n')
    (commands / "vectis").chmod(0o755)
    environment = os.environ | shop | {"PATH": f"{commands}:{os.environ['PATH']}"}

    def ran(script: str) -> str:
        done = subprocess.run(
            ["sh", "-ec", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    configuring, pushing, explaining = blocks("sh")
    assert json.loads(ran(configuring))["secrets"] == 1
    assert json.loads(ran(pushing)) == json.loads(blocks("json")[0])
    assert ran(explaining) == blocks("text")[0]
    assert json.loads(ran(pushing))["duplicates"] == 1


def test_the_samples_that_the_page_names_are_read() -> None:
    """There is one of each carrier, and ``explain`` knows whose it is; OnTrac and LaserShip are one network."""
    named = re.findall(r"\]\(\.\./(tests/carriers/samples/(\w+?)_[\w]+\.json)\)", PAGE)

    assert {carrier for _, carrier in named} == set(carrier_names())
    for path, carrier in named:
        payload = json.loads((ROOT / path).read_text("utf-8"))
        assert carrier_of(carrier).parse(payload).events, path


def test_the_table_of_statuses_is_that_of_the_code() -> None:
    """Which statuses move a shipment, and which end a parcel's way, is as the code has it."""

    def ends(status: TrackingStatus) -> str:
        if is_final(status, None):
            return "yes"
        return ", ".join(f"`{reason}`" for reason in REASONS if is_final(status, reason))

    def moves(status: TrackingStatus) -> str:
        doubted = ", but for `inferred_not_a_physical_scan`" if status is TrackingStatus.IN_TRANSIT else ""
        return f"yes{doubted}" if is_movement(status, None) else ""

    shown = {row[0]: (row[2], row[3]) for row in rows("status")}
    assert shown == {f"`{status}`": (moves(status), ends(status)) for status in TrackingStatus}


def test_every_proof_and_every_basis_of_a_time_is_described() -> None:
    """The tables of proofs and of times have a row for each, in the order of the code."""
    assert [row[0] for row in rows("`proof`")] == [f"`{proof}`" for proof in PROOFS]
    assert [row[0] for row in rows("`timeBasis`")] == [f"`{basis}`" for basis in TimeBasis]


def test_every_carrier_is_described_with_its_own_proof() -> None:
    """Each of the seven has its row, with the proof and the header that it has where nothing else is said."""
    told = {name: row for row in rows("carrier") for name in re.findall(r"`(\w+)`", row[0])}
    assert sorted(told) == ["amazon", "dhl", "fedex", "lasership", "ontrac", "ups", "usps"]
    for name, row in told.items():
        carrier = carrier_of(name)
        assert row[3].startswith(f"`{carrier.default_proof}`: "), name
        assert f"`{carrier.default_header}`" in row[3].lower(), name


@pytest.mark.parametrize("carrier", ["fedex", "ontrac", "ups", "usps"])
def test_guessed_codes_are_named(carrier: str) -> None:
    """The codes of which the tables say that they are guessed are named on the page."""
    guesses = PAGE[PAGE.index("## What remains a guess") :]
    guessed = [
        code
        for key, table in tables_of(carrier).items()
        if key != "keywords"
        for code, meaning in table.rows.items()
        if meaning.reading.is_guess
    ]
    assert guessed
    assert not [code for code in guessed if not re.search(rf"\b{re.escape(code)}\b", guesses)]


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("more than {} hours ahead", int(AHEAD.total_seconds() // 3600)),
        ("registered up to {} days after it", REGISTERED_LATE.days),
        ("at most {} days after it", USUALLY.days),
        ("within {} days of each other", ONE_PARCEL.days),
        ("ended more than {} days before it", USED_AGAIN.days),
        ("waits for {} days", WAITING_SCANS_KEPT.days),
        ("at most {} scans", SCANS_MAX),
        ("of more than {} events", PARTS_MAX),
        ("is kept for {} days", PAYLOAD_DAYS),
        ("up to {} MiB", HttpConfig().push_max // 1024**2),
        ("The {} codes of type `X`", len(tables_of("ups")["X"].rows)),
    ],
)
def test_what_the_page_says_in_figures_is_so(said: str, value: int) -> None:
    """Limits that the page names are those of the code."""
    assert said.format(value) in " ".join(PAGE.split())
