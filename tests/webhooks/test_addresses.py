"""Where webhooks do not go: hostile URLs are refused, when they are given or when they are sent to; none is dialled."""

from __future__ import annotations

import re
import socket
import ssl
from typing import NoReturn
from urllib.parse import urlsplit

import attrs
import httpcore
import pytest
from endpoints import SECRET, buy
from hypothesis import example, given
from hypothesis import strategies as st
from small_shop import spin_until

from proof.endpoints import Endpoint, answering
from vectis_core import AddressRules, ValidationError, Vectis
from vectis_core.errors import Conflict
from vectis_core.webhooks.addresses import WebhookUrl
from vectis_core.webhooks.transport import NotDelivered, Post
from vectis_webhooks import HttpTransport
from vectis_webhooks.resolving import resolve

PUBLIC = "93.184.215.14"
#: Nothing is dialled here, so nothing speaks TLS: a sender is spared all the certificates of the system.
UNUSED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

#: What the resolver of the tests knows beside literal addresses.
NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "printer.localhost": ["127.0.0.1"],
    "localhost.localdomain": ["127.0.0.1"],
    "ip6-loopback": ["::1"],
    "metadata.google.internal": ["169.254.169.254"],
    "127.0.0.1.nip.io": ["127.0.0.1"],
    "database.corp.example": ["10.20.30.40"],
    "both.example": [PUBLIC, "192.168.0.7"],
    "both6.example": ["fd00::1", PUBLIC],
    "local.example": ["127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "zone.example": ["2606:2800:21f:cb07::1%eth0"],
    "good.example": [PUBLIC],
    "xn--bcher-kva.example": [PUBLIC],
}

HOSTILE = [
    # Loopback and private addresses, plainly.
    *(f"https://{each}/" for each in ("127.0.0.1", "127.8.9.10", "10.0.0.1", "172.16.0.1", "172.31.255.1")),
    *(
        f"https://{each}/"
        for each in ("192.168.1.1", "0.0.0.1", "100.64.0.1", "198.18.0.1", "192.0.2.1", "192.0.0.170")
    ),
    "https://0.0.0.0/",
    # Metadata of clouds, link-local, multicast, broadcast, set aside.
    *(f"https://{each}/latest/meta-data/" for each in ("169.254.169.254", "169.254.170.2", "100.100.100.200")),
    "https://168.63.129.16/machine?comp=goalstate",
    *(f"https://{each}/" for each in ("224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "192.88.99.1")),
    # The same in numbers that resolvers understand.
    *(f"https://{each}/" for each in ("2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1")),
    *(
        f"https://{each}/"
        for each in ("127.0.1", "0", "0x7f.0.0.1", "0xa9fea9fe", "2852039166", "1.2.3.4.5", "256.1.1.1")
    ),
    # IPv6: loopback, unspecified, mapped, compatible, link-local, unique local, site-local, multicast.
    *(f"https://[{each}]/" for each in ("::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "fe80::1")),
    *(f"https://[{each}]/" for each in ("fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1")),
    # NAT64, 6to4 and Teredo that carry a private address, discard, segment routing.
    *(f"https://[{each}]/" for each in ("64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001::1", "100::1")),
    *(f"https://[{each}]/" for each in ("5f00::1", "fe80::1%25eth0", "fe80::1%eth0", "::1", "1:2", "::ffff:127.1")),
    # What one reader takes for the user, and another for the host.
    "https://good.example@127.0.0.1/",
    "https://user:password@good.example/",
    "https://good.example\\@127.0.0.1/",
    "https://127.0.0.1\\.good.example/",
    "https:\\\\good.example/",
    "https://good.example#@127.0.0.1/",
    "https://good.example/#fragment",
    "https://@127.0.0.1/",
    # Newlines, tabs, NUL and spaces, as they are and percent-encoded.
    "https://good.example\n/",
    "https://127.0.0.1\n.good.example/",
    "https://good.example/\r\nX-More: 1",
    "https://good.example/a b",
    "https://\tgood.example/",
    "https://good.example\x00.127.0.0.1/",
    "https://127.0.0.1%00.good.example/",
    "https://%31%32%37.0.0.1/",
    "https://good%2eexample/",
    # Digits and full stops that are none in ASCII, and names that look like others.
    "https://\u2460\u2461\u2466.0.0.1/",
    "https://127\u30020\u30020\u30021/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://good\uff0eexample/",
    "https://b\u00fccher.example/",
    "https://\u200bgood.example/",
    # Names that lead back, and one with a private address among public ones.
    *(f"https://{name}/" for name in NAMES if name not in {"good.example", "xn--bcher-kva.example"}),
    "https://LOCALHOST/",
    # Empty, dotted, too long.
    "https://",
    "https:///path",
    "https://.good.example/",
    "https://good..example/",
    "https://good.example./",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 127}example/",
    # Other schemes, and https without encryption.
    "file:///etc/passwd",
    "gopher://good.example/",
    "ftp://good.example/",
    "//good.example/",
    "good.example",
    "javascript:alert(1)",
    "http://good.example/",
    # Ports of other services, and of nobody.
    *(f"https://good.example:{port}/" for port in (22, 25, 53, 110, 139, 445, 587, 6000, 6379, 6667, 11211)),
    "https://good.example:0/",
    "https://good.example:65536/",
    "https://good.example:/",
    "https://good.example:+443/",
    "https://good.example:443:80/",
    "https://good.example:\u0664\u0664\u0663/",
]

GOOD = [
    "https://good.example/",
    "https://GOOD.example/webhooks/vectis",
    "https://good.example:443/a;b?c=d",
    "https://good.example:8443/",
    "https://xn--bcher-kva.example/",
    f"https://{PUBLIC}/",
    f"https://[::ffff:{PUBLIC}]/",
    "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/",
]


@attrs.frozen
class Network:
    """A resolver and a dialler that note what they are asked for; nothing leaves this process."""

    resolved: list[str] = attrs.field(factory=list)
    dialled: list[str] = attrs.field(factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of a name that is known, or those that the system's resolver reads from a number."""
        self.resolved.append(host)
        return NAMES.get(host) or resolve(host, port)

    def dial(self, address: tuple[str, int], _seconds: float) -> NoReturn:
        """Go nowhere."""
        self.dialled.append(address[0])
        raise ConnectionRefusedError

    def sender(self) -> HttpTransport:
        """Return a sender over this network, by the rules of who has configured nothing."""
        return HttpTransport(AddressRules(), ssl_context=UNUSED, resolver=self.resolve, dial=self.dial)


def refused_at_creation(url: str) -> bool:
    """Return whether nobody can subscribe *url*, by what it says itself."""
    return (WebhookUrl().problem(url) or AddressRules().problem(url)) is not None


def refusal(url: str, network: Network) -> str | None:
    """Return what refuses *url*: ``creation`` or the sender's kind of failure; ``None`` where it was dialled."""
    if refused_at_creation(url):
        return "creation"
    with pytest.raises(NotDelivered) as caught:
        network.sender().post(Post(url, (), b"{}", 30.0))
    return None if caught.value.kind == "connect" else caught.value.kind


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_a_hostile_url_is_refused_and_never_dialled(url: str) -> None:
    """By the check of URLs, or by the address that its host turns out to have."""
    network = Network()

    assert refusal(url, network) in {"creation", "refused_address"}
    assert network.dialled == []


def test_the_table_is_long_enough() -> None:
    """Every kind of trick has its row, and all are refused at once but for names that lead somewhere private."""
    refused = {url: refusal(url, Network()) for url in HOSTILE}
    by_address = {urlsplit(url).hostname for url, how in refused.items() if how == "refused_address"}

    assert len(refused) >= 100
    assert by_address == {
        name for name in NAMES if not name.endswith("localhost") and PUBLIC not in NAMES[name][:1]
    } | {"both.example"}


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "1.2.3.4.5", "256.1.1.1", "a.0x7f", "0x"]
)
def test_what_some_read_as_a_number_is_no_host(host: str) -> None:
    """It is refused when it is given: what an address is stands there as everybody writes it."""
    assert WebhookUrl().problem(f"https://{host}/") is not None


@pytest.mark.parametrize("url", GOOD)
def test_a_public_url_is_dialled(url: str) -> None:
    """Once, at its own address."""
    network = Network()

    assert refusal(url, network) is None
    assert len(network.dialled) == 1


@pytest.mark.parametrize("url", HOSTILE, ids=ascii)
def test_what_a_sender_is_given_by_others_is_not_dialled_either(url: str) -> None:
    """The sender leans on no check before it: a row that was written in another way goes nowhere."""
    network = Network()
    with pytest.raises(NotDelivered, match="refused_address"):
        network.sender().post(Post(url, (), b"{}", 30.0))

    assert network.dialled == []


def test_a_name_that_changes_its_mind_gains_nothing() -> None:
    """It is asked for once an attempt: what was checked is what is dialled, and the next answer is checked again."""
    answers = iter([[PUBLIC], ["127.0.0.1"], ["169.254.169.254"]])
    asked: list[str] = []
    network = Network()

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    sender = HttpTransport(AddressRules(), resolver=rebinding, dial=network.dial)
    kinds = []
    for _ in range(3):
        with pytest.raises(NotDelivered) as caught:
            sender.post(Post("https://rebinding.example/", (), b"{}", 30.0))
        kinds.append(caught.value.kind)

    assert kinds == ["connect", "refused_address", "refused_address"]
    assert network.dialled == [PUBLIC]
    assert len(asked) == 3


def test_a_redirect_to_a_private_host_is_not_followed() -> None:
    """Nor is it looked up."""
    resolved: list[str] = []

    def resolver(host: str, _port: int) -> list[str]:
        resolved.append(host)
        return ["127.0.0.2"]

    with Endpoint(answering()) as private:
        redirecting = answering(302, f"Location: http://127.0.0.1:{private.port}/admin")
        with Endpoint(redirecting, "127.0.0.2") as endpoint:
            sender = HttpTransport(AddressRules(["127.0.0.2"]), resolver=resolver)
            assert sender.post(Post(endpoint.url("shop.example"), (), b"{}", 30.0)).code == 302
            sender.close()

    assert private.connections == 0
    assert resolved == ["shop.example"]


def test_an_operator_names_private_networks() -> None:
    """Those are dialled, at any port and without encryption; what is beside them is not."""
    rules = AddressRules(["10.1.0.0/16", "fd00::/8"])

    assert rules.allows("10.1.2.3", 25, secure=False)
    assert rules.allows("::ffff:10.1.2.3", 80)
    assert rules.allows("fd12::1", 8080, secure=False)
    assert not rules.allows("10.2.0.1", 443)
    assert not rules.allows("127.0.0.1", 443)
    assert not rules.allows(PUBLIC, 80, secure=False)
    assert AddressRules(plain_http=True).allows(PUBLIC, 80, secure=False)
    assert not AddressRules(plain_http=True).allows("10.1.2.3", 80, secure=False)
    assert not rules.allows("no address", 443)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("http://10.1.2.3:25/", "10.1.0.0/16"),
        ("https://[::ffff:10.1.2.3]/", "10.1.0.0/16"),
        ("http://localhost:8080/", "127.0.0.0/8"),
        ("https://hooks.localhost/", "::1"),
        # What these lead to is known when they are dialled.
        ("http://shop.internal:8080/", "10.1.0.0/16"),
    ],
)
def test_what_the_operator_has_named_can_be_subscribed(url: str, named: str) -> None:
    """What may be dialled by name of the operator is no mistake when it is given; without the name it is."""
    assert AddressRules([named]).problem(url) is None
    assert AddressRules().problem(url) is not None
    with Vectis.open("memory://", address_rules=AddressRules([named])) as oms:
        assert oms.webhooks.create(url, ["*"]).subscription.url == url


def test_a_network_that_is_named_opens_no_other() -> None:
    """An address is held against the networks, also where some are named."""
    rules = AddressRules(["10.1.0.0/16"])

    for url in ("https://10.2.0.1/", "https://localhost/", "http://127.0.0.1/", f"http://{PUBLIC}/", "https://[::1]/"):
        assert rules.problem(url) is not None


def test_plain_http_is_for_public_addresses() -> None:
    """Who lets everything be read on its way still lets nothing in."""
    rules = AddressRules(plain_http=True)

    assert rules.problem("http://good.example/") is rules.problem(f"http://{PUBLIC}/") is None
    for url in ("http://10.1.2.3/", "http://localhost/", "http://good.example:22/"):
        assert rules.problem(url) is not None


@given(st.sampled_from([[], ["10.1.0.0/16"], ["127.0.0.0/8", "::1"]]), st.booleans(), st.data())
def test_what_is_refused_when_given_would_be_refused_when_dialled(
    networks: list[str], plain_http: bool, data: st.DataObject
) -> None:
    """The first check takes nothing away: for an address written out, both say the same."""
    rules = AddressRules(networks, plain_http=plain_http)
    address = data.draw(st.one_of(st.ip_addresses(), st.sampled_from(["10.1.2.3", "127.0.0.1", "::1", PUBLIC])))
    scheme, port = data.draw(st.sampled_from([("https", 443), ("http", 80), ("https", 22), ("http", 8080)]))
    host = f"[{address}]" if ":" in str(address) else address

    problem = rules.problem(f"{scheme}://{host}:{port}/")
    assert (problem is None) == rules.allows(str(address), port, secure=scheme == "https")


#: Refused when they are given, for certain.
BAD_AT_CREATION = [url for url in HOSTILE if refused_at_creation(url)]


@pytest.mark.parametrize("url", BAD_AT_CREATION[::7], ids=ascii)
def test_a_hostile_url_can_neither_be_subscribed_nor_changed_to(oms: Vectis, url: str) -> None:
    """A change is checked like a new one, and names the field."""
    webhook = oms.webhooks.create("https://good.example/", ["*"]).subscription
    with pytest.raises(ValidationError) as created:
        oms.webhooks.create(url, ["*"])
    with pytest.raises(ValidationError) as changed:
        oms.webhooks.update(webhook.id, url=url)

    assert created.value.details["field"] == changed.value.details["field"] == "url"
    assert oms.webhooks.get(webhook.id).url == "https://good.example/"


def test_nothing_makes_a_dispatcher_dial_a_private_host(oms: Vectis) -> None:
    """An event, a test event and a changed URL: each is refused where it would be dialled, and its owner is told."""
    network = Network()
    webhook = oms.webhooks.create("https://local.example/", ["order.*"], secret=SECRET).subscription
    changed = oms.webhooks.create("https://good.example/", ["order.*"], secret=SECRET).subscription
    oms.webhooks.update(changed.id, url="https://metadata.example/latest/meta-data/")
    buy(oms, "A")
    oms.webhooks.test(webhook.id)
    with oms.dispatcher(transport=network.sender()):
        spin_until(
            lambda: (
                {each.last_error for hook in (webhook, changed) for each in oms.webhooks.deliveries(hook.id)}
                == {"refused_address"}
            )
        )

    assert network.dialled == []


HOSTS = st.one_of(
    st.sampled_from([*NAMES, "127.0.0.1", "[::1]", "[::ffff:1.2.3.4]", "a_b.c-d", "xn--a", "1.2.3.4"]),
    st.from_regex(r"[a-zA-Z0-9_.-]{1,20}", fullmatch=True),
    st.from_regex(r"\[[0-9a-f:.]{2,20}\]", fullmatch=True),
    st.text(max_size=12),
)
PORTS = st.one_of(st.just(""), st.integers(0, 70000).map(lambda port: f":{port}"), st.text(max_size=4))
TAILS = st.one_of(
    st.sampled_from(["", "/", "?q", "/a;b?c", "#f", "/@x", "?@x", "/..;/", "\\", "/a:b@c", ";a"]), st.text(max_size=8)
)


@given(st.sampled_from(["https://", "http://", "HTTPS://", "https:/", "https:"]), HOSTS, PORTS, TAILS)
@example("https://", "a.com", "", "?@127.0.0.1/")
@example("https://", "a.com", ":080", "/")
def test_every_reader_sees_the_same_host(scheme: str, host: str, port: str, tail: str) -> None:
    """What passes has one meaning: for the standard library, for the HTTP client and for a plain look at it."""
    url = scheme + host + port + tail
    if WebhookUrl().problem(url) is not None:
        return
    standard, client = urlsplit(url), httpcore.URL(url)
    plain = re.fullmatch(r"(https?)://(\[[^]]*\]|[^:/?#]*)(?::([0-9]+))?([/?][!-~]*)?", url, re.IGNORECASE)

    assert plain
    assert standard.hostname == client.host.decode() == plain[2].strip("[]").lower()
    assert standard.port == client.port == (int(plain[3]) if plain[3] else None)
    assert standard.username is standard.password is None
    assert standard.fragment == ""


def test_the_resolver_reads_numbers_as_the_system_does() -> None:
    """The table's numbers are no strangers to it: that is why addresses are checked, and never the text."""
    assert resolve("0x7f.1", 443) == resolve("2130706433", 443) == resolve("127.1", 443) == ["127.0.0.1"]
    assert socket.gethostbyname("0177.0.0.1") == "127.0.0.1"


def test_a_paused_webhook_cannot_be_tested(oms: Vectis) -> None:
    """So that a test is no way to make us look at a host which nothing else is sent to."""
    webhook = oms.webhooks.create("https://local.example/", ["*"]).subscription
    oms.webhooks.update(webhook.id, active=False)

    with pytest.raises(Conflict):
        oms.webhooks.test(webhook.id)
