"""Carriers over HTTP: how they are configured."""

from __future__ import annotations

import json
from typing import Any

import pytest
from carrier_pushes import BODIES, OTHER_SECRET, SECRET, configure, counts, push
from carrier_samples import sample_bytes
from http_faces import Shop

CARRIERS = sorted(BODIES)
UPS = sample_bytes("ups_delivered")


def test_a_carrier_is_configured_and_its_secrets_are_not_shown(shop: Shop) -> None:
    """What was said is read back, with the number of secrets in their place; it can be said anew and taken back."""
    made = configure(shop, "ups", zone="America/Denver", payloadDays=7, secrets=[SECRET, OTHER_SECRET])

    assert made == shop.get("/api/carriers/ups").json
    assert (made["carrier"], made["proof"], made["secrets"], made["zone"]) == ("ups", "carrier", 2, "America/Denver")
    assert (made["payloadDays"], made["notices"], made["header"]) == (7, [], None)
    configure(shop, "dhl", header="X-My-Token")
    listed = shop.get("/api/carriers").json["carriers"]
    assert [(each["carrier"], each["header"]) for each in listed] == [("dhl", "x-my-token"), ("ups", None)]
    assert SECRET not in json.dumps(listed)

    ended = shop.delete("/api/carriers/ups")
    assert (ended.status, ended.body) == (204, b"")
    assert [each["carrier"] for each in shop.get("/api/carriers").json["carriers"]] == ["dhl"]
    assert {shop.get("/api/carriers/ups").status, shop.delete("/api/carriers/ups").status} == {404}


def test_secrets_that_are_left_out_stay(autumn: Shop) -> None:
    """A change of the proof keeps the secrets; those that are named take their place."""
    configure(autumn, "ups")
    changed = autumn.ask("PUT", "/api/carriers/ups", {"proof": "bearer"})
    assert (changed.status, changed.json["secrets"]) == (200, 1)
    assert counts(push(autumn, "ups", UPS, {"authorization": f"Bearer {SECRET}"})) == (0, 0, 1, 0)

    configure(autumn, "ups", proof="bearer", secrets=[OTHER_SECRET])
    assert push(autumn, "ups", UPS, {"authorization": f"Bearer {SECRET}"}).status == 401


@pytest.mark.parametrize(
    ("setup", "field"),
    [
        ({}, "proof"),
        ({"proof": "none", "secrets": [SECRET]}, "proof"),
        ({"proof": "carrier"}, "secrets"),
        ({"proof": "carrier", "secrets": []}, "secrets"),
        ({"proof": "carrier", "secrets": ["short"]}, "secrets[0]"),
        ({"proof": "carrier", "secrets": [SECRET] * 4}, "secrets"),
        ({"proof": "header", "secrets": [SECRET], "header": "no header"}, "header"),
        ({"proof": "hmac", "secrets": [SECRET]}, "header"),
        ({"proof": "hmac", "secrets": [SECRET], "header": "x-h", "encoding": "base32"}, "encoding"),
        ({"proof": "query", "secrets": [SECRET], "parameter": "a&b"}, "parameter"),
        ({"proof": "query", "secrets": [SECRET], "parameter": "tenant"}, "parameter"),
        ({"proof": "path", "secrets": ["with/a slash"]}, "secrets[0]"),
        ({"proof": "basic", "secrets": [SECRET]}, "username"),
        ({"proof": "oauth"}, "clientId"),
        ({"proof": "oauth", "clientId": "cli_1", "secrets": [SECRET]}, "secrets"),
        ({"proof": "open"}, "acceptUnproven"),
        ({"proof": "open", "acceptUnproven": False}, "acceptUnproven"),
        ({"proof": "open", "acceptUnproven": True, "secrets": [SECRET]}, "secrets"),
        ({"proof": "carrier", "secrets": [SECRET], "zone": "Mars/Olympus"}, "zone"),
        ({"proof": "carrier", "secrets": [SECRET], "payloadDays": 366}, "payloadDays"),
        ({"proof": "carrier", "secrets": [SECRET], "secret": SECRET}, "secret"),
    ],
    ids=str,
)
def test_a_setup_that_cannot_be_names_its_field(shop: Shop, setup: dict[str, Any], field: str) -> None:
    """What a proof needs must be there, what it cannot use must not, and nothing of it is kept."""
    assert shop.ask("PUT", "/api/carriers/ups", setup).field == field
    assert shop.get("/api/carriers/ups").status == 404


def test_open_is_told_what_it_means(shop: Shop) -> None:
    """Who switches proofs off is told in words what follows."""
    refused = shop.ask("PUT", "/api/carriers/ups", {"proof": "open"})
    assert "anybody who knows the address" in refused.json["message"] + str(refused.json["details"])


def test_a_carrier_that_there_is_not_is_not_found(shop: Shop) -> None:
    """A name that no installed package has is a 404 that lists those there are, for whoever asks."""
    for answer in (
        shop.ask("PUT", "/api/carriers/hermes", {"proof": "carrier", "secrets": [SECRET]}),
        push(shop, "hermes", b"{}", {}),
    ):
        assert (answer.status, answer.error) == (404, "NotFound")
        assert set(CARRIERS) <= set(answer.json["details"]["carriers"])
    assert shop.get("/api/carriers/hermes").status == 404


def test_carriers_are_the_tenants_own(shop: Shop, other: Shop) -> None:
    """What one tenant configures, another neither sees nor ends."""
    configure(shop, "ups")
    assert other.get("/api/carriers").json == {"carriers": []}
    assert {other.get("/api/carriers/ups").status, other.delete("/api/carriers/ups").status} == {404}
    assert shop.get("/api/carriers/ups").status == 200
