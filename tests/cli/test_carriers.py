"""``vectis carriers``."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from carrier_pushes import BODIES, SECRET, ups_scan
from carrier_samples import sample_bytes
from cli_types import Call
from click.testing import CliRunner

from vectis_carriers.codes import tables_of
from vectis_carriers.intake import Push, receive
from vectis_cli import main
from vectis_core import Address, Item, Shipment, UnreadablePayload, Vectis
from vectis_core.clock import to_wire

NUMBER = "1Z999AA10123456784"
SAMPLES = sorted((Path(__file__).parents[1] / "carriers" / "samples").glob("*.json"))


def pushed(oms: Vectis, code: str, hours_ago: int = 2, number: str = NUMBER) -> None:
    """Take a push of UPS in process, of so many hours ago."""
    at = datetime.now(UTC) - timedelta(hours=hours_ago)
    body = ups_scan(number, code, at.strftime("%Y-%m-%dT%H:%M"))
    receipt = receive(oms, "ups", Push(headers={"credential": SECRET}, body=body))
    assert not receipt.rejected


@pytest.fixture(name="shipment")
def _shipment(oms: Vectis) -> Shipment:
    """Return a parcel that has its label and waits for UPS."""
    oms.carriers.configure("ups", secrets=[SECRET])
    oms.products.create(sku="W", name="Widget")
    oms.inventory.adjust(oms.inventory.list().page().items[0].id, 9, "first delivery")
    jane = Address(name="Jane Smith", line1="123 Main St", city="Austin", country="US")
    placed = oms.orders.create(external_id="1", items=[Item("W", 1, "5")], shipping_addresses=[jane])
    oms.orders.confirm(placed.order.id)
    return oms.orders.ship(placed.order.id, carrier="UPS", tracking_number=NUMBER, status="label_created")


def test_a_secret_is_made_and_shown_once(vectis: Call, oms: Vectis) -> None:
    """The secret alone is on stdout, of a form that every carrier takes; it proves pushes, and a repeat keeps it."""
    done = vectis("carriers", "set", "ups")
    secret = done.stdout.strip()

    assert (done.exit_code, len(secret)) == (0, 32)
    assert all(any(map(kind, secret)) for kind in (str.isupper, str.islower, str.isdigit))
    assert "prefix, it pushes to /api/webhooks/carriers/ups/tracking?tenant=default\n" in done.stderr
    assert "proved by the carrier's own scheme, in the header credential" in done.stderr
    body = sample_bytes("ups_missing_timezone")
    assert receive(oms, "ups", Push(headers={"credential": secret}, body=body))
    again = vectis("carriers", "set", "ups", "--zone", "America/Denver", "--payload-days", "3")
    assert (again.exit_code, again.stdout) == (0, "")
    account = oms.carriers.get("ups")
    assert (len(account.secrets), account.zone, account.payload_days) == (1, "America/Denver", 3)
    assert secret not in again.stderr + vectis("carriers", "list", "--json").stdout


def test_secrets_may_be_given(database: str, vectis: Call, oms: Vectis) -> None:
    """Two secrets may be named during a change, or stand in the environment, where no list of processes shows them."""
    done = vectis("carriers", "set", "dhl", "--proof", "path", "--secret", SECRET, "--secret", f"{SECRET}2")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "tracking/SECRET?" in done.stderr
    assert SECRET not in done.stderr
    assert len(oms.carriers.get("dhl").secrets) == 2

    environment = {"VECTIS_DATABASE_URL": database, "VECTIS_CARRIER_SECRET": "another-one-of-the-owner"}
    assert CliRunner(env=environment).invoke(main, ["carriers", "set", "dhl", "--proof", "path"]).exit_code == 0
    assert len(oms.carriers.get("dhl").secrets) == 1


def test_open_is_said_in_words(vectis: Call, oms: Vectis) -> None:
    """A carrier is opened only with the flag that says so, and the list says what it means."""
    refused = vectis("carriers", "set", "ups", "--proof", "open")
    assert (refused.exit_code, "anybody who knows the address" in refused.stderr) == (1, True)
    assert vectis("carriers", "set", "ups", "--proof", "open", "--accept-unproven").exit_code == 0
    assert "ANYBODY" in vectis("carriers", "list").stdout


def test_the_list_tells_what_push_services_said(vectis: Call, oms: Vectis) -> None:
    """Each carrier is listed with its proof and its notices, in words and as JSON; a closed one is not."""
    assert "no carrier" in vectis("carriers", "list").stderr
    oms.carriers.configure("dhl", secrets=[SECRET])
    oms.carriers.configure("ups", "basic", username="shop", secrets=[SECRET])
    headers = {"x-dhl-token": SECRET}
    receive(oms, "dhl", Push(headers=headers, body=sample_bytes("dhl_unified_failure_notice")))

    lines = vectis("carriers", "list").stdout.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["dhl", "", "ups"]
    assert "subscription.failure" in lines[1]
    dhl, ups = json.loads(vectis("carriers", "list", "--json").stdout)
    assert (dhl["secrets"], dhl["notices"][0]["kind"], ups["username"]) == (1, "subscription.failure", "shop")

    closed = vectis("carriers", "close", "ups")
    assert (closed.exit_code, closed.stdout, "refused" in closed.stderr) == (0, "", True)
    assert len(vectis("carriers", "list").stdout.splitlines()) == 2


def test_waiting_scans_are_listed(vectis: Call, oms: Vectis) -> None:
    """Scans of no shipment are listed with number, status and code, those received last first."""
    oms.carriers.configure("ups", secrets=[SECRET])
    assert vectis("carriers", "waiting").stdout == ""
    pushed(oms, "I/PU", 9, "1Z999AA10123456775")
    pushed(oms, "U/UP", 2)

    lines = vectis("carriers", "waiting").stdout.splitlines()
    assert lines[0].endswith(f"ups  {NUMBER}  (no change)  U/UP")
    assert lines[1].endswith("ups  1Z999AA10123456775  picked_up  I/PU")
    assert vectis("carriers", "waiting", "--limit", "1").stdout.splitlines() == lines[:1]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_payload_is_explained(vectis: Call, path: Path) -> None:
    """Who sent it is found out, and each event is told with its code, the row that decided, its time and its effect."""
    done = vectis("carriers", "explain", str(path))
    assert done.exit_code == 0, done.stderr
    name = path.stem.partition("_")[0].replace("lasership", "ontrac")
    first, *rest = done.stdout.splitlines()

    assert first.startswith(f"Read as a push of {name}: ")
    assert first.endswith((" 1 event", " events"))
    events = int(first.split()[-2])
    for label in ("code", "because", "time", "effect"):
        assert sum(line.startswith(f"   {label} ") for line in rest) == events
    assert events or "Notice" in done.stdout or "Not taken" in done.stdout


def test_what_is_explained_says_why(vectis: Call) -> None:
    """The row of the table is named, a guess is called one, and what is known and what is assumed of the time."""
    folder = SAMPLES[0].parent
    known = vectis("carriers", "explain", str(folder / "ups_in_transit.json")).stdout
    assert "row 'AR' of the table 'activityStatus.code of type I'" in known
    assert "2026-09-09T07:15:00Z, as the carrier said it" in known
    assert "ships the shipment where only its label is made" in known
    guess = vectis("carriers", "explain", str(folder / "lasership_exception_guess.json")).stdout
    assert "a guess, nobody knows for sure" in guess
    naive = vectis("carriers", "explain", str(folder / "ups_missing_timezone.json")).stdout
    assert "its zone unknown" in naive
    unknown = vectis("carriers", "explain", str(folder / "amazon_unknown_code.json")).stdout
    assert "no row of the table" in unknown
    assert "delivers the shipment" in vectis("carriers", "explain", str(folder / "ups_delivered.json")).stdout


def test_explaining_reads_standard_input_and_no_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A payload may be piped, the carrier may be named, and nothing is stored or even opened."""
    monkeypatch.chdir(tmp_path)
    body = sample_bytes(BODIES["fedex"][0])
    done = CliRunner().invoke(main, ["carriers", "explain", "-", "--carrier", "fedex"], input=body)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "Read as a push of fedex: 6 events")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("body", "words", "said"),
    [
        (b"no JSON", [], "Error: The body must be JSON in UTF-8\n"),
        (b"[]", [], "No carrier reads this"),
        (b"{}", ["--carrier", "ups"], "Error: There must be a trackingNumber"),
        (b"{}", ["--carrier", "hermes"], "Error: No carrier is called 'hermes'"),
    ],
)
def test_what_cannot_be_explained_is_told_in_a_line(body: bytes, words: list[str], said: str) -> None:
    """What no carrier reads is one line on stderr and exit code 1."""
    done = CliRunner().invoke(main, ["carriers", "explain", "-", *words], input=body, catch_exceptions=False)
    assert (done.exit_code, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_better_parser_reads_what_was_kept(vectis: Call, oms: Vectis, shipment: Shipment) -> None:
    """A code that no table had is read anew once one has it, and the shipment follows; what reads the same stays."""
    since = to_wire(datetime.now(UTC) - timedelta(minutes=1))
    tables = tables_of("ups")
    with pytest.MonkeyPatch.context() as older:
        for table, code in (("I", "AR"), ("types", "I")):
            older.delitem(tables[table].rows, code)
        pushed(oms, "I/AR")
        pushed(oms, "M/MP", 5)
    seen = oms.shipments.get(shipment.id)
    assert (seen.status, seen.tracking and seen.tracking.status) == ("label_created", "label_created")

    with pytest.raises(UnreadablePayload):
        receive(oms, "ups", Push(headers={"credential": SECRET}, body=b'{"news": "of a form to come"}'))

    assert vectis("carriers", "replay", "--carrier", "fedex").stdout.startswith("0 payloads")
    assert vectis("carriers", "replay", "--since", "2036-01-01T00:00:00Z").stdout.startswith("0 payloads")
    done = vectis("carriers", "replay", "--since", since, "--carrier", "ups")

    assert done.exit_code == 0
    told = "3 payloads: 1 events are new or read differently, 1 read the same, 0 were refused"
    assert done.stdout == f"{told}; 1 payloads could not be read\n"
    seen = oms.shipments.get(shipment.id)
    assert (seen.status, seen.tracking and seen.tracking.status) == ("shipped", "in_transit")
    [timeline] = oms.tracking.of_order(shipment.order_id)
    assert [entry.scan.event.code for entry in timeline.entries] == ["M/MP", "I/AR"]
    assert vectis("carriers", "replay").stdout.startswith("3 payloads: 0 events are new")
    assert not oms.verify().faults


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["set", "hermes"], 1, "No carrier is called 'hermes'"),
        (["set", "ups", "--proof", "magic"], 2, "magic"),
        (["set", "ups", "--proof", "basic"], 1, "username: is required"),
        (["set", "ups", "--secret", "short"], 1, "secrets[0]: "),
        (["set", "ups", "--zone", "Mars"], 1, "zone: "),
        (["close", "ups"], 1, "Nothing is configured for ups"),
        (["replay", "--carrier", "hermes"], 1, "No carrier is called 'hermes'"),
        (["replay", "--since", "yesterday"], 2, "no time"),
        (["replay", "--since", "2026-01-26T12:00:00"], 2, "no zone"),
        (["list", "--tenant", "acmee"], 1, "There is no tenant 'acmee'"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_in_a_line(vectis: Call, oms: Vectis, words: list[str], code: int, said: str) -> None:
    """A mistake is told in words, with the exit code of its kind."""
    done = vectis("carriers", *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


@pytest.mark.parametrize(("days", "kept_for"), [(0, 1), (30, 30)])
def test_a_handshake_is_printed_as_what_answers_it(vectis: Call, oms: Vectis, days: int, kept_for: int) -> None:
    """The newest, with the secret that is kept nowhere else, and at least for a day; not that it is known otherwise."""
    oms.carriers.configure("dhl", secrets=[SECRET], payload_days=days)
    asked = json.loads(sample_bytes("dhl_unified_validate"))
    for secret in ("the first secret", "it's $HOME `here`"):
        message = json.dumps({**asked, "secret": secret}).encode()
        receive(oms, "dhl", Push(headers={"x-dhl-token": SECRET}, body=message))
    receive(oms, "dhl", Push(headers={"x-dhl-token": SECRET}, body=sample_bytes("dhl_unified_ready")))
    done = vectis("carriers", "handshake", "dhl")
    command, *given = shlex.split(done.stdout)

    assert (done.exit_code, command, given[:2]) == (0, "curl", ["-X", "POST"])
    assert given[2] == asked["self"]
    assert given[-1] == "DHL-API-Hook-Secret: it's $HOME `here`"
    assert "$HOME" not in vectis("carriers", "list", "--json").stdout
    with oms.engine.read() as view:
        kept = view.payloads("default", "", 10)
    assert {(each.expires_at - each.received_at).days for each in kept} == {kept_for}


def test_where_nobody_has_asked_there_is_nothing_to_answer(vectis: Call, oms: Vectis) -> None:
    """Said in one line, and so is it of a subscription that is not at DHL: its secret goes nowhere."""
    oms.carriers.configure("dhl", secrets=[SECRET])
    alien = {"scope": "subscription.validate", "self": "https://api.dhl.com.evil.example/x", "secret": "s"}
    receive(oms, "dhl", Push(headers={"x-dhl-token": SECRET}, body=json.dumps(alien).encode()))
    done = vectis("carriers", "handshake", "dhl")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "has sent no handshake" in done.stderr
