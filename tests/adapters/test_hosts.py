"""Where a base domain is configured, the first label of the host names the tenant."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from http_faces import Shop


@pytest.fixture
def hosted(serve: Callable[..., Shop]) -> Shop:
    """Return a client of an API that is reached by hosts of example.com."""
    return serve(base_domain="Example.com")


@pytest.mark.parametrize("host", ["{}.example.com", "{}.example.com:8080", "{}.EXAMPLE.com.", "api.example.com"])
def test_its_own_host_and_api_agree(hosted: Shop, host: str) -> None:
    """The tenant's own host serves its token, with any port; the host ``api`` serves all."""
    assert hosted.get("/api/orders", headers={"host": host.format(hosted.tenant)}).status == 200


@pytest.mark.parametrize(
    "host", ["acme.example.com", "{}.example.org", "example.com", "{}", "x.{}.example.com", "", "[::1]:80"]
)
def test_another_host_is_refused(hosted: Shop, host: str) -> None:
    """Any other host is a 401, and nothing is done."""
    headers = {"host": host.format(hosted.tenant)}
    refused = hosted.post("/api/products", {"sku": "A", "name": "B"}, headers=headers)
    assert (refused.status, refused.error) == (401, "Unauthorized")
    assert hosted.get("/api/products", headers={"host": "api.example.com"}).json["products"] == []


def test_without_a_base_domain_every_host_will_do(shop: Shop) -> None:
    """Hosts mean nothing until a base domain is configured."""
    assert shop.get("/api/orders", headers={"host": "anything.example.org"}).status == 200
