"""Behind proxies: what they forward is believed of those that were named, in what they were said to set."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

import pytest
from http_faces import Shop
from hypothesis import given
from hypothesis import strategies as st

from vectis_http import HttpConfig, HttpRequest
from vectis_http.proxies import Proxies

PROXY = "10.1.2.3"


def seen(remote: str, trusted: str = "10.0.0.0/8", forwarded: str = "for", **headers: str) -> HttpRequest:
    """Return what a request from *remote* is taken for."""
    config = HttpConfig(trusted_proxies=trusted, forwarded=forwarded)
    names = {f"x-forwarded-{name}": value for name, value in headers.items()}
    request = HttpRequest(
        "GET", "/healthz", headers={"host": "inner:8000", **names}, remote_address=remote, prefix="/a"
    )
    return Proxies(config.trusted_proxies, config.forwarded).seen_through(request)


def is_outside(name: str) -> bool:
    """Return whether an address is not of the proxies' network, in any spelling."""
    address = ip_address(name)
    address = getattr(address, "ipv4_mapped", None) or address
    return not str(address).startswith("10.") or address.version == 6


@given(
    written=st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]))
    | st.lists(st.ip_addresses().map(str), min_size=1).map(", ".join),
    client=st.ip_addresses().map(str).filter(is_outside),
    hops=st.lists(st.integers(0, 2**24 - 1).map(lambda n: str(ip_address(10 * 2**24 + n))), max_size=4),
)
def test_whoever_stands_before_the_proxies_is_the_client(written: str, client: str, hops: list[str]) -> None:
    """However many trusted proxies there are, and whatever the client wrote itself, its own address is found."""
    chain = ", ".join([written, client, *hops])
    assert seen(PROXY, **{"for": chain}).remote_address == client


@given(st.text(st.characters(codec="latin-1")), st.text(st.characters(codec="latin-1")))
def test_nobody_else_is_believed(written: str, remote: str) -> None:
    """A client that is no trusted proxy, whatever its address looks like, can write what it likes."""
    headers = {"for": written, "host": written, "prefix": written}
    found = seen(f"192.0.2.7{remote}", forwarded="for,host,prefix", **headers)
    assert (found.remote_address, found.host, found.prefix) == (f"192.0.2.7{remote}", "inner", "/a")


@pytest.mark.parametrize(
    ("remote", "trusted", "said", "client"),
    [
        (PROXY, "10.1.2.3", "192.0.2.1", "192.0.2.1"),
        (PROXY, "10.1.2.4", "192.0.2.1", PROXY),
        (f"::ffff:{PROXY}", "10.0.0.0/8", "192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/10", "192.0.2.1", "192.0.2.1"),
        ("", "unix", "192.0.2.1", "192.0.2.1"),
        ("", "10.0.0.0/8", "192.0.2.1", ""),
        (PROXY, "unix,10.0.0.0/8", "192.0.2.1:4711", "192.0.2.1"),
        (PROXY, "10.0.0.0/8", "[2001:db8::1]:4711", "2001:db8::1"),
        (PROXY, "10.0.0.0/8", "2001:db8::1", "2001:db8::1"),
        (PROXY, "10.0.0.0/8", "192.0.2.1, unknown", PROXY),
        (PROXY, "10.0.0.0/8", "192.0.2.1, _secret, 10.9.9.9", "10.9.9.9"),
        (PROXY, "10.0.0.0/8", "10.0.0.5, 10.0.0.6", "10.0.0.5"),
        (PROXY, "10.0.0.0/8", "", PROXY),
    ],
)
def test_addresses_in_every_spelling(remote: str, trusted: str, said: str, client: str) -> None:
    """Mapped, scoped and bracketed addresses, ports, socket files, and entries that are no address."""
    assert seen(remote, trusted, **{"for": said}).remote_address == client


@pytest.mark.parametrize(
    ("said", "host"),
    [
        ("acme.example.com", "acme.example.com"),
        ("evil.example, acme.example.com:8443", "acme.example.com"),
        ("[2001:db8::1]:443", "[2001:db8::1"),
        ("", "inner"),
        ("a b", "inner"),
        ("acme.example.com/path", "inner"),
    ],
)
def test_the_host_that_was_asked_for(said: str, host: str) -> None:
    """It is the last that is told, where it can be a host."""
    assert seen(PROXY, forwarded="host", host=said).host == host


@pytest.mark.parametrize(
    ("said", "prefix"),
    [
        ("/oms", "/oms/a"),
        ("/oms/", "/oms/a"),
        ("/x, /shop/oms", "/shop/oms/a"),
        ("/l%C3%A1den", "/l%C3%A1den/a"),
        ("//evil.example", "/a"),
        ("/oms//evil", "/a"),
        ("oms", "/a"),
        ("https://evil.example/oms", "/a"),
        ("/oms\r\nSet-Cookie: x", "/a"),
        ("/", "/a"),
    ],
)
def test_the_prefix_that_was_cut_off(said: str, prefix: str) -> None:
    """It stands before our own, where it is a path and nothing that could lead elsewhere."""
    assert seen(PROXY, forwarded="prefix", prefix=said).prefix == prefix


def test_only_what_the_proxies_set_is_believed() -> None:
    """A proxy that does not set a header lets through the client's, so each is asked for by name."""
    told = {"for": "192.0.2.1", "host": "evil.example", "prefix": "/evil"}
    plain = seen(PROXY, **told)
    assert (plain.remote_address, plain.host, plain.prefix) == ("192.0.2.1", "inner", "/a")
    other = seen(PROXY, forwarded="host", **told)
    assert (other.remote_address, other.host, other.prefix) == (PROXY, "evil.example", "/a")


def test_every_face_hears_of_the_host_and_the_prefix(serve: Callable[..., Shop]) -> None:
    """Location starts with the prefix that the proxy cut off, and the tenant is that of the host that was asked for."""
    shop = serve(trusted_proxies=["10.0.0.0/8"], forwarded=["host", "prefix"], base_domain="example.com")
    told = {"x-forwarded-host": "api.example.com", "x-forwarded-prefix": "/oms"}
    made = shop.post("/api/products", {"sku": "A", "name": "x"}, address=PROXY, headers=told)
    assert made.headers["location"] == f"/oms/api/products/{made.json['id']}"
    assert shop.get("/api/products", address="192.0.2.1", headers=told).status == 401


@pytest.mark.parametrize(
    "wrong", [{"trusted_proxies": "proxy.example"}, {"trusted_proxies": "10.0.0.1/8"}, {"forwarded": "proto"}]
)
def test_what_cannot_be_is_refused_at_the_start(wrong: dict[str, Any]) -> None:
    """Names of hosts, networks with stray bits and headers that nobody reads are mistakes, and told so."""
    with pytest.raises(ValueError, match=r"trusted_proxies|forwarded"):
        HttpConfig(**wrong)
